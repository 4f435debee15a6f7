// Scripts that can be gone on with: what is noted around each statement, so that another run skips
// those whose work is committed. All functions take a context without a checkpoint, and then do
// nothing.
#ifndef MARSH_BATCH_RESUME_H
#define MARSH_BATCH_RESUME_H

#include <stdbool.h>
#include <stddef.h>

#include "marks.h"

struct context;
struct error;
struct split_item;

enum resume_step {
    RESUME_GO,
    RESUME_SKIP,  // it is done
    RESUME_AGAIN, // it is done, and is run again for what it sets
    RESUME_FAIL,
};

// Counts a statement or command; name: of the script.
enum resume_step resume_take(struct context *context, const char *name,
                             const struct split_item *item, struct error *err);
// Whether it may share a text with others.
bool resume_gathers(const struct context *context, const struct split_item *item);
// The place behind the one that was counted last.
struct mark resume_now(const struct context *context);
// Nothing more may be run, with --force neither.
bool resume_is_over(const struct context *context);

// Around what is run by itself. False where it may not be run, or where that can't be noted.
bool resume_before(struct context *context, const struct split_item *item, struct error *err);
bool resume_after(struct context *context, bool ok, struct error *err);
// One that was run again has failed: while others are to be skipped nothing can be gone on with.
void resume_fail(struct context *context);
// Around statements that share a text, the last of which is `last`; those up to `done` went well.
bool resume_before_many(struct context *context, struct mark last, struct error *err);
bool resume_after_many(struct context *context, struct mark done, struct mark last, bool ok,
                       struct error *err);
// A statement has failed, and was passed over.
bool resume_pass(struct context *context, struct mark failed, struct error *err);

#endif
