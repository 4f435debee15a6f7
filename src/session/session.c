#include "marsh/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/sql/statement.h"

struct session {
    char *name;
    struct pool *pool;
    struct cancel *cancel;
    struct lease *lease; // NULL until the first statement, and after a loss
    // What is known of the server's side, good while there is no lease too.
    char *schema;
    bool in_transaction;
    bool backslash_escapes;
    char *loss;
};

struct session *session_create(const char *name, struct pool *pool, struct cancel *cancel)
{
    struct session *session = mem_calloc(1, sizeof(*session));
    const char *schema = pool_target(pool)->schema;
    session->name = mem_strdup(name);
    session->pool = pool;
    session->cancel = cancel;
    session->schema = mem_strdup(schema == NULL ? "" : schema);
    session->backslash_escapes = true;
    return session;
}

void session_destroy(struct session *session)
{
    if (session == NULL)
        return;
    // The connection ends with the session: cleaning it first would be a round trip for nobody.
    if (session->lease != NULL)
        lease_discard(session->lease);
    free(session->name);
    free(session->schema);
    free(session->loss);
    free(session);
}

// Takes over what the last reply said of the server's side.
static void observe(struct session *session)
{
    struct connection_state state;
    connection_get_state(lease_connection(session->lease), &state);
    const char *schema = state.schema == NULL ? "" : state.schema;
    if (!state.lost && strcmp(schema, session->schema) != 0)
        mem_replace(&session->schema, schema);
    if (!state.lost) {
        session->in_transaction = state.in_transaction;
        session->backslash_escapes = state.backslash_escapes;
        return;
    }
    free(session->loss);
    session->loss = mem_printf("the connection %lu is lost, and with it its %stemporary tables, "
                               "variables and locks",
                               state.thread_id,
                               session->in_transaction ? "open transaction, " : "");
    session->in_transaction = false;
    session->backslash_escapes = true;
    lease_discard(session->lease);
    session->lease = NULL;
}

static bool run_quietly(struct session *session, const char *text, size_t len, struct error *err)
{
    return connection_query(lease_connection(session->lease), text, len, sink_discard(), err);
}

bool session_connect(struct session *session, struct error *err)
{
    if (session->lease != NULL)
        return true;
    if (!pool_lease(session->pool, &session->lease, err))
        return false;
    const char *schema = pool_target(session->pool)->schema;
    // None, after the schema in use was dropped, is not to be had back.
    if (session->schema[0] != '\0' && strcmp(session->schema, schema == NULL ? "" : schema) != 0) {
        struct buf use = BUF_INIT;
        buf_add_text(&use, "USE ");
        statement_add_name(&use, session->schema);
        bool ok = run_quietly(session, use.data, use.len, err);
        buf_finish(&use);
        if (!ok)
            error_context(err, "putting the schema back");
        observe(session);
        return ok;
    }
    observe(session);
    return true;
}

// Around each statement of the user's: the lease, and the token that may stop it.
static bool begin_statement(struct session *session, struct error *err)
{
    return session_connect(session, err) &&
           (cancel_begin(session->cancel, lease_connection(session->lease)) ||
            error_set(err, ERROR_CANCELLED, "interrupted before it was sent"));
}

static bool end_statement(struct session *session, bool ok, struct error *err)
{
    enum { ER_QUERY_INTERRUPTED = 1317 };
    cancel_end(session->cancel);
    observe(session);
    // Others may kill a statement too: then it has just failed.
    if (!ok && err->number == ER_QUERY_INTERRUPTED && cancel_was_fired(session->cancel))
        err->kind = ERROR_CANCELLED;
    return ok;
}

bool session_run(struct session *session, const char *text, size_t len, struct sink *sink,
                 struct error *err)
{
    if (!begin_statement(session, err))
        return false;
    bool ok = connection_query(lease_connection(session->lease), text, len, sink, err);
    return end_statement(session, ok, err);
}

bool session_execute(struct session *session, const char *text, size_t len,
                     const struct value *values, size_t count, struct sink *sink, struct error *err)
{
    if (!begin_statement(session, err))
        return false;
    bool ok = connection_execute(lease_connection(session->lease), text, len, values, count, sink,
                                 err);
    return end_statement(session, ok, err);
}

void session_release(struct session *session)
{
    if (session->lease != NULL)
        lease_return(session->lease);
    session->lease = NULL;
    session->in_transaction = false;
    session->backslash_escapes = true;
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
    return session->schema;
}

bool session_in_transaction(const struct session *session)
{
    return session->in_transaction;
}

bool session_backslash_escapes(const struct session *session)
{
    return session->backslash_escapes;
}

bool session_get_state(const struct session *session, struct connection_state *state)
{
    if (session->lease == NULL)
        return false;
    connection_get_state(lease_connection(session->lease), state);
    return true;
}

char *session_take_loss(struct session *session)
{
    char *loss = session->loss;
    session->loss = NULL;
    return loss;
}
