#include "loss.h"

#include <stdlib.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/db/connection.h"
#include "marsh/sql/effects.h"

void loss_finish(struct loss *loss)
{
    free(loss->xid);
}

void loss_observe(struct loss *loss, const struct effects *effects)
{
    loss->numbered = loss->numbered || (effects->flags & EFFECT_TAKES_NUMBER) != 0;
    if (effects->xa == XA_NONE || effects->xid == NULL)
        return;
    CLEANUP(mem_free_at) char *xid = mem_strndup(effects->xid, effects->xid_len);
    mem_replace(&loss->xid, effects->xa == XA_PREPARE ? xid : NULL);
    loss->holds_xa = effects->xa == XA_PREPARE;
}

void loss_add_answers(struct loss *loss, const struct connection_state *state)
{
    loss->answers |= EFFECT_ASKS_RESULT;
    if (state->has_insert_id)
        loss->answers |= EFFECT_ASKS_ID;
    if (loss->numbered)
        loss->answers |= EFFECT_ASKS_NUMBER;
    loss->numbered = false;
}

bool loss_check(struct loss *loss, const struct effects *effects,
                const struct connection_state *state, struct error *err)
{
    unsigned anew = (state->has_insert_id ? EFFECT_ASKS_ID : 0) |
                    (loss->numbered ? EFFECT_ASKS_NUMBER : 0);
    unsigned lost = loss->answers & ~anew;
    unsigned asked = lost & effects->flags;
    loss->answers = lost & ~(asked | EFFECT_ASKS_RESULT);
    if (asked == 0)
        return true;
    return error_set(err, ERROR_CONNECTION, "not sent: %s was lost with the connection",
                     (asked & EFFECT_ASKS_ID) != 0       ? "LAST_INSERT_ID()"
                     : (asked & EFFECT_ASKS_NUMBER) != 0 ? "the number that a sequence gave last"
                                                         : "what the server had to say of the "
                                                           "statement before");
}

bool loss_is_refusal(const struct error *err)
{
    static const unsigned numbers[] = {
        1064, // it can't be parsed
        1305, // there is no such function
        1318, // or not with so many arguments
        1582, // the same of the server's own
        1630,
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (err->number == numbers[i])
            return true;
    }
    return false;
}

char *loss_tell_kept(struct loss *loss)
{
    if (loss->xid == NULL)
        return NULL;
    char *text = mem_printf("The XA transaction %s is prepared and is kept by the server.",
                            loss->xid);
    mem_replace(&loss->xid, NULL);
    return text;
}

// NULL for what the server rolls back where it is left out, or what leaves nothing.
static const char *fate_of(unsigned flags, bool in_transaction)
{
    unsigned ends = EFFECT_IMPLICIT_COMMIT | EFFECT_CALLS;
    if ((flags & EFFECT_READS) != 0)
        return NULL;
    if ((flags & EFFECT_COMMITS) != 0 || (in_transaction && (flags & EFFECT_BEGINS) != 0))
        return "the transaction may be committed or rolled back";
    if (in_transaction && (flags & ends) != 0)
        return "it may have been carried out or not, and the transaction be committed or rolled "
               "back";
    if ((flags & ends) != 0 ||
        (!in_transaction && (flags & (EFFECT_ROLLS_BACK | EFFECT_BEGINS)) == 0))
        return "it may have been carried out or not";
    return NULL;
}

static char *tell_unknown_xa(struct loss *loss, const struct effects *effects, bool in_transaction)
{
    static const char *const fates[] = {
        [XA_PREPARE] = "prepared and kept by the server, or rolled back",
        [XA_COMMIT] = "committed, or still be prepared and kept by the server",
        [XA_COMMIT_ONE_PHASE] = "committed or rolled back",
        [XA_ROLLBACK] = "rolled back, or still be prepared and kept by the server",
    };
    bool prepared = loss->xid != NULL;
    if (effects->xa == XA_ROLLBACK && in_transaction && !prepared)
        return NULL;
    mem_replace(&loss->xid, NULL);
    return mem_printf("The outcome of the %s is unknown: the XA transaction %.*s may be %s.",
                      effects->verb, (int) effects->xid_len, effects->xid, fates[effects->xa]);
}

char *loss_tell_unknown(struct loss *loss, const struct effects *effects, bool in_transaction,
                        size_t more)
{
    if (effects->xa != XA_NONE && effects->xid != NULL)
        return tell_unknown_xa(loss, effects, in_transaction);
    const char *fate = fate_of(effects->flags, in_transaction);
    if (fate == NULL)
        return NULL;
    const char *verb = effects->verb[0] == '\0' ? "statement" : effects->verb;
    if (more > 0)
        return mem_printf(
            "The outcome of the %s, and of the %zu statement%s behind it, is unknown: "
            "they may have been carried out or not.",
            verb, more, more == 1 ? "" : "s");
    return mem_printf("The outcome of the %s is unknown: %s.", verb, fate);
}
