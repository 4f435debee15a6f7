#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/fs.h"
#include "marsh/base/mem.h"

// Prints bytes with everything but plain ASCII escaped, a line of the text a line.
static void show(const char *title, const char *data, size_t len)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) data[i];
        if (c == '\n')
            buf_add_text(&text, "\\n\n    ");
        else if (c < 0x20 || c >= 0x7f || c == '\\')
            buf_printf(&text, "\\x%02x", c);
        else
            buf_add_char(&text, (char) c);
    }
    print_error("%s (%zu bytes):\n    %s\n", title, len, buf_cstr(&text));
    buf_finish(&text);
}

void support_check_bytes(const char *data, size_t len, const char *expected, size_t expected_len,
                         const char *file, int line)
{
    if (len == expected_len && (len == 0 || memcmp(data, expected, len) == 0))
        return;
    show("expected", expected, expected_len);
    show("got", data, len);
    _fail(file, line);
}

void support_check_text(const char *text, const char *expected, const char *file, int line)
{
    if (text == NULL && expected == NULL)
        return;
    if (text == NULL || expected == NULL) {
        print_error("expected %s, got %s\n", expected == NULL ? "NULL" : expected,
                    text == NULL ? "NULL" : text);
        _fail(file, line);
        return;
    }
    support_check_bytes(text, strlen(text), expected, strlen(expected), file, line);
}

void support_check_error(struct error *err, enum error_kind kind, const char *message, bool part,
                         const char *file, int line)
{
    const char *got = err->message == NULL ? "" : err->message;
    if (err->kind != kind) {
        print_error("expected an error of kind %d, got %d: %s\n", (int) kind, (int) err->kind, got);
        _fail(file, line);
    }
    if (part && strstr(got, message) == NULL) {
        print_error("'%s' is not in the message: %s\n", message, got);
        _fail(file, line);
    }
    if (!part)
        support_check_text(got, message, file, line);
    error_finish(err);
}

void support_check_ok(bool ok, struct error *err, const char *call, const char *file, int line)
{
    if (ok && err->kind == ERROR_NONE)
        return;
    print_error("%s: %s, kind %d: %s\n", call, ok ? "true" : "false", (int) err->kind,
                err->message == NULL ? "no message" : err->message);
    _fail(file, line);
}

char *support_folder_create(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = mem_printf("%s/marsh-test-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(folder));
    return folder;
}

void support_folder_remove(char *folder)
{
    struct error err = ERROR_INIT;
    check_ok(fs_remove_tree(folder, &err), &err);
    free(folder);
}

char *support_path(const char *folder, const char *name)
{
    return mem_printf("%s/%s", folder, name);
}

char *support_write(const char *folder, const char *name, const char *text, size_t len)
{
    char *path = support_path(folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, text, len));
    assert_int_equal(close(fd), 0);
    return path;
}

void support_read(const char *path, struct buf *buf)
{
    struct error err = ERROR_INIT;
    check_ok(fs_read_file(path, (size_t) 1 << 30, buf, &err), &err);
}

uint32_t support_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
