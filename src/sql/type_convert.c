// What the server takes as bytes that nobody types.
#include <stdint.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "marsh/sql/wkt.h"
#include "type_internal.h"

// The base that is written in front, with what follows as the digits: 0x1f, x'1f', 0b1, b'1', 31.
static unsigned find_base(const char **digits, size_t *len)
{
    const char *text = *digits;
    size_t skipped = 0;
    char letter = '\0';
    if (*len > 2 && text[0] == '0') {
        letter = text[1];
        skipped = 2;
    } else if (*len > 3 && text[1] == '\'' && text[*len - 1] == '\'') {
        letter = text[0];
        skipped = 2;
    }
    unsigned base = (letter | 0x20) == 'x' ? 16 : (letter | 0x20) == 'b' ? 2 : 10;
    if (base == 10)
        return 10;
    *len -= skipped + (text[0] == '0' ? 0 : 1);
    *digits += skipped;
    return base;
}

static bool read_bits(const struct type *type, const char *value, size_t len, uint64_t *bits,
                      struct error *err)
{
    const char *digits = value;
    size_t count = len;
    while (count > 0 && digits[0] == ' ') {
        digits++;
        count--;
    }
    while (count > 0 && strchr(" \n", digits[count - 1]) != NULL && digits[count - 1] != '\0')
        count--;
    unsigned base = find_base(&digits, &count);
    *bits = 0;
    if (count == 0)
        return type_refuse(type, value, len, err);
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned) text_hex_digit(digits[i]); // what is none is too great
        if (digit >= base)
            return type_refuse(type, value, len, err);
        if (*bits > (UINT64_MAX - digit) / base)
            return type_out_of_range(type, value, len, NULL, err);
        *bits = *bits * base + digit;
    }
    return true;
}

// As few bytes as it takes, but as many as the type has: the server fills up from the left.
static bool convert_bits(const struct type *type, const char *value, size_t len, struct buf *out,
                         struct error *err)
{
    uint64_t bits;
    if (!read_bits(type, value, len, &bits, err))
        return false;
    size_t bytes = (type->length + 7) / 8;
    if (bytes > 8)
        bytes = 8;
    while (bytes < 8 && bits >> (8 * bytes) != 0)
        bytes++;
    while (bytes-- > 0)
        buf_add_char(out, (char) (bits >> (8 * bytes)));
    return true;
}

bool type_convert(const struct type *type, const char *value, size_t len, struct buf *out,
                  struct error *err)
{
    if (type->kind == TYPE_BIT)
        return convert_bits(type, value, len, out, err);
    if (type->kind == TYPE_GEOMETRY && !wkt_is_binary(value, len))
        return wkt_convert(value, len, (enum wkt_type) type->length, out, err);
    buf_add(out, value, len);
    return true;
}
