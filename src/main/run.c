#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "client_options.h"
#include "fan_targets.h"
#include "fronts.h"
#include "keeper_command.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/command/jobs.h"
#include "marsh/config/options.h"
#include "marsh/config/resolve.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/keeper/kept.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"
#include "scratch_command.h"
#include "setup.h"
#include "signals.h"

static int say_error(struct caller *caller, const struct error *err, enum exit_status status)
{
    struct buf text = BUF_INIT;
    if (err->number != 0)
        message_add_error(&text, err);
    else
        message_add_plain(&text, err);
    caller_say(caller, text.data, text.len);
    buf_finish(&text);
    return status;
}

// Before a statement has run, wrong usage is the user's command line.
static enum exit_status start_status(const struct error *err)
{
    return err->kind == ERROR_USAGE || err->kind == ERROR_SYSTEM ? EXIT_WRONG_USAGE
                                                                 : message_status(err);
}

static void say_text(struct app *app, char *text)
{
    caller_say(app->context.caller, text, strlen(text));
    free(text);
}

// Work that was not committed is lost with the sessions: nobody shall learn that later.
static void say_rolled_back(struct app *app)
{
    struct session *session;
    for (size_t i = 0; (session = manager_session_at(app->context.manager, i)) != NULL; i++) {
        CLEANUP(mem_free_at) char *kept = session_take_prepared(session);
        if (app->kept != NULL && session == app->kept->session)
            continue;
        if (kept != NULL)
            say_text(app, mem_printf("%s\n", kept));
        if (session_transaction(session) != TRANSACTION_OPEN)
            continue;
        unsigned long long count = session_statements(session);
        const char *left = session_roll_back(session)
                               ? ""
                               : ", but for what it did in tables that know no transactions";
        say_text(app, mem_printf("The open transaction of session %s, with %llu statement%s, is "
                                 "rolled back%s.\n",
                                 session_name(session), count, count == 1 ? "" : "s", left));
    }
}

static int finish_status(struct app *app, const struct error *err)
{
    enum exit_status status = message_status(err);
    bool copies = app->options.front == FRONT_COPY || app->options.front == FRONT_TABLE;
    // Nothing was begun: it is the command line.
    if (copies && err->kind == ERROR_USAGE && !app->context.used)
        status = EXIT_WRONG_USAGE;
    if (err->kind != ERROR_NONE)
        message_error(&app->context, err);
    if (status == EXIT_OK && app->context.errors > 0) {
        say_text(app, mem_printf("%zu error%s\n", app->context.errors,
                                 app->context.errors == 1 ? "" : "s"));
        status = EXIT_STATEMENT;
    }
    int signal = signals_ending(app->signals);
    if (signal != 0)
        return 128 + signal;
    return status == EXIT_OK ? app->context.exit_status : (int) status;
}

// Output that is lost in the end makes a run fail that did all its work.
static int work(struct app *app, struct error *err)
{
    struct error flushing = ERROR_INIT;
    bool ok = (!app->options.wait || client_options_wait(&app->context, err)) &&
              fronts_run(app, err) && (app->context.interactive || jobs_settle(&app->context, err));
    // A script of nothing still tells whether the server can be reached.
    if (ok && !app->context.used && app->options.front != FRONT_CALL &&
        app->options.front != FRONT_COPY)
        ok = session_connect(app->context.session, err);
    if (app->context.verbose > 1 && !app->context.interactive && err->kind != ERROR_CONNECTION)
        buf_add_text(output_buffer(app->context.output), "Bye\n");
    if (!output_flush(app->context.output, &flushing) && ok)
        error_move(err, &flushing);
    error_finish(&flushing);
    int status = finish_status(app, err);
    say_rolled_back(app);
    return status;
}

static void say_jobs(struct app *app)
{
    struct buf jobs = BUF_INIT;
    jobs_cancel_all(app->context.jobs, &jobs);
    caller_say(app->context.caller, jobs.data, jobs.len);
    buf_finish(&jobs);
    jobs_destroy(app->context.jobs);
}

static void note_kept(const struct app *app)
{
    struct kept *kept = app->kept;
    if (kept == NULL || app->host == NULL)
        return;
    kept->session = manager_find(kept->manager, kept->name);
    kept_note(kept);
}

// It goes on without us; other sessions that were opened beside it do not.
static bool give_kept(struct app *app)
{
    struct kept *kept = app->kept;
    struct session *session;
    for (size_t i = 0; (session = manager_session_at(kept->manager, i)) != NULL;) {
        if (session == kept->session)
            i++;
        else
            manager_close(kept->manager, session);
    }
    kept_give(app->host->sessions, kept);
    return true;
}

// Others shall have the connections.
static void release_sessions(struct manager *manager)
{
    struct session *session;
    for (size_t i = 0; (session = manager_session_at(manager, i)) != NULL; i++)
        session_release(session);
}

// All that is seen of the end from outside. False where a connection is still being opened that
// nobody waits for.
static bool end_sessions(struct app *app)
{
    struct context *context = &app->context;
    if (app->host != NULL && app->kept == NULL && context->manager != NULL)
        release_sessions(context->manager);
    bool ended = app->kept == NULL || app->host == NULL ? manager_destroy(context->manager)
                                                        : give_kept(app);
    output_destroy(context->output);
    return ended;
}

static void clean_up(struct app *app)
{
    struct context *context = &app->context;
    signals_stop(app->signals);
    if (app->kept == NULL)
        cancel_destroy(context->cancel);
    free(context->pager);
    free(context->last);
    free(context->edited);
    free(context->charset);
    free(context->prompt);
    variables_finish(&context->variables);
    target_finish(&app->target);
    fan_targets_finish(app);
}

