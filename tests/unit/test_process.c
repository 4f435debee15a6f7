#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "marsh/base/process.h"

static void test_captures(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    buf_add_text(&out, "> ");
    check_ok(process_capture(NULL, "printf 'a\\nb\\0c'", &out, &err), &err);
    check_buf(&out, "> a\nb\0c");
    buf_clear(&out);
    check_ok(process_capture(NULL, "true", &out, &err), &err);
    assert_int_equal(out.len, 0);
    // The shell reads the line.
    check_ok(process_capture(NULL, "echo a | tr a b; echo $((1+1))", &out, &err), &err);
    check_buf(&out, "b\n2\n");
    buf_finish(&out);
}

static void test_capture_fails(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    assert_false(process_capture(NULL, "echo x; exit 3", &out, &err));
    check_error(&err, ERROR_SYSTEM, "the command exited with status 3");
    assert_false(process_capture(NULL, "kill -KILL $$", &out, &err));
    check_error(&err, ERROR_SYSTEM, "the command exited with status 137");
    assert_false(process_capture(NULL, "/no/such/program 2>/dev/null", &out, &err));
    check_error(&err, ERROR_SYSTEM, "the command exited with status 127");
    buf_finish(&out);
}

static void test_capture_limit(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    check_ok(process_capture(NULL, "head -c 1048576 /dev/zero", &out, &err), &err);
    assert_int_equal(out.len, 1048576);
    buf_clear(&out);
    assert_false(process_capture(NULL, "head -c 1048577 /dev/zero", &out, &err));
    check_error(&err, ERROR_SYSTEM, "the command printed more than 1 MiB");
    // One that never ends is not waited for.
    buf_clear(&out);
    assert_false(process_capture(NULL, "exec cat /dev/zero", &out, &err));
    check_error(&err, ERROR_SYSTEM, "the command printed more than 1 MiB");
    buf_finish(&out);
}

static void test_runs(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    int status = -1;
    check_ok(process_run(NULL, "true", &status, &err), &err);
    assert_int_equal(status, 0);
    check_ok(process_run(NULL, "exit 42", &status, &err), &err);
    assert_int_equal(status, 42);
    check_ok(process_run(NULL, "kill -TERM $$", &status, &err), &err);
    assert_int_equal(status, 128 + SIGTERM);
}

static void test_feeds(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "out");
    CLEANUP(mem_free_at) char *command = mem_printf("cat >'%s'; exit 5", path);
    pid_t pid;
    int fd;
    check_ok(process_feed(NULL, command, &pid, &fd, &err), &err);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(write(fd, "hello", 5), 5);
    close(fd);
    assert_int_equal(process_wait(NULL, pid), 5);
    struct buf text = BUF_INIT;
    support_read(path, &text);
    check_buf(&text, "hello");
    buf_finish(&text);
    support_folder_remove(folder);
}

// What marsh ignores or blocks must not reach a command: a pipeline there relies on SIGPIPE.
static void test_signals_are_reset(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    int status = -1;
    check_ok(process_run(NULL, "kill -PIPE $$", &status, &err), &err);
    assert_int_equal(status, 128 + SIGPIPE);
    check_ok(process_run(NULL, "kill -TERM $$", &status, &err), &err);
    assert_int_equal(status, 128 + SIGTERM);
    sigprocmask(SIG_SETMASK, &before, NULL);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captures),      cmocka_unit_test(test_capture_fails),
        cmocka_unit_test(test_capture_limit), cmocka_unit_test(test_runs),
        cmocka_unit_test(test_feeds),         cmocka_unit_test(test_signals_are_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
