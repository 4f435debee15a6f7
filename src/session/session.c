#include "marsh/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "loss.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/leasing.h"
#include "marsh/session/routines.h"
#include "marsh/session/traces.h"
#include "marsh/sql/dialect.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/statement.h"

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
};

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
    free(session->notice);
    free(session);
}

void session_set_watchful(struct session *session, bool watchful)
{
    session->watchful = watchful;
}

static bool is_pinned(const struct session *session)
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
static void forget_lease(struct session *session)
{
    session->lease = NULL;
    session->astray = false;
    session->raw = false;
    session->dialect.plain_backslashes = false;
    mem_replace(&session->loss.xid, NULL);
    session->statements = 0;
    traces_clear(session->traces);
    if (session->transaction == TRANSACTION_OPEN)
        session->transaction = TRANSACTION_NONE;
}

static void remember_face(struct session *session, const struct connection_state *state)
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

static bool run_quietly(struct session *session, const char *text, struct error *err)
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
        bool ok = run_quietly(session, buf_cstr(&use), err);
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
        if (!run_quietly(session, names, err))
            return error_context(err, "putting the character set back");
    }
    if (face->autocommit != state.autocommit &&
        !run_quietly(session, face->autocommit ? "SET autocommit=1" : "SET autocommit=0", err))
        return error_context(err, "putting autocommit back");
    return true;
}

// Others may kill a statement too: then it has just failed.
static void note_cancelled(struct session *session, struct error *err)
{
    enum { ER_QUERY_INTERRUPTED = 1317 };
    if (err->number == ER_QUERY_INTERRUPTED && cancel_was_fired(session->cancel))
        err->kind = ERROR_CANCELLED;
}

// Gives the lease back to the pool, cleaned.
static void return_lease(struct session *session)
{
    if (session->lease != NULL)
        leasing_return(session->lease, session->raw, session->cancel);
    session->lease = NULL;
}

static bool refuse_interrupted(struct error *err)
{
    return error_set(err, ERROR_CANCELLED, "interrupted before it was sent");
}

static bool connect_for(struct session *session, bool uses_another, struct error *err)
{
    struct connection_state state;
    if (session->lease != NULL)
        return true;
    if (!leasing_take(session->pool, session->name, session->cancel, &session->lease, err))
        return false;
    bool begun = cancel_begin(session->cancel, lease_connection(session->lease));
    bool ok = begun ? put_face_back(session, uses_another, err) : refuse_interrupted(err);
    if (begun)
        cancel_end(session->cancel);
    if (!ok) {
        // Nothing may run on a lease that is not as the user left it.
        note_cancelled(session, err);
        return_lease(session);
        session->astray = false;
        return false;
    }
    connection_get_state(lease_connection(session->lease), &state);
    if (!session->astray)
        remember_face(session, &state);
    dialect_init(&session->dialect, state.server_version, state.backslash_escapes);
    return true;
}

bool session_connect(struct session *session, struct error *err)
{
    return connect_for(session, false, err);
}

static void notify(struct session *session, char *notice)
{
    if (session->notice != NULL) {
        char *both = mem_printf("%s\n%s", session->notice, notice);
        free(session->notice);
        free(notice);
        notice = both;
    }
    session->notice = notice;
}

// The connection is gone; with it goes what pinned it.
static void lose_lease(struct session *session)
{
    struct connection_state state;
    connection_get_state(lease_connection(session->lease), &state);
    loss_add_answers(&session->loss, &state);
    char *kept = loss_tell_kept(&session->loss);
    if (kept != NULL) {
        notify(session, kept);
        session->transaction = TRANSACTION_NONE;
    }
    struct buf pins = BUF_INIT;
    session_describe_pins(session, &pins);
    bool pinned = is_pinned(session);
    if (pinned)
        notify(session, mem_printf("The connection %lu is lost, and with it: %s.", state.thread_id,
                                   buf_cstr(&pins)));
    buf_finish(&pins);
    lease_discard(session->lease);
    forget_lease(session);
    if (pinned)
        session->transaction = TRANSACTION_LOST;
}

// A statement on its way.
struct request {
    const char *text;
    size_t len;
    const struct value *values; // of a prepared statement
    size_t count;
    bool prepared;
    bool own; // marsh's own question: the user knows nothing of it
    struct sink *sink;
    struct effects effects;
};

static void tell_unknown(struct session *session, const struct request *request,
                         bool in_transaction)
{
    char *unknown = loss_tell_unknown(&session->loss, &request->effects, in_transaction);
    if (unknown == NULL)
        return;
    notify(session, unknown);
    if (request->effects.xa != XA_NONE)
        session->transaction = TRANSACTION_NONE;
}

// A statement has committed the scope's transaction: one that was allowed to, and then the scope
// goes on with another; or a routine, which nobody could see beforehand.
static void end_of_scope(struct session *session, const struct request *request)
{
    struct error err = ERROR_INIT;
    session->statements = 0;
    session->partly_committed = true;
    session->transaction = TRANSACTION_OPEN;
    if (session->allow_implicit && run_quietly(session, "START TRANSACTION", &err))
        return;
    error_finish(&err);
    session->transaction = TRANSACTION_COMMITTED;
    notify(session, mem_printf("The %s has committed what the scope had done so far.",
                               request->effects.verb));
}

