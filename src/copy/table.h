// What is to be known of a table before rows are copied into it, or out of it by parts: asked for
// with two short queries.
#ifndef MARSH_COPY_TABLE_H
#define MARSH_COPY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/sql/type.h"

struct end;
struct error;
struct session;

struct table_column {
    char *name;
    struct type type;
    bool generated; // takes no value
    bool automatic; // AUTO_INCREMENT
    bool is_float;  // of which the server shows six digits
};

struct table {
    struct table_column *columns; // in the table's order
    size_t count;
    bool transactional; // a statement that fails leaves nothing behind
    bool fires;         // it has triggers for INSERT
    bool has_instants;  // a column is a TIMESTAMP
    size_t packet;      // the server's max_allowed_packet
    bool refers_itself; // by a foreign key: rows may need those before them
    uint64_t rows;      // about so many
    char *key;          // the first column of its primary key if that is an integer, or NULL
};

// ERROR_SQL, as the server says it, where there is no such table. table_finish after either.
bool table_ask(struct table *table, struct session *session, const struct end *end,
               struct error *err);
void table_finish(struct table *table);

// Case does not count, as the server has it. NULL where there is none.
const struct table_column *table_find(const struct table *table, const char *name);
const char *table_nearest(const struct table *table, const char *name);

#endif
