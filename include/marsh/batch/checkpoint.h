// A checkpoint of scripts: a run that ends early, however, is gone on with by another one that runs
// no statement twice whose work is committed.
//
// A statement counts as done once the server has committed it: outside a transaction at once,
// within one with its end. Where nobody knows what came of the last ones that were sent, the next
// run says so, and goes on only when it is told how.
#ifndef MARSH_BATCH_CHECKPOINT_H
#define MARSH_BATCH_CHECKPOINT_H

#include <stdbool.h>

struct context;
struct error;

struct batch_checkpoint {
    const char *path;
    const char *identity; // a line that is the same for the same scripts, read in the same way
    const char *unknown;  // NULL, "run", "skip", or the number of the statement to go on with
};

// Opens it, and connects. The context's scripts are then to be run from their beginning.
bool batch_begin_checkpoint(struct context *context, const struct batch_checkpoint *options,
                            struct error *err);
// Behind them. ok: all went well; false where they are not those of the checkpoint after all.
bool batch_end_checkpoint(struct context *context, bool ok, struct error *err);

#endif
