// Statements of a script that are put together, so that a round trip carries many. Only such are
// taken that have one answer each and change nothing of how texts are read; the server ends them at
// the first that fails, as a script does.
#ifndef MARSH_BATCH_GATHER_H
#define MARSH_BATCH_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "marks.h"
#include "marsh/base/buf.h"
#include "marsh/sql/splitter.h"

struct context;

// A statement within the text.
struct gathered {
    size_t begin;
    size_t len;
    struct position place; // in the script
    struct mark mark;      // behind it, where there is a checkpoint
};

struct gather {
    struct buf text;
    struct gathered *list;
    size_t count;
};

void gather_finish(struct gather *gather);
// Whether the statement may wait for others.
bool gather_takes(const struct context *context, const struct split_item *item);
// Copies it. False where no more fit behind it.
bool gather_add(struct gather *gather, const struct split_item *item, struct mark mark);
void gather_clear(struct gather *gather);

#endif
