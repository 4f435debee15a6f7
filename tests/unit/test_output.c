// The output: what is held back and when it is written, the tee, the pager, and writes that fail.
#include "marsh/render/output.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "support.h"

enum { FLUSH_AT = 1 << 16 };

struct sheet {
    int fd;
    struct output *output;
};

static void begin(struct sheet *sheet)
{
    sheet->fd = memfd_create("sheet", MFD_CLOEXEC);
    assert_true(sheet->fd >= 0);
    sheet->output = output_create(NULL, sheet->fd);
}

static void end(struct sheet *sheet)
{
    output_destroy(sheet->output);
    assert_int_equal(close(sheet->fd), 0);
}

static void add(struct sheet *sheet, const char *text)
{
    buf_add_text(output_buffer(sheet->output), text);
}

static void flush_ok(struct sheet *sheet)
{
    struct error err = ERROR_INIT;
    check_ok(output_flush(sheet->output, &err), &err);
}

// All that has reached the descriptor so far.
static void check_written(const struct sheet *sheet, const char *expected, int line)
{
    char text[256];
    ssize_t len = pread(sheet->fd, text, sizeof(text), 0);
    assert_true(len >= 0);
    support_check_bytes(text, (size_t) len, expected, strlen(expected), __FILE__, line);
}
#define WRITTEN(sheet, expected) check_written(sheet, expected, __LINE__)

static void check_file(const char *path, const char *expected, int line)
{
    struct buf text = BUF_INIT;
    support_read(path, &text);
    support_check_bytes(text.data, text.len, expected, strlen(expected), __FILE__, line);
    buf_finish(&text);
}
#define FILE_HAS(path, expected) check_file(path, expected, __LINE__)

static void test_held_back_until_flushed(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    begin(&sheet);
    flush_ok(&sheet);
    WRITTEN(&sheet, "");
    add(&sheet, "one\n");
    check_ok(output_commit(sheet.output, &err), &err);
    WRITTEN(&sheet, "");
    flush_ok(&sheet);
    WRITTEN(&sheet, "one\n");
    assert_int_equal(output_buffer(sheet.output)->len, 0);
    add(&sheet, "two\n");
    flush_ok(&sheet);
    flush_ok(&sheet);
    WRITTEN(&sheet, "one\ntwo\n");
    end(&sheet);
}

static void test_commit_writes_once_enough_gathered(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    begin(&sheet);
    buf_add_repeat(output_buffer(sheet.output), 'x', FLUSH_AT - 1);
    check_ok(output_commit(sheet.output, &err), &err);
    assert_int_equal(lseek(sheet.fd, 0, SEEK_END), 0);
    add(&sheet, "y");
    check_ok(output_commit(sheet.output, &err), &err);
    assert_int_equal(lseek(sheet.fd, 0, SEEK_END), FLUSH_AT);
    assert_int_equal(output_buffer(sheet.output)->len, 0);
    end(&sheet);
}

static void test_destroy_drops_what_is_not_flushed(void **state)
{
    (void) state;
    struct sheet sheet;
    begin(&sheet);
    add(&sheet, "never");
    output_destroy(sheet.output);
    WRITTEN(&sheet, "");
    output_destroy(NULL);
    // The descriptor is still open: it was not the output's.
    assert_int_equal(close(sheet.fd), 0);
}

static void test_full_device_fails_for_good(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct output *output = output_create(NULL, fd);
    buf_add_text(output_buffer(output), "x");
    check_ok(output_commit(output, &err), &err); // not written yet
    assert_false(output_flush(output, &err));
    check_error(&err, ERROR_SYSTEM, "writing the output: No space left on device");
    // Every later call as well, even with nothing to write.
    assert_false(output_flush(output, &err));
    check_error(&err, ERROR_SYSTEM, "writing the output: No space left on device");
    buf_add_repeat(output_buffer(output), 'x', FLUSH_AT);
    assert_false(output_commit(output, &err));
    check_error(&err, ERROR_SYSTEM, "writing the output: No space left on device");
    output_destroy(output);
    assert_int_equal(close(fd), 0);
}

static void test_closed_descriptor(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    begin(&sheet);
    int good = sheet.fd;
    output_destroy(sheet.output);
    sheet.output = output_create(NULL, -1);
    add(&sheet, "x");
    assert_false(output_flush(sheet.output, &err));
    check_error(&err, ERROR_SYSTEM, "writing the output: Bad file descriptor");
    sheet.fd = good;
    end(&sheet);
}

static void test_reader_went_away(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    int ends[2];
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct output *output = output_create(NULL, ends[1]);
    buf_add_text(output_buffer(output), "one");
    check_ok(output_flush(output, &err), &err);
    assert_int_equal(close(ends[0]), 0);
    buf_add_text(output_buffer(output), "two");
    assert_false(output_flush(output, &err));
    check_error(&err, ERROR_PIPE, "the reader of the output went away");
    assert_false(output_flush(output, &err));
    check_error(&err, ERROR_PIPE, "the reader of the output went away");
    output_destroy(output);
    assert_int_equal(close(ends[1]), 0);
}

