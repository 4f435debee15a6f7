// What the unit tests share: cmocka with the headers it needs, and checks that show both sides with
// every byte visible. A check that fails ends its test.
#ifndef MARSH_TESTS_SUPPORT_H
#define MARSH_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// The bytes are those of the literal, which may hold NULs.
#define check_bytes(data, len, literal)                                                            \
    support_check_bytes(data, len, literal, sizeof(literal) - 1, __FILE__, __LINE__)
#define check_buf(buf, literal)                                                                    \
    support_check_bytes((buf)->data, (buf)->len, literal, sizeof(literal) - 1, __FILE__, __LINE__)
// The text is that of another C string; either may be NULL.
#define check_text(text, expected) support_check_text(text, expected, __FILE__, __LINE__)

// The error is of that kind and has that message (or, with check_error_has, that text in it). It is
// emptied for the next one.
#define check_error(err, kind, message)                                                            \
    support_check_error(err, kind, message, false, __FILE__, __LINE__)
#define check_error_has(err, kind, part)                                                           \
    support_check_error(err, kind, part, true, __FILE__, __LINE__)
// A call that has to succeed; the error's message is shown where it does not.
#define check_ok(call, err) support_check_ok(call, err, #call, __FILE__, __LINE__)

void support_check_bytes(const char *data, size_t len, const char *expected, size_t expected_len,
                         const char *file, int line);
void support_check_text(const char *text, const char *expected, const char *file, int line);
void support_check_error(struct error *err, enum error_kind kind, const char *message, bool part,
                         const char *file, int line);
void support_check_ok(bool ok, struct error *err, const char *call, const char *file, int line);

// A new private folder below $TMPDIR or /tmp, and the same removed; the path is freed by that.
char *support_folder_create(void);
void support_folder_remove(char *folder);
// FOLDER/NAME; the caller frees it.
char *support_path(const char *folder, const char *name);
// Writes FOLDER/NAME with mode 0600 and returns its path, which the caller frees.
char *support_write(const char *folder, const char *name, const char *text, size_t len);
#define support_write_text(folder, name, text) support_write(folder, name, text, strlen(text))
// Appends the whole file to the buffer.
void support_read(const char *path, struct buf *buf);

// A small generator of its own, so that a failure comes again.
uint32_t support_random(uint32_t *state);

#endif
