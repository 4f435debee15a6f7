// Text and cells as JSON values, for every renderer that writes JSON.
#include "json_value.h"

#include <inttypes.h>

#include "cell.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "marsh/data/column.h"
#include "marsh/data/sink.h"
#include "scan.h"

static inline uint64_t escaped(uint64_t eight)
{
    return scan_for_below(eight, 0x20) | scan_for(eight, '"') | scan_for(eight, '\\') |
           scan_for(eight, 0x7f);
}

static inline uint64_t is_escaped(uint64_t eight)
{
    return scan_ascii(eight, escaped(eight));
}

static inline uint64_t is_special(uint64_t eight)
{
    return scan_or_not_ascii(eight, escaped(eight));
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

// From the first eight bytes on of which one may not stand as it is.
static void add_rest(struct buf *buf, const char *text, size_t len, bool terminal)
{
    bool valid = !terminal && text_is_utf8(text, len);
    for (size_t i = 0; i < len;) {
        buf_reserve(buf, len - i);
        char *to = buf->data + buf->len;
        size_t copied = valid ? scan_copy(to, text + i, len - i, is_escaped)
                              : scan_copy(to, text + i, len - i, is_special);
        buf->len += copied;
        i += copied;
        for (size_t stop = len - i < 8 ? len : i + 8; i < stop;) {
            if (valid && (unsigned char) text[i] >= 0x80)
                buf_add_char(buf, text[i++]); // may be within a character
            else
                i += add_character(buf, text + i, len - i, terminal);
        }
    }
}

static bool fits(enum charset charset, const char *text, size_t len, struct error *err)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++)
        all |= (unsigned char) text[i];
    return all < 0x80 || charset == CHARSET_UTF8 || charset == CHARSET_UTF8MB3 ||
           error_set(err, ERROR_USAGE,
                     "JSON is UTF-8, and the connection has another character set, in which there "
                     "is text that is not ASCII: see --charset");
}

bool json_fits_names(enum charset charset, const struct column *columns, size_t count,
                     struct error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = fits(charset, columns[i].name, columns[i].name_len, err);
    return ok;
}

bool json_fits(enum charset charset, const struct column *columns, size_t count,
               const struct row *row, struct error *err)
{
    bool ok = true;
    if (charset == CHARSET_UTF8) // most are, and need no look
        return true;
    for (size_t i = 0; ok && i < count; i++) {
        if (columns[i].kind == COLUMN_TEXT && row->cells[i] != NULL)
            ok = fits(charset, row->cells[i], row->lengths[i], err);
    }
    return ok;
}

void json_add_string(struct buf *buf, const char *text, size_t len, bool terminal)
{
    buf_reserve(buf, len + 2);
    char *to = buf->data + buf->len;
    *to++ = '"';
    size_t copied = scan_copy(to, text, len, is_special);
    buf->len += 1 + copied;
    if (copied < len)
        add_rest(buf, text + copied, len - copied, terminal);
    buf_add_char(buf, '"');
}

// A number as JSON has them, read a byte at a time.
enum { OTHER, ZERO, DIGIT, MINUS, PLUS, POINT, POWER, KINDS };
enum {
    NONE,
    START,
    SIGNED,
    LEADING,
    WHOLE,
    POINTED,
    FRACTION,
    POWERED,
    POWER_SIGNED,
    RAISED,
    STATES
};

// Copies it as well; false where it is none, and then nothing was added.
static bool add_number(struct buf *buf, const char *text, size_t len)
{
    static const unsigned char kinds[256] = {
        ['0'] = ZERO,  ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT,
        ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
        ['-'] = MINUS, ['+'] = PLUS,  ['.'] = POINT, ['e'] = POWER, ['E'] = POWER};
    static const unsigned char next[STATES][KINDS] = {
        [START] = {[ZERO] = LEADING, [DIGIT] = WHOLE, [MINUS] = SIGNED},
        [SIGNED] = {[ZERO] = LEADING, [DIGIT] = WHOLE},
        [LEADING] = {[POINT] = POINTED, [POWER] = POWERED},
        [WHOLE] = {[ZERO] = WHOLE, [DIGIT] = WHOLE, [POINT] = POINTED, [POWER] = POWERED},
        [POINTED] = {[ZERO] = FRACTION, [DIGIT] = FRACTION},
        [FRACTION] = {[ZERO] = FRACTION, [DIGIT] = FRACTION, [POWER] = POWERED},
        [POWERED] =
            {[ZERO] = RAISED, [DIGIT] = RAISED, [MINUS] = POWER_SIGNED, [PLUS] = POWER_SIGNED},
        [POWER_SIGNED] = {[ZERO] = RAISED, [DIGIT] = RAISED},
        [RAISED] = {[ZERO] = RAISED, [DIGIT] = RAISED},
    };
    unsigned state = START;
    buf_reserve(buf, len + 1); // at least one, as data is NULL before the first
    char *to = buf->data + buf->len;
    for (size_t i = 0; i < len; i++) {
        state = next[state][kinds[(unsigned char) text[i]]];
        to[i] = text[i];
    }
    if (state != LEADING && state != WHOLE && state != FRACTION && state != RAISED)
        return false;
    buf->len += len;
    return true;
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
        while (len > 1 && cell[0] == '0' && text_is_digit(cell[1])) {
            cell++;
            len--;
        }
        if (!add_number(buf, cell, len))
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
