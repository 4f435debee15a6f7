// What a statement's text says it does to its session: flags, verb, and what it leaves behind.
#include "marsh/sql/effects.h"

#include <ctype.h>

#include "marsh/base/mem.h"
#include "support.h"

static void note(void *data, enum trace_kind kind, const char *name, bool add)
{
    static const char *const kinds[TRACE_KINDS] = {"table",     "variable", "tables",
                                                   "user_lock", "prepared", "setting"};
    buf_printf(data, " %c%s:%s", add ? '+' : '-', kinds[kind], name == NULL ? "*" : name);
}

// "CREATE TABLE: commits-implicitly +table:t"
static void describe(const char *text, size_t len, struct buf *out)
{
    static const char *const names[] = {"reads",      "begins",   "commits",
                                        "rolls-back", "implicit", "calls"};
    struct effects effects;
    struct buf traces = BUF_INIT;
    // Exactly as long as the text: a look behind it is an error that the sanitizers see.
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    effects_read(copy, len, &effects, note, &traces);
    buf_printf(out, "%s:", effects.verb);
    for (unsigned i = 0; i < LENGTH(names); i++) {
        if ((effects.flags & 1U << i) != 0)
            buf_printf(out, " %s", names[i]);
    }
    buf_add(out, buf_cstr(&traces), traces.len);
    // The same without anyone to tell.
    struct effects again;
    effects_read(copy, len, &again, NULL, NULL);
    assert_int_equal(again.flags, effects.flags);
    assert_string_equal(again.verb, effects.verb);
    buf_finish(&traces);
    free(copy);
}

static void check_effects(const char *text, const char *expected, int line)
{
    struct buf out = BUF_INIT;
    describe(text, strlen(text), &out);
    if (strcmp(buf_cstr(&out), expected) != 0)
        print_error("%s\n", text);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
}
#define DOES(text, expected) check_effects(text, expected, __LINE__)

struct row {
    const char *text;
    const char *expected;
};

static void check_rows(const struct row *rows, size_t count, int line)
{
    for (size_t i = 0; i < count; i++) {
        check_effects(rows[i].text, rows[i].expected, line);
        // Case and what stands between the words make no difference.
        CLEANUP(mem_free_at) char *lower = mem_strdup(rows[i].text);
        for (char *c = lower; *c != '\0'; c++)
            *c = (char) tolower((unsigned char) *c);
        CLEANUP(mem_free_at) char *padded = mem_printf(" /* x; */ -- y\n%s ;; ", lower);
        check_effects(padded, rows[i].expected, line);
    }
}
#define ROWS(rows) check_rows(rows, LENGTH(rows), __LINE__)

static void test_reads(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"SELECT 1", "SELECT: reads"},
        {"(SELECT 1) UNION (SELECT 2)", "SELECT: reads"},
        {"((SELECT 1))", "SELECT: reads"},
        {"SHOW TABLES", "SHOW: reads"},
        {"DESC t", "DESC: reads"},
        {"DESCRIBE t", "DESCRIBE: reads"},
        {"EXPLAIN DELETE FROM t", "EXPLAIN: reads"},
        {"HELP 'x'", "HELP: reads"},
        {"TABLE t", "TABLE: reads"},
        {"VALUES (1)", "VALUES: reads"},
        {"WITH a AS (SELECT 1) SELECT * FROM a", "WITH: reads"},
        {"USE shop", "USE: reads"},
        {"ANALYZE SELECT 1", "ANALYZE:"},
    };
    ROWS(rows);
}

// With a common table expression in front a statement may change data all the same.
static void test_with_may_change_data(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"WITH a AS (SELECT 1) DELETE FROM t USING t, a", "WITH:"},
        {"WITH RECURSIVE a AS (SELECT 1), b(x) AS (SELECT 2) UPDATE t, a SET i = 1", "WITH:"},
        {"WITH a AS (SELECT 1 FROM t FOR UPDATE) SELECT `delete` FROM a", "WITH: reads"},
        {"WITH a AS (SELECT 1) SELECT * FROM t FOR UPDATE", "WITH: reads"},
    };
    ROWS(rows);
}

