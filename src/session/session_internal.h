// A session's insides, shared by its files: session.c (its life, and what it tells), holding.c (the
// lease: taking it, giving it back, losing it) and running.c (statements).
#ifndef MARSH_SESSION_SESSION_INTERNAL_H
#define MARSH_SESSION_SESSION_INTERNAL_H

#include "loss.h"
#include "marsh/session/session.h"
#include "marsh/sql/dialect.h"

struct lease;
struct routines;
struct traces;

// What a lease has to look like for the session to be the same on it.
struct face {
    char *schema; // "" for none
    char *charset;
    bool autocommit;
};

struct session {
    char *name;
    struct pool *pool;
    struct cancel *cancel;
    struct lease *lease; // NULL until the first statement, after a loss or a release
    bool astray; // the lease is elsewhere, as the schema in use is no more: only good for a USE
    bool watchful;
    bool raw;
    bool in_scope;
    bool allow_implicit;
    bool partly_committed;
    bool left_changes; // the scope's rollback could not undo: in tables without transactions
    char *scope_text;  // begins the scope's transaction
    // What is known of the server's side. The face is what was last seen, and is put back on a new
    // lease; it is not known before the first.
    struct face face;
    bool faced;
    struct dialect dialect;
    struct loss loss;
    enum session_transaction transaction;
    uint64_t statements; // in it
    struct traces *traces;
    struct routines *routines;
    char *notice;
    bool unknown; // the outcome of the last statement
};

// holding.c
bool session_is_pinned(const struct session *session);
// Takes a lease where there is none. uses_another: it is for a USE.
bool session_connect_for(struct session *session, bool uses_another, struct error *err);
// What the session is now, for the next lease.
void session_remember_face(struct session *session, const struct connection_state *state);
// Gives the lease back to the pool, cleaned. What was tied to it is then to be forgotten.
void session_return_lease(struct session *session);
void session_forget_lease(struct session *session);
// The connection is gone; with it goes what pinned it, and the user is told.
void session_lose_lease(struct session *session);
// For the user, at the next opportunity; takes the text over.
void session_notify(struct session *session, char *notice);
// Straight to the connection.
bool session_run_quietly(struct session *session, const char *text, struct error *err);
// An interruption that the user asked for is his own. Others may kill a statement too: then it has
// just failed.
void session_note_cancelled(struct session *session, struct error *err);
bool session_refuse_interrupted(struct error *err);

#endif
