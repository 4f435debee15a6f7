// One line a value; also what a table falls back to where it would be wider than the terminal.
#ifndef MARSH_RENDER_VERTICAL_H
#define MARSH_RENDER_VERTICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

// A name or a value as it is to be shown.
struct shown {
    const char *text;
    size_t len;
    size_t width; // columns; of the widest line where there are several
};

// Names are right-aligned to the widest; further lines of a value are indented below its first.
// Without names there are the values alone.
void vertical_add_row(struct buf *buf, const struct shown *names, const struct shown *values,
                      size_t count, uint64_t number);

#endif
