// A small result set that marsh makes itself, to be pushed into a sink like any other. init/finish;
// texts are copied.
#ifndef MARSH_DATA_GRID_H
#define MARSH_DATA_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/data/column.h"

struct error;
struct sink;

struct grid {
    const struct column *columns; // borrowed
    size_t count;
    char **cells; // row by row; NULL is SQL NULL
    size_t cell_count;
};

#define GRID_COLUMN(name, kind)                                                                    \
    {                                                                                              \
        name, sizeof(name) - 1, kind, false, 0, NULL                                               \
    }

void grid_init(struct grid *grid, const struct column *columns, size_t count);
void grid_finish(struct grid *grid);

// The next cell, from left to right and row by row.
void grid_add(struct grid *grid, const char *text);
void grid_printf(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool grid_push(const struct grid *grid, struct sink *sink, struct error *err);

#endif
