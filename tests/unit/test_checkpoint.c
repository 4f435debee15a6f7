// The checkpoint of `--each`: what an earlier run has begun is done, unknown or to be called.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/call/checkpoint.h"
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

static struct checkpoint *open_one(const char *path)
{
    struct error err = ERROR_INIT;
    struct checkpoint *checkpoint = checkpoint_open(path, "rows 1", &err);
    check_ok(checkpoint != NULL, &err);
    return checkpoint;
}

static struct buf read_all(const char *path)
{
    struct buf text = BUF_INIT;
    support_read(path, &text);
    return text;
}

static char *boot_id(void)
{
    struct buf id = BUF_INIT;
    support_read("/proc/sys/kernel/random/boot_id", &id);
    char *text = mem_strndup(id.data, id.len - 1);
    buf_finish(&id);
    return text;
}

// A file of an earlier run: its head, and these lines. The caller frees the path.
static char *write_file(const char *folder, const char *boot, const char *lines)
{
    CLEANUP(mem_free_at) char *own = boot_id();
    CLEANUP(mem_free_at)
    char *text = mem_printf("marsh-checkpoint 1 %s\nrows 1\n%s", boot == NULL ? own : boot, lines);
    return support_write_text(folder, "c", text);
}

// Of the rows 1 to 12 "d" for done, "u" for unknown, "n" for unsent, "-" for what is to be called.
static void check_rows(const struct checkpoint *checkpoint, const char *expected)
{
    char found[13] = "";
    for (uint64_t i = 1; i <= 12; i++)
        found[i - 1] = checkpoint_is_unsent(checkpoint, i)    ? 'n'
                       : checkpoint_is_unknown(checkpoint, i) ? 'u'
                       : i <= checkpoint_begun(checkpoint)    ? 'd'
                                                              : '-';
    check_text(found, expected);
}

static void check_lines(const char *folder, const char *lines, const char *expected)
{
    CLEANUP(mem_free_at) char *path = write_file(folder, NULL, lines);
    struct checkpoint *checkpoint = open_one(path);
    check_rows(checkpoint, expected);
    checkpoint_close(checkpoint);
}

static void test_none(void **state)
{
    (void) state;
    assert_int_equal(checkpoint_begun(NULL), 0);
    assert_false(checkpoint_is_unknown(NULL, 1));
    assert_false(checkpoint_is_unsent(NULL, 1));
    assert_true(checkpoint_begin(NULL, 1, 2, 0));
    assert_true(checkpoint_done(NULL, 1));
    assert_true(checkpoint_unknown(NULL, 1));
    assert_true(checkpoint_unsent(NULL, 1));
    assert_true(checkpoint_bad(NULL, 1));
    assert_false(checkpoint_is_bad(NULL, 1));
    assert_false(checkpoint_goes_on(NULL));
    checkpoint_close(NULL);
}

static void test_a_new_one(void **state)
{
    CLEANUP(mem_free_at) char *path = support_path(*state, "new");
    CLEANUP(mem_free_at) char *boot = boot_id();
    struct stat st;
    struct checkpoint *checkpoint = open_one(path);
    check_rows(checkpoint, "------------");
    assert_true(checkpoint_begin(checkpoint, 1, 3, 0));
    assert_true(checkpoint_begin(checkpoint, 4, 4, 0));
    assert_true(checkpoint_done(checkpoint, 2));
    assert_true(checkpoint_unknown(checkpoint, 4));
    assert_true(checkpoint_unsent(checkpoint, 3));
    // What this run does is not what another one has left.
    check_rows(checkpoint, "------------");
    checkpoint_close(checkpoint);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct buf text = read_all(path);
    CLEANUP(mem_free_at)
    char *expected = mem_printf("marsh-checkpoint 1 %s\nrows 1\nc 10003\ns 1 3 0000000000000000\ns "
                                "4 4 0000000000000000\nd 2\nu 4\nn 3\ne\n",
                                boot);
    check_text(buf_cstr(&text), expected);
    buf_finish(&text);
    checkpoint = open_one(path);
    check_rows(checkpoint, "udnd--------");
    assert_true(checkpoint_begin(checkpoint, 3, 3, 0));
    assert_true(checkpoint_begin(checkpoint, 5, 8, 0));
    assert_true(checkpoint_done(checkpoint, 6));
    checkpoint_close(checkpoint);
    checkpoint = open_one(path);
    check_rows(checkpoint, "udududuu----");
    checkpoint_close(checkpoint);
    text = read_all(path);
    assert_non_null(
        strstr(buf_cstr(&text),
               "n 3\ne\ns 3 3 0000000000000000\nc 10008\ns 5 8 0000000000000000\nd 6\ne\n"));
    buf_finish(&text);
}

