#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/fs.h"
#include "marsh/base/mem.h"

static int set_up(void **state)
{
    *state = support_folder_create();
    return 0;
}

static int tear_down(void **state)
{
    support_folder_remove(*state);
    return 0;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_places(void **state)
{
    (void) state;
    static const struct {
        enum fs_place place;
        const char *variable;
        const char *below_home;
    } rows[] = {
        {FS_CONFIG, "XDG_CONFIG_HOME", "/home/ann/.config/marsh"},
        {FS_STATE, "XDG_STATE_HOME", "/home/ann/.local/state/marsh"},
        {FS_DATA, "XDG_DATA_HOME", "/home/ann/.local/share/marsh"},
    };
    struct error err = ERROR_INIT;
    setenv("HOME", "/home/ann", 1);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        CLEANUP(mem_free_at) char *path = NULL;
        unsetenv(rows[i].variable);
        check_ok(fs_place(NULL, rows[i].place, &path, &err), &err);
        check_text(path, rows[i].below_home);
        mem_replace(&path, NULL);
        setenv(rows[i].variable, "/xdg", 1);
        check_ok(fs_place(NULL, rows[i].place, &path, &err), &err);
        check_text(path, "/xdg/marsh");
        // One that is not absolute is ignored, as the specification says.
        mem_replace(&path, NULL);
        setenv(rows[i].variable, "xdg", 1);
        check_ok(fs_place(NULL, rows[i].place, &path, &err), &err);
        check_text(path, rows[i].below_home);
        unsetenv(rows[i].variable);
    }
    CLEANUP(mem_free_at) char *runtime = NULL;
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    check_ok(fs_place(NULL, FS_RUNTIME, &runtime, &err), &err);
    check_text(runtime, "/run/user/7/marsh");
    unsetenv("XDG_RUNTIME_DIR");
    mem_replace(&runtime, NULL);
    check_ok(fs_place(NULL, FS_RUNTIME, &runtime, &err), &err);
    CLEANUP(mem_free_at) char *expected = mem_printf("/tmp/marsh-%u", (unsigned) getuid());
    check_text(runtime, expected);
}

static void test_makes_private_dir(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = support_path(*state, "a/b/c");
    mode_t before = umask(0);
    check_ok(fs_make_private_dir(path, &err), &err);
    assert_int_equal(mode_of(path), 0700);
    CLEANUP(mem_free_at) char *parent = support_path(*state, "a");
    assert_int_equal(mode_of(parent), 0700);
    // Again, and where others may read it.
    check_ok(fs_make_private_dir(path, &err), &err);
    assert_int_equal(chmod(path, 0755), 0);
    check_ok(fs_make_private_dir(path, &err), &err);
    umask(before);
}

