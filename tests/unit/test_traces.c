// What statements leave on a connection, as a session keeps and tells it.
#include "marsh/session/traces.h"

#include <stdio.h>

#include "marsh/sql/dialect.h"
#include "marsh/sql/effects.h"
#include "support.h"

static const struct dialect dialect = {.mariadb = true, .version = 101119};

static unsigned settle(struct traces *traces, const char *text, bool has_run)
{
    struct effects effects;
    traces_read(traces, text, strlen(text), &dialect, "here", &effects);
    traces_add_unseen(traces, &effects, &(struct heard){.told = true});
    traces_settle(traces, has_run);
    return effects.flags;
}

static void run(struct traces *traces, const char *text)
{
    settle(traces, text, true);
}

static void check_told(const struct traces *traces, size_t count, const char *expected, int line)
{
    struct buf out = BUF_INIT;
    buf_add_text(&out, "it: ");
    traces_describe(traces, &out);
    support_check_text(buf_cstr(&out) + 4, expected, __FILE__, line);
    buf_finish(&out);
    if (traces_count(traces) != count) {
        print_error("%zu instead of %zu traces\n", traces_count(traces), count);
        _fail(__FILE__, line);
    }
}
#define TOLD(traces, count, expected) check_told(traces, count, expected, __LINE__)

static void test_nothing(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    TOLD(traces, 0, "");
    run(traces, "SELECT 1");
    run(traces, "INSERT INTO t VALUES (1)");
    TOLD(traces, 0, "");
    traces_clear(traces);
    traces_destroy(traces);
    traces_destroy(NULL);
}

static void test_each_kind(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "CREATE TEMPORARY TABLE a (i int)");
    TOLD(traces, 1, "1 temporary table");
    run(traces, "CREATE TEMPORARY TABLE b (i int)");
    TOLD(traces, 2, "2 temporary tables");
    run(traces, "SET @total = 1, @Count = 2");
    TOLD(traces, 4, "2 temporary tables, @total, @count");
    run(traces, "LOCK TABLES t READ");
    run(traces, "DO GET_LOCK('job', 1)");
    run(traces, "PREPARE one FROM 'SELECT 1'");
    run(traces, "SET sql_mode = ''");
    TOLD(traces, 8,
         "2 temporary tables, @total, @count, LOCK TABLES, lock job, 1 prepared statement, "
         "setting sql_mode");
    run(traces, "PREPARE two FROM 'SELECT 1'");
    run(traces, "CALL p()");
    run(traces, "CALL p()");
    TOLD(traces, 10,
         "2 temporary tables, @total, @count, LOCK TABLES, lock job, 2 prepared statements, "
         "setting sql_mode, what may be left of CALL");
    traces_clear(traces);
    TOLD(traces, 0, "");
    traces_destroy(traces);
}

static void test_taken_away(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "CREATE TEMPORARY TABLE a (i int)");
    run(traces, "CREATE TEMPORARY TABLE b (i int)");
    run(traces, "DROP TABLE A");
    TOLD(traces, 1, "1 temporary table");
    run(traces, "DROP TEMPORARY TABLE IF EXISTS nothing, b");
    TOLD(traces, 0, "");
    run(traces, "SELECT GET_LOCK('one', 0), GET_LOCK('two', 0)");
    TOLD(traces, 2, "lock one, lock two");
    run(traces, "DO RELEASE_LOCK('one')");
    TOLD(traces, 1, "lock two");
    run(traces, "SELECT RELEASE_ALL_LOCKS()");
    TOLD(traces, 0, "");
    run(traces, "PREPARE p FROM 'SELECT 1'");
    run(traces, "DEALLOCATE PREPARE p");
    run(traces, "LOCK TABLES t WRITE");
    run(traces, "UNLOCK TABLES");
    TOLD(traces, 0, "");
    traces_destroy(traces);
}

// A statement that failed has left nothing, and taken nothing away.
static void test_only_what_has_run(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    struct effects effects;
    settle(traces, "SET @a = 1", false);
    TOLD(traces, 0, "");
    run(traces, "CREATE TEMPORARY TABLE a (i int)");
    settle(traces, "DROP TABLE a", false);
    TOLD(traces, 1, "1 temporary table");
    // Settling twice does nothing; one that is read anew displaces the one before.
    traces_settle(traces, true);
    TOLD(traces, 1, "1 temporary table");
    traces_read(traces, "SET @b = 1", 10, &dialect, "here", &effects);
    traces_read(traces, "DROP TABLE a", 12, &dialect, "here", &effects);
    check_text(effects.verb, "DROP TABLE");
    assert_int_equal(effects.flags, EFFECT_IMPLICIT_COMMIT);
    traces_settle(traces, true);
    TOLD(traces, 0, "");
    // One that is never settled is freed all the same.
    traces_read(traces, "SET @b = 1", 10, &dialect, "here", &effects);
    traces_destroy(traces);
}