static void test_what_is_in_a_file(void **state)
{
    check_lines(*state, "", "------------");
    check_lines(*state, "c 10000\n", "------------");
    check_lines(*state, "c 10000\ns 1 4 0000000000000000\nd 3\n", "uudu--------");
    check_lines(*state, "s 1 1 0000000000000000\ns 2 2 0000000000000000\nd 2\nd 1\n",
                "dd----------");
    // Told once that it is unknown, it is not told again.
    check_lines(*state, "s 1 2 0000000000000000\nd 1\nu 2\n", "dd----------");
    check_lines(*state, "s 1 2 0000000000000000\nn 2\nd 1\n", "dn----------");
    check_lines(*state, "s 1 2 0000000000000000\nn 2\nd 1\ns 2 2 0000000000000000\n",
                "du----------");
    check_lines(*state, "s 1 2 0000000000000000\nn 2\nd 1\ns 2 2 0000000000000000\nd 2\n",
                "dd----------");
    // Rows that were none leave gaps.
    check_lines(*state, "s 3 3 0000000000000000\nd 3\n", "ddd---------");
    // Of another version, or damaged: what can't be read is passed over.
    check_lines(*state, "x 9\n\ns 1\ns 1 2 0000000000000000\nd x\nd 77\n", "uu----------");
}

static void test_what_was_told_to_be_no_row(void **state)
{
    CLEANUP(mem_free_at) char *path = support_path(*state, "c");
    struct checkpoint *checkpoint = open_one(path);
    assert_false(checkpoint_goes_on(checkpoint));
    assert_true(checkpoint_bad(checkpoint, 7));
    assert_true(checkpoint_bad(checkpoint, 2));
    assert_true(checkpoint_bad(checkpoint, 5));
    checkpoint_close(checkpoint);
    checkpoint = open_one(path);
    assert_true(checkpoint_goes_on(checkpoint));
    assert_int_equal(checkpoint_begun(checkpoint), 0);
    for (uint64_t i = 1; i <= 8; i++)
        assert_int_equal(checkpoint_is_bad(checkpoint, i), i == 2 || i == 5 || i == 7);
    checkpoint_close(checkpoint);
}

static void test_a_last_line_that_is_cut_off(void **state)
{
    check_lines(*state, "s 1 2 0000000000000000\nd 1\nd 2", "du----------");
    check_lines(*state, "s 1 2 0000000000000000\nd 1\nd ", "du----------");
    check_lines(*state, "s 1 1 0000000000000000\ns 2 12", "u-----------");
}

// What is written next is not joined to it.
static void test_a_run_behind_a_cut_off_line(void **state)
{
    CLEANUP(mem_free_at)
    char *path = write_file(*state, NULL,
                            "s 1 2 0000000000000000\nd 1\nd 2\ns 3 3 0000000000000000\ns");
    struct checkpoint *checkpoint = open_one(path);
    check_rows(checkpoint, "ddu---------");
    assert_true(checkpoint_done(checkpoint, 3));
    assert_true(checkpoint_begin(checkpoint, 4, 4, 0));
    checkpoint_close(checkpoint);
    checkpoint = open_one(path);
    check_rows(checkpoint, "dddu--------");
    checkpoint_close(checkpoint);
}

static void test_another_boot(void **state)
{
    CLEANUP(mem_free_at)
    char *path = write_file(*state, "other", "c 7\ns 1 4 0000000000000000\nd 1\nd 2\nd 4\n");
    struct checkpoint *checkpoint = open_one(path);
    check_rows(checkpoint, "dduduuu-----");
    checkpoint_close(checkpoint);
    // What ended in order has begun no more than it says, and what claims again may have.
    mem_free_at(&path);
    path = write_file(*state, "other", "c 7\ns 1 4 0000000000000000\nd 1\nd 2\nd 4\ne\n");
    checkpoint = open_one(path);
    check_rows(checkpoint, "ddud--------");
    checkpoint_close(checkpoint);
    mem_free_at(&path);
    path = write_file(
        *state, "other",
        "c 7\ns 1 4 0000000000000000\nd 1\nd 2\nd 4\ne\nc 9\ns 5 5 0000000000000000\n");
    checkpoint = open_one(path);
    check_rows(checkpoint, "dduduuuuu---");
    checkpoint_close(checkpoint);
}

