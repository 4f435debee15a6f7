// A session's statements: what may be sent, on which lease, and what the answer, or its absence,
// says of the server's side.
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/routines.h"
#include "marsh/session/scope.h"
#include "marsh/session/traces.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"
#include "session_internal.h"

// A statement on its way.
struct request {
    const char *text;
    size_t len;
    const struct value *values; // of a prepared statement
    size_t count;
    size_t rows;
    bool prepared;
    bool own;     // marsh's own question: the user knows nothing of it
    size_t parts; // statements that were put into one text; 0: it is what the user wrote
    size_t done;  // of them
    struct sink *sink;
    struct effects effects;
};

static void tell_unknown(struct session *session, const struct request *request,
                         bool in_transaction)
{
    size_t more = request->parts > request->done ? request->parts - request->done - 1 : 0;
    char *unknown = loss_tell_unknown(&session->loss, &request->effects, in_transaction, more);
    if (unknown == NULL)
        return;
    session->unknown = true;
    session_notify(session, unknown);
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
    if (session->allow_implicit && session_run_quietly(session, session->scope_text, &err))
        return;
    error_finish(&err);
    session->transaction = TRANSACTION_COMMITTED;
    session_notify(session, mem_printf("The %s has committed what the scope had done so far.",
                                       request->effects.verb));
}

// The server has rolled back by itself, and warns where it could not undo all.
static bool has_left_changes(struct session *session)
{
    static const char question[] = "SHOW WARNINGS";
    struct recorder rows;
    struct error ignored = ERROR_INIT;
    bool left = false;
    recorder_init(&rows);
    connection_query(lease_connection(session->lease), question, strlen(question), &rows.sink,
                     &ignored);
    for (size_t i = 0; i < recorder_rows(&rows); i++)
        left = left || strcmp(recorder_cell(&rows, i, 1), "1196") == 0;
    recorder_finish(&rows);
    error_finish(&ignored);
    return left;
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
        session->statements += open ? request->done : 0;
        session_lose_lease(session);
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
        session_return_lease(session);
        session_forget_lease(session);
        return;
    }
    session->astray = false;
    session_remember_face(session, &state);
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
        uint64_t counts = request->parts > 0 ? request->done
                                             : (uint64_t) (ok || (flags & EFFECT_CALLS) != 0);
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
        bool left = has_left_changes(session);
        session_notify(
            session,
            mem_printf("The transaction with %llu statement%s has been %srolled back%s.",
                       (unsigned long long) session->statements,
                       session->statements == 1 ? "" : "s", calls ? "committed or " : "",
                       left ? ", but for what it did in tables that know no transactions" : ""));
        session->left_changes = session->left_changes || (session->in_scope && left);
        session->transaction = TRANSACTION_ROLLED_BACK;
        session->partly_committed = session->partly_committed || (session->in_scope && calls);
    }
    session->statements = 0;
}

// SAVEPOINT, RELEASE or ROLLBACK TO the mark by which a scope knows its transaction.
static bool names_mark(const struct request *request)
{
    static const char *const verbs[] = {"SAVEPOINT", "RELEASE", "ROLLBACK"};
    struct lexer lexer;
    struct token token;
    bool may = false;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        may = may || strncmp(request->effects.verb, verbs[i], strlen(verbs[i])) == 0;
    lexer_init(&lexer, request->text, request->len, NULL);
    while (may && lexer_next(&lexer, &token)) {
        CLEANUP(mem_free_at) char *name = token_is_name(&token) ? token_name(&token) : NULL;
        if (name != NULL && text_equals_nocase(name, SCOPE_MARK))
            return true;
    }
    return false;
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
    const char *verb = request->effects.verb;
    // The transaction that would begin behind it would end it again.
    if (session->in_scope && session->allow_implicit &&
        strncmp(verb, "LOCK TABLE", strlen("LOCK TABLE")) == 0)
        return error_set(err, ERROR_USAGE, "not sent: %s and a scope's transaction end each other",
                         verb);
    if (session->in_scope && names_mark(request))
        return error_set(err, ERROR_USAGE,
                         "not sent: the savepoint " SCOPE_MARK " is the scope's own");
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
        bool pinned = session_is_pinned(session);
        session_lose_lease(session);
        if (pinned)
            return error_set_sql(
                err, ERROR_CONNECTION, 2006, "HY000",
                "The server has closed the connection; the statement was not sent");
    }
    return session_connect_for(session, strcmp(request->effects.verb, "USE") == 0, err);
}

// The cancel token has begun, and ends here.
static bool run_once(struct session *session, const struct request *request, struct error *err)
{
    struct connection *connection = lease_connection(session->lease);
    lease_note(session->lease, request->text, request->len);
    bool ok = request->prepared
                  ? connection_execute(connection, request->text, request->len, request->values,
                                       request->count, request->rows, request->sink, err)
                  : connection_query(connection, request->text, request->len, request->sink, err);
    cancel_end(session->cancel);
    lease_note_done(session->lease);
    if (!ok)
        session_note_cancelled(session, err);
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
    session_note_cancelled(session, err);
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
    session->unknown = session->unknown && request->own;
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
            return session_refuse_interrupted(err);
        if (!request->own && !start_watching(session, request, err))
            return false;
        if (run_once(session, request, err)) {
            observe(session, request, true);
            return true;
        }
        connection_get_state(lease_connection(session->lease), &state);
        if (request->effects.statements == 1 && loss_is_refusal(err))
            request->effects.flags &= ~(unsigned) EFFECT_MAY_CALL;
        bool safe = again && state.lost && state.unsent && !session_is_pinned(session);
        observe(session, request, false);
        if (!safe)
            return false;
        error_finish(err);
    }
}

// Counts the answers of statements that share a text.
struct counter {
    struct sink sink;
    struct sink *next;
    struct request *request;
};

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    return sink_columns(((struct counter *) sink)->next, kind, columns, count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    return sink_row(((struct counter *) sink)->next, row, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    const struct counter *counter = (const struct counter *) sink;
    counter->request->done++;
    return sink_summary(counter->next, summary, err);
}

static void take_abort(struct sink *sink)
{
    sink_abort(((struct counter *) sink)->next);
}

static void take_stage(struct sink *sink, const struct stage *stage)
{
    sink_stage(((struct counter *) sink)->next, stage);
}

bool session_run_many(struct session *session, const char *text, size_t len, size_t count,
                      struct sink *sink, size_t *done, struct error *err)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort,
                                        take_stage};
    struct request request = {.text = text, .len = len, .parts = count};
    struct counter counter = {{&ops}, sink, &request};
    request.sink = &counter.sink;
    bool ok = run(session, &request, err);
    // One that the server has read on into the next leaves some without an answer.
    if (ok && request.done != count)
        ok = error_set(err, ERROR_SQL, "the server has answered %zu times to %zu statements",
                       request.done, count);
    *done = request.done < count ? request.done : count - 1;
    return ok;
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

bool session_execute_rows(struct session *session, const char *text, size_t len,
                          const struct value *values, size_t count, size_t rows, struct sink *sink,
                          struct error *err)
{
    struct request request = {.text = text,
                              .len = len,
                              .values = values,
                              .count = count,
                              .rows = rows,
                              .prepared = true,
                              .sink = sink};
    return run(session, &request, err);
}

bool session_execute(struct session *session, const char *text, size_t len,
                     const struct value *values, size_t count, struct sink *sink, struct error *err)
{
    return session_execute_rows(session, text, len, values, count, 1, sink, err);
}
