#include "jansson_check.h"

#include "marsh/base/buf.h"

#ifdef MARSH_WITH_JANSSON
#include <jansson.h>
#include <string.h>

enum jansson jansson_check(const char *text, size_t len, struct buf *decoded, bool *is_string)
{
    json_error_t error;
    json_t *value = json_loadb(text, len,
                               JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    *is_string = json_is_string(value);
    if (*is_string)
        buf_add(decoded, json_string_value(value), json_string_length(value));
    json_decref(value);
    // It reads over NULs between tokens.
    if (memchr(text, '\0', len) != NULL)
        return JANSSON_UNKNOWN;
    if (value != NULL)
        return JANSSON_GOOD;
    return json_error_code(&error) == json_error_numeric_overflow ? JANSSON_UNKNOWN : JANSSON_BAD;
}
#else
enum jansson jansson_check(const char *text, size_t len, struct buf *decoded, bool *is_string)
{
    (void) text;
    (void) len;
    (void) decoded;
    *is_string = false;
    return JANSSON_UNKNOWN;
}
#endif
