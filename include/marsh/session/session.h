// A session: a named conversation with a target. It takes a lease from its target's pool at its
// first statement and holds it until it is released, closed, or the connection is lost; it never
// runs a statement twice. After a loss the next statement goes out on a new lease, with the schema
// put back; what else was lost `session_take_loss` says. One thread at a time, but for the token.
#ifndef MARSH_SESSION_SESSION_H
#define MARSH_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/data/value.h"

struct cancel;
struct connection_state;
struct error;
struct pool;
struct session;
struct sink;
struct target;

// Pool and token are borrowed for the session's life.
struct session *session_create(const char *name, struct pool *pool, struct cancel *cancel);
// A transaction that is open is rolled back. Takes NULL.
void session_destroy(struct session *session);

// Takes a lease where there is none yet: to connect before the first statement.
bool session_connect(struct session *session, struct error *err);

// Runs one text and pushes its result sets into the sink.
bool session_run(struct session *session, const char *text, size_t len, struct sink *sink,
                 struct error *err);
// The same as a prepared statement, with a value for each `?`.
bool session_execute(struct session *session, const char *text, size_t len,
                     const struct value *values, size_t count, struct sink *sink,
                     struct error *err);

// Gives the lease back, cleaned; a transaction is rolled back by that.
void session_release(struct session *session);

const char *session_name(const struct session *session);
const struct target *session_target(const struct session *session);
struct pool *session_pool(const struct session *session);
// The schema in use, "" for none.
const char *session_schema(const struct session *session);
bool session_in_transaction(const struct session *session);
bool session_backslash_escapes(const struct session *session);
// False where the session holds no lease.
bool session_get_state(const struct session *session, struct connection_state *state);

// What the last lost connection took with it, once, for the user to be told; NULL for nothing.
// The caller frees it.
char *session_take_loss(struct session *session);

#endif
