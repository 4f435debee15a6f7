// Commands about sessions: opening and switching, listing, giving leases back, scopes.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/data/grid.h"
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
#include "marsh/session/manager.h"
#include "marsh/session/scope.h"
#include "marsh/session/session.h"

// In a script it is no part of the output.
static void say(struct context *context, const char *text)
{
    CLEANUP(mem_free_at) char *line = mem_printf("%s\n", text);
    if (context->interactive)
        buf_add_text(output_buffer(context->output), line);
    else
        context->say(context, line, strlen(line));
}

// Nobody will type into a script's session meanwhile: what nothing pins is given back at once.
static void switch_to(struct context *context, struct session *session)
{
    if (!context->interactive && context->session != session)
        session_release_idle(context->session);
    context->session = session;
    context->stale_names = true;
}

static bool open_session(struct context *context, const char *name, const char *target_text,
                         struct error *err)
{
    struct target target;
    if (target_text == NULL)
        target_copy(&target, session_target(context->session));
    else if (!context->resolve(context, target_text, &target, err))
        return false;
    struct session *session = manager_open(context->manager, name, &target, context->cancel);
    target_finish(&target);
    session_set_watchful(session, context->interactive);
    if (context->interactive && !session_connect(session, err)) {
        manager_close(context->manager, session);
        return false;
    }
    switch_to(context, session);
    return true;
}

bool command_open_host(struct context *context, const char *host, struct error *err)
{
    if (context->scoped_run)
        return error_set(err, ERROR_USAGE, "the run is one scope, in one session");
    struct session *session = manager_find(context->manager, host);
    if (session == NULL) {
        struct target target;
        target_copy(&target, session_target(context->session));
        unsigned port = target.port;
        target_clear_place(&target);
        target.port = port;
        target_begin_layer(&target, LAYER_OPTIONS);
        bool ok = target_set(&target, "host", host, err);
        if (ok) {
            target_settle(&target);
            session = manager_open(context->manager, host, &target, context->cancel);
            session_set_watchful(session, context->interactive);
        }
        target_finish(&target);
    }
    if (session == NULL || !session_connect(session, err))
        return false;
    switch_to(context, session);
    return true;
}

bool command_session(struct context *context, char *const *args, struct error *err)
{
    if (args[0] == NULL) {
        buf_printf(output_buffer(context->output), "%s\n", session_name(context->session));
        return true;
    }
    if (context->scoped_run)
        return error_set(err, ERROR_USAGE, "the run is one scope, in one session");
    struct session *known = manager_find(context->manager, args[0]);
    if (known == NULL)
        return open_session(context, args[0], args[1], err);
    if (args[1] != NULL)
        return error_set(err, ERROR_USAGE, "there is a session '%s' already", args[0]);
    switch_to(context, known);
    return true;
}

static const char *transaction_name(const struct session *session)
{
    static const char *const names[] = {
        [TRANSACTION_NONE] = "none",
        [TRANSACTION_OPEN] = "open",
        [TRANSACTION_ROLLED_BACK] = "rolled back",
        [TRANSACTION_LOST] = "lost",
        [TRANSACTION_COMMITTED] = "committed",
    };
    return names[session_transaction(session)];
}

static void add_session(struct grid *grid, const struct session *session, bool current)
{
    struct connection_state state;
    struct buf pins = BUF_INIT;
    CLEANUP(mem_free_at) char *target = target_describe(session_target(session));
    bool leased = session_get_state(session, &state);
    session_describe_pins(session, &pins);
    grid_add(grid, current ? "*" : "");
    grid_add(grid, session_name(session));
    grid_add(grid, target);
    grid_add(grid, leased ? "leased" : "released");
    if (leased)
        grid_printf(grid, "%lu", state.thread_id);
    else
        grid_add(grid, NULL);
    grid_add(grid, session_schema(session)[0] == '\0' ? NULL : session_schema(session));
    grid_add(grid, transaction_name(session));
    grid_add(grid, pins.len == 0 ? NULL : buf_cstr(&pins));
    buf_finish(&pins);
}

