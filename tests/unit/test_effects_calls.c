// What a statement's text says depends on the server that reads it; and what it may call.
#include "effects_check.h"

// An old server, a new one, another one: only what the server runs counts.
static void test_comments_for_other_servers(void **state)
{
    (void) state;
    DOES("/*!999999 select */ INSERT INTO t VALUES (1)", "INSERT: fires");
    DOES("/*!50700 select */ INSERT INTO t VALUES (1)", "INSERT: fires");
    DOES("SELECT 1 /*M!999999 INTO @a */", "SELECT: reads");
    DOES("SELECT 1 /*M!50700 INTO @a */", "SELECT: reads +variable:@a");
    DOES("/*!50700 SELECT 1; */ COMMIT", "COMMIT: commits");
    DOES_FOR(&effects_mysql, "/*!50700 DROP */ TABLE t", "DROP TABLE: implicit -table:t");
    DOES_FOR(&effects_mysql, "/*M! DROP */ TABLE t", "TABLE: reads");
    DOES_FOR(&effects_mysql, "/*!80037 COMMIT; */ SELECT 1", "SELECT: reads");
}

// The worse of both readings, and nothing is taken away.
static void test_comments_for_who_knows(void **state)
{
    (void) state;
    DOES_FOR(&effects_unknown, "/*!80000 select */ INSERT INTO t VALUES (1)", "SELECT: fires");
    DOES_FOR(&effects_unknown, "/*!80000 COMMIT; */ SELECT 1", "COMMIT: commits");
    DOES_FOR(&effects_unknown, "/*M! SELECT 1 */", "SELECT: reads");
    DOES_FOR(&effects_unknown, "SELECT 1 /*M! , 2 */", "SELECT: reads");
    DOES_FOR(&effects_unknown, "DROP TABLE a /*M! , b */", "DROP TABLE: implicit");
    DOES_FOR(&effects_unknown, "SET @a = 1 /*M! , @b = 2 */",
             "SET: +variable:@a +variable:@b +variable:@a");
    DOES_FOR(&effects_unknown, "/*M! XA COMMIT 'x' */", "XA COMMIT: commit 'x'");
    DOES_FOR(&effects_unknown, "/*!40101 DROP TABLE a */", "DROP TABLE: implicit -table:a");
    DOES_FOR(NULL, "/*!40101 DROP TABLE a */", "DROP TABLE: implicit -table:a");
}

static void test_backslashes(void **state)
{
    (void) state;
    static const struct dialect plain = {
        .plain_backslashes = true, .mariadb = true, .version = 101119};
    DOES_FOR(&plain, "SELECT '\\'; COMMIT -- '", "SELECT: commits");
    DOES("SELECT '\\'; COMMIT -- '", "SELECT: reads");
}

// A function that the server does not have is one of the user's.
static void test_may_call(void **state)
{
    (void) state;
    static const struct effects_row calls[] = {
        {"SELECT f(1)", "SELECT: may-call"},
        {"SELECT 1, `f` (1)", "SELECT: may-call"},
        {"SELECT s.f()", "SELECT: may-call"},
        {"SELECT s . abs (1)", "SELECT: may-call"},
        {"SELECT `abs`(1)", "SELECT: may-call"},
        {"SELECT 1 FROM t WHERE f(i) = 1", "SELECT: may-call"},
        {"SELECT abs(f(1))", "SELECT: may-call"},
        {"SELECT max (1)", "SELECT: may-call"},
        {"SELECT any_value(1)", "SELECT: may-call"},
        {"DO f(1)", "DO: may-call"},
        {"SET @a = f(1)", "SET: may-call +variable:@a"},
        {"INSERT INTO t (a) VALUES (f(1))", "INSERT: may-call fires"},
        {"UPDATE t SET a = f(1)", "UPDATE: may-call fires"},
        {"WITH x (a) AS (SELECT f(1)) SELECT * FROM x", "WITH: may-call"},
        {"WITH x AS (SELECT 1) SELECT a, f(1) FROM x", "WITH: may-call"},
        {"CREATE TEMPORARY TABLE t (a INT) AS SELECT f(1)", "CREATE TEMPORARY: may-call +table:t"},
        {"SHOW STATUS WHERE f(1)", "SHOW: may-call"},
        {"VALUES (f(1))", "VALUES: may-call"},
        {"SELECT account(1)", "SELECT: may-call"},
    };
    ROWS(calls);
    DOES("CREATE TABLE u SELECT f(1)", "CREATE TABLE: implicit may-call");
    DOES("SELECT f(1); SELECT 2", "SELECT: may-call");
}

