// What another reader of JSON says, where it was there when this was built. In a file of its own,
// as its names are like the tests'.
#ifndef MARSH_TESTS_JANSSON_CHECK_H
#define MARSH_TESTS_JANSSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum jansson { JANSSON_GOOD, JANSSON_BAD, JANSSON_UNKNOWN };

struct buf;

// Whether the text is one JSON value; unknown without the library, and for numbers that it can't
// hold. Of a string *decoded gets what it means, and *is_string says so.
enum jansson jansson_check(const char *text, size_t len, struct buf *decoded, bool *is_string);

#endif
