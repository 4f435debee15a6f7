#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "type_internal.h"

enum { SHOWN_MAX = 40 };

void type_add_value(struct buf *buf, const char *value, size_t len)
{
    size_t shown = len <= SHOWN_MAX ? len : SHOWN_MAX;
    // Not in the middle of a character.
    while (shown < len && shown > 0 && ((unsigned char) value[shown] & 0xc0) == 0x80)
        shown--;
    buf_add_char(buf, '\'');
    text_add_printable(buf, value, shown, false);
    buf_add_text(buf, shown < len ? "...'" : "'");
}

static bool fail(struct error *err, struct buf *message)
{
    error_set(err, ERROR_USAGE, "%s", buf_cstr(message));
    buf_finish(message);
    return false;
}

bool type_refuse(const struct type *type, const char *value, size_t len, struct error *err)
{
    struct buf message = BUF_INIT;
    type_add_value(&message, value, len);
    buf_add_text(&message, " is no ");
    type_add_name(type, &message);
    return fail(err, &message);
}

bool type_out_of_range(const struct type *type, const char *value, size_t len, const char *detail,
                       struct error *err)
{
    struct buf message = BUF_INIT;
    type_add_value(&message, value, len);
    buf_add_text(&message, " is out of range for ");
    type_add_name(type, &message);
    if (detail != NULL)
        buf_printf(&message, " (%s)", detail);
    return fail(err, &message);
}

static bool too_long(const struct type *type, const char *value, size_t len, size_t size,
                     const char *unit, struct error *err)
{
    struct buf message = BUF_INIT;
    type_add_value(&message, value, len);
    buf_add_text(&message, " is too long for ");
    type_add_name(type, &message);
    buf_printf(&message, ": %zu %s", size, unit);
    if (type->kind == TYPE_TEXT || type->kind == TYPE_BINARY)
        buf_printf(&message, ", at most %zu", type->length);
    return fail(err, &message);
}

// False where the text is not UTF-8: what it is then depends on the session.
static bool count_characters(const char *value, size_t len, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < len; ++*count) {
        unsigned code;
        size_t used = (value[i] & 0x80) == 0 ? 1 : text_decode(value + i, len - i, &code);
        if (used == 0)
            return false;
        i += used;
    }
    return true;
}

// Spaces at the end are cut off without a word. In a character set that is not known a character
// takes one byte at least.
static bool check_text(const struct type *type, const char *value, size_t len, struct error *err)
{
    size_t kept = len;
    size_t characters;
    if (len <= type->length)
        return true;
    while (kept > 0 && value[kept - 1] == ' ')
        kept--;
    if (!count_characters(value, kept, &characters))
        return true;
    bool in_bytes = type->kind == TYPE_TEXT && (type->utf8 || characters == kept);
    size_t size = in_bytes ? kept : characters;
    return size <= type->length ||
           too_long(type, value, len, size, in_bytes ? "bytes" : "characters", err);
}

// 32 hexadecimal digits with single or double hyphens somewhere between them.
static bool is_uuid(const char *value, size_t len)
{
    size_t digits = 0;
    for (size_t i = 0; i < len; i++) {
        if (text_is_xdigit(value[i]))
            digits++;
        else if (value[i] != '-')
            return false;
    }
    return digits == 32;
}

// What an address is made of; the server sees to the rest.
static bool is_address(const struct type *type, const char *value, size_t len)
{
    bool separated = false;
    for (size_t i = 0; i < len; i++) {
        bool colon = value[i] == ':' && type->kind == TYPE_INET6;
        bool digit = type->kind == TYPE_INET6 ? text_is_xdigit(value[i]) : text_is_digit(value[i]);
        if (!colon && !digit && value[i] != '.')
            return false;
        separated = separated || colon || (value[i] == '.' && type->kind == TYPE_INET4);
    }
    return separated;
}

static bool check_converted(const struct type *type, const char *value, size_t len, bool strict,
                            struct error *err)
{
    struct buf bytes = BUF_INIT;
    bool ok = type_convert(type, value, len, &bytes, err);
    size_t spare = type->length % 8;
    size_t room = (type->length + 7) / 8;
    if (ok && strict && type->kind == TYPE_BIT &&
        (bytes.len > room ||
         (bytes.len == room && spare > 0 && (unsigned char) bytes.data[0] >> spare != 0)))
        ok = type_out_of_range(type, value, len, NULL, err);
    buf_finish(&bytes);
    return ok;
}

bool type_check(const struct type *type, const char *value, size_t len, bool strict,
                struct error *err)
{
    switch (type->kind) {
    case TYPE_INTEGER:
    case TYPE_DECIMAL:
    case TYPE_FLOAT:
    case TYPE_YEAR:
        return type_check_number(type, value, len, strict, err);
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_DATETIME:
    case TYPE_TIMESTAMP:
        return type_check_time(type, value, len, strict, err);
    case TYPE_CHAR:
    case TYPE_TEXT:
        return !strict || check_text(type, value, len, err);
    case TYPE_BINARY:
        return !strict || len <= type->length || too_long(type, value, len, len, "bytes", err);
    case TYPE_ENUM:
    case TYPE_SET:
        return type_check_member(type, value, len, err);
    case TYPE_UUID:
        return is_uuid(value, len) || type_refuse(type, value, len, err);
    case TYPE_INET4:
    case TYPE_INET6:
        return is_address(type, value, len) || type_refuse(type, value, len, err);
    case TYPE_BIT:
    case TYPE_GEOMETRY:
        return check_converted(type, value, len, strict, err);
    case TYPE_UNKNOWN:
    case TYPE_JSON:
    case TYPE_VECTOR:
        break;
    }
    return true;
}