static void test_tee_gets_a_copy(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    struct stat st;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "tee");
    begin(&sheet);
    assert_null(output_get_tee(sheet.output));
    output_note(sheet.output, "nowhere\n", 8);
    add(&sheet, "before\n");
    flush_ok(&sheet);
    check_ok(output_set_tee(sheet.output, path, &err), &err);
    check_text(output_get_tee(sheet.output), path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    output_note(sheet.output, "marsh> SELECT 1;\n", 17);
    add(&sheet, "1\n");
    flush_ok(&sheet);
    check_ok(output_set_tee(sheet.output, NULL, &err), &err);
    assert_null(output_get_tee(sheet.output));
    add(&sheet, "after\n");
    flush_ok(&sheet);
    WRITTEN(&sheet, "before\n1\nafter\n");
    FILE_HAS(path, "marsh> SELECT 1;\n1\n");
    // A second time it goes to the end of the file.
    check_ok(output_set_tee(sheet.output, path, &err), &err);
    add(&sheet, "2\n");
    flush_ok(&sheet);
    end(&sheet);
    FILE_HAS(path, "marsh> SELECT 1;\n1\n2\n");
    support_folder_remove(folder);
}

static void test_tee_that_cannot_be_opened(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *good = support_path(folder, "tee");
    CLEANUP(mem_free_at) char *bad = support_path(folder, "no/tee");
    CLEANUP(mem_free_at) char *message = mem_printf("%s: No such file or directory", bad);
    begin(&sheet);
    check_ok(output_set_tee(sheet.output, good, &err), &err);
    assert_false(output_set_tee(sheet.output, bad, &err));
    check_error(&err, ERROR_SYSTEM, message);
    // The one that was there stays.
    check_text(output_get_tee(sheet.output), good);
    add(&sheet, "1\n");
    flush_ok(&sheet);
    FILE_HAS(good, "1\n");
    end(&sheet);
    support_folder_remove(folder);
}

// It is told once, and ends the tee alone: what was to be shown still is.
static void test_full_tee_is_an_error(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    begin(&sheet);
    check_ok(output_set_tee(sheet.output, "/dev/full", &err), &err);
    add(&sheet, "1\n");
    assert_false(output_flush(sheet.output, &err));
    check_error(&err, ERROR_SYSTEM, "/dev/full: No space left on device");
    assert_null(output_get_tee(sheet.output));
    add(&sheet, "2\n");
    flush_ok(&sheet);
    WRITTEN(&sheet, "1\n2\n");
    check_ok(output_set_tee(sheet.output, "/dev/full", &err), &err);
    output_note(sheet.output, "typed\n", 6);
    assert_null(output_get_tee(sheet.output));
    flush_ok(&sheet);
    end(&sheet);
}

static void test_page(void **state)
{
    (void) state;
    struct sheet sheet;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "paged");
    CLEANUP(mem_free_at) char *pager = mem_printf("sed 's/^/> /' >> '%s'", path);
    begin(&sheet);
    output_begin_page(sheet.output, pager, false);
    // It is started by the first bytes, not before.
    output_end_page(sheet.output);
    assert_int_equal(access(path, F_OK), -1);
    output_begin_page(sheet.output, pager, false);
    output_begin_page(sheet.output, "false", false); // a page is open already
    add(&sheet, "one\n");
    flush_ok(&sheet);
    add(&sheet, "two\n");
    flush_ok(&sheet);
    output_end_page(sheet.output); // and waits for the pager
    FILE_HAS(path, "> one\n> two\n");
    WRITTEN(&sheet, "");
    add(&sheet, "three\n");
    flush_ok(&sheet);
    WRITTEN(&sheet, "three\n");
    end(&sheet);
    support_folder_remove(folder);
}

static void test_pager_quits_early(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    begin(&sheet);
    output_begin_page(sheet.output, "exec true", false);
    bool ok = true;
    while (ok) { // until it has gone: a pipe's buffer takes a few writes
        buf_add_repeat(output_buffer(sheet.output), 'x', 4096);
        ok = output_flush(sheet.output, &err);
    }
    check_error(&err, ERROR_PIPE, "the reader of the output went away");
    output_end_page(sheet.output);
    // What follows is shown again.
    add(&sheet, "next\n");
    flush_ok(&sheet);
    WRITTEN(&sheet, "next\n");
    end(&sheet);
}

static void test_tee_sees_pages_too(void **state)
{
    (void) state;
    struct sheet sheet;
    struct error err = ERROR_INIT;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "tee");
    begin(&sheet);
    check_ok(output_set_tee(sheet.output, path, &err), &err);
    output_begin_page(sheet.output, "cat > /dev/null", false);
    add(&sheet, "one\n");
    flush_ok(&sheet);
    output_end_page(sheet.output);
    end(&sheet);
    FILE_HAS(path, "one\n");
    support_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_back_until_flushed),
        cmocka_unit_test(test_commit_writes_once_enough_gathered),
        cmocka_unit_test(test_destroy_drops_what_is_not_flushed),
        cmocka_unit_test(test_full_device_fails_for_good),
        cmocka_unit_test(test_closed_descriptor),
        cmocka_unit_test(test_reader_went_away),
        cmocka_unit_test(test_tee_gets_a_copy),
        cmocka_unit_test(test_tee_that_cannot_be_opened),
        cmocka_unit_test(test_full_tee_is_an_error),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_pager_quits_early),
        cmocka_unit_test(test_tee_sees_pages_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
