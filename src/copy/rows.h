// Some rows in memory, on their way into a table: their values as one statement binds them, where
// each stood, and its bytes as they were if anybody wants them back. Values stay where they are
// until rows_clear. One thread at a time.
#ifndef MARSH_COPY_ROWS_H
#define MARSH_COPY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/base/buf.h"
#include "marsh/data/value.h"

struct place {
    uint64_t number; // of the row, from 1
    size_t line;     // 0: rows of a query have none
    size_t raw;      // where its bytes begin
    size_t raw_len;
};

struct rows {
    struct rows *next; // for whoever keeps a list
    size_t columns;
    size_t most;
    size_t room;
    size_t count;
    struct value *values; // row by row
    struct place *places;
    struct buf bytes; // of the values
    struct buf raw;
    size_t filled; // values of the row in hand
};

// So many rows at most, and about so many bytes of values.
struct rows *rows_create(size_t columns, size_t most, size_t room);
void rows_destroy(struct rows *rows); // takes NULL
void rows_clear(struct rows *rows);

// Begins a row with that many bytes of values at most. False where there is no room for it; there
// always is when it is the first.
bool rows_begin_row(struct rows *rows, size_t bytes);
// Values of the row, in the order of the columns. The text is copied; NULL is NULL.
void rows_add(struct rows *rows, const char *text, size_t len, bool binary);
void rows_add_default(struct rows *rows, bool binary);
// The same for a value whose bytes were appended to rows->bytes since `start`.
void rows_add_made(struct rows *rows, size_t start, bool binary);
void rows_end_row(struct rows *rows, uint64_t number, size_t line, const char *raw, size_t raw_len);
// Forgets the row in hand.
void rows_drop_row(struct rows *rows);

#endif