static void test_refuses_shared_dir(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = support_path(*state, "shared");
    check_ok(fs_make_private_dir(path, &err), &err);
    static const mode_t modes[] = {0777, 0770, 0720, 0702, 01777};
    for (size_t i = 0; i < LENGTH(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_false(fs_make_private_dir(path, &err));
        check_error_has(&err, ERROR_SYSTEM, "others may write to it");
    }
}

static void test_refuses_link_and_file(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *real = support_path(*state, "real");
    CLEANUP(mem_free_at) char *linked = support_path(*state, "link");
    check_ok(fs_make_private_dir(real, &err), &err);
    assert_int_equal(symlink(real, linked), 0);
    assert_false(fs_make_private_dir(linked, &err));
    check_error_has(&err, ERROR_SYSTEM, "is not a directory");
    CLEANUP(mem_free_at) char *file = support_write_text(*state, "file", "x");
    assert_false(fs_make_private_dir(file, &err));
    check_error_has(&err, ERROR_SYSTEM, "is not a directory");
    CLEANUP(mem_free_at) char *below = support_path(file, "below");
    assert_false(fs_make_private_dir(below, &err));
    check_error_has(&err, ERROR_SYSTEM, "Not a directory");
    CLEANUP(mem_free_at) char *dangling = support_path(*state, "dangling");
    assert_int_equal(symlink("nowhere", dangling), 0);
    assert_false(fs_make_private_dir(dangling, &err));
    check_error_has(&err, ERROR_SYSTEM, "is not a directory");
}

static void test_refuses_others_dir(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    if (geteuid() != 0)
        skip();
    CLEANUP(mem_free_at) char *path = support_path(*state, "theirs");
    check_ok(fs_make_private_dir(path, &err), &err);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_false(fs_make_private_dir(path, &err));
    check_error_has(&err, ERROR_SYSTEM, "belongs to another user");
}

static void test_reads_file(void **state)
{
    struct error err = ERROR_INIT;
    struct buf buf = BUF_INIT;
    CLEANUP(mem_free_at) char *path = support_write(*state, "file", "a\0b\n", 4);
    buf_add_text(&buf, "> ");
    check_ok(fs_read_file(path, 4, &buf, &err), &err);
    check_buf(&buf, "> a\0b\n");
    buf_clear(&buf);
    assert_false(fs_read_file(path, 3, &buf, &err));
    check_error_has(&err, ERROR_USAGE, "is larger than 3 bytes");
    CLEANUP(mem_free_at) char *none = support_path(*state, "none");
    assert_false(fs_read_file(none, 3, &buf, &err));
    check_error_has(&err, ERROR_SYSTEM, "No such file or directory");
    assert_false(fs_read_file(*state, 3, &buf, &err));
    check_error_has(&err, ERROR_SYSTEM, "Is a directory");
    // One without an end is given up.
    buf_clear(&buf);
    assert_false(fs_read_file("/dev/zero", 100000, &buf, &err));
    check_error_has(&err, ERROR_USAGE, "is larger than 100000 bytes");
    buf_clear(&buf);
    check_ok(fs_read_file("/dev/null", 0, &buf, &err), &err);
    assert_int_equal(buf.len, 0);
    buf_finish(&buf);
}

static void test_reads_large_file(void **state)
{
    struct error err = ERROR_INIT;
    struct buf big = BUF_INIT;
    struct buf got = BUF_INIT;
    for (int i = 0; i < 50000; i++)
        buf_printf(&big, "%d\n", i);
    CLEANUP(mem_free_at) char *path = support_write(*state, "big", big.data, big.len);
    check_ok(fs_read_file(path, big.len, &got, &err), &err);
    assert_int_equal(got.len, big.len);
    assert_memory_equal(got.data, big.data, big.len);
    assert_false(fs_read_file(path, big.len - 1, &got, &err));
    error_finish(&err);
    buf_finish(&big);
    buf_finish(&got);
}

static void test_expands_home(void **state)
{
    (void) state;
    setenv("HOME", "/home/ann", 1);
    static const char *const rows[][2] = {
        {"~/x/y", "/home/ann/x/y"}, {"~", "~"},     {"~bob/x", "~bob/x"},
        {"/a/~/b", "/a/~/b"},       {"rel", "rel"}, {"", ""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        CLEANUP(mem_free_at) char *path = fs_expand_home(NULL, rows[i][0]);
        check_text(path, rows[i][1]);
    }
}

static void test_removes_tree(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *kept = support_path(*state, "kept");
    check_ok(fs_make_private_dir(kept, &err), &err);
    CLEANUP(mem_free_at) char *file = support_write_text(kept, "file", "precious");
    CLEANUP(mem_free_at) char *deep = support_path(*state, "gone/1/2/3");
    CLEANUP(mem_free_at) char *gone = support_path(*state, "gone");
    check_ok(fs_make_private_dir(deep, &err), &err);
    free(support_write_text(deep, "file", "x"));
    CLEANUP(mem_free_at) char *to_dir = support_path(deep, "to-dir");
    CLEANUP(mem_free_at) char *to_file = support_path(deep, "to-file");
    assert_int_equal(symlink(kept, to_dir), 0);
    assert_int_equal(symlink(file, to_file), 0);
    check_ok(fs_remove_tree(gone, &err), &err);
    assert_int_equal(access(gone, F_OK), -1);
    struct buf text = BUF_INIT;
    support_read(file, &text);
    check_buf(&text, "precious");
    buf_finish(&text);
    // A link in the place of the folder goes, what it points to stays.
    assert_int_equal(symlink(kept, gone), 0);
    check_ok(fs_remove_tree(gone, &err), &err);
    struct stat st;
    assert_int_equal(lstat(gone, &st), -1);
    assert_int_equal(access(file, F_OK), 0);
    // What is not there is no error.
    check_ok(fs_remove_tree(gone, &err), &err);
}

static void test_writes_all(void **state)
{
    (void) state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fs_write_all(ends[1], "abc", 3));
    assert_true(fs_write_all(ends[1], "", 0));
    char got[4] = "";
    assert_int_equal(read(ends[0], got, 3), 3);
    assert_string_equal(got, "abc");
    close(ends[0]);
    close(ends[1]);
    assert_false(fs_write_all(ends[1], "abc", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_makes_private_dir),
        cmocka_unit_test(test_refuses_shared_dir),
        cmocka_unit_test(test_refuses_link_and_file),
        cmocka_unit_test(test_refuses_others_dir),
        cmocka_unit_test(test_reads_file),
        cmocka_unit_test(test_reads_large_file),
        cmocka_unit_test(test_expands_home),
        cmocka_unit_test(test_removes_tree),
        cmocka_unit_test(test_writes_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
