// A session: a named conversation with a target. It takes a lease from its target's pool at its
// first statement and holds it while anything pins it: a transaction, a temporary table, an
// @variable, a lock, a prepared statement, a changed setting.
//
// It never runs a statement twice. When the connection is gone before a statement was sent whole,
// and nothing pins the session, the statement goes out on another lease, with schema, character set
// and autocommit put back. Otherwise the statement fails, session_take_notice says what was lost
// and what is not known, and a session that was pinned refuses statements until the user
// acknowledges that with ROLLBACK or session_acknowledge. One thread at a time, but for the token.
#ifndef MARSH_SESSION_SESSION_H
#define MARSH_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/data/value.h"

struct buf;
struct cancel;
struct connection_state;
struct dialect;
struct error;
struct pool;
struct routine;
struct session;
struct sink;
struct target;

enum session_transaction {
    TRANSACTION_NONE,
    TRANSACTION_OPEN,
    TRANSACTION_ROLLED_BACK, // by the server; the user has not acknowledged it yet
    TRANSACTION_LOST,        // with the connection; the same
    TRANSACTION_COMMITTED,   // a scope's, by a statement in it that nobody saw would do so
};

// Pool and token are borrowed for the session's life.
struct session *session_create(const char *name, struct pool *pool, struct cancel *cancel);
// A transaction that is open is rolled back. Takes NULL.
void session_destroy(struct session *session);

// Also asks the server itself what a CALL has left behind: a round trip more for each lease that
// calls. For sessions that live long.
void session_set_watchful(struct session *session, bool watchful);

// Takes a lease where there is none yet: to connect before the first statement.
bool session_connect(struct session *session, struct error *err);

// Runs one text and pushes its result sets into the sink.
bool session_run(struct session *session, const char *text, size_t len, struct sink *sink,
                 struct error *err);
// Runs `count` statements as one text, which the server ends at the first that fails. *done is how
// many it has answered with success. Each of them has one answer: no CALL is among them.
bool session_run_many(struct session *session, const char *text, size_t len, size_t count,
                      struct sink *sink, size_t *done, struct error *err);
// The same as a prepared statement, with a value for each `?`.
bool session_execute(struct session *session, const char *text, size_t len,
                     const struct value *values, size_t count, struct sink *sink,
                     struct error *err);
// The same for many rows, with `count` values for each; see execute of struct connection_ops.
bool session_execute_rows(struct session *session, const char *text, size_t len,
                          const struct value *values, size_t count, size_t rows, struct sink *sink,
                          struct error *err);

// One of marsh's own questions between the user's statements: a text that only reads. It does not
// count as one of a transaction, and is sent where the user's are refused.
bool session_ask(struct session *session, const char *text, size_t len, struct sink *sink,
                 struct error *err);

// A routine's signature, borrowed until the next call, and remembered for some seconds; see
// session/routine.h.
const struct routine *session_routine(struct session *session, const char *schema, const char *name,
                                      struct error *err);

// Gives the lease back, cleaned; what pinned it is gone with that.
void session_release(struct session *session);
// The same, unless something pins it. Returns whether it was given back.
bool session_release_idle(struct session *session);
// Before a lease that is pinned is given up for good. An XA transaction that is prepared outlives
// it: what to say of that, or NULL; the caller frees it.
char *session_take_prepared(struct session *session);
// An open transaction is rolled back. False where the server warns that not all of it can be: a
// table in it knows no transactions.
bool session_roll_back(struct session *session);
// The user knows what was lost: statements are taken again.
void session_acknowledge(struct session *session);
// From now on the lease is the session's alone, pinned by this, until it is released: then the
// connection gets a full reset whatever the pool's setting.
bool session_make_raw(struct session *session, struct error *err);

// Within a scope statements that begin or end a transaction, or would commit it without saying so,
// are refused before they are sent; see session/scope.h.
// `text` begins its transaction, and another one after an implicit commit that is allowed.
void session_begin_scope(struct session *session, const char *text, bool allow_implicit);
void session_end_scope(struct session *session);
bool session_in_scope(const struct session *session);
// Whether a statement has, or may have, committed a part of the scope, so that it can't be undone
// or run again.
bool session_scope_is_partly_committed(const struct session *session);
void session_set_partly_committed(struct session *session, bool partly);
// As new: another lease, the target's schema, nothing left of what was run.
void session_start_over(struct session *session);

const char *session_name(const struct session *session);
const struct target *session_target(const struct session *session);
struct pool *session_pool(const struct session *session);
// The schema in use, "" for none.
const char *session_schema(const struct session *session);
enum session_transaction session_transaction(const struct session *session);
// How many statements it has had so far.
uint64_t session_statements(const struct session *session);
// Whether a statement outside a transaction commits by itself, as far as that was seen.
bool session_autocommits(const struct session *session);
// Whether a routine has, or may have, left on the connection what nobody saw.
bool session_has_unseen(const struct session *session);
bool session_backslash_escapes(const struct session *session);
// How the server reads statements, as far as that was seen. Borrowed.
const struct dialect *session_dialect(const struct session *session);
// Appends what pins the lease: "transaction with 3 statements, 1 temporary table, @total".
void session_describe_pins(const struct session *session, struct buf *out);
// False where the session holds no lease.
bool session_get_state(const struct session *session, struct connection_state *state);

// The session goes on with what another connection began, whose LAST_INSERT_ID() and the like it
// does not have: a statement that asks for them is refused, as after a loss.
void session_miss_answers(struct session *session);
bool session_misses_answers(const struct session *session);

// Whether nobody knows if the last statement was carried out.
bool session_outcome_is_unknown(const struct session *session);
// What the user has to be told once: what a lost connection took with it, what the outcome of a
// statement is not known of. NULL for nothing; the caller frees it.
char *session_take_notice(struct session *session);

#endif
