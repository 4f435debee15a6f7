#include "marsh/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/routines.h"
#include "marsh/session/traces.h"
#include "marsh/sql/effects.h"
#include "session_internal.h"

struct session *session_create(const char *name, struct pool *pool, struct cancel *cancel)
{
    struct session *session = mem_calloc(1, sizeof(*session));
    const char *schema = pool_target(pool)->schema;
    session->name = mem_strdup(name);
    session->pool = pool;
    session->cancel = cancel;
    session->face.schema = mem_strdup(schema == NULL ? "" : schema);
    session->traces = traces_create();
    session->routines = routines_create();
    return session;
}

void session_destroy(struct session *session)
{
    if (session == NULL)
        return;
    // Nobody waits for the reset of a connection that ends with its pool; a transaction is rolled
    // back by the server all the same.
    if (session->lease != NULL)
        lease_discard(session->lease);
    free(session->name);
    free(session->face.schema);
    free(session->face.charset);
    loss_finish(&session->loss);
    traces_destroy(session->traces);
    routines_destroy(session->routines);
    free(session->scope_text);
    free(session->notice);
    free(session);
}

void session_set_watchful(struct session *session, bool watchful)
{
    session->watchful = watchful;
}

bool session_connect(struct session *session, struct error *err)
{
    return session_connect_for(session, false, err);
}

const struct routine *session_routine(struct session *session, const char *schema, const char *name,
                                      struct error *err)
{
    return routines_find(session->routines, session, schema, name, err);
}

void session_release(struct session *session)
{
    session_return_lease(session);
    session_forget_lease(session);
    session->loss.answers = 0;
    session_acknowledge(session);
}

bool session_release_idle(struct session *session)
{
    // Nor does it acknowledge for the user that a transaction was rolled back.
    if (session->lease == NULL || session_is_pinned(session) ||
        session->transaction == TRANSACTION_ROLLED_BACK)
        return false;
    struct connection_state state;
    session_get_state(session, &state);
    loss_add_answers(&session->loss, &state);
    unsigned lost = session->loss.answers;
    session_release(session);
    session->loss.answers = lost;
    return true;
}

char *session_take_prepared(struct session *session)
{
    char *kept = loss_tell_kept(&session->loss);
    if (kept != NULL && session->transaction == TRANSACTION_OPEN)
        session->transaction = TRANSACTION_NONE;
    return kept;
}

bool session_roll_back(struct session *session)
{
    struct recorder answer;
    struct error ignored = ERROR_INIT;
    if (session->transaction != TRANSACTION_OPEN || session->lease == NULL)
        return true;
    recorder_init(&answer);
    bool whole = !session_ask(session, "ROLLBACK", strlen("ROLLBACK"), &answer.sink, &ignored) ||
                 answer.count == 0 || answer.sets[0].warnings == 0;
    recorder_finish(&answer);
    error_finish(&ignored);
    return whole;
}

void session_acknowledge(struct session *session)
{
    if (session->transaction != TRANSACTION_OPEN)
        session->transaction = TRANSACTION_NONE;
}

bool session_make_raw(struct session *session, struct error *err)
{
    if (!session_connect(session, err))
        return false;
    session->raw = true;
    return true;
}

void session_begin_scope(struct session *session, const char *text, bool allow_implicit)
{
    mem_replace(&session->scope_text, text);
    session->in_scope = true;
    session->partly_committed = session->left_changes = false;
    session->allow_implicit = allow_implicit;
}

void session_end_scope(struct session *session)
{
    session->in_scope = session->allow_implicit = false;
}

void session_set_partly_committed(struct session *session, bool partly)
{
    session->partly_committed = partly;
}

void session_start_over(struct session *session)
{
    const char *schema = pool_target(session->pool)->schema;
    session_release(session);
    session->faced = session->partly_committed = session->left_changes = false;
    mem_replace(&session->face.schema, schema == NULL ? "" : schema);
}

bool session_scope_is_partly_committed(const struct session *session)
{
    return session->partly_committed || session->left_changes;
}

bool session_in_scope(const struct session *session)
{
    return session->in_scope;
}

const char *session_name(const struct session *session)
{
    return session->name;
}

const struct target *session_target(const struct session *session)
{
    return pool_target(session->pool);
}

struct pool *session_pool(const struct session *session)
{
    return session->pool;
}

const char *session_schema(const struct session *session)
{
    return session->face.schema;
}

enum session_transaction session_transaction(const struct session *session)
{
    return session->transaction;
}

uint64_t session_statements(const struct session *session)
{
    return session->statements;
}

bool session_autocommits(const struct session *session)
{
    return session->face.autocommit;
}

bool session_has_unseen(const struct session *session)
{
    return traces_have_unseen(session->traces);
}

void session_miss_answers(struct session *session)
{
    session->loss.answers = EFFECT_ASKS_ID | EFFECT_ASKS_RESULT | EFFECT_ASKS_NUMBER;
}

bool session_misses_answers(const struct session *session)
{
    return session->loss.answers != 0;
}

bool session_backslash_escapes(const struct session *session)
{
    return !session->dialect.plain_backslashes;
}

const struct dialect *session_dialect(const struct session *session)
{
    return &session->dialect;
}

bool session_get_state(const struct session *session, struct connection_state *state)
{
    if (session->lease == NULL)
        return false;
    connection_get_state(lease_connection(session->lease), state);
    return true;
}

char *session_take_notice(struct session *session)
{
    char *notice = session->notice;
    session->notice = NULL;
    return notice;
}

bool session_outcome_is_unknown(const struct session *session)
{
    return session->unknown;
}
