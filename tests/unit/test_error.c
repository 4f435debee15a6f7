#include "support.h"

#include <errno.h>

static void test_set(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    assert_int_equal(err.kind, ERROR_NONE);
    assert_null(err.message);
    assert_false(error_set(&err, ERROR_USAGE, "no %s in %d", "x", 3));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_int_equal(err.number, 0);
    assert_string_equal(err.sqlstate, "");
    assert_string_equal(err.message, "no x in 3");
    assert_null(err.place);
    error_finish(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_null(err.message);
}

static void test_set_sql(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    assert_false(error_set_sql(&err, ERROR_SQL, 1064, "42000", "100% wrong"));
    assert_int_equal(err.kind, ERROR_SQL);
    assert_int_equal(err.number, 1064);
    assert_string_equal(err.sqlstate, "42000");
    assert_string_equal(err.message, "100% wrong");
    // A state that is none, or missing, is empty: it goes to terminals.
    static const char *const none[] = {"HY000XX", "HY00", "\x1b[5nX", "hy000", "HY 00"};
    for (size_t i = 0; i < LENGTH(none); i++) {
        error_set_sql(&err, ERROR_CONNECTION, 2013, none[i], "gone");
        assert_string_equal(err.sqlstate, "");
    }
    error_set_sql(&err, ERROR_SQL, 1, NULL, "x");
    assert_string_equal(err.sqlstate, "");
    error_finish(&err);
}

static void test_set_errno(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    errno = ENOENT;
    assert_false(error_set_errno(&err, "%s", "/a/file"));
    check_error(&err, ERROR_SYSTEM, "/a/file: No such file or directory");
}

static void test_setting_again_replaces(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    error_set_sql(&err, ERROR_SQL, 1064, "42000", "first");
    error_set_place(&err, "a.sql", 3);
    // Its own message may be among the arguments.
    error_set(&err, ERROR_TIMEOUT, "after %s", err.message);
    assert_int_equal(err.kind, ERROR_TIMEOUT);
    assert_int_equal(err.number, 0);
    assert_string_equal(err.sqlstate, "");
    assert_string_equal(err.message, "after first");
    assert_null(err.place);
    error_finish(&err);
}

static void test_context_goes_in_front(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    error_set_sql(&err, ERROR_SQL, 1146, "42S02", "no table");
    assert_false(error_context(&err, "line %d", 4));
    assert_false(error_context(&err, "file"));
    assert_int_equal(err.number, 1146);
    assert_string_equal(err.sqlstate, "42S02");
    check_error(&err, ERROR_SQL, "file: line 4: no table");
}

static void test_a_hint_goes_behind(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    error_set_sql(&err, ERROR_SQL, 1064, "42000", "near ':x'");
    assert_false(error_append(&err, " (%s is not set)", ":x"));
    assert_int_equal(err.number, 1064);
    assert_string_equal(err.sqlstate, "42000");
    check_error(&err, ERROR_SQL, "near ':x' (:x is not set)");
}

static void test_innermost_place_stays(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    error_set(&err, ERROR_SQL, "x");
    error_set_place(&err, "inner.sql", 12);
    error_set_place(&err, "outer.sql", 1);
    assert_string_equal(err.place, "inner.sql:12");
    error_context(&err, "c");
    assert_string_equal(err.place, "inner.sql:12");
    error_finish(&err);
    assert_null(err.place);
}

static void test_moves(void **state)
{
    (void) state;
    struct error from = ERROR_INIT;
    struct error to = ERROR_INIT;
    error_set(&to, ERROR_USAGE, "old");
    error_set_sql(&from, ERROR_CONNECTION, 2006, "HY000", "gone");
    error_set_place(&from, "f", 2);
    error_move(&to, &from);
    assert_int_equal(from.kind, ERROR_NONE);
    assert_null(from.message);
    assert_null(from.place);
    assert_int_equal(to.number, 2006);
    assert_string_equal(to.place, "f:2");
    check_error(&to, ERROR_CONNECTION, "gone");
    error_finish(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_sql),
        cmocka_unit_test(test_set_errno),
        cmocka_unit_test(test_setting_again_replaces),
        cmocka_unit_test(test_context_goes_in_front),
        cmocka_unit_test(test_a_hint_goes_behind),
        cmocka_unit_test(test_innermost_place_stays),
        cmocka_unit_test(test_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
