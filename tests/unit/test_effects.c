// What a statement's text says it does to its session: flags, verb, and what it leaves behind.

#include "effects_check.h"

static void test_reads(void **state)
{
    (void) state;
    static const struct effects_row rows[] = {
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
    static const struct effects_row rows[] = {
        {"WITH a AS (SELECT 1) DELETE FROM t USING t, a", "WITH: fires"},
        {"WITH RECURSIVE a AS (SELECT 1), b(x) AS (SELECT 2) UPDATE t, a SET i = 1", "WITH: fires"},
        {"WITH a AS (SELECT 1 FROM t FOR UPDATE) SELECT `delete` FROM a", "WITH: reads"},
        {"WITH a AS (SELECT 1) SELECT * FROM t FOR UPDATE", "WITH: reads"},
    };
    ROWS(rows);
}

static void test_changes(void **state)
{
    (void) state;
    static const struct effects_row rows[] = {
        {"INSERT INTO t VALUES (1)", "INSERT: fires"},
        {"UPDATE t SET i = 1", "UPDATE: fires"},
        {"DELETE FROM t", "DELETE: fires"},
        {"REPLACE t VALUES (1)", "REPLACE: fires"},
        {"LOAD DATA INFILE 'x' INTO TABLE t", "LOAD: fires"},
        {"DO 1", "DO:"},
        {"HANDLER t OPEN", "HANDLER: +handler:t"},
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
    static const struct effects_row rows[] = {
        {"BEGIN", "BEGIN: begins -setting:transaction -tables:LOCK TABLES"},
        {"BEGIN WORK", "BEGIN: begins -setting:transaction -tables:LOCK TABLES"},
        {"START TRANSACTION", "START TRANSACTION: begins -setting:transaction -tables:LOCK TABLES"},
        {"START TRANSACTION READ ONLY",
         "START TRANSACTION: begins -setting:transaction -tables:LOCK TABLES"},
        {"COMMIT", "COMMIT: commits"},
        {"COMMIT AND CHAIN", "COMMIT: commits"},
        {"ROLLBACK", "ROLLBACK: rolls-back"},
        {"ROLLBACK WORK", "ROLLBACK: rolls-back"},
        {"ROLLBACK TO a", "ROLLBACK:"},
        {"ROLLBACK TO SAVEPOINT a", "ROLLBACK:"},
        {"ROLLBACK WORK TO a", "ROLLBACK:"},
        {"XA START 'x'", "XA START:"},
    };
    ROWS(rows);
}

static void test_implicit_commits(void **state)
{
    (void) state;
    static const struct effects_row rows[] = {
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
        {"RENAME TABLE a TO b", "RENAME TABLE: implicit >table:a=b"},
        {"REPAIR TABLE t", "REPAIR TABLE: implicit"},
        {"RESET MASTER", "RESET MASTER: implicit"},
        {"REVOKE ALL ON *.* FROM ann", "REVOKE ALL: implicit"},
        {"SET PASSWORD = ''", "SET PASSWORD: implicit"},
        {"SHUTDOWN", "SHUTDOWN: implicit"},
        {"START SLAVE", "START SLAVE: implicit"},
        {"STOP SLAVE", "STOP SLAVE: implicit"},
        {"TRUNCATE t", "TRUNCATE: implicit"},
        {"TRUNCATE TABLE t", "TRUNCATE TABLE: implicit"},
        {"UNINSTALL PLUGIN x", "UNINSTALL PLUGIN: implicit"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        effects_check_for(&effects_maria, rows[i].text, rows[i].expected, __FILE__, __LINE__);
    // A verb does not grow without end.
    DOES("ALTER aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "ALTER AAAAAAAAAAAAAAAAAAAAAAAAA: implicit");
}

static void test_temporary_tables(void **state)
{
    (void) state;
    DOES("CREATE TEMPORARY TABLE t (i int)", "CREATE TEMPORARY: +table:t");
    DOES("CREATE TEMPORARY TABLE IF NOT EXISTS s.t LIKE u", "CREATE TEMPORARY: +table:s.t");
    DOES("CREATE OR REPLACE TEMPORARY TABLE `a ``b` AS SELECT 1", "CREATE TEMPORARY: +table:a `b");
    DOES("CREATE TEMPORARY TABLE t AS SELECT @a := 1", "CREATE TEMPORARY: +table:t +variable:@a");
    DOES("DROP TEMPORARY TABLE a, s.b", "DROP TEMPORARY: -table:a -table:s.b");
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
    DOES("UPDATE t SET i = (@n := @n + 1)", "UPDATE: fires +variable:@n");
    DOES("SELECT 1, 2 INTO @a, @B", "SELECT: reads +variable:@a +variable:@b");
    DOES("SELECT i INTO @a FROM t WHERE j = @x", "SELECT: reads +variable:@a");
    DOES("SELECT @a, @b", "SELECT: reads");
    DOES("SELECT @a = 1", "SELECT: reads");
    DOES("SELECT '@a := 1'", "SELECT: reads");
    DOES("SELECT i INTO OUTFILE 'x' FROM t WHERE i = @a", "SELECT:");
    DOES("LOAD DATA INFILE 'x' INTO TABLE t (@a, b)", "LOAD: fires +variable:@a");
    DOES("CALL p(1, @out, @In)", "CALL: calls +variable:@out +variable:@in");
    DOES("CALL p()", "CALL: calls");
    DOES("EXECUTE p USING @a", "EXECUTE: calls executes");
}

static void test_locks(void **state)
{
    (void) state;
    DOES("LOCK TABLES a READ, b WRITE", "LOCK TABLES: implicit +tables:LOCK TABLES");
    DOES("LOCK TABLE a READ", "LOCK TABLE: implicit +tables:LOCK TABLES");
    DOES("UNLOCK TABLES", "UNLOCK TABLES: implicit -tables:LOCK TABLES -tables:FLUSH TABLES");
    DOES("FLUSH TABLES WITH READ LOCK", "FLUSH TABLES: implicit +tables:FLUSH TABLES");
    DOES("FLUSH TABLES a FOR EXPORT", "FLUSH TABLES: implicit +tables:FLUSH TABLES");
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
    DOES("EXECUTE IMMEDIATE 'SELECT 1'", "EXECUTE: calls executes");
}

#define NAMES                                                                                      \
    " -setting:character_set_client -setting:character_set_connection"                             \
    " -setting:character_set_results -setting:collation_connection"

static void test_settings(void **state)
{
    (void) state;
    DOES("SET sql_mode = ''", "SET: +setting:sql_mode");
    DOES("SET SESSION a = 1, LOCAL b = 2, c := 3", "SET: +setting:a +setting:b +setting:c");
    DOES("SET @@a = 1, @@session.b = 2, @@LOCAL.c = 3", "SET: +setting:a +setting:b +setting:c");
    DOES("SET GLOBAL a = 1", "SET:");
    DOES("SET @@global.a = 1, GLOBAL b = 2, PERSIST c = 3, d = 4", "SET:");
    DOES("SET sql_mode = concat(@@sql_mode, ',x'), @a = 1", "SET: +setting:sql_mode +variable:@a");
    // These are put back on another connection.
    DOES("SET NAMES utf8mb4", "SET:" NAMES);
    DOES("SET NAMES utf8mb4, @a = 1", "SET:" NAMES " +variable:@a");
    // These are not.
    DOES("SET NAMES utf8mb4 COLLATE utf8mb4_bin, @a = 1",
         "SET:" NAMES " +setting:collation_connection +variable:@a");
    DOES("SET CHARACTER SET utf8mb4", "SET: +setting:character_set_connection");
    DOES("SET CHARSET utf8mb4", "SET: +setting:character_set_connection");
    DOES("SET character_set_client = utf8mb4", "SET: +setting:character_set_client");
    DOES("SET character_set_results = NULL", "SET: +setting:character_set_results");
    DOES("SET @@collation_connection = x", "SET: +setting:collation_connection");
    DOES("SET autocommit = 0", "SET: implicit");
    DOES("SET @@autocommit = 1", "SET: implicit");
    DOES("SET SESSION autocommit = ON, a = 1", "SET: implicit +setting:a");
    DOES("SET GLOBAL autocommit = 0", "SET:");
    DOES("SET @@global.autocommit = 0", "SET:");
    DOES("SET GLOBAL a = 1, b = 2, SESSION c = 3, d = 4", "SET: +setting:c +setting:d");
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

// With ANSI_QUOTES, of which the text says nothing, they are names.
static void test_double_quotes(void **state)
{
    (void) state;
    DOES("CREATE TEMPORARY TABLE \"a\".\"t\" (i int)", "CREATE TEMPORARY: +table:a.t");
    DOES("DROP TABLE \"t\"", "DROP TABLE: implicit -table:t");
    DOES("SET \"sql_mode\" = ''", "SET: +setting:sql_mode");
    DOES("SET SESSION \"autocommit\" = 0", "SET: implicit");
    DOES("SET @@\"autocommit\" = 0", "SET: implicit");
    DOES("PREPARE \"p\" FROM 'SELECT 1'", "PREPARE: +prepared:p");
    DOES("HANDLER \"t\" OPEN AS \"h\"", "HANDLER: +handler:h");
    DOES("SELECT \"get_lock\"('x', 1)", "SELECT: may-call +user_lock:x");
}

static void test_autocommit_however_it_is_written(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "SET @@session.`autocommit`=0", "SET @@`autocommit`=0",
        "SET SESSION `autocommit`=0",   "SET `AutoCommit`=0",
        "SET @@session . autocommit=0", "SET @@local.`autocommit`=0",
        "SET @a=1, LOCAL autocommit=0",
    };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct effects effects;
        effects_read(texts[i], strlen(texts[i]), &effects_maria, &effects, NULL, NULL);
        assert_int_equal(effects.flags, EFFECT_IMPLICIT_COMMIT);
    }
}

static void test_handlers(void **state)
{
    (void) state;
    DOES("HANDLER s.t OPEN", "HANDLER: +handler:t");
    DOES("HANDLER s.t OPEN AS `a b`", "HANDLER: +handler:a b");
    DOES("HANDLER t OPEN a", "HANDLER: +handler:a");
    DOES("HANDLER t CLOSE", "HANDLER: -handler:t");
    DOES("HANDLER t READ FIRST", "HANDLER:");
    DOES("HANDLER", "HANDLER:");
}

static void test_diagnostics(void **state)
{
    (void) state;
    DOES("GET DIAGNOSTICS @p = NUMBER, @q = ROW_COUNT",
         "GET: reads asks-result +variable:@p +variable:@q");
    DOES("GET STACKED DIAGNOSTICS CONDITION @n @p = MESSAGE_TEXT",
         "GET: reads asks-result +variable:@p");
}

static void test_backups(void **state)
{
    (void) state;
    DOES("BACKUP STAGE START", "BACKUP STAGE: implicit +tables:BACKUP STAGE");
    DOES("BACKUP STAGE BLOCK_COMMIT", "BACKUP STAGE: implicit +tables:BACKUP STAGE");
    DOES("BACKUP STAGE END", "BACKUP STAGE: implicit -tables:BACKUP STAGE");
    DOES("BACKUP LOCK t", "BACKUP LOCK: implicit +tables:BACKUP LOCK");
    DOES("BACKUP UNLOCK", "BACKUP UNLOCK: implicit -tables:BACKUP LOCK");
    DOES_FOR(&effects_mysql, "LOCK INSTANCE FOR BACKUP",
             "LOCK INSTANCE: implicit +tables:LOCK INSTANCE");
    DOES_FOR(&effects_mysql, "UNLOCK INSTANCE", "UNLOCK INSTANCE: implicit -tables:LOCK INSTANCE");
    DOES("FLUSH LOCAL TABLES t WITH READ LOCK", "FLUSH LOCAL: implicit +tables:FLUSH TABLES");
    DOES("FLUSH TABLE t FOR EXPORT", "FLUSH TABLE: implicit +tables:FLUSH TABLES");
}

static void test_renamed(void **state)
{
    (void) state;
    DOES("RENAME TABLE a TO b, s.c WAIT 5 TO d", "RENAME TABLE: implicit >table:a=b >table:s.c=d");
    DOES("RENAME TABLE IF EXISTS a TO s.b", "RENAME TABLE: implicit >table:a=s.b");
    DOES("ALTER TABLE a RENAME b", "ALTER TABLE: implicit >table:a=b");
    DOES("ALTER TABLE a ADD x int, RENAME TO b, ADD y int", "ALTER TABLE: implicit >table:a=b");
    DOES("ALTER IGNORE TABLE s.a RENAME = `b c`", "ALTER IGNORE: implicit >table:s.a=b c");
    DOES("ALTER TABLE a RENAME COLUMN x TO y, RENAME INDEX i TO j", "ALTER TABLE: implicit");
    DOES("RENAME USER a TO b", "RENAME USER: implicit");
    DOES("ALTER TABLE a RENAME", "ALTER TABLE: implicit");
}

static void test_sequences(void **state)
{
    (void) state;
    DOES("CREATE TEMPORARY SEQUENCE s", "CREATE TEMPORARY: +table:s");
    DOES("CREATE TEMPORARY SEQUENCE IF NOT EXISTS a.s", "CREATE TEMPORARY: +table:a.s");
    DOES("DROP SEQUENCE s", "DROP SEQUENCE: implicit -table:s");
    DOES("DROP TEMPORARY SEQUENCE IF EXISTS s", "DROP TEMPORARY: -table:s");
    DOES("SELECT NEXTVAL(s)", "SELECT: takes-number");
    DOES("SELECT NEXT VALUE FOR s", "SELECT: takes-number");
    DOES("INSERT INTO t VALUES (PREVIOUS VALUE FOR s)", "INSERT: fires asks-number");
    DOES("SELECT LASTVAL(s)", "SELECT: reads asks-number");
    DOES("SELECT next value, `next` value FROM t", "SELECT: reads");
    DOES("SELECT SETVAL(s, 5)", "SELECT:");
}

static void test_xa(void **state)
{
    (void) state;
    DOES("XA START 'x'", "XA START:");
    DOES("XA END 'x'", "XA END:");
    DOES("XA PREPARE 'a', 'b', 3", "XA PREPARE: prepare 'a', 'b', 3");
    DOES("XA COMMIT 'x'", "XA COMMIT: commit 'x'");
    DOES("XA COMMIT 'x' ONE PHASE", "XA COMMIT: one-phase 'x'");
    DOES("XA ROLLBACK X'01'; SELECT 1", "XA ROLLBACK: rollback X'01'");
    DOES("XA RECOVER", "XA RECOVER: reads");
    DOES("XA COMMIT", "XA COMMIT: commit ");
    DOES("XA", "XA:");
}

static void test_several_statements(void **state)
{
    (void) state;
    DOES("SELECT 1; SELECT 2;", "SELECT: reads");
    DOES("SELECT 1; INSERT INTO t VALUES (1)", "SELECT: fires");
    DOES("INSERT INTO t VALUES (1); SELECT 1", "INSERT: fires");
    DOES("BEGIN; INSERT INTO t VALUES (1); COMMIT",
         "BEGIN: begins commits fires -setting:transaction -tables:LOCK TABLES");
    DOES("SET @a = 1; CREATE TEMPORARY TABLE t (i int); DROP TABLE u",
         "SET: implicit +variable:@a +table:t -table:u");
    DOES("ROLLBACK; ROLLBACK TO a", "ROLLBACK: rolls-back");
    DOES("ROLLBACK TO a; ROLLBACK", "ROLLBACK: rolls-back");
    DOES("CREATE TABLE t (i int); COMMIT", "CREATE TABLE: commits implicit");
    DOES("DROP TABLE t; CREATE TEMPORARY TABLE t (i int)",
         "DROP TABLE: implicit -table:t +table:t");
    DOES("UPDATE t SET b = 'x;COMMIT;y'", "UPDATE: fires");
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
    // Of locks a server says nothing, whoever is watching; what is given back may not be.
    DOES("BEGIN NOT ATOMIC DO GET_LOCK('x', 0); DO RELEASE_LOCK('x'); SELECT 1 INTO @a; END",
         "BEGIN NOT: calls +user_lock:x +variable:@a");
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
            effects_describe(texts[i], len, &effects_maria, &out);
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
        cmocka_unit_test(test_double_quotes),
        cmocka_unit_test(test_autocommit_however_it_is_written),
        cmocka_unit_test(test_handlers),
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_backups),
        cmocka_unit_test(test_renamed),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_xa),
        cmocka_unit_test(test_several_statements),
        cmocka_unit_test(test_bodies_leave_nothing),
        cmocka_unit_test(test_compound_statements),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
