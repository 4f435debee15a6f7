// Text and cells as JSON values, for every renderer that writes JSON.
#include "json_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cell.h"
#include "marsh/base/buf.h"
#include "marsh/base/text.h"
#include "marsh/data/column.h"

void json_add_string(struct buf *buf, const char *text, size_t len, bool terminal)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    buf_add_char(buf, '"');
    if (text_is_plain(text, len) && memchr(text, '"', len) == NULL &&
        memchr(text, '\\', len) == NULL) {
        buf_add(buf, text, len);
        buf_add_char(buf, '"');
        return;
    }
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char) text[i];
        unsigned code = c;
        size_t used = c < 0x80 ? 1 : text_decode(text + i, len - i, &code);
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
            buf_add(buf, text + i, used);
        i += used == 0 ? 1 : used;
    }
    buf_add_char(buf, '"');
}

// The length of the JSON number at the start of text, 0 for none.
static size_t number_length(const char *text, size_t len)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = i;
    while (i < len && isdigit((unsigned char) text[i]) != 0)
        i++;
    if (i == digits || (text[digits] == '0' && i > digits + 1))
        return 0;
    if (i < len && text[i] == '.') {
        digits = ++i;
        while (i < len && isdigit((unsigned char) text[i]) != 0)
            i++;
        if (i == digits)
            return 0;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += i < len && (text[i] == '+' || text[i] == '-') ? 1 : 0;
        digits = i;
        while (i < len && isdigit((unsigned char) text[i]) != 0)
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
        while (len > 1 && cell[0] == '0' && isdigit((unsigned char) cell[1]) != 0) {
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
