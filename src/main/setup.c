#include "setup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "call_options.h"
#include "checkpoint_options.h"
#include "client_options.h"
#include "fan_targets.h"
#include "keeper_command.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/batch/batch.h"
#include "marsh/batch/scope.h"
#include "marsh/call/call.h"
#include "marsh/command/context.h"
#include "marsh/command/jobs.h"
#include "marsh/config/options.h"
#include "marsh/config/resolve.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/keeper/kept.h"
#include "marsh/render/output.h"
#include "marsh/scratch/scratch.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"
#include "marsh/shell/shell.h"
#include "run.h"
#include "signals.h"

static bool set_format(struct app *app, struct error *err)
{
    struct context *context = &app->context;
    const char *name = app->options.format;
    // -vvv wins over the form without frames.
    if (app->options.verbose >= 3 && !context->render.terminal &&
        (name == NULL || (app->options.compatible && strcmp(name, "tsv") == 0))) {
        name = "table";
        context->render.compatible = true;
    }
    bool env = app->options.front == FRONT_CALL && name != NULL && strcmp(name, "env") == 0;
    if (env)
        app->call.env = true;
    // Where no terminal is, there is no width: a script gets what it gets by itself.
    if (name != NULL && strcmp(name, "auto") == 0 && !context->render.terminal)
        name = NULL;
    bool plain = context->render.terminal && app->options.sets == NULL && app->options.silent == 0;
    if (name == NULL || env)
        name = plain ? "auto" : "tsv";
    context->format = render_format_need(name, err);
    if (context->format == NULL)
        return false;
    const char *border = app->options.border;
    if (border != NULL && strcmp(border, "unicode") != 0 && strcmp(border, "ascii") != 0)
        return error_set(err, ERROR_USAGE, "--border is unicode or ascii, not '%s'", border);
    context->render.unicode = border != NULL ? strcmp(border, "unicode") == 0
                                             : caller_is_utf8(context->caller);
    return true;
}

static const char *pager_of(const struct options *options)
{
    const char *own = getenv("PAGER");
    if (options->pager[0] != '\0')
        return options->pager;
    return own != NULL && own[0] != '\0' ? own : "less -SFX";
}

static bool set_output(struct app *app, struct error *err)
{
    struct context *context = &app->context;
    struct winsize size;
    context->render.headers = !app->options.no_column_names;
    context->render.quick = app->options.quick;
    // As the mariadb client has it.
    context->render.empty_names = app->options.quick || app->options.column_type_info;
    context->render.types = app->options.column_type_info;
    context->render.compatible = app->options.compatible;
    context->render.terminal = isatty(caller_out(context->caller)) == 1;
    context->render.xml_too = app->options.compatible && app->options.xml;
    context->render.raw = app->options.raw;
    context->render.binary_as_hex = app->options.binary_as_hex;
    // The mariadb client is silent once by itself unless it talks to a terminal both ways.
    bool batch = isatty(caller_in(context->caller)) == 0 || !context->render.terminal ||
                 app->options.compatible;
    context->render.silent = app->options.silent + batch;
    if (context->render.terminal && ioctl(caller_out(context->caller), TIOCGWINSZ, &size) == 0)
        context->render.columns = size.ws_col;
    context->output = output_create(context->caller, caller_out(context->caller));
    context->interactive = app->options.front == FRONT_SHELL && app->options.execute_count == 0 &&
                           isatty(caller_in(context->caller)) == 1 && context->render.terminal;
    if (context->interactive && app->options.pager != NULL)
        context->pager = mem_strdup(pager_of(&app->options));
    return set_format(app, err) &&
           (app->options.tee == NULL || output_set_tee(context->output, app->options.tee, err));
}

// Starts the scratch server that a target names, and learns its password.
bool app_finish_target(const struct app *app, struct target *target, const char *whom,
                       struct error *err)
{
    struct caller *caller = app->context.caller;
    // A script would go on with nothing but errors; one who types can set a new one.
    target->takes_expired = app->options.connect_expired_password || app->context.interactive;
    if (target->scratch != NULL) {
        char *socket = NULL;
        if (!scratch_start(caller, target->scratch, &socket, err))
            return false;
        free(target->socket);
        target->socket = socket;
        target->protocol = PROTOCOL_SOCKET;
    }
    // A pool is for callers in any folder.
    char *folder = caller == NULL ? NULL : getcwd(NULL, 0);
    if (folder != NULL)
        target_root_paths(target, folder);
    free(folder);
    return resolve_password(caller, target, whom, err);
}

