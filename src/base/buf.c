#include "marsh/base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "marsh/base/mem.h"

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf) BUF_INIT;
}

void buf_grow(struct buf *buf, size_t extra)
{
    if (extra > SIZE_MAX / 2 - buf->len)
        abort();
    size_t need = buf->len + extra;
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need)
        cap += cap / 2;
    buf->data = mem_realloc(buf->data, cap);
    buf->cap = cap;
}

void buf_add_repeat(struct buf *buf, char c, size_t count)
{
    buf_reserve(buf, count);
    if (count > 0)
        memset(buf->data + buf->len, c, count);
    buf->len += count;
}

static void add_formatted(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    // The analyzer does not see through va_copy from a caller.
    int need = vsnprintf(NULL, 0, format, again); // NOLINT(clang-analyzer-valist.Uninitialized)
    va_end(again);
    if (need < 0)
        abort();
    buf_reserve(buf, (size_t) need + 1);
    vsnprintf(buf->data + buf->len, (size_t) need + 1, format, args);
    buf->len += (size_t) need;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_formatted(buf, format, args);
    va_end(args);
}

void buf_drop_front(struct buf *buf, size_t count)
{
    buf->len -= count;
    if (count > 0 && buf->len > 0)
        memmove(buf->data, buf->data + count, buf->len);
}

const char *buf_cstr(struct buf *buf)
{
    buf_reserve(buf, 1);
    buf->data[buf->len] = '\0';
    return buf->data;
}

char *buf_steal(struct buf *buf)
{
    buf_cstr(buf);
    char *data = buf->data;
    *buf = (struct buf) BUF_INIT;
    return data;
}
