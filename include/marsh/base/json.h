// JSON as RFC 8259 has it, read where it stands: numbers keep their text, digit by digit. Strict:
// UTF-8 alone, no control character in strings, no half of a surrogate pair, no superfluous zero,
// nothing nested deeper than JSON_DEPTH_MAX. Nothing is copied; the text is borrowed as long as
// what came out of it is used. Errors are ERROR_USAGE and say at which byte, counted from 1.
#ifndef MARSH_BASE_JSON_H
#define MARSH_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

enum { JSON_DEPTH_MAX = 512 };

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_FALSE,
    JSON_KIND_TRUE,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
};

// A value as it stands in the text, a string with its quotes.
struct json_value {
    enum json_kind kind;
    const char *text;
    size_t len;
    bool escaped; // a string with a backslash in it: what it means is not what stands there
};

// A whole text that is one value, with white space around it or not; *value may be NULL.
bool json_read(const char *text, size_t len, struct json_value *value, struct error *err);

// Appends what a string of json_read or a cursor means, as UTF-8; it may hold NULs.
void json_decode_string(const struct json_value *string, struct buf *out);

// The members of a text that is one object, in their order. Keys that come twice come twice.
struct json_member {
    struct json_value key; // always a string
    struct json_value value;
};

struct json_cursor {
    const char *begin;
    const char *pos;
    const char *end;
    bool inside; // a member has been read
};

enum json_step { JSON_STEP_MEMBER, JSON_STEP_END, JSON_STEP_BAD };

// False if the text does not begin an object.
bool json_cursor_begin(struct json_cursor *cursor, const char *text, size_t len, struct error *err);
// What stands behind a member is looked at with the next one: only after JSON_STEP_END was the text
// good as a whole. After that or JSON_STEP_BAD the cursor is not used again.
enum json_step json_cursor_next(struct json_cursor *cursor, struct json_member *member,
                                struct error *err);

#endif