// A target that was typed: on files and environment, and those of this run's options that are not
// for its own target alone.
static bool resolve_typed(struct context *context, const char *text, struct target *target,
                          struct error *err)
{
    struct app *app = context->resolver;
    bool ok = resolve_base(&app->options, target, err) &&
              resolve_argument(context->caller, target, text, err) &&
              resolve_common_options(&app->options, target, err);
    if (ok) {
        target_settle(target);
        ok = target_check(target, err) && client_options_add_init(&app->options, target, err) &&
             app_finish_target(app, target, NULL, err);
    }
    if (!ok)
        target_finish(target);
    return ok;
}

// What is read from a pipe is gone when it was read. Of what is not there the run says so.
static bool can_read_again(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && (stat(path, &st) != 0 || S_ISREG(st.st_mode));
}

static bool read_retries(struct app *app, struct error *err)
{
    const struct options *options = &app->options;
    if (options->retry == NULL)
        return true;
    char *end;
    unsigned long number = strtoul(options->retry, &end, 10);
    if (options->retry[0] < '0' || options->retry[0] > '9' || *end != '\0' || number > 1000)
        return error_set(err, ERROR_USAGE, "--retry takes a number from 0 to 1000");
    bool again = options->front == FRONT_CALL || options->execute_count > 0 ||
                 options->front == FRONT_RUN;
    for (size_t i = 0; options->front == FRONT_RUN && i < options->arg_count; i++)
        again = again && can_read_again(options->args[i]);
    if (!again)
        return error_set(err, ERROR_USAGE,
                         "--retry needs files or -e: what comes from a pipe "
                         "can't be read again");
    app->retries = (unsigned) number;
    return true;
}

static bool set_values(struct app *app, struct error *err)
{
    const struct options *options = &app->options;
    for (size_t i = 0; i < options->value_count; i++) {
        const char *text = options->values[i];
        const char *equals = strchr(text, '=');
        if (equals == NULL)
            return error_set(err, ERROR_USAGE, "--param takes NAME=VALUE");
        CLEANUP(mem_free_at) char *name = mem_strndup(text, (size_t) (equals - text));
        if (!variables_set(&app->context.variables, name, equals + 1, strlen(equals + 1), err))
            return false;
    }
    return true;
}

// As many as there are texts, and connections that the pool may have.
static bool read_parallel(struct app *app, struct error *err)
{
    const struct options *options = &app->options;
    const char *text = options->parallel;
    if (text == NULL)
        return true;
    bool scoped = options->scope || options->dry_run || options->retry != NULL;
    if (options->front != FRONT_SHELL || options->execute_count == 0)
        return error_set(err, ERROR_USAGE, "--parallel is for the texts of -e");
    if (scoped || options->checkpoint != NULL)
        return error_set(err, ERROR_USAGE, "--parallel goes not with %s",
                         scoped ? "a scope" : "--checkpoint");
    struct target *target = &app->target;
    app->parallel = target->pool_size + target->max_overflow;
    if (text[0] != '\0' && !call_options_count(text, 1000, &app->parallel))
        return error_set(err, ERROR_USAGE, "--parallel takes a number from 1 to 1000");
    if (app->parallel > target->pool_size + target->max_overflow)
        target->pool_size = (unsigned) app->parallel;
    return true;
}

// What is wrong with a scope's options shows before anything runs.
static bool check_scope(struct app *app, struct error *err)
{
    const char *isolation = app->options.isolation;
    if (isolation != NULL && !scope_check_isolation(isolation, err))
        return false;
    bool whole = app->options.scope || app->options.dry_run || app->options.retry != NULL;
    if (app->context.interactive && whole)
        return error_set(
            err, ERROR_USAGE,
            "--scope, --dry-run and --retry are for scripts; in the shell \\scope begin "
            "does it");
    return app->context.interactive || read_retries(app, err);
}

// A job has ended, while a line may be read.
static void tell_shell(void *data)
{
    const struct app *app = data;
    fs_write_all(app->wake[1], "J", 1);
}

// What a keeper can't do for its caller: hold a conversation, and what it was asked to leave alone.
static bool is_for_caller(struct app *app)
{
    const struct target *target = &app->target;
    app->declined = app->host != NULL && (app->context.interactive || target->ask_password ||
                                          target->keeper == KEEPER_OFF);
    return app->declined;
}

// A keeper may do it for us.
static bool is_ours(struct app *app, struct error *err)
{
    return app->host != NULL ||
           (keeper_command_hand_over(app, &app->handed, &app->status, err) && !app->handed);
}

// Where nothing says where and how to connect, a session that is kept is what it is.
static bool names_place(const struct options *options)
{
    bool named = options->target != NULL;
    for (size_t i = 0; i < options->given_count; i++)
        named = named || resolve_is_of_connection(&options->given[i]);
    return named;
}

