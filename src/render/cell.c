#include "cell.h"

#include <inttypes.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"
#include "marsh/data/column.h"
#include "marsh/render/render.h"

void cell_add_hex(struct buf *buf, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_reserve(buf, 2 * len + 2);
    buf_add(buf, "0x", 2);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) bytes[i];
        buf->data[buf->len++] = digits[c >> 4];
        buf->data[buf->len++] = digits[c & 15];
    }
}

void cell_add_base64(struct buf *buf, const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_reserve(buf, (len + 2) / 3 * 4);
    for (size_t i = 0; i < len; i += 3) {
        unsigned bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < len ? (unsigned char) bytes[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            buf->data[buf->len++] = i + j > len ? '=' : digits[bits >> (18 - 6 * j) & 63];
    }
}

uint64_t cell_bit(const char *bytes, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | (unsigned char) bytes[i];
    return value;
}

bool cell_is_hex(const struct column *column, const struct render_options *options)
{
    return options->binary_as_hex && (column->kind == COLUMN_BINARY || column->kind == COLUMN_BIT);
}

// NULL, 'NULL', ''NULL'' and so on: each is shown with one more pair of quotes.
static bool reads_null(const char *cell, size_t len)
{
    while (len >= 6 && cell[0] == '\'' && cell[len - 1] == '\'') {
        cell++;
        len -= 2;
    }
    return len == 4 && memcmp(cell, "NULL", 4) == 0;
}

void cell_add_shown(struct buf *buf, const struct column *column, const char *cell, size_t len)
{
    if (cell == NULL) {
        buf_add(buf, "NULL", 4);
    } else if (column->kind == COLUMN_BINARY) {
        cell_add_hex(buf, cell, len);
    } else if (column->kind == COLUMN_BIT) {
        buf_printf(buf, "%" PRIu64, cell_bit(cell, len));
    } else if (reads_null(cell, len)) {
        buf_printf(buf, "'%.*s'", (int) len, cell);
    } else {
        text_add_printable(buf, cell, len, true);
    }
}
