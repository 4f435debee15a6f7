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
    traces_add_unseen(traces, &effects, false, false);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),      cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_taken_away),   cmocka_unit_test(test_only_what_has_run),
        cmocka_unit_test(test_counted_once), cmocka_unit_test(test_many),
        cmocka_unit_test(test_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
