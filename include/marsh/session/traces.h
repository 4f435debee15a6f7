// What a session's statements have left behind on its connection: temporary tables, @variables,
// locks, prepared statements, settings. It pins the session to its lease, and is what a lost
// connection takes with it. One thread at a time.
#ifndef MARSH_SESSION_TRACES_H
#define MARSH_SESSION_TRACES_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct effects;
struct traces;

struct traces *traces_create(void);
void traces_destroy(struct traces *traces); // takes NULL
void traces_clear(struct traces *traces);

// Reads what a statement will leave or take away, and tells its effects; traces_settle takes it
// over where the statement has run, and forgets it otherwise.
void traces_read(struct traces *traces, const char *text, size_t len, struct effects *effects);
void traces_settle(struct traces *traces, bool has_run);
// What a statement that is not understood has left: "state of CALL p".
void traces_add_unknown(struct traces *traces, const char *verb);

size_t traces_count(const struct traces *traces);
// Appends "2 temporary tables, @total, lock 'job'", or nothing.
void traces_describe(const struct traces *traces, struct buf *out);

#endif