static int run(struct app *app)
{
    const struct run_host *host = app->host;
    struct error err = ERROR_INIT;
    int status = EXIT_OK;
    bool ready = setup_run(app, &err);
    if (app->handed)
        status = app->status;
    else if (ready && host != NULL && !host->begun(host->data, app->signals))
        app->declined = true; // nobody waits for it, or somebody who can do it without us
    else if (ready)
        status = work(app, &err);
    else if (!app->declined)
        status = say_error(app->context.caller, &err, start_status(&err));
    error_finish(&err);
    say_jobs(app);
    note_kept(app);
    // Nobody shall wait for connections to be cleaned.
    if (host != NULL)
        host->ended(host->data, status, app->declined);
    // A connection that is still being opened uses the library. And what else is left is memory,
    // which the kernel takes back sooner than we give it: a sixteenth of the time of a short
    // command.
    if ((!end_sessions(app) || !MARSH_TIDY) && host == NULL)
        _exit(status);
    clean_up(app);
    return status;
}

// What the command line alone can answer. *done: there is nothing left to run.
static bool answer(struct app *app, struct buf *out, bool *done, struct error *err)
{
    const struct options *options = &app->options;
    bool demo = false;
    *done = true;
    if (options->help) {
        options_usage(out);
        return true;
    }
    if (options->version) {
        buf_add_text(out, "marsh " MARSH_VERSION "\n");
        return true;
    }
    if (options->print_defaults)
        return resolve_list_defaults(&app->options, out, err);
    if (options->front == FRONT_CALL && options->arg_count == 0)
        return error_set(err, ERROR_USAGE,
                         "call needs a routine: marsh [TARGET] call ROUTINE [ARGUMENT...]");
    if (options->front == FRONT_COPY && options->arg_count < 2)
        return error_set(err, ERROR_USAGE,
                         "copy needs FROM and TO: marsh copy [TARGET] FROM [TARGET] TO");
    if (options->front == FRONT_TABLE && options->arg_count == 0)
        return error_set(err, ERROR_USAGE, "table needs a table: marsh [TARGET] table TABLE");
    if (options->front == FRONT_RUN && options->arg_count == 0)
        return error_set(err, ERROR_USAGE, "run needs a file: marsh [TARGET] run FILE...");
    if (options->front == FRONT_SCRATCH && !scratch_command(&app->options, out, &demo, err))
        return false;
    if (demo)
        scratch_prepare_demo(&app->options);
    *done = options->front == FRONT_SCRATCH || options->front == FRONT_KEEPER;
    return options->front != FRONT_KEEPER || keeper_command(app, out, &app->status, err);
}

// What a keeper tells of itself; all else of these is for the caller's own process.
static int start_in_keeper(struct app *app)
{
    const struct options *options = &app->options;
    struct error err = ERROR_INIT;
    bool status = options->front == FRONT_KEEPER && options->arg_count == 1 &&
                  strcmp(options->args[0], "status") == 0;
    bool ok = status && setup_output(app, &err) && keeper_command_status(app, &err);
    int result = ok || !status ? EXIT_OK : say_error(app->context.caller, &err, start_status(&err));
    app->host->ended(app->host->data, result, !status);
    error_finish(&err);
    end_sessions(app);
    clean_up(app);
    return result;
}

static int start(struct app *app)
{
    struct caller *caller = app->context.caller;
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    bool done = true;
    int status = EXIT_OK;
    bool own = app->options.front == FRONT_SCRATCH || app->options.front == FRONT_KEEPER;
    if (app->host != NULL && own)
        return start_in_keeper(app);
    if (!answer(app, &out, &done, &err)) {
        status = say_error(caller, &err, start_status(&err));
    } else if (!caller_write(caller, caller_out(caller), out.data, out.len)) {
        error_set_errno(&err, "writing the output");
        status = say_error(caller, &err, EXIT_STATEMENT);
    } else if (!done) {
        status = run(app);
    } else if (app->options.front == FRONT_KEEPER) {
        status = app->status;
    }
    if (app->options.front == FRONT_KEEPER)
        target_finish(&app->target);
    buf_finish(&out);
    error_finish(&err);
    return status;
}

// As they were typed, for whoever does it in our place.
static void keep_raw(struct app *app, int argc, char **argv)
{
    app->raw_count = (size_t) argc;
    app->raw = mem_calloc(app->raw_count + 1, sizeof(*app->raw));
    for (size_t i = 0; i < app->raw_count; i++)
        app->raw[i] = mem_strdup(argv[i]);
}

static void drop_raw(struct app *app)
{
    for (size_t i = 0; i < app->raw_count; i++)
        mem_free_secret(app->raw[i]);
    free(app->raw);
}

int run_for(struct caller *caller, const struct run_host *host, enum door_result found, int argc,
            char **argv)
{
    struct app app = {.host = host, .wake = {-1, -1}, .found = found};
    struct error err = ERROR_INIT;
    int status;
    if (host == NULL)
        keep_raw(&app, argc, argv);
    bool parsed = options_parse(&app.options, argc, argv, &err);
    app.options.caller = app.context.caller = caller;
    if (parsed)
        status = start(&app);
    else
        status = say_error(caller, &err, EXIT_WRONG_USAGE);
    error_finish(&err);
    options_finish(&app.options);
    drop_raw(&app);
    return status;
}
