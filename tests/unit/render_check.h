// Rendering small sets and looking at every byte: an output over a file in memory, a sink of one
// format, and sets written as arrays. Begin, feed, check, end.
#ifndef MARSH_TESTS_RENDER_CHECK_H
#define MARSH_TESTS_RENDER_CHECK_H

#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "support.h"

// A value: CELL("it") may hold NULs, NIL is SQL NULL.
struct cell {
    const char *text;
    size_t len;
};
#define CELL(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define NIL                                                                                        \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define COLUMN(literal, its_kind)                                                                  \
    {                                                                                              \
        literal, sizeof(literal) - 1, its_kind                                                     \
    }

struct rendering {
    int fd;
    struct output *output;
    const struct render_format *format;
    struct sink *sink;
};

void rendering_begin(struct rendering *rendering, const char *format,
                     struct render_options options);
void rendering_end(struct rendering *rendering);

// The parts of a set, one by one; each has to succeed.
void rendering_columns(struct rendering *rendering, enum set_kind kind,
                       const struct column *columns, size_t count);
void rendering_row(struct rendering *rendering, const struct cell *cells, size_t count);
void rendering_summary(struct rendering *rendering, enum set_kind kind, uint64_t rows);
// A statement without rows.
void rendering_ok(struct rendering *rendering);

// A whole set; the arrays are rows of cells.
void rendering_set(struct rendering *rendering, enum set_kind kind, const struct column *columns,
                   size_t count, const struct cell *cells, size_t cell_count);
#define render_set(rendering, columns, cells)                                                      \
    rendering_set(rendering, SET_ROWS, columns, LENGTH(columns), cells, LENGTH(cells))
#define render_out(rendering, columns, cells)                                                      \
    rendering_set(rendering, SET_OUT, columns, LENGTH(columns), cells, LENGTH(cells))
#define render_empty(rendering, columns)                                                           \
    rendering_set(rendering, SET_ROWS, columns, LENGTH(columns), NULL, 0)

// All bytes since the last check; flushes.
#define check_rendered(rendering, literal)                                                         \
    rendering_check(rendering, literal, sizeof(literal) - 1, __FILE__, __LINE__)
void rendering_check(struct rendering *rendering, const char *expected, size_t len,
                     const char *file, int line);
// The same, added to a buffer.
void rendering_take(struct rendering *rendering, struct buf *buf);

#endif
