// Text and cells as JSON values, for every renderer that writes JSON.
#include "json_value.h"

#include <inttypes.h>

#include "cell.h"
#include "marsh/base/buf.h"
#include "marsh/base/text.h"
#include "marsh/data/column.h"
#include "scan.h"

static inline uint64_t is_special(uint64_t eight)
{
    return scan_has_below(eight, 0x20) | scan_has(eight, '"') | scan_has(eight, '\\') |
           scan_has(eight, 0x7f) | (eight & SCAN_ONES << 7);
}

// One character of at most len bytes; returns how many it has.
static size_t add_character(struct buf *buf, const char *text, size_t len, bool terminal)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    unsigned char c = (unsigned char) text[0];
    unsigned code = c;
    size_t used = c < 0x80 ? 1 : text_decode(text, len, &code);
    if (c == '"' || c == '\\')
        buf_printf(buf, "\\%c", c);
    else if (c < sizeof(letters) && letters[c] != 0)
        buf_printf(buf, "\\%c", letters[c]);
    else if (c < 0x20 || c == 0x7f)
        buf_printf(buf, "\\u%04x", c);
    else if (used == 0)
        buf_add_text(buf, "\\ufffd"); // JSON can't hold a byte that is not UTF-8
    else if (terminal && text_is_hidden(code))
        buf_printf(buf, "\\u%04x", code);
    else
        buf_add(buf, text, used);
    return used == 0 ? 1 : used;
}

void json_add_string(struct buf *buf, const char *text, size_t len, bool terminal)
{
    size_t i = 0;
    buf_add_char(buf, '"');
    for (;;) {
        buf_reserve(buf, len - i + 1);
        size_t copied = scan_copy(buf->data + buf->len, text + i, len - i, is_special);
        buf->len += copied;
        i += copied;
        if (i == len)
            break;
        for (size_t stop = len - i < 8 ? len : i + 8; i < stop;)
            i += add_character(buf, text + i, len - i, terminal);
    }
    buf_add_char(buf, '"');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The length of the JSON number at the start of text, 0 for none.
static size_t number_length(const char *text, size_t len)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = i;
    while (i < len && is_digit(text[i]))
        i++;
    if (i == digits || (text[digits] == '0' && i > digits + 1))
        return 0;
    if (i < len && text[i] == '.') {
        digits = ++i;
        while (i < len && is_digit(text[i]))
            i++;
        if (i == digits)
            return 0;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += i < len && (text[i] == '+' || text[i] == '-') ? 1 : 0;
        digits = i;
        while (i < len && is_digit(text[i]))
            i++;
        if (i == digits)
            return 0;
    }
    return i;
}

void json_add_value(struct buf *buf, const struct column *column, const char *cell, size_t len,
                    bool terminal)
{
    if (cell == NULL) {
        buf_add(buf, "null", 4);
        return;
    }
    switch (column->kind) {
    case COLUMN_NUMBER:
        // ZEROFILL's zeros are how the number is shown, not what it is.
        while (len > 1 && cell[0] == '0' && is_digit(cell[1])) {
            cell++;
            len--;
        }
        if (len > 0 && number_length(cell, len) == len)
            buf_add(buf, cell, len);
        else
            json_add_string(buf, cell, len, terminal);
        break;
    case COLUMN_BIT:
        buf_printf(buf, "%" PRIu64, cell_bit(cell, len));
        break;
    case COLUMN_BINARY:
        buf_add_char(buf, '"');
        cell_add_base64(buf, cell, len);
        buf_add_char(buf, '"');
        break;
    case COLUMN_TEXT:
    case COLUMN_TIME:
        json_add_string(buf, cell, len, terminal);
        break;
    }
}
