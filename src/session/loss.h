// What a lost connection takes with it that pins nothing, and what of it the server keeps.
#ifndef MARSH_SESSION_LOSS_H
#define MARSH_SESSION_LOSS_H

#include <stdbool.h>
#include <stddef.h>

struct connection_state;
struct effects;
struct error;

struct loss {
    unsigned answers; // of EFFECT_ASKS_*: what can't be asked for any more, and nobody was told
    bool numbered;    // a sequence has given the connection a number
    char *xid;        // of the XA transaction that is prepared on the connection
    bool holds_xa; // ... also once the user was told: nobody else can end it until that is closed
};

void loss_finish(struct loss *loss);

// A statement has run.
void loss_observe(struct loss *loss, const struct effects *effects);
// The connection goes, and LAST_INSERT_ID() and LASTVAL() with it.
void loss_add_answers(struct loss *loss, const struct connection_state *state);
// False, once, for what asks for an answer that only the connection before would have known.
bool loss_check(struct loss *loss, const struct effects *effects,
                const struct connection_state *state, struct error *err);

// The server has not even begun with the statement.
bool loss_is_refusal(const struct error *err);

// A prepared XA transaction outlives its connection: what to say of that, or NULL. It is then the
// session's no more.
char *loss_tell_kept(struct loss *loss);
// Of what was sent and not answered nobody knows whether it was done: what to say of that, or NULL.
// more: statements that were sent behind it.
char *loss_tell_unknown(struct loss *loss, const struct effects *effects, bool in_transaction,
                        size_t more);

#endif
