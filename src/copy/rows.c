#include "rows.h"

#include <stdlib.h>

#include "marsh/base/mem.h"

struct rows *rows_create(size_t columns, size_t most, size_t room)
{
    struct rows *rows = mem_calloc(1, sizeof(*rows));
    rows->columns = columns;
    rows->most = most;
    rows->room = room;
    rows->values = mem_calloc(columns * most, sizeof(*rows->values));
    rows->places = mem_calloc(most, sizeof(*rows->places));
    return rows;
}

void rows_destroy(struct rows *rows)
{
    if (rows == NULL)
        return;
    buf_finish(&rows->bytes);
    buf_finish(&rows->raw);
    free(rows->values);
    free(rows->places);
    free(rows);
}

// One huge row does not make the buffers huge for ever.
static void empty(struct buf *buf, size_t room)
{
    if (buf->cap > 2 * room)
        buf_finish(buf);
    buf_clear(buf);
}

void rows_clear(struct rows *rows)
{
    rows->count = rows->filled = 0;
    empty(&rows->bytes, rows->room);
    empty(&rows->raw, rows->room);
}

bool rows_begin_row(struct rows *rows, size_t bytes)
{
    bool fits = rows->count < rows->most && bytes <= rows->bytes.cap &&
                rows->bytes.len <= rows->bytes.cap - bytes;
    // Grown with rows in it, it would move away from under their values. There always is a buffer,
    // as the empty string is not NULL.
    if (rows->count == 0 && (!fits || rows->bytes.data == NULL)) {
        buf_reserve(&rows->bytes, bytes > rows->room ? bytes : rows->room);
        fits = true;
    }
    rows->filled = 0;
    return fits;
}

static void add(struct rows *rows, struct value value)
{
    rows->values[rows->count * rows->columns + rows->filled++] = value;
}

void rows_add(struct rows *rows, const char *text, size_t len, bool binary)
{
    size_t start = rows->bytes.len;
    if (text != NULL) {
        buf_add(&rows->bytes, text, len);
        rows_add_made(rows, start, binary);
    } else {
        add(rows, (struct value){.binary = binary});
    }
}

void rows_add_default(struct rows *rows, bool binary)
{
    add(rows, (struct value){.binary = binary, .is_default = true});
}

void rows_add_made(struct rows *rows, size_t start, bool binary)
{
    add(rows, (struct value){rows->bytes.data + start, rows->bytes.len - start, .binary = binary});
}

void rows_end_row(struct rows *rows, uint64_t number, size_t line, const char *raw, size_t raw_len)
{
    rows->places[rows->count++] = (struct place){number, line, rows->raw.len, raw_len};
    buf_add(&rows->raw, raw, raw_len);
}

void rows_drop_row(struct rows *rows)
{
    // Its bytes stay behind, unused, until rows_clear.
    rows->filled = 0;
}
