#include "marsh/data/packed.h"

#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/data/sink.h"

enum { NULL_CELL = 255, LONG_CELL = 254 };

static char *put_cell(char *to, const char *cell, size_t len)
{
    if (cell == NULL) {
        *to++ = (char) NULL_CELL;
        return to;
    }
    if (len < LONG_CELL) {
        *to++ = (char) len;
    } else {
        *to++ = (char) LONG_CELL;
        memcpy(to, &len, sizeof(len));
        to += sizeof(len);
    }
    if (len > 0)
        memcpy(to, cell, len);
    return to + len;
}

size_t packed_add(struct buf *buf, const struct row *row, size_t count)
{
    size_t room = 1; // buf->data is NULL before the first
    for (size_t i = 0; i < count; i++)
        room += 1 + sizeof(size_t) + (row->cells[i] == NULL ? 0 : row->lengths[i]);
    buf_reserve(buf, room);
    char *start = buf->data + buf->len;
    char *to = start;
    for (size_t i = 0; i < count; i++)
        to = put_cell(to, row->cells[i], row->lengths[i]);
    buf->len += (size_t) (to - start);
    return (size_t) (to - start);
}

const char *packed_read(const char *bytes, const char **cells, unsigned long *lengths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = (unsigned char) *bytes++;
        bool null = len == NULL_CELL;
        if (len == LONG_CELL) {
            memcpy(&len, bytes, sizeof(len));
            bytes += sizeof(len);
        }
        cells[i] = null ? NULL : bytes;
        lengths[i] = null ? 0 : len;
        bytes += lengths[i];
    }
    return bytes;
}
