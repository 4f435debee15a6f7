// The marks of scripts: up to where all is done, and what may be done or not.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../../src/batch/marks.h"
#include "marsh/base/hash.h"
#include "marsh/base/mem.h"
#include "support.h"

static int make_folder(void **state)
{
    *state = support_folder_create();
    return 0;
}

static int remove_folder(void **state)
{
    support_folder_remove(*state);
    return 0;
}

static struct marks *open_one(const char *path)
{
    struct error err = ERROR_INIT;
    struct marks *marks = marks_open(path, "scripts 1", &err);
    check_ok(marks != NULL, &err);
    return marks;
}

// "5 0f", "5 0f to 9 11 whole", ...: what a file with these lines says.
static void check_lines(const char *folder, const char *lines, const char *expected)
{
    CLEANUP(mem_free_at)
    char *text = mem_printf("marsh-checkpoint script 1\nscripts 1\n%s", lines);
    CLEANUP(mem_free_at) char *path = support_write_text(folder, "c", text);
    struct marks *marks = open_one(path);
    const struct marks_left *left = marks_left(marks);
    struct buf found = BUF_INIT;
    buf_printf(&found, "%llu %llx", (unsigned long long) left->settled.number,
               (unsigned long long) left->settled.hash);
    if (left->sent.number > 0)
        buf_printf(&found, " to %llu %llx%s", (unsigned long long) left->sent.number,
                   (unsigned long long) left->sent.hash, left->whole ? " whole" : "");
    if (left->passed > 0)
        buf_printf(&found, " passed %llu", (unsigned long long) left->passed);
    if (left->unseen > 0)
        buf_printf(&found, " unseen %llu", (unsigned long long) left->unseen);
    if (left->ended)
        buf_add_text(&found, " ended");
    check_text(buf_cstr(&found), expected);
    buf_finish(&found);
    marks_close(marks);
}

#define H(x) "00000000000000" x

static void test_what_is_in_a_file(void **state)
{
    check_lines(*state, "", "0 cbf29ce484222325");
    check_lines(*state, "d 5 " H("0f") "\n", "5 f");
    check_lines(*state, "s 0 " H("01") " 5 " H("0f") "\n", "0 1 to 5 f");
    check_lines(*state, "s 0 " H("01") " 5 " H("0f") "\nd 5 " H("0f") "\n", "5 f");
    check_lines(*state, "d 2 " H("02") "\nt 2 " H("02") " 5 " H("0f") "\n", "2 2 to 5 f whole");
    // It failed.
    check_lines(*state, "s 2 " H("02") " 5 " H("0f") "\nd 4 " H("04") "\n", "4 4");
    check_lines(*state, "s 2 " H("02") " 3 " H("03") "\nd 2 " H("02") "\nf 3 " H("03") "\n",
                "3 3 passed 1");
    check_lines(*state, "f 1 " H("01") "\nf 2 " H("02") "\nd 3 " H("03") "\n", "3 3 passed 2");
    // The first of them counts.
    check_lines(*state, "l 4\nl 7\nd 9 " H("09") "\n", "9 9 unseen 4");
    check_lines(*state, "e 9 " H("09") "\n", "9 9 ended");
    check_lines(*state, "e 9 " H("09") "\nd 10 " H("0a") "\n", "10 a");
}

static void test_what_can_not_be_read(void **state)
{
    check_lines(*state,
                "x 1 2\n\nd\nd 5\nd 5 f\nd x " H("0f") "\nd 5 " H("0f") " 3\ns 1 " H("0f") "\n",
                "0 cbf29ce484222325");
    // A last line that was cut off.
    check_lines(*state, "d 1 " H("01") "\nd 2 " H("02"), "1 1");
    check_lines(*state, "d 1 " H("01") "\ns 1 " H("01") " 20 0000", "1 1");
}

static void test_what_is_written(void **state)
{
    CLEANUP(mem_free_at) char *path = support_path(*state, "new");
    struct stat st;
    struct mark none = {0, HASH_INIT};
    struct mark two = {2, 0xabc};
    struct mark three = {3, 0xdef};
    struct marks *marks = open_one(path);
    assert_true(marks_send(marks, none, two, false));
    assert_true(marks_settle(marks, two));
    assert_true(marks_leave(marks, 2));
    assert_true(marks_send(marks, two, three, true));
    assert_true(marks_pass(marks, three));
    assert_true(marks_end(marks, three));
    // What this run does is not what another one has left.
    assert_int_equal(marks_left(marks)->settled.number, 0);
    marks_close(marks);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct buf text = BUF_INIT;
    support_read(path, &text);
    check_text(buf_cstr(&text), "marsh-checkpoint script 1\nscripts 1\n"
                                "s 0 cbf29ce484222325 2 0000000000000abc\n"
                                "d 2 0000000000000abc\n"
                                "l 2\n"
                                "t 2 0000000000000abc 3 0000000000000def\n"
                                "f 3 0000000000000def\n"
                                "e 3 0000000000000def\n");
    buf_finish(&text);
    marks_close(NULL);
}

static void test_one_that_is_refused(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = support_path(*state, "c");
    struct marks *marks = open_one(path);
    assert_null(marks_open(path, "scripts 1", &err));
    check_error_has(&err, ERROR_USAGE, "c: another run uses it");
    marks_close(marks);
    assert_null(marks_open(path, "scripts 2", &err));
    check_error_has(&err, ERROR_USAGE, "c: is of other scripts, another target, or options");
    CLEANUP(mem_free_at)
    char *calls = support_write_text(*state, "d", "marsh-checkpoint 1 boot\nscripts 1\n");
    assert_null(marks_open(calls, "scripts 1", &err));
    check_error_has(&err, ERROR_USAGE, "d: is no checkpoint");
}

static void test_a_full_disk(void **state)
{
    CLEANUP(mem_free_at) char *path = support_path(*state, "c");
    struct mark one = {1, 1};
    struct marks *marks = open_one(path);
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit none = {.rlim_cur = 1, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_false(marks_send(marks, one, one, false));
    assert_false(marks_settle(marks, one));
    assert_false(marks_pass(marks, one));
    assert_false(marks_leave(marks, 1));
    assert_false(marks_end(marks, one));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    marks_close(marks);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_in_a_file),   TEST(test_what_can_not_be_read), TEST(test_what_is_written),
        TEST(test_one_that_is_refused), TEST(test_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