// The same name again is the same thing; case makes no difference.
static void test_counted_once(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    for (size_t i = 0; i < 3; i++) {
        run(traces, "SET @a = 1, @A = 2");
        run(traces, "SET SQL_MODE = '', sql_mode = ''");
        run(traces, "CREATE OR REPLACE TEMPORARY TABLE t (i int)");
    }
    TOLD(traces, 3, "1 temporary table, @a, setting SQL_MODE");
    traces_destroy(traces);
}

// The server counts them.
static void test_locks_are_counted(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "DO GET_LOCK('x', 0)");
    run(traces, "SELECT GET_LOCK('x', 0), GET_LOCK('X', 0)");
    TOLD(traces, 2, "lock x, lock X");
    run(traces, "DO RELEASE_LOCK('x')");
    TOLD(traces, 2, "lock x, lock X");
    run(traces, "DO RELEASE_LOCK('x')");
    TOLD(traces, 1, "lock X");
    run(traces, "DO GET_LOCK('X', 0)");
    run(traces, "DO RELEASE_ALL_LOCKS()");
    TOLD(traces, 0, "");
    traces_destroy(traces);
}

// Tables are told apart by their schemas; what is not written is the one in use.
static void test_schemas(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "CREATE TEMPORARY TABLE t (i int)");
    run(traces, "CREATE TEMPORARY TABLE b.t (i int)");
    run(traces, "CREATE TEMPORARY TABLE here.t (i int)");
    TOLD(traces, 2, "2 temporary tables");
    run(traces, "DROP TABLE t");
    run(traces, "DROP TABLE t");
    TOLD(traces, 1, "1 temporary table");
    run(traces, "DROP TABLE b.t");
    TOLD(traces, 0, "");
    // They outlive it.
    run(traces, "CREATE TEMPORARY TABLE b.t (i int)");
    run(traces, "DROP DATABASE b");
    TOLD(traces, 1, "1 temporary table");
    traces_destroy(traces);
}

static void test_renamed(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "CREATE TEMPORARY TABLE b.t (i int)");
    // Without a schema the new name is in the one in use.
    run(traces, "RENAME TABLE b.t TO u, nothing TO more");
    run(traces, "DROP TABLE t, b.u");
    TOLD(traces, 1, "1 temporary table");
    run(traces, "ALTER TABLE here.u ADD j int, RENAME b.v");
    run(traces, "DROP TABLE u");
    TOLD(traces, 1, "1 temporary table");
    settle(traces, "ALTER TABLE b.v RENAME w", false);
    run(traces, "DROP TABLE b.v");
    TOLD(traces, 0, "");
    traces_destroy(traces);
}

static void test_handlers_and_table_locks(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "HANDLER t OPEN AS h");
    run(traces, "BACKUP STAGE START");
    run(traces, "LOCK TABLES t READ");
    run(traces, "FLUSH TABLES WITH READ LOCK");
    TOLD(traces, 4, "BACKUP STAGE, LOCK TABLES, FLUSH TABLES, handler h");
    run(traces, "BEGIN");
    TOLD(traces, 3, "BACKUP STAGE, FLUSH TABLES, handler h");
    run(traces, "UNLOCK TABLES");
    run(traces, "HANDLER h CLOSE");
    TOLD(traces, 1, "BACKUP STAGE");
    run(traces, "BACKUP STAGE END");
    TOLD(traces, 0, "");
    traces_destroy(traces);
}

// What was put back by SET NAMES would not be what there was.
static void test_character_sets(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "SET NAMES latin1");
    TOLD(traces, 0, "");
    run(traces, "SET NAMES latin1 COLLATE latin1_bin, character_set_results = NULL");
    TOLD(traces, 2, "setting collation_connection, setting character_set_results");
    run(traces, "SET NAMES latin1");
    TOLD(traces, 0, "");
    traces_destroy(traces);
}

// Of several the first may have run before another failed.
static void test_several_of_which_one_failed(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "CREATE TEMPORARY TABLE t (i int)");
    settle(traces, "SET @a = 1; DROP TABLE t; SELECT nosuch", false);
    TOLD(traces, 2, "1 temporary table, @a");
    settle(traces, "SET @b = 1", false);
    TOLD(traces, 2, "1 temporary table, @a");
    traces_destroy(traces);
}

static void check_unseen(const char *text, struct heard heard, const char *expected, int line)
{
    struct traces *traces = traces_create();
    struct effects effects;
    traces_read(traces, text, strlen(text), &dialect, "here", &effects);
    traces_add_unseen(traces, &effects, &heard);
    traces_settle(traces, true);
    check_told(traces, expected[0] != '\0', expected, line);
    traces_destroy(traces);
}
#define UNSEEN(text, watched, changed, expected)                                                   \
    check_unseen(text, (struct heard){watched, true, changed}, expected, __LINE__)

