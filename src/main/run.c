#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "client_options.h"
#include "fan_targets.h"
#include "fronts.h"
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

static bool clean_up(struct app *app)
{
    struct context *context = &app->context;
    bool ended = manager_destroy(context->manager);
    output_destroy(context->output);
    signals_stop(app->signals);
    cancel_destroy(context->cancel);
    free(context->pager);
    free(context->last);
    free(context->edited);
    free(context->charset);
    free(context->prompt);
    variables_finish(&context->variables);
    target_finish(&app->target);
    fan_targets_finish(app);
    return ended;
}

static int run(struct app *app)
{
    const struct run_host *host = app->host;
    struct error err = ERROR_INIT;
    int status = EXIT_OK;
    bool ready = setup_run(app, &err);
    if (ready && host != NULL && !host->begun(host->data, app->signals))
        status = EXIT_INTERRUPTED;
    else if (ready)
        status = work(app, &err);
    else if (!app->declined)
        status = say_error(app->context.caller, &err, start_status(&err));
    error_finish(&err);
    say_jobs(app);
    // Nobody shall wait for connections to be cleaned.
    if (host != NULL)
        host->ended(host->data, status, app->declined);
    // A connection that is still being opened, and not waited for, uses the library.
    if (!clean_up(app) && host == NULL)
        _exit(status);
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
    *done = options->front == FRONT_SCRATCH;
    return true;
}

static int start(struct app *app)
{
    struct caller *caller = app->context.caller;
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    bool done = true;
    int status = EXIT_OK;
    if (!answer(app, &out, &done, &err)) {
        status = say_error(caller, &err, start_status(&err));
    } else if (!caller_write(caller, caller_out(caller), out.data, out.len)) {
        error_set_errno(&err, "writing the output");
        status = say_error(caller, &err, EXIT_STATEMENT);
    } else if (!done) {
        status = run(app);
    }
    buf_finish(&out);
    error_finish(&err);
    return status;
}

int run_for(struct caller *caller, const struct run_host *host, int argc, char **argv)
{
    struct app app = {.wake = {-1, -1}, .host = host};
    struct error err = ERROR_INIT;
    int status;
    bool parsed = options_parse(&app.options, argc, argv, &err);
    app.options.caller = app.context.caller = caller;
    if (parsed)
        status = start(&app);
    else
        status = say_error(caller, &err, EXIT_WRONG_USAGE);
    error_finish(&err);
    options_finish(&app.options);
    return status;
}
