// Rows of the text protocol, read by marsh wherever the library need not: a row that lies whole in
// the library's read-ahead buffer is taken from there without a copy, and a large result's buffer
// is filled in large portions. What is no such row, and every error, is left to the library, for
// which each row counts as read by itself. init/finish, with the connection; begin for each set.
#ifndef MARSH_DB_ROWS_H
#define MARSH_DB_ROWS_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>

#include "marsh/data/sink.h"

struct rows {
    MYSQL *mysql;
    MYSQL_RES *result;
    bool fills;     // nothing but the buffer stands between the rows and the socket
    size_t count;   // of columns
    size_t room;    // of the library's buffer
    size_t read;    // bytes of this set that were put into it
    bool drained;   // nothing more was in the socket the last time
    size_t columns; // that there is room for:
    const char **cells;
    unsigned long *lengths;
};

// Of a new connection, which outlives it. timed: reading has a time limit, which is the library's.
void rows_init(struct rows *rows, MYSQL *mysql, bool timed);
void rows_finish(struct rows *rows);

// A result that mysql_use_result gave; the library's own functions may read it, too.
void rows_begin(struct rows *rows, MYSQL_RES *result);
// The next row, good until the next call. False at the end, and where the library has an error.
bool rows_next(struct rows *rows, struct row *row);

#endif