// Takes over what the reply, or its absence, says of the server's side.
static void observe(struct session *session, const struct request *request, bool ok)
{
    struct connection_state state;
    enum session_transaction before = session->transaction;
    unsigned flags = request->effects.flags;
    connection_get_state(lease_connection(session->lease), &state);
    if (state.lost) {
        bool open = before == TRANSACTION_OPEN;
        // A transaction of which COMMIT was sent, or what commits it too, is not known to be lost.
        unsigned commits = EFFECT_COMMITS | EFFECT_BEGINS | EFFECT_IMPLICIT_COMMIT | EFFECT_CALLS;
        if (!state.unsent && (flags & commits) != 0 && open) {
            session->transaction = TRANSACTION_NONE;
            session->partly_committed = session->partly_committed || session->in_scope;
        }
        if (!state.unsent)
            tell_unknown(session, request, open);
        lose_lease(session);
        // It may have been given an id.
        if (!state.unsent && (flags & EFFECT_MAY_FIRE) != 0)
            session->loss.answers |= EFFECT_ASKS_ID;
        // Whatever became of it, the user's transaction does not go on.
        if (open && !state.unsent && (flags & EFFECT_CALLS) != 0)
            session->transaction = TRANSACTION_LOST;
        return;
    }
    if (session->astray && !ok) {
        // Still without its schema: nothing else may run here.
        return_lease(session);
        forget_lease(session);
        return;
    }
    session->astray = false;
    remember_face(session, &state);
    session->dialect.plain_backslashes = !state.backslash_escapes;
    if (request->own)
        return;
    if (ok)
        loss_observe(&session->loss, &request->effects);
    struct heard heard = {state.tracked, state.state_told, state.state_changed};
    traces_add_unseen(session->traces, &request->effects, &heard);
    traces_settle(session->traces, ok || (flags & EFFECT_CALLS) != 0);
    bool ends = (flags & (EFFECT_COMMITS | EFFECT_ROLLS_BACK | EFFECT_IMPLICIT_COMMIT |
                          EFFECT_BEGINS)) != 0;
    if (state.in_transaction) {
        // What would have ended it and failed has not.
        bool goes_on = before == TRANSACTION_OPEN && (!ends || !ok);
        // Without autocommit a transaction begins by itself, with a statement.
        bool counts = ok || (flags & EFFECT_CALLS) != 0;
        session->statements = goes_on ? session->statements + counts : (ends ? 0 : counts);
        session->transaction = TRANSACTION_OPEN;
        return;
    }
    session->transaction = TRANSACTION_NONE;
    if ((ok || ends) && session->in_scope && before == TRANSACTION_OPEN) {
        end_of_scope(session, request);
        return;
    }
    if (!ok && before == TRANSACTION_OPEN && !ends) {
        // What was called may also have committed before it failed.
        bool calls = (flags & EFFECT_CALLS) != 0;
        notify(session,
               mem_printf("The transaction with %llu statement%s has been %srolled back.",
                          (unsigned long long) session->statements,
                          session->statements == 1 ? "" : "s", calls ? "committed or " : ""));
        session->transaction = TRANSACTION_ROLLED_BACK;
        session->partly_committed = session->partly_committed || (session->in_scope && calls);
    }
    session->statements = 0;
}

// False for what may not be sent now.
static bool check(struct session *session, const struct request *request, struct error *err)
{
    unsigned flags = request->effects.flags;
    static const char *const reasons[] = {
        [TRANSACTION_ROLLED_BACK] = "the transaction has been rolled back",
        [TRANSACTION_LOST] = "what the statements before have left was lost with the connection",
        [TRANSACTION_COMMITTED] = "the scope has been committed by a statement in it",
    };
    bool over = session->transaction != TRANSACTION_NONE &&
                session->transaction != TRANSACTION_OPEN;
    // Within a scope only its end is heard: what comes after a mere ROLLBACK would be committed
    // statement by statement.
    const char *hint = session->in_scope ? "\\scope rollback" : "ROLLBACK or \\reconnect";
    if (over && (flags & EFFECT_ROLLS_BACK) != 0 && !session->in_scope)
        session_acknowledge(session);
    else if (over)
        return error_set(err, ERROR_USAGE, "not sent: %s; %s acknowledges that",
                         reasons[session->transaction], hint);
    unsigned refused = EFFECT_BEGINS | EFFECT_COMMITS | EFFECT_ROLLS_BACK;
    if (!session->allow_implicit)
        refused |= EFFECT_IMPLICIT_COMMIT;
    if (session->in_scope && (flags & refused) != 0)
        return error_set(err, ERROR_USAGE, "not sent: within the scope %s would %s",
                         request->effects.verb,
                         (flags & EFFECT_BEGINS) != 0 || (flags & EFFECT_IMPLICIT_COMMIT) != 0
                             ? "commit what is done so far"
                             : "end the transaction");
    return true;
}

