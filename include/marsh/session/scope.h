// A scope: a unit of work in a session. It is committed as a whole at its end, or rolled back as a
// whole; what would end its transaction otherwise is refused before it is sent. At most one a
// session; one thread at a time.
#ifndef MARSH_SESSION_SCOPE_H
#define MARSH_SESSION_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct session;

// The savepoint by which a scope knows its transaction: it is gone once anything commits that.
#define SCOPE_MARK "marsh_scope"

struct scope_options {
    const char *isolation; // "serializable", ...; NULL: the session's
    bool read_only;
    bool consistent_snapshot;
    bool allow_implicit_commit;
};

// False for a name that is no isolation level; the nearest is in the error.
bool scope_check_isolation(const char *name, struct error *err);

bool scope_begin(struct session *session, const struct scope_options *options, struct error *err);
// On failure the scope is over as well: rolled back, or, where the answer was lost, unknown.
bool scope_commit(struct session *session, struct error *err);
// Where the connection is gone the server has rolled back by itself.
bool scope_rollback(struct session *session, struct error *err);

// Whether a whole scope may succeed where it is run again: deadlock, lock wait timeout, a Galera
// certification failure.
bool scope_is_retryable(const struct error *err);

// What the server has counted for the session: statements that may commit, of routines too, and
// rollbacks. Asked for at a scope's beginning, where it may be run again.
struct scope_counts {
    uint64_t commits;
    uint64_t rollbacks;
};
bool scope_count(struct session *session, struct scope_counts *counts, struct error *err);
// After the rollback of a scope that failed with the error: a CALL that met a deadlock could have
// committed before. Where the counts tell that it has not, the scope is not called partly
// committed.
void scope_settle_doubt(struct session *session, const struct scope_counts *before,
                        const struct error *err);

#endif
