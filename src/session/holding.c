// A session's lease: what pins it, taking it and making it look as the last one did, giving it
// back, losing it.
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/leasing.h"
#include "marsh/session/traces.h"
#include "marsh/sql/statement.h"
#include "session_internal.h"

bool session_is_pinned(const struct session *session)
{
    return session->transaction == TRANSACTION_OPEN || session->raw || session->in_scope ||
           traces_count(session->traces) > 0;
}

void session_describe_pins(const struct session *session, struct buf *out)
{
    size_t start = out->len;
    if (session->in_scope || session->transaction == TRANSACTION_OPEN)
        buf_printf(out, "%s with %llu statement%s", session->in_scope ? "scope" : "transaction",
                   (unsigned long long) session->statements, session->statements == 1 ? "" : "s");
    struct buf traces = BUF_INIT;
    traces_describe(session->traces, &traces);
    if (out->len > start && traces.len > 0)
        buf_add_text(out, ", ");
    buf_add(out, buf_cstr(&traces), traces.len);
    buf_finish(&traces);
    if (session->raw)
        buf_add_text(out, out->len > start ? ", raw" : "raw");
}

// The lease is gone, and with it what was tied to it.
void session_forget_lease(struct session *session)
{
    session->lease = NULL;
    session->astray = false;
    session->raw = false;
    session->dialect.plain_backslashes = false;
    mem_replace(&session->loss.xid, NULL);
    session->loss.holds_xa = false;
    session->statements = 0;
    traces_clear(session->traces);
    if (session->transaction == TRANSACTION_OPEN)
        session->transaction = TRANSACTION_NONE;
}

void session_remember_face(struct session *session, const struct connection_state *state)
{
    const char *schema = state->schema == NULL ? "" : state->schema;
    const char *charset = state->charset == NULL ? "" : state->charset;
    if (strcmp(session->face.schema, schema) != 0)
        mem_replace(&session->face.schema, schema);
    if (session->face.charset == NULL || strcmp(session->face.charset, charset) != 0)
        mem_replace(&session->face.charset, charset);
    session->face.autocommit = state->autocommit;
    session->faced = true;
}

bool session_run_quietly(struct session *session, const char *text, struct error *err)
{
    return connection_query(lease_connection(session->lease), text, strlen(text), sink_discard(),
                            err);
}

// Makes a fresh lease look as the last one did. Where the schema is no more, only one who uses
// another may go on.
static bool put_face_back(struct session *session, bool uses_another, struct error *err)
{
    enum { ER_BAD_DB_ERROR = 1049 };
    struct connection_state state;
    const struct face *face = &session->face;
    connection_get_state(lease_connection(session->lease), &state);
    const char *schema = state.schema == NULL ? "" : state.schema;
    // None, after the schema in use was dropped, is not to be had back.
    if (face->schema[0] != '\0' && strcmp(face->schema, schema) != 0) {
        struct buf use = BUF_INIT;
        buf_add_text(&use, "USE ");
        statement_add_name(&use, face->schema);
        bool ok = session_run_quietly(session, buf_cstr(&use), err);
        buf_finish(&use);
        session->astray = !ok && uses_another && err->number == ER_BAD_DB_ERROR;
        if (!ok && !session->astray)
            return error_context(err, "putting the schema back");
        error_finish(err);
    }
    if (!session->faced)
        return true;
    if (state.charset != NULL && strcmp(face->charset, state.charset) != 0) {
        CLEANUP(mem_free_at) char *names = mem_printf("SET NAMES %s", face->charset);
        if (!session_run_quietly(session, names, err))
            return error_context(err, "putting the character set back");
    }
    if (face->autocommit != state.autocommit &&
        !session_run_quietly(session, face->autocommit ? "SET autocommit=1" : "SET autocommit=0",
                             err))
        return error_context(err, "putting autocommit back");
    return true;
}

void session_note_cancelled(struct session *session, struct error *err)
{
    enum { ER_QUERY_INTERRUPTED = 1317 };
    if (err->number == ER_QUERY_INTERRUPTED && cancel_was_fired(session->cancel))
        err->kind = ERROR_CANCELLED;
}

void session_return_lease(struct session *session)
{
    // What pinned it is gone with that, whatever the pool's setting.
    if (session->lease != NULL && session->loss.holds_xa)
        lease_discard(session->lease);
    else if (session->lease != NULL)
        leasing_return(session->lease, session_is_pinned(session), session->cancel);
    session->lease = NULL;
}

bool session_refuse_interrupted(struct error *err)
{
    return error_set(err, ERROR_CANCELLED, "interrupted before it was sent");
}

bool session_connect_for(struct session *session, bool uses_another, struct error *err)
{
    struct connection_state state;
    if (session->lease != NULL)
        return true;
    if (!leasing_take(session->pool, session->name, session->cancel, &session->lease, err))
        return false;
    bool begun = cancel_begin(session->cancel, lease_connection(session->lease));
    bool ok = begun ? put_face_back(session, uses_another, err) : session_refuse_interrupted(err);
    if (begun)
        cancel_end(session->cancel);
    if (!ok) {
        // Nothing may run on a lease that is not as the user left it.
        session_note_cancelled(session, err);
        session_return_lease(session);
        session->astray = false;
        return false;
    }
    connection_get_state(lease_connection(session->lease), &state);
    if (!session->astray)
        session_remember_face(session, &state);
    dialect_init(&session->dialect, state.server_version, state.backslash_escapes);
    return true;
}

void session_notify(struct session *session, char *notice)
{
    if (session->notice != NULL) {
        char *both = mem_printf("%s\n%s", session->notice, notice);
        free(session->notice);
        free(notice);
        notice = both;
    }
    session->notice = notice;
}

void session_lose_lease(struct session *session)
{
    struct connection_state state;
    connection_get_state(lease_connection(session->lease), &state);
    loss_add_answers(&session->loss, &state);
    char *kept = loss_tell_kept(&session->loss);
    if (kept != NULL) {
        session_notify(session, kept);
        session->transaction = TRANSACTION_NONE;
    }
    struct buf pins = BUF_INIT;
    session_describe_pins(session, &pins);
    bool pinned = session_is_pinned(session);
    if (pinned)
        session_notify(session, mem_printf("The connection %lu is lost, and with it: %s.",
                                           state.thread_id, buf_cstr(&pins)));
    buf_finish(&pins);
    lease_discard(session->lease);
    session_forget_lease(session);
    if (pinned)
        session->transaction = TRANSACTION_LOST;
}