static void test_unseen(void **state)
{
    (void) state;
    UNSEEN("CALL p()", false, false, "what may be left of CALL");
    UNSEEN("CALL p()", true, false, "");
    UNSEEN("CALL p()", true, true, "what may be left of CALL");
    UNSEEN("SELECT f()", false, false, "what may be left of SELECT");
    UNSEEN("SELECT f()", true, false, "");
    UNSEEN("SELECT f()", true, true, "what may be left of SELECT");
    UNSEEN("SELECT abs(1)", false, true, "");
    // A trigger's doing counts where the server says so, unless the text explains it.
    UNSEEN("INSERT INTO t VALUES (1)", false, true, "");
    UNSEEN("INSERT INTO t VALUES (1)", true, false, "");
    UNSEEN("INSERT INTO t VALUES (1)", true, true, "what may be left of INSERT");
    UNSEEN("UPDATE t SET i = (@a := 1)", true, true, "@a");
    UNSEEN("USE other", true, true, "");
    // Of the locks that it may have taken the server says nothing.
    UNSEEN("EXECUTE p", true, false, "what may be left of EXECUTE");
    // An answer with rows, or an error, tells nothing.
    check_unseen("SELECT f()", (struct heard){true, false, false}, "what may be left of SELECT",
                 __LINE__);
    check_unseen("INSERT INTO t VALUES (1)", (struct heard){true, false, false}, "", __LINE__);
}

// Beyond eight names only their number is told, beyond a thousand it is all that is kept.
static void test_many(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    char text[64];
    for (size_t i = 1; i <= 1005; i++) {
        snprintf(text, sizeof(text), "SET @v%zu = 1", i);
        run(traces, text);
        if (i == 8)
            TOLD(traces, 8, "@v1, @v2, @v3, @v4, @v5, @v6, @v7, @v8");
        if (i == 9)
            TOLD(traces, 9, "9 variables");
    }
    TOLD(traces, 1000, "1000 variables, 5 more");
    traces_clear(traces);
    TOLD(traces, 0, "");
    for (size_t i = 1; i <= 9; i++) {
        snprintf(text, sizeof(text), "DO GET_LOCK('v%zu', 1)", i);
        run(traces, text);
        snprintf(text, sizeof(text), "SET setting_%zu = 1", i);
        run(traces, text);
    }
    TOLD(traces, 18, "9 locks, 9 settings");
    traces_destroy(traces);
}

// Names come from statements: they do not drive a terminal.
static void test_printable(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    struct buf out = BUF_INIT;
    run(traces, "DO GET_LOCK('a\033[2Jb', 1)");
    traces_describe(traces, &out);
    assert_null(strchr(buf_cstr(&out), '\033'));
    assert_non_null(strstr(buf_cstr(&out), "lock a"));
    buf_finish(&out);
    traces_destroy(traces);
}

static void test_each_by_its_name(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    struct buf out = BUF_INIT;
    run(traces, "CREATE TEMPORARY TABLE a (i int)");
    run(traces, "CREATE TEMPORARY TABLE b (i int)");
    run(traces, "PREPARE p FROM 'SELECT 1'");
    run(traces, "SET @V = 1");
    run(traces, "LOCK TABLES t READ");
    traces_list(traces, &out);
    check_text(buf_cstr(&out),
               "temporary table a, temporary table b, @v, LOCK TABLES, prepared statement p");
    buf_finish(&out);
    traces_destroy(traces);
}

static void test_one_that_is_taken(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "SET @a = 1, @b = 2");
    assert_true(traces_have(traces, TRACE_VARIABLE, "@a"));
    assert_false(traces_have(traces, TRACE_SETTING, "@a"));
    assert_true(traces_take(traces, TRACE_VARIABLE, "@a"));
    assert_false(traces_have(traces, TRACE_VARIABLE, "@a"));
    assert_false(traces_take(traces, TRACE_VARIABLE, "@a"));
    TOLD(traces, 1, "@b");
    traces_destroy(traces);
}

static void test_whether_there_is_what_nobody_saw(void **state)
{
    (void) state;
    struct traces *traces = traces_create();
    run(traces, "SET @a = 1");
    assert_false(traces_have_unseen(traces));
    run(traces, "CALL p()");
    assert_true(traces_have_unseen(traces));
    traces_clear(traces);
    assert_false(traces_have_unseen(traces));
    traces_destroy(traces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_taken_away),
        cmocka_unit_test(test_only_what_has_run),
        cmocka_unit_test(test_counted_once),
        cmocka_unit_test(test_locks_are_counted),
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_renamed),
        cmocka_unit_test(test_handlers_and_table_locks),
        cmocka_unit_test(test_character_sets),
        cmocka_unit_test(test_several_of_which_one_failed),
        cmocka_unit_test(test_unseen),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_each_by_its_name),
        cmocka_unit_test(test_one_that_is_taken),
        cmocka_unit_test(test_whether_there_is_what_nobody_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
