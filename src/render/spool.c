#include "spool.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/data/sink.h"

// A row is the size of what follows, then for each cell its length and bytes. A length is one byte,
// or LONG_CELL and eight bytes.
enum { NULL_CELL = 255, LONG_CELL = 254, MEMORY = 1 << 20, CHUNK = 1 << 18 };

void spool_init(struct spool *spool)
{
    *spool = (struct spool){.buf = BUF_INIT, .fd = -1};
}

void spool_finish(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    buf_finish(&spool->buf);
    spool_init(spool);
}

static bool spill(struct spool *spool, struct error *err)
{
    if (spool->fd < 0)
        spool->fd = fs_open_temporary(err);
    if (spool->fd < 0)
        return false;
    if (!fs_write_all(spool->fd, spool->buf.data, spool->buf.len))
        return error_set_errno(err, "holding rows back in a temporary file");
    buf_clear(&spool->buf);
    // One row that was huge shall not keep its room.
    if (spool->buf.cap > (size_t) 4 * MEMORY)
        buf_finish(&spool->buf);
    return true;
}

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

bool spool_add(struct spool *spool, const struct row *row, size_t count, struct error *err)
{
    size_t room = sizeof(size_t);
    for (size_t i = 0; i < count; i++)
        room += 1 + sizeof(size_t) + (row->cells[i] == NULL ? 0 : row->lengths[i]);
    buf_reserve(&spool->buf, room);
    char *start = spool->buf.data + spool->buf.len;
    char *to = start + sizeof(size_t);
    for (size_t i = 0; i < count; i++)
        to = put_cell(to, row->cells[i], row->lengths[i]);
    size_t size = (size_t) (to - start) - sizeof(size_t);
    memcpy(start, &size, sizeof(size));
    spool->buf.len += sizeof(size) + size;
    spool->rows++;
    return spool->buf.len < MEMORY || spill(spool, err);
}

bool spool_rewind(struct spool *spool, struct error *err)
{
    spool->pos = 0;
    if (spool->fd < 0)
        return true;
    return spill(spool, err) &&
           (lseek(spool->fd, 0, SEEK_SET) == 0 || error_set_errno(err, "the rows held back"));
}

// So many bytes from pos on are in memory.
static bool need(struct spool *spool, size_t size, struct error *err)
{
    struct buf *buf = &spool->buf;
    if (buf->len - spool->pos >= size)
        return true;
    buf_drop_front(buf, spool->pos);
    spool->pos = 0;
    while (buf->len < size) {
        buf_reserve(buf, size - buf->len > CHUNK ? size - buf->len : CHUNK);
        ssize_t got = read(spool->fd, buf->data + buf->len, buf->cap - buf->len);
        if (got == 0)
            return error_set(err, ERROR_SYSTEM, "the rows held back end early");
        if (got < 0 && errno != EINTR)
            return error_set_errno(err, "the rows held back");
        buf->len += got > 0 ? (size_t) got : 0;
    }
    return true;
}

bool spool_take(struct spool *spool, const char **cells, unsigned long *lengths, size_t count,
                struct error *err)
{
    size_t size = 0;
    if (!need(spool, sizeof(size), err))
        return false;
    memcpy(&size, spool->buf.data + spool->pos, sizeof(size));
    if (!need(spool, sizeof(size) + size, err))
        return false;
    const char *from = spool->buf.data + spool->pos + sizeof(size);
    for (size_t i = 0; i < count; i++) {
        size_t len = (unsigned char) *from++;
        bool null = len == NULL_CELL;
        if (len == LONG_CELL) {
            memcpy(&len, from, sizeof(len));
            from += sizeof(len);
        }
        cells[i] = null ? NULL : from;
        lengths[i] = null ? 0 : len;
        from += lengths[i];
    }
    spool->pos += sizeof(size) + size;
    spool->rows--;
    return true;
}
