// A growable byte buffer. `data` is not NUL-terminated unless buf_cstr() was the last call on it.
// Invariant: len <= cap, and data is NULL only while cap is 0. Not thread-safe.
#ifndef MARSH_BASE_BUF_H
#define MARSH_BASE_BUF_H

#include <stddef.h>
#include <string.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

#define BUF_INIT                                                                                   \
    {                                                                                              \
        .data = NULL, .len = 0, .cap = 0                                                           \
    }

// Frees what it holds and leaves it empty, ready for use again.
void buf_finish(struct buf *buf);

// Makes room for `extra` more bytes behind len; growth is geometric, so appends are amortised O(1).
void buf_grow(struct buf *buf, size_t extra);

static inline void buf_reserve(struct buf *buf, size_t extra)
{
    if (buf->cap - buf->len < extra)
        buf_grow(buf, extra);
}

static inline void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    buf_reserve(buf, len);
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

static inline void buf_add_char(struct buf *buf, char c)
{
    buf_reserve(buf, 1);
    buf->data[buf->len++] = c;
}

static inline void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

static inline void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

void buf_add_repeat(struct buf *buf, char c, size_t count);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Drops the first `count` bytes; count <= len.
void buf_drop_front(struct buf *buf, size_t count);

// The content as a C string, good until the next change.
const char *buf_cstr(struct buf *buf);
// Hands the content over as a C string that the caller frees; the buffer is empty afterwards.
char *buf_steal(struct buf *buf);

#endif