static void test_what_is_no_checkpoint(void **state)
{
    static const char *const texts[] = {"x",
                                        "\n",
                                        "n,v\n1,2\n",
                                        "marsh-checkpoint 2 x\nrows 1\n",
                                        "marsh-checkpoint 1 x\n",
                                        "marsh-checkpoint 1 x\nrows 1"};
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        CLEANUP(mem_free_at) char *path = support_write_text(*state, "c", texts[i]);
        assert_null(checkpoint_open(path, "rows 1", &err));
        check_error_has(&err, ERROR_USAGE, "c: is no checkpoint");
        struct buf text = read_all(path);
        check_text(buf_cstr(&text), texts[i]);
        buf_finish(&text);
    }
}

static void test_one_of_another_call(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = write_file(*state, NULL, "s 1 1 0000000000000000\n");
    struct buf before = read_all(path);
    assert_null(checkpoint_open(path, "rows 2", &err));
    check_error_has(&err, ERROR_USAGE, "c: is of another call, or of rows that are not the same");
    struct buf after = read_all(path);
    check_text(buf_cstr(&after), buf_cstr(&before));
    buf_finish(&before);
    buf_finish(&after);
}

static void test_one_in_use(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = support_path(*state, "c");
    struct checkpoint *checkpoint = open_one(path);
    assert_null(checkpoint_open(path, "rows 1", &err));
    check_error_has(&err, ERROR_USAGE, "c: another run uses it");
    checkpoint_close(checkpoint);
    checkpoint_close(open_one(path));
}

static void test_one_that_can_not_be(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *missing = support_path(*state, "no/c");
    CLEANUP(mem_free_at) char *target = support_write_text(*state, "target", "");
    CLEANUP(mem_free_at) char *link = support_path(*state, "link");
    assert_int_equal(symlink(target, link), 0);
    assert_null(checkpoint_open(missing, "rows 1", &err));
    check_error_has(&err, ERROR_SYSTEM, "no/c: No such file or directory");
    assert_null(checkpoint_open(*state, "rows 1", &err));
    check_error_has(&err, ERROR_SYSTEM, "Is a directory");
    assert_null(checkpoint_open(link, "rows 1", &err));
    check_error_has(&err, ERROR_SYSTEM, "link: ");
    // Reading it would never end.
    assert_null(checkpoint_open("/dev/full", "rows 1", &err));
    check_error(&err, ERROR_USAGE, "/dev/full: is no file");
}

// From here on no file may grow beyond that.
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_full_disk(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = support_path(*state, "c");
    CLEANUP(mem_free_at) char *other = support_path(*state, "other");
    struct checkpoint *checkpoint = open_one(path);
    assert_true(checkpoint_begin(checkpoint, 1, 1, 0));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    limit_files((rlim_t) st.st_size);
    assert_false(checkpoint_done(checkpoint, 1));
    assert_false(checkpoint_begin(checkpoint, 2, 2, 0));
    assert_false(checkpoint_unknown(checkpoint, 2));
    limit_files(0);
    assert_null(checkpoint_open(other, "rows 1", &err));
    limit_files(RLIM_INFINITY);
    check_error_has(&err, ERROR_SYSTEM, "other: File too large");
    checkpoint_close(checkpoint);
    checkpoint = open_one(path);
    check_rows(checkpoint, "u-----------");
    checkpoint_close(checkpoint);
}

static void *note_some(void *data)
{
    for (uint64_t i = 1; i <= 200; i++) {
        checkpoint_begin(data, i, i, 0);
        checkpoint_done(data, i);
    }
    return NULL;
}

static void test_several_threads(void **state)
{
    CLEANUP(mem_free_at) char *path = support_path(*state, "c");
    struct checkpoint *checkpoint = open_one(path);
    pthread_t threads[4];
    for (size_t i = 0; i < LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_some, checkpoint), 0);
    for (size_t i = 0; i < LENGTH(threads); i++)
        pthread_join(threads[i], NULL);
    checkpoint_close(checkpoint);
    struct buf text = read_all(path);
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    buf_finish(&text);
    // Its two, one claim, two a row of each thread, the end.
    assert_int_equal(lines, 3 + 4 * 200 * 2 + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_none),
        TEST(test_a_new_one),
        TEST(test_what_is_in_a_file),
        TEST(test_what_was_told_to_be_no_row),
        TEST(test_a_last_line_that_is_cut_off),
        TEST(test_a_run_behind_a_cut_off_line),
        TEST(test_another_boot),
        TEST(test_what_is_no_checkpoint),
        TEST(test_one_of_another_call),
        TEST(test_one_in_use),
        TEST(test_one_that_can_not_be),
        TEST(test_a_full_disk),
        TEST(test_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
