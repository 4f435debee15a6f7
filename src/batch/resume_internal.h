// The insides of resume.h, shared by resume.c, which notes what is run, and resume_skip.c, which
// goes on with what an earlier run has noted.
#ifndef MARSH_BATCH_RESUME_INTERNAL_H
#define MARSH_BATCH_RESUME_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marks.h"
#include "marsh/base/buf.h"
#include "resume.h"

struct replay;

struct resume {
    struct marks *marks;
    char *path;
    struct mark now;     // behind the one that was counted last
    struct mark before;  // in front of it
    struct mark settled; // nothing up to there is to be run again
    uint64_t noted;      // so far the file says so
    bool sent;           // the file says that something behind that is under way
    bool whole;          // and that it is a transaction's end
    unsigned flags;      // effects of the one in hand, where it is noted
    bool chains;         // it commits, and begins the next transaction
    bool opens;          // it commits what was before it, and begins a transaction
    bool may_commit;     // or it may do nothing
    bool tainted;        // the open transaction may have been committed in part
    bool unseen;         // the file says that something was left that nobody saw
    bool over;

    // Of an earlier run.
    bool skipping;
    bool asks;       // what nobody knows of is looked at, and then told
    uint64_t target; // the last that is skipped
    struct replay *replay;
    char *place;          // of the first that nobody knows of, "FILE:LINE"
    struct buf beginning; // of its text, as it may be shown
};

// The one that was counted, while others are skipped.
enum resume_step resume_skip(struct context *context, const char *name,
                             const struct split_item *item, struct error *err);
// Behind the scripts, while still skipping. *all: there is nothing left to do.
bool resume_end_skipping(struct resume *resume, bool *all, struct error *err);
// What shall become of the statements of which nobody knows.
bool resume_choose(struct resume *resume, const char *unknown, struct error *err);
// A file that can't be written, or that is of other scripts, ends the run.
bool resume_fail_note(struct resume *resume, struct error *err);

#endif
