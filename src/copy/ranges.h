// A table read over several connections: ranges of its primary key, which is an integer, are read
// side by side and come out in their order. All of them see the table as it was at one moment: it
// is locked for as long as it takes to begin a snapshot on each connection.
#ifndef MARSH_COPY_RANGES_H
#define MARSH_COPY_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "query.h"

struct buf;
struct context;
struct end;
struct error;
struct ranges;
struct session;
struct sink;

// All borrowed.
struct ranges_plan {
    struct context *context;
    struct session *session; // asks, and locks
    const struct end *end;
    const struct buf *text; // "SELECT ... FROM t", or with a condition
    bool has_where;
    size_t jobs;
    bool utc; // see query.h
    enum query_use use;
};

// Asks for what it needs to know of the table. *ranges is NULL, with success, where its key is no
// integer, or its engine has no snapshots: then one connection is as good as it gets.
// ranges_destroy in any case.
bool ranges_create(struct ranges **ranges, const struct ranges_plan *plan, struct error *err);
void ranges_destroy(struct ranges *ranges); // takes NULL

bool ranges_run(struct ranges *ranges, struct sink *sink, struct error *err);
// From another thread.
void ranges_interrupt(struct ranges *ranges);

#endif