static void test_changes(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"INSERT INTO t VALUES (1)", "INSERT:"},
        {"UPDATE t SET i = 1", "UPDATE:"},
        {"DELETE FROM t", "DELETE:"},
        {"REPLACE t VALUES (1)", "REPLACE:"},
        {"LOAD DATA INFILE 'x' INTO TABLE t", "LOAD:"},
        {"DO 1", "DO:"},
        {"HANDLER t OPEN", "HANDLER:"},
        {"SAVEPOINT a", "SAVEPOINT:"},
        {"RELEASE SAVEPOINT a", "RELEASE:"},
        {"KILL 5", "KILL:"},
        {"NONSENSE", "NONSENSE:"},
        {"'SELECT'", ":"},
        {"`SELECT`", ":"},
        {"1", ":"},
    };
    ROWS(rows);
    DOES("", ":");
    DOES(" ; -- nothing\n;", ":");
}

static void test_transactions(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"BEGIN", "BEGIN: begins -setting:transaction"},
        {"BEGIN WORK", "BEGIN: begins -setting:transaction"},
        {"START TRANSACTION", "START TRANSACTION: begins -setting:transaction"},
        {"START TRANSACTION READ ONLY", "START TRANSACTION: begins -setting:transaction"},
        {"COMMIT", "COMMIT: commits"},
        {"COMMIT AND CHAIN", "COMMIT: commits"},
        {"ROLLBACK", "ROLLBACK: rolls-back"},
        {"ROLLBACK WORK", "ROLLBACK: rolls-back"},
        {"ROLLBACK TO a", "ROLLBACK:"},
        {"ROLLBACK TO SAVEPOINT a", "ROLLBACK:"},
        {"ROLLBACK WORK TO a", "ROLLBACK:"},
        {"XA START 'x'", "XA: calls"},
    };
    ROWS(rows);
}

