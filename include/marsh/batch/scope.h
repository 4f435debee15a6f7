// A whole run in one scope: committed together, or rolled back together at the first error, signal
// or lost connection.
#ifndef MARSH_BATCH_SCOPE_H
#define MARSH_BATCH_SCOPE_H

#include <stdbool.h>

struct context;
struct error;

struct scoped_run {
    bool (*work)(void *data, struct error *err); // may be run again
    void *data;
    unsigned retries; // at most, after a deadlock and the like; output is then held back
    bool dry;         // roll back in the end
    bool tells;       // its output tells of its failure too, and is shown after the last one
};

bool batch_run_scope(struct context *context, const struct scoped_run *run, struct error *err);

#endif
