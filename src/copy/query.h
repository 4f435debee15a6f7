// Reading the rows of a table or query that is copied: the table over several connections where
// that is asked for, in one consistent snapshot, and its rows in the order of its primary key then.
#ifndef MARSH_COPY_QUERY_H
#define MARSH_COPY_QUERY_H

#include <stdbool.h>

struct context;
struct copy_options;
struct end;
struct error;
struct query;
struct sink;

// Reads the options --where and --columns, asks about the table where it has to. All are borrowed.
// copies: the rows go into another table, on whatever server; else into a file or to a reader.
struct query *query_create(struct context *context, const struct end *end,
                           const struct copy_options *options, bool copies, struct error *err);
void query_destroy(struct query *query); // takes NULL

// Pushes one set of rows into the sink.
bool query_run(struct query *query, struct sink *sink, struct error *err);

// From another thread: ends it as soon as may be, with ERROR_CANCELLED.
void query_interrupt(struct query *query);

#endif
