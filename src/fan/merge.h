// A sink that makes one set of those of several targets, as long as they have the same columns, and
// puts a first column in front that names the target. init/finish.
#ifndef MARSH_FAN_MERGE_H
#define MARSH_FAN_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/data/sink.h"

struct merge {
    struct sink sink;
    struct sink *next;
    bool bare;          // no column in front
    bool tells;         // statements without rows are passed on
    const char *target; // of what is pushed now; borrowed
    struct column *columns;
    size_t count; // with the one in front
    enum set_kind kind;
    bool open;
    uint64_t rows;
    const char **cells;
    unsigned long *lengths;
};

void merge_init(struct merge *merge, struct sink *next, bool bare, bool tells);
void merge_finish(struct merge *merge);
// Ends the set that is open. Before merge_finish.
bool merge_close(struct merge *merge, struct error *err);

#endif
