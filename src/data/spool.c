#include "marsh/data/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/data/packed.h"
#include "marsh/data/sink.h"

// A row is the size of what follows, then its cells as packed.h has them.
enum { MEMORY = 1 << 20, CHUNK = 1 << 16 };

void spool_init(struct spool *spool, const struct caller *caller)
{
    *spool = (struct spool){.caller = caller, .buf = BUF_INIT, .fd = -1};
}

void spool_finish(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    buf_finish(&spool->buf);
    spool_init(spool, spool->caller);
}

static bool spill(struct spool *spool, struct error *err)
{
    if (spool->fd < 0)
        spool->fd = fs_open_temporary(spool->caller, err);
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

bool spool_add(struct spool *spool, const struct row *row, size_t count, struct error *err)
{
    size_t start = spool->buf.len;
    size_t size = 0;
    buf_add(&spool->buf, &size, sizeof(size));
    size = packed_add(&spool->buf, row, count);
    memcpy(spool->buf.data + start, &size, sizeof(size));
    spool->rows = ++spool->total;
    return spool->buf.len < (size_t) (spool->fd < 0 ? MEMORY : CHUNK) || spill(spool, err);
}

bool spool_rewind(struct spool *spool, bool once, struct error *err)
{
    spool->pos = 0;
    spool->rows = spool->total;
    spool->read = spool->released = 0;
    spool->once = once;
    if (spool->fd < 0)
        return true;
    // What was added last is still in memory, the first time.
    if (!spool->whole && !spill(spool, err))
        return false;
    spool->whole = true;
    buf_clear(&spool->buf);
    return lseek(spool->fd, 0, SEEK_SET) == 0 || error_set_errno(err, "the rows held back");
}

// Gives back what has been read, which need not be written to a disk any more. Not every file
// system can, and then it waits for the end.
static void release(struct spool *spool)
{
    off_t len = spool->read - spool->released;
    if (!spool->once || len < MEMORY)
        return;
    fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, spool->released, len);
    spool->released = spool->read;
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
        spool->read += got > 0 ? got : 0;
    }
    release(spool);
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
    packed_read(spool->buf.data + spool->pos + sizeof(size), cells, lengths, count);
    spool->pos += sizeof(size) + size;
    spool->rows--;
    return true;
}