static bool take_kept(struct app *app, struct error *err)
{
    struct context *context = &app->context;
    const struct options *options = &app->options;
    const struct target *target = &app->target;
    struct kept *kept;
    bool one = (options->front == FRONT_SHELL || options->front == FRONT_RUN ||
                (options->front == FRONT_CALL && options->each == NULL)) &&
               app->fan_count == 0 && options->parallel == NULL && options->checkpoint == NULL;
    if (!one)
        return error_set(err, ERROR_USAGE,
                         "--session is for statements, scripts and calls, one after the other");
    if (!kept_take(app->host->sessions, options->session, target->pool_timeout * CLOCK_SECOND,
                   &kept, err))
        return false;
    app->kept = kept;
    context->cancel = kept->cancel;
    context->manager = kept->manager;
    if (kept->session == NULL) {
        kept->session = manager_open(kept->manager, kept->name, target, kept->cancel);
    } else if (names_place(options) && !target_equals(target, session_target(kept->session))) {
        CLEANUP(mem_free_at) char *name = target_describe(session_target(kept->session));
        return error_set(err, ERROR_USAGE,
                         "session %s is one of another target, or of other settings: %s",
                         kept->name, name);
    }
    context->session = kept->session;
    if (target->session_idle_close > 0)
        kept->idle_close = target->session_idle_close * CLOCK_SECOND;
    return true;
}

static bool open_session(struct app *app, struct error *err)
{
    struct context *context = &app->context;
    if (app->options.session != NULL && app->host != NULL)
        return take_kept(app, err);
    context->cancel = cancel_create();
    context->manager = app->host != NULL ? manager_create_over(app->host->pools)
                                         : manager_create(connector_mariadb(), clock_monotonic());
    context->session = manager_open(context->manager, "default", &app->target, context->cancel);
    return true;
}

// Of several each is finished by itself, and one that fails holds up none; a person begins with the
// first.
static bool finish_own_target(struct app *app, struct error *err)
{
    return (app->fan_count > 0 && !app->context.interactive) ||
           app_finish_target(app, &app->target, NULL, err);
}

bool setup_output(struct app *app, struct error *err)
{
    return resolve_target(&app->options, &app->target, err) && set_output(app, err);
}

// Everything up to, but without, a connection.
bool setup_run(struct app *app, struct error *err)
{
    struct target *target = &app->target;
    if (!fan_targets_expand(app, err) || !setup_output(app, err) || is_for_caller(app) ||
        !is_ours(app, err) || !check_scope(app, err) || !read_parallel(app, err) ||
        !checkpoint_options_check(&app->options, app->context.interactive, err) ||
        !call_options_read(&app->options, &app->call, err) ||
        !each_options_read(&app->options, &app->each, err) ||
        !copy_options_read(&app->options, &app->copy, err) || !set_values(app, err) ||
        !client_options_apply(&app->options, target, &app->context, err) ||
        !client_options_add_init(&app->options, target, err) || !finish_own_target(app, err))
        return false;
    struct context *context = &app->context;
    context->resolve = resolve_typed;
    context->resolver = app;
    context->scope = (struct scope_options){
        .isolation = app->options.isolation,
        .read_only = app->options.read_only,
        .consistent_snapshot = app->options.consistent_snapshot,
        .allow_implicit_commit = app->options.allow_implicit_commit,
    };
    context->force = app->options.force;
    context->asked_progress = app->options.progress;
    context->source = batch_run_file;
    context->call = call_run_words;
    context->say = message_say;
    context->say_error = message_error;
    context->all = fan_targets_run_text;
    app->each.retries = app->retries;
    if (app->each.retries > 0 && app->each.batch == 0)
        app->each.batch = 1;
    // As many connections as there are calls side by side.
    // A copy's readers and writers may share a pool.
    size_t copies = app->copy.jobs > 0 ? 2 * app->copy.jobs + 2 : 0;
    size_t jobs = app->each.jobs > copies ? app->each.jobs : copies;
    if (jobs > target->pool_size)
        target->pool_size = (unsigned) jobs;
    // Up to here a signal just ends the process.
    if (app->host == NULL)
        signals_block();
    if (!open_session(app, err))
        return false;
    context->jobs = jobs_create(shell_run, shell_render);
    // One that is kept is pinned by any CALL: the server does not tell of all that one leaves.
    session_set_watchful(context->session, context->interactive);
    // Who waits for us in a keeper can't just end the process.
    cancel_set_attended(context->cancel, context->interactive || app->host != NULL);
    if (context->interactive && pipe2(app->wake, O_CLOEXEC) != 0)
        return error_set_errno(err, "pipe");
    if (context->interactive)
        jobs_on_end(context->jobs, tell_shell, app);
    if (!fan_targets_resolve(app, err))
        return false;
    bool deaf = app->options.ignore_interrupt;
    app->signals = app->host != NULL ? signals_create(context->cancel, deaf)
                                     : signals_start(context->cancel, app->wake[1], deaf);
    return true;
}