static void test_implicit_commits(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"ALTER TABLE t ADD x int", "ALTER TABLE: implicit"},
        {"ANALYZE TABLE t", "ANALYZE TABLE: implicit"},
        {"CACHE INDEX t IN x", "CACHE INDEX: implicit"},
        {"CHANGE MASTER TO MASTER_HOST='x'", "CHANGE MASTER: implicit"},
        {"CHECK TABLE t", "CHECK TABLE: implicit"},
        {"CREATE TABLE t (i int)", "CREATE TABLE: implicit"},
        {"CREATE OR REPLACE TABLE t (i int)", "CREATE TABLE: implicit"},
        {"CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW: implicit"},
        {"CREATE UNIQUE INDEX i ON t (i)", "CREATE UNIQUE: implicit"},
        {"CREATE USER ann", "CREATE USER: implicit"},
        {"DROP VIEW v", "DROP VIEW: implicit"},
        {"DROP SCHEMA s", "DROP SCHEMA: implicit"},
        {"FLUSH STATUS", "FLUSH STATUS: implicit"},
        {"GRANT ALL ON *.* TO ann", "GRANT ALL: implicit"},
        {"INSTALL PLUGIN x SONAME 'y'", "INSTALL PLUGIN: implicit"},
        {"LOAD INDEX INTO CACHE t", "LOAD INDEX: implicit"},
        {"OPTIMIZE TABLE t", "OPTIMIZE TABLE: implicit"},
        {"RENAME TABLE a TO b", "RENAME TABLE: implicit"},
        {"REPAIR TABLE t", "REPAIR TABLE: implicit"},
        {"RESET MASTER", "RESET MASTER: implicit"},
        {"REVOKE ALL ON *.* FROM ann", "REVOKE ALL: implicit"},
        {"SET PASSWORD = ''", "SET PASSWORD: implicit"},
        {"SHUTDOWN", "SHUTDOWN: implicit"},
        {"START SLAVE", "START SLAVE: implicit"},
        {"STOP SLAVE", "STOP SLAVE: implicit"},
        {"TRUNCATE t", "TRUNCATE T: implicit"},
        {"TRUNCATE TABLE t", "TRUNCATE TABLE: implicit"},
        {"UNINSTALL PLUGIN x", "UNINSTALL PLUGIN: implicit"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        check_effects(rows[i].text, rows[i].expected, __LINE__);
    // A verb does not grow without end.
    DOES("ALTER aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "ALTER AAAAAAAAAAAAAAAAAAAAAAAAA: implicit");
}

static void test_temporary_tables(void **state)
{
    (void) state;
    DOES("CREATE TEMPORARY TABLE t (i int)", "CREATE TEMPORARY: +table:t");
    DOES("CREATE TEMPORARY TABLE IF NOT EXISTS s.t LIKE u", "CREATE TEMPORARY: +table:t");
    DOES("CREATE OR REPLACE TEMPORARY TABLE `a ``b` AS SELECT 1", "CREATE TEMPORARY: +table:a `b");
    DOES("CREATE TEMPORARY TABLE t AS SELECT @a := 1", "CREATE TEMPORARY: +table:t +variable:@a");
    DOES("DROP TEMPORARY TABLE a, s.b", "DROP TEMPORARY: -table:a -table:b");
    DOES("DROP TEMPORARY TABLE IF EXISTS a", "DROP TEMPORARY: -table:a");
    DOES("DROP TABLE a, `b`", "DROP TABLE: implicit -table:a -table:b");
    DOES("DROP TABLES IF EXISTS a", "DROP TABLES: implicit -table:a");
    DOES("DROP TABLE", "DROP TABLE: implicit");
    DOES("CREATE TEMPORARY TABLE", "CREATE TEMPORARY:");
}

static void test_variables(void **state)
{
    (void) state;
    DOES("SET @a = 1", "SET: +variable:@a");
    DOES("SET @A = (SELECT max(x), 3 FROM t), @b := @c", "SET: +variable:@a +variable:@b");
    DOES("SET @`a b` = 1", "SET: +variable:@`a b`");
    DOES("SELECT @a := @b + 1", "SELECT: reads +variable:@a");
    DOES("UPDATE t SET i = (@n := @n + 1)", "UPDATE: +variable:@n");
    DOES("SELECT 1, 2 INTO @a, @B", "SELECT: reads +variable:@a +variable:@b");
    DOES("SELECT i INTO @a FROM t WHERE j = @x", "SELECT: reads +variable:@a");
    DOES("SELECT @a, @b", "SELECT: reads");
    DOES("SELECT @a = 1", "SELECT: reads");
    DOES("SELECT '@a := 1'", "SELECT: reads");
    DOES("SELECT i INTO OUTFILE 'x' FROM t WHERE i = @a", "SELECT: reads");
    DOES("LOAD DATA INFILE 'x' INTO TABLE t (@a, b)", "LOAD:");
    DOES("CALL p(1, @out, @In)", "CALL: calls +variable:@out +variable:@in");
    DOES("CALL p()", "CALL: calls");
    DOES("EXECUTE p USING @a", "EXECUTE: calls");
}

static void test_locks(void **state)
{
    (void) state;
    DOES("LOCK TABLES a READ, b WRITE", "LOCK TABLES: implicit +tables:LOCK TABLES");
    DOES("LOCK TABLE a READ", "LOCK TABLE: implicit +tables:LOCK TABLES");
    DOES("UNLOCK TABLES", "UNLOCK TABLES: implicit -tables:*");
    DOES("FLUSH TABLES WITH READ LOCK", "FLUSH TABLES: implicit +tables:LOCK TABLES");
    DOES("FLUSH TABLES a FOR EXPORT", "FLUSH TABLES: implicit +tables:LOCK TABLES");
    DOES("FLUSH TABLES", "FLUSH TABLES: implicit");
    DOES("SELECT GET_LOCK('job', 10)", "SELECT: reads +user_lock:job");
    DOES("DO get_lock(\"job\", 10)", "DO: +user_lock:job");
    DOES("SELECT RELEASE_LOCK('job')", "SELECT: reads -user_lock:job");
    DOES("DO RELEASE_ALL_LOCKS()", "DO: -user_lock:*");
    DOES("SET @got = GET_LOCK('job', 1)", "SET: +variable:@got +user_lock:job");
    DOES("SELECT get_lock FROM t", "SELECT: reads");
    DOES("SELECT 'GET_LOCK(''x'', 1)'", "SELECT: reads");
    DOES("SELECT IS_FREE_LOCK('x')", "SELECT: reads");
}

// A name that is computed is not known, so that its release takes nothing away.
static void test_computed_locks(void **state)
{
    (void) state;
    DOES("SELECT GET_LOCK(@name, 10)", "SELECT: reads +user_lock:?");
    DOES("SELECT GET_LOCK(concat('a', 'b'), 10)", "SELECT: reads +user_lock:?");
    DOES("SELECT RELEASE_LOCK(@name)", "SELECT: reads");
    DOES("SELECT GET_LOCK(", "SELECT: reads +user_lock:?");
}

static void test_prepared(void **state)
{
    (void) state;
    DOES("PREPARE p FROM 'SELECT 1'", "PREPARE: +prepared:p");
    DOES("PREPARE `p q` FROM @sql", "PREPARE: +prepared:p q");
    DOES("DEALLOCATE PREPARE p", "DEALLOCATE: -prepared:p");
    DOES("DROP PREPARE p", "DROP PREPARE: -prepared:p");
    DOES("EXECUTE IMMEDIATE 'SELECT 1'", "EXECUTE: calls");
}

static void test_settings(void **state)
{
    (void) state;
    DOES("SET sql_mode = ''", "SET: +setting:sql_mode");
    DOES("SET SESSION a = 1, LOCAL b = 2, c := 3", "SET: +setting:a +setting:b +setting:c");
    DOES("SET @@a = 1, @@session.b = 2, @@LOCAL.c = 3", "SET: +setting:a +setting:b +setting:c");
    DOES("SET GLOBAL a = 1", "SET:");
    DOES("SET @@global.a = 1, GLOBAL b = 2, PERSIST c = 3, d = 4", "SET: +setting:d");
    DOES("SET sql_mode = concat(@@sql_mode, ',x'), @a = 1", "SET: +setting:sql_mode +variable:@a");
    // These are put back on another connection.
    DOES("SET NAMES utf8mb4", "SET:");
    DOES("SET NAMES utf8mb4 COLLATE utf8mb4_bin, @a = 1", "SET: +variable:@a");
    DOES("SET CHARACTER SET utf8mb4", "SET:");
    DOES("SET character_set_client = utf8mb4", "SET:");
    DOES("SET autocommit = 0", "SET: implicit");
    DOES("SET @@autocommit = 1", "SET: implicit");
    DOES("SET SESSION autocommit = ON, a = 1", "SET: implicit +setting:a");
    DOES("SET GLOBAL autocommit = 0", "SET:");
    DOES("SET ROLE admin", "SET: +setting:role");
    DOES("SET DEFAULT ROLE admin", "SET:");
}

static void test_set_transaction(void **state)
{
    (void) state;
    DOES("SET TRANSACTION READ ONLY", "SET: +setting:transaction");
    DOES("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
         "SET: +setting:transaction_isolation");
    // What other sessions will have takes nothing from this one.
    DOES("SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET:");
}

// SET STATEMENT changes settings for one statement, which does what it does.
static void test_set_statement(void **state)
{
    (void) state;
    DOES("SET STATEMENT max_statement_time=1 FOR SELECT 1", "SELECT: reads");
    DOES("SET STATEMENT a=1, b=2 FOR CREATE TABLE t (i int)", "CREATE TABLE: implicit");
    DOES("SET STATEMENT a=1 FOR SELECT GET_LOCK('x', 1)", "SELECT: reads +user_lock:x");
    DOES("SET STATEMENT a=1 FOR SELECT 1 INTO @a", "SELECT: reads +variable:@a");
    DOES("SET STATEMENT a=1 FOR SET STATEMENT b=2 FOR COMMIT", "COMMIT: commits");
    DOES("SET STATEMENT a=1", ":");
    DOES("SET STATEMENT a=1; COMMIT", "COMMIT: commits");
}

static void test_executable_comments(void **state)
{
    (void) state;
    DOES("/*!50003 CREATE*/ /*!50020 TABLE t (i int)*/", "CREATE TABLE: implicit");
    DOES("/*!40101 SET @old = @@sql_mode, sql_mode = '' */;",
         "SET: +variable:@old +setting:sql_mode");
    DOES("/*M!100100 SELECT */ GET_LOCK('x', 1)", "SELECT: reads +user_lock:x");
    DOES("/* COMMIT */ SELECT 1", "SELECT: reads");
}

static void test_several_statements(void **state)
{
    (void) state;
    DOES("SELECT 1; SELECT 2;", "SELECT: reads");
    DOES("SELECT 1; INSERT INTO t VALUES (1)", "SELECT:");
    DOES("INSERT INTO t VALUES (1); SELECT 1", "INSERT:");
    DOES("BEGIN; INSERT INTO t VALUES (1); COMMIT", "BEGIN: begins commits -setting:transaction");
    DOES("SET @a = 1; CREATE TEMPORARY TABLE t (i int); DROP TABLE u",
         "SET: implicit +variable:@a +table:t -table:u");
    DOES("ROLLBACK; ROLLBACK TO a", "ROLLBACK: rolls-back");
    DOES("ROLLBACK TO a; ROLLBACK", "ROLLBACK: rolls-back");
    DOES("CREATE TABLE t (i int); COMMIT", "CREATE TABLE: commits implicit");
    DOES("DROP TABLE t; CREATE TEMPORARY TABLE t (i int)",
         "DROP TABLE: implicit -table:t +table:t");
    DOES("UPDATE t SET b = 'x;COMMIT;y'", "UPDATE:");
}

// What stands in a routine runs when that is called, not now.
static void test_bodies_leave_nothing(void **state)
{
    (void) state;
    DOES("CREATE PROCEDURE p(OUT x int) BEGIN SET @a = 1; DO GET_LOCK('x', 1); COMMIT; END",
         "CREATE PROCEDURE: implicit");
    DOES("CREATE FUNCTION f() RETURNS int BEGIN SET @a = 1; RETURN 1; END",
         "CREATE FUNCTION: implicit");
    DOES("CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; COMMIT; END",
         "CREATE PROCEDURE: implicit");
    DOES("CREATE DEFINER=`ann`@`%` TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; "
         "SET @b = 2; END",
         "CREATE DEFINER: implicit");
    DOES("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SET @a = 1; COMMIT; END",
         "CREATE EVENT: implicit");
}

// A compound statement is told as one that calls: it may do anything.
static void test_compound_statements(void **state)
{
    (void) state;
    DOES("BEGIN NOT ATOMIC SELECT 1; COMMIT; END", "BEGIN NOT: calls");
    DOES("IF @a THEN COMMIT; ELSE ROLLBACK; END IF", "IF: calls");
    DOES("CASE 1 WHEN 1 THEN COMMIT; END CASE", "CASE: calls");
    DOES("WHILE 0 DO COMMIT; END WHILE", "WHILE: calls");
    DOES("LOOP COMMIT; END LOOP", "LOOP: calls");
    DOES("REPEAT COMMIT; UNTIL 1 END REPEAT", "REPEAT: calls");
    DOES("FOR i IN 1..2 DO COMMIT; END FOR", "FOR: calls");
}

// Texts that end anywhere.
static void test_truncated(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS s.t (i int)",
        "SET SESSION sql_mode = concat('a', 'b'), @a := GET_LOCK('x', 1), @@session.b = 1",
        "SET STATEMENT a = 1 FOR DROP TEMPORARY TABLE IF EXISTS s.a, `b`",
        "WITH RECURSIVE a AS (SELECT 1) DELETE FROM t",
        "LOCK TABLES a READ; UNLOCK TABLES; DEALLOCATE PREPARE `x`; ROLLBACK WORK TO a",
        "CREATE DEFINER = 'a'@'b' PROCEDURE p() BEGIN COMMIT; END",
        "SELECT 1 INTO @a, @b; CALL p(@c)",
    };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            struct buf out = BUF_INIT;
            describe(texts[i], len, &out);
            buf_finish(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_with_may_change_data),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_implicit_commits),
        cmocka_unit_test(test_temporary_tables),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_computed_locks),
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_set_transaction),
        cmocka_unit_test(test_set_statement),
        cmocka_unit_test(test_executable_comments),
        cmocka_unit_test(test_several_statements),
        cmocka_unit_test(test_bodies_leave_nothing),
        cmocka_unit_test(test_compound_statements),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