static void test_calls_nothing(void **state)
{
    (void) state;
    static const struct effects_row rows[] = {
        {"SELECT abs(1), concat('a', now()), max(i), count(*) FROM t", "SELECT: reads"},
        {"SELECT (1), f FROM t WHERE i IN (1) AND (2) OR NOT (3)", "SELECT: reads"},
        {"SELECT abs (1), left('a', 1), if(1, 2, 3)", "SELECT: reads"},
        {"SELECT * FROM (SELECT 1) AS x (a) JOIN t USING (i)", "SELECT: reads"},
        {"SELECT * FROM t USE INDEX (i), u FORCE KEY FOR JOIN (j)", "SELECT: reads"},
        {"SELECT row_number() OVER (PARTITION BY (a)), rank() OVER w FROM t WINDOW w AS (ORDER BY "
         "i)",
         "SELECT: reads"},
        {"SELECT MATCH (a) AGAINST ('x') FROM t PARTITION (p)", "SELECT: reads"},
        {"SELECT CAST(a AS decimal(10, 2)), CONVERT(a, char(3)) FROM t WHERE EXISTS (SELECT 1)",
         "SELECT: reads"},
        {"SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a INT PATH '$')) AS j", "SELECT: reads"},
        {"WITH x (a) AS (SELECT 1), y (b) AS (SELECT 2) SELECT * FROM x, y", "WITH: reads"},
        {"WITH RECURSIVE x (a) AS (SELECT 1 UNION ALL (SELECT 2)) SELECT * FROM x", "WITH: reads"},
        {"INSERT INTO t (a) VALUES (1), (2)", "INSERT: fires"},
        {"INSERT INTO `s`.`t` (`a`) VALUE (1) ON DUPLICATE KEY UPDATE a = VALUES(a)",
         "INSERT: fires"},
        {"INSERT IGNORE t (a) SELECT 1", "INSERT: fires"},
        {"REPLACE t (a) VALUES (1)", "REPLACE: fires"},
        {"LOAD DATA INFILE 'x' INTO TABLE t CHARACTER SET utf8mb4 (a, b)", "LOAD: fires"},
        {"CREATE TEMPORARY TABLE t (a VARCHAR(3), b foo(1), KEY k (a)) ENGINE=x",
         "CREATE TEMPORARY: +table:t"},
        {"CALL s.p(1)", "CALL: calls"},
    };
    ROWS(rows);
    DOES("ALTER TABLE t ADD KEY k (a)", "ALTER TABLE: implicit");
    DOES("CREATE TABLE t (a VARCHAR(3), KEY k (a))", "CREATE TABLE: implicit");
    DOES("CREATE PROCEDURE p() SELECT f(LAST_INSERT_ID())", "CREATE PROCEDURE: implicit");
    DOES("CREATE VIEW v (a) AS SELECT f(1)", "CREATE VIEW: implicit");
}

// The same name is the server's own here and the user's there.
static void test_functions_of_other_servers(void **state)
{
    (void) state;
    DOES_FOR(&effects_mysql, "SELECT any_value(1), bin_to_uuid('x')", "SELECT: reads");
    DOES_FOR(&effects_mysql, "SELECT nvl(1, 2)", "SELECT: may-call");
    DOES("SELECT nvl(1, 2)", "SELECT: reads");
    DOES_FOR(&effects_unknown, "SELECT nvl(1, 2)", "SELECT: may-call");
    DOES_FOR(&effects_unknown, "SELECT abs(1)", "SELECT: reads");
    DOES_FOR((&(struct dialect){.mariadb = true, .version = 100519}), "SELECT sformat('a')",
             "SELECT: may-call");
}

static void test_asks(void **state)
{
    (void) state;
    DOES("SELECT LAST_INSERT_ID()", "SELECT: reads asks-id");
    DOES("INSERT INTO t (a) VALUES (last_insert_id( ))", "INSERT: fires asks-id");
    DOES("CALL p(LAST_INSERT_ID())", "CALL: calls asks-id");
    DOES("SELECT @@identity", "SELECT: reads asks-id");
    DOES("SELECT @@session.`last_insert_id`", "SELECT: reads asks-id");
    DOES("SELECT ROW_COUNT(), FOUND_ROWS()", "SELECT: reads asks-result");
    DOES("SELECT @@warning_count", "SELECT: reads asks-result");
    DOES("SHOW WARNINGS", "SHOW: reads asks-result");
    DOES("SHOW COUNT(*) ERRORS", "SHOW: reads asks-result");
    // These set it.
    DOES("UPDATE t SET i = LAST_INSERT_ID(i + 1)", "UPDATE: fires");
    DOES("SELECT last_insert_id FROM t", "SELECT: reads");
    DOES("SELECT @identity, @@my_identity", "SELECT: reads");
    DOES("SELECT 'LAST_INSERT_ID()'", "SELECT: reads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_may_call),
        cmocka_unit_test(test_calls_nothing),
        cmocka_unit_test(test_functions_of_other_servers),
        cmocka_unit_test(test_asks),
        cmocka_unit_test(test_comments_for_other_servers),
        cmocka_unit_test(test_comments_for_who_knows),
        cmocka_unit_test(test_backslashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
