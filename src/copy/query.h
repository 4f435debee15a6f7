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
struct session;
struct sink;

// What becomes of the rows. Of a table that is filed or copied there are the columns that * leaves
// out, too, and each FLOAT with all its digits; copied, none that the server makes itself.
enum query_use { QUERY_PRINTED, QUERY_FILED, QUERY_COPIED };

// Reads the options --where and --columns, asks about the table where it has to. All are borrowed.
// ERROR_USAGE for a query that does more than to read.
struct query *query_create(struct context *context, const struct end *end,
                           const struct copy_options *options, enum query_use use,
                           struct error *err);
void query_destroy(struct query *query); // takes NULL

// Of rows that are copied: the session's time zone, and what SYSTEM means there. A whole table is
// read in UTC, in which each instant has a time of its own.
#define QUERY_ZONE "SELECT @@time_zone, @@system_time_zone"
const char *query_zone(const struct query *query, const char **system);

// Pushes one set of rows into the sink.
bool query_run(struct query *query, struct sink *sink, struct error *err);

// From another thread: ends it as soon as may be, with ERROR_CANCELLED.
void query_interrupt(struct query *query);

// What each session needs that reads, for ranges.c. utc: see above.
bool query_set_session(struct session *session, bool utc, enum query_use use, struct error *err);

#endif
