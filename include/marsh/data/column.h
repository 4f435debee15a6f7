// One column of a result set, as any server protocol can describe it. Plain data: db fills an
// array of these, and whoever takes a result set borrows it until the set's summary.
#ifndef MARSH_DATA_COLUMN_H
#define MARSH_DATA_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_kind {
    COLUMN_TEXT,
    COLUMN_NUMBER, // the cell's text is a decimal number
    COLUMN_BIT,    // the cell is a big-endian bit string
    COLUMN_BINARY, // bytes without a character set
    COLUMN_TIME,   // dates and times, as text
};

struct column {
    const char *name; // as the server sent it: not NUL-free, not safe for a terminal
    size_t name_len;
    enum column_kind kind;
    bool not_null; // no cell can be NULL
    // The most bytes a cell can have, by the server's word; 0: nobody says, or there can be none.
    uint32_t declared;
};

#endif