bool command_sessions(struct context *context, char *const *args, struct error *err)
{
    static const struct column columns[] = {
        GRID_COLUMN("current", COLUMN_TEXT),     GRID_COLUMN("session", COLUMN_TEXT),
        GRID_COLUMN("target", COLUMN_TEXT),      GRID_COLUMN("state", COLUMN_TEXT),
        GRID_COLUMN("thread_id", COLUMN_NUMBER), GRID_COLUMN("schema", COLUMN_TEXT),
        GRID_COLUMN("transaction", COLUMN_TEXT), GRID_COLUMN("pinned_by", COLUMN_TEXT),
    };
    (void) args;
    struct grid grid;
    grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
    const struct session *session;
    for (size_t i = 0; (session = manager_session_at(context->manager, i)) != NULL; i++)
        add_session(&grid, session, session == context->session);
    struct sink *sink = context->format->create(&context->render, context->output);
    bool ok = grid_push(&grid, sink, err);
    context->format->destroy(sink);
    grid_finish(&grid);
    return ok;
}

// What is given up with a lease, for the user to know.
static void say_given_up(struct context *context, struct session *session)
{
    struct buf pins = BUF_INIT;
    CLEANUP(mem_free_at) char *kept = session_take_prepared(session);
    if (kept != NULL)
        say(context, kept);
    session_describe_pins(session, &pins);
    if (pins.len > 0) {
        CLEANUP(mem_free_at) char *text = mem_printf("Given up: %s.", buf_cstr(&pins));
        say(context, text);
    }
    if (!session_roll_back(session))
        say(context, "Not all of it is rolled back: a table in it knows no transactions.");
    buf_finish(&pins);
}

// The server said so of the statement that did it; whoever ends the scope shall not take it for
// undone.
static bool roll_scope_back(struct context *context, struct error *err)
{
    struct session *session = context->session;
    bool ok = scope_rollback(session, err);
    if (ok && session_scope_is_partly_committed(session))
        say(context,
            "The scope is rolled back from where a statement in it has, or may have, committed.");
    return ok;
}

bool command_release(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    if (session_in_scope(context->session))
        return error_set(err, ERROR_USAGE, "a scope is open: commit or roll it back");
    say_given_up(context, context->session);
    session_release(context->session);
    return true;
}

bool command_close(struct context *context, char *const *args, struct error *err)
{
    struct session *session = manager_find(context->manager, args[0]);
    if (session == NULL)
        return error_set(err, ERROR_USAGE, "there is no session '%s', see \\sessions", args[0]);
    if (session_in_scope(session))
        return error_set(err, ERROR_USAGE, "a scope is open in it: commit or roll it back");
    if (manager_session_at(context->manager, 1) == NULL)
        return error_set(err, ERROR_USAGE, "'%s' is the only session; \\quit leaves", args[0]);
    say_given_up(context, session);
    if (session == context->session) {
        bool first = session == manager_session_at(context->manager, 0);
        switch_to(context, manager_session_at(context->manager, first ? 1 : 0));
    }
    manager_close(context->manager, session);
    return true;
}

bool command_raw(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    return session_make_raw(context->session, err);
}

bool command_reconnect(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    if (session_in_scope(context->session))
        return error_set(err, ERROR_USAGE, "a scope is open: commit or roll it back");
    say_given_up(context, context->session);
    session_release(context->session);
    return session_connect(context->session, err);
}

bool command_start_over(struct context *context, struct error *err)
{
    struct session *session = context->session;
    if (session_in_scope(session))
        return error_set(err, ERROR_USAGE, "a scope is open: commit or roll it back");
    // A script knows what it gives up, but maybe not of a transaction.
    if (context->interactive || session_transaction(session) != TRANSACTION_NONE)
        say_given_up(context, session);
    session_start_over(session);
    return session_connect(session, err);
}

bool command_scope(struct context *context, char *const *args, struct error *err)
{
    bool begin = strcmp(args[0], "begin") == 0;
    bool commit = strcmp(args[0], "commit") == 0;
    if (context->scoped_run)
        return error_set(err, ERROR_USAGE, "the run is a scope already, and ends it itself");
    if (begin)
        return scope_begin(context->session, &context->scope, err);
    if (!commit && strcmp(args[0], "rollback") != 0)
        return error_set(err, ERROR_USAGE, "usage: \\scope begin | commit | rollback");
    if (!session_in_scope(context->session))
        return error_set(err, ERROR_USAGE, "no scope is open, see \\scope begin");
    return commit ? scope_commit(context->session, err) : roll_scope_back(context, err);
}