// The lease, living as far as can be seen without a round trip. One that is dead is replaced where
// nothing is lost with it.
static bool ready(struct session *session, const struct request *request, struct error *err)
{
    if (session->lease != NULL && !connection_is_quiet(lease_connection(session->lease))) {
        bool pinned = is_pinned(session);
        lose_lease(session);
        if (pinned)
            return error_set_sql(
                err, ERROR_CONNECTION, 2006, "HY000",
                "The server has closed the connection; the statement was not sent");
    }
    return connect_for(session, strcmp(request->effects.verb, "USE") == 0, err);
}

// The cancel token has begun, and ends here.
static bool run_once(struct session *session, const struct request *request, struct error *err)
{
    struct connection *connection = lease_connection(session->lease);
    lease_note(session->lease, request->text, request->len);
    bool ok = request->prepared
                  ? connection_execute(connection, request->text, request->len, request->values,
                                       request->count, request->sink, err)
                  : connection_query(connection, request->text, request->len, request->sink, err);
    cancel_end(session->cancel);
    lease_note(session->lease, "", 0);
    if (!ok)
        note_cancelled(session, err);
    return ok;
}

// The cancel token has begun.
static bool start_watching(struct session *session, const struct request *request,
                           struct error *err)
{
    struct connection_state state;
    if (!session->watchful || (request->effects.flags & (EFFECT_CALLS | EFFECT_MAY_CALL)) == 0)
        return true;
    connection_get_state(lease_connection(session->lease), &state);
    if (state.tracked || connection_track(lease_connection(session->lease), err))
        return true;
    cancel_end(session->cancel);
    note_cancelled(session, err);
    return false;
}

static void read_effects(struct session *session, struct request *request)
{
    traces_read(session->traces, request->text, request->len, &session->dialect,
                session->face.schema, &request->effects);
}

static bool run(struct session *session, struct request *request, struct error *err)
{
    bool known = session->dialect.version != 0;
    read_effects(session, request);
    if (!request->own && !check(session, request, err))
        return false;
    bool changes = (request->effects.flags & EFFECT_IMPLICIT_COMMIT) != 0 ||
                   strcmp(request->effects.verb, "SET") == 0;
    if (changes)
        routines_forget(session->routines);
    for (bool again = true;; again = false) {
        struct connection_state state;
        if (!ready(session, request, err))
            return false;
        connection_get_state(lease_connection(session->lease), &state);
        if (!known)
            read_effects(session, request);
        known = true;
        if (!request->own && !loss_check(&session->loss, &request->effects, &state, err))
            return false;
        if (!cancel_begin(session->cancel, lease_connection(session->lease)))
            return refuse_interrupted(err);
        if (!request->own && !start_watching(session, request, err))
            return false;
        if (run_once(session, request, err)) {
            observe(session, request, true);
            return true;
        }
        connection_get_state(lease_connection(session->lease), &state);
        if (request->effects.statements == 1 && loss_is_refusal(err))
            request->effects.flags &= ~(unsigned) EFFECT_MAY_CALL;
        bool safe = again && state.lost && state.unsent && !is_pinned(session);
        observe(session, request, false);
        if (!safe)
            return false;
        error_finish(err);
    }
}

bool session_run(struct session *session, const char *text, size_t len, struct sink *sink,
                 struct error *err)
{
    struct request request = {.text = text, .len = len, .sink = sink};
    return run(session, &request, err);
}

bool session_ask(struct session *session, const char *text, size_t len, struct sink *sink,
                 struct error *err)
{
    struct request request = {.text = text, .len = len, .own = true, .sink = sink};
    return run(session, &request, err);
}

const struct routine *session_routine(struct session *session, const char *schema,
                                      const char *name, struct error *err)
{
    return routines_find(session->routines, session, schema, name, err);
}

bool session_execute(struct session *session, const char *text, size_t len,
                     const struct value *values, size_t count, struct sink *sink, struct error *err)
{
    struct request request = {
        .text = text, .len = len, .values = values, .count = count, .prepared = true, .sink = sink};
    return run(session, &request, err);
}

void session_release(struct session *session)
{
    return_lease(session);
    forget_lease(session);
    session->loss.answers = 0;
    session_acknowledge(session);
}

bool session_release_idle(struct session *session)
{
    // Nor does it acknowledge for the user that a transaction was rolled back.
    if (session->lease == NULL || is_pinned(session) ||
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

void session_set_scope(struct session *session, bool in_scope, bool allow_implicit)
{
    session->in_scope = in_scope;
    session->partly_committed = session->partly_committed && !in_scope;
    session->allow_implicit = allow_implicit;
}

void session_set_partly_committed(struct session *session, bool partly)
{
    session->partly_committed = partly;
}

void session_start_over(struct session *session)
{
    const char *schema = pool_target(session->pool)->schema;
    session_release(session);
    session->faced = session->partly_committed = false;
    mem_replace(&session->face.schema, schema == NULL ? "" : schema);
}

bool session_scope_is_partly_committed(const struct session *session)
{
    return session->partly_committed;
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
