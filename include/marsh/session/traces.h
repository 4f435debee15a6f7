// What a session's statements have left behind on its connection: temporary tables, @variables,
// locks, prepared statements, settings. It pins the session to its lease, and is what a lost
// connection takes with it. One thread at a time.
#ifndef MARSH_SESSION_TRACES_H
#define MARSH_SESSION_TRACES_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/sql/effects.h"

struct buf;
struct dialect;
struct traces;

struct traces *traces_create(void);
void traces_destroy(struct traces *traces); // takes NULL
void traces_clear(struct traces *traces);

// Reads what a statement will leave or take away, and tells its effects; traces_settle takes it
// over. `schema` is the one in use.
void traces_read(struct traces *traces, const char *text, size_t len, const struct dialect *dialect,
                 const char *schema, struct effects *effects);
// Whether the statement has run, or else has failed: of several in one text that failed the first
// may have run.
void traces_settle(struct traces *traces, bool has_run);
// What a watched server has said of its session's state in its answer.
struct heard {
    bool watched; // it was asked to
    bool told;    // the answer was one that can tell
    bool changed;
};

// To be called before it is settled: what the statement may have left beyond what its text says,
// "what may be left of CALL".
void traces_add_unseen(struct traces *traces, const struct effects *effects,
                       const struct heard *heard);

size_t traces_count(const struct traces *traces);
// Whether there is one of that kind and name.
bool traces_have(const struct traces *traces, enum trace_kind kind, const char *name);
// Takes it away; returns whether it was there.
bool traces_take(struct traces *traces, enum trace_kind kind, const char *name);
// Whether something may be left that no text has told.
bool traces_have_unseen(const struct traces *traces);
// Appends "2 temporary tables, @total, lock 'job'", or nothing.
void traces_describe(const struct traces *traces, struct buf *out);
// The same, each by its name: "temporary table a, temporary table b, @total".
void traces_list(const struct traces *traces, struct buf *out);

#endif
