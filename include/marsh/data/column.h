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

// What the server tells of a column beside what one needs to show it; as the protocol's column
// definition has it: https://mariadb.com/kb/en/result-set-packets/. Borrowed like the columns.
struct column_origin {
    const char *name; // of the table's column, "" for an expression
    const char *catalog;
    const char *schema;
    const char *alias; // of the table in the statement
    const char *table;
    const char *extended_type; // MariaDB's name of a type that has no number, like inet6
    size_t extended_type_len;
    const char *extended_format;
    size_t extended_format_len;
    const char *collation;
    unsigned collation_number;
    unsigned type;
    unsigned flags;
    unsigned decimals;
};

struct column {
    const char *name; // as the server sent it: not NUL-free, not safe for a terminal
    size_t name_len;
    enum column_kind kind;
    bool not_null; // no cell can be NULL
    // The most bytes a cell can have, by the server's word; 0: nobody says, or there can be none.
    uint32_t declared;
    const struct column_origin *origin; // NULL: nobody says
};

// A copy with a name of its own, for who keeps it behind the set's summary; without the origin.
struct column column_copy(const struct column *column);
void column_finish(struct column *column);

#endif
