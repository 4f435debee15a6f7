// From a command line to a context and a front end, and from an error to an exit status.
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "call_options.h"
#include "checkpoint_options.h"
#include "client_options.h"
#include "fan_targets.h"
#include "fronts.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/batch/batch.h"
#include "marsh/batch/checkpoint.h"
#include "marsh/batch/parallel.h"
#include "marsh/batch/scope.h"
#include "marsh/call/call.h"
#include "marsh/call/each.h"
#include "marsh/command/context.h"
#include "marsh/command/jobs.h"
#include "marsh/config/options.h"
#include "marsh/config/resolve.h"
#include "marsh/config/target.h"
#include "marsh/copy/copy.h"
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
#include "marsh/repl/repl.h"
#include "marsh/scratch/scratch.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"
#include "marsh/shell/shell.h"
#include "scratch_command.h"
#include "signals.h"

static int say_error(const struct error *err, enum exit_status status)
{
    struct buf text = BUF_INIT;
    if (err->number != 0)
        message_add_error(&text, err);
    else
        message_add_plain(&text, err);
    fs_write_all(STDERR_FILENO, text.data, text.len);
    buf_finish(&text);
    return status;
}

// Before a statement has run, wrong usage is the user's command line.
static enum exit_status start_status(const struct error *err)
{
    return err->kind == ERROR_USAGE || err->kind == ERROR_SYSTEM ? EXIT_WRONG_USAGE
                                                                 : message_status(err);
}

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
                                             : strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
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
    context->render.compatible = app->options.compatible;
    context->render.terminal = isatty(STDOUT_FILENO) == 1;
    context->render.xml_too = app->options.compatible && app->options.xml;
    context->render.raw = app->options.raw;
    context->render.binary_as_hex = app->options.binary_as_hex;
    // The mariadb client is silent once by itself unless it talks to a terminal both ways.
    bool batch = isatty(STDIN_FILENO) == 0 || !context->render.terminal || app->options.compatible;
    context->render.silent = app->options.silent + batch;
    if (context->render.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        context->render.columns = size.ws_col;
    context->output = output_create(STDOUT_FILENO);
    context->interactive = app->options.front == FRONT_SHELL && app->options.execute_count == 0 &&
                           isatty(STDIN_FILENO) == 1 && context->render.terminal;
    if (context->interactive && app->options.pager != NULL)
        context->pager = mem_strdup(pager_of(&app->options));
    return set_format(app, err) &&
           (app->options.tee == NULL || output_set_tee(context->output, app->options.tee, err));
}

// Starts the scratch server that a target names, and learns its password.
bool app_finish_target(struct target *target, struct error *err)
{
    if (target->scratch != NULL) {
        char *socket = NULL;
        if (!scratch_start(target->scratch, &socket, err))
            return false;
        free(target->socket);
        target->socket = socket;
        target->protocol = PROTOCOL_SOCKET;
    }
    return resolve_password(target, err);
}

// A target that was typed: on files and environment, and those of this run's options that are not
// for its own target alone.
static bool resolve_typed(struct context *context, const char *text, struct target *target,
                          struct error *err)
{
    struct app *app = context->resolver;
    bool ok = resolve_base(&app->options, target, err) && resolve_argument(target, text, err) &&
              resolve_common_options(&app->options, target, err);
    if (ok) {
        target_settle(target);
        ok = target_check(target, err) && client_options_add_init(&app->options, target, err) &&
             app_finish_target(target, err);
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

// Everything up to, but without, a connection.
static bool set_up(struct app *app, struct error *err)
{
    struct target *target = &app->target;
    if (!fan_targets_expand(app, err) || !resolve_target(&app->options, target, err) ||
        !set_output(app, err) || !check_scope(app, err) || !read_parallel(app, err) ||
        !checkpoint_options_check(&app->options, app->context.interactive, err) ||
        !call_options_read(&app->options, &app->call, err) ||
        !each_options_read(&app->options, &app->each, err) ||
        !copy_options_read(&app->options, &app->copy, err) || !set_values(app, err) ||
        !client_options_apply(&app->options, target, &app->context, err) ||
        !client_options_add_init(&app->options, target, err) || !app_finish_target(target, err))
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
    signals_block();
    context->cancel = cancel_create();
    context->manager = manager_create(connector_mariadb(), clock_monotonic());
    context->session = manager_open(context->manager, "default", target, context->cancel);
    context->jobs = jobs_create(shell_run, shell_render);
    session_set_watchful(context->session, context->interactive);
    cancel_set_attended(context->cancel, context->interactive);
    if (context->interactive && pipe2(app->wake, O_CLOEXEC) != 0)
        return error_set_errno(err, "pipe");
    if (context->interactive)
        jobs_on_end(context->jobs, tell_shell, app);
    if (!fan_targets_resolve(app, err))
        return false;
    app->signals = signals_start(context->cancel, app->wake[1], app->options.ignore_interrupt);
    return true;
}

// Work that was not committed is lost with the sessions: nobody shall learn that later.
static void say_rolled_back(struct app *app)
{
    struct session *session;
    for (size_t i = 0; (session = manager_session_at(app->context.manager, i)) != NULL; i++) {
        CLEANUP(mem_free_at) char *kept = session_take_prepared(session);
        if (kept != NULL)
            fprintf(stderr, "%s\n", kept);
        if (session_transaction(session) != TRANSACTION_OPEN)
            continue;
        unsigned long long count = session_statements(session);
        const char *left = session_roll_back(session)
                               ? ""
                               : ", but for what it did in tables that know no transactions";
        fprintf(stderr,
                "The open transaction of session %s, with %llu statement%s, is rolled back%s.\n",
                session_name(session), count, count == 1 ? "" : "s", left);
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
        fprintf(stderr, "%zu error%s\n", app->context.errors, app->context.errors == 1 ? "" : "s");
        status = EXIT_STATEMENT;
    }
    int signal = signals_ending(app->signals);
    if (signal != 0)
        return 128 + signal;
    return status == EXIT_OK ? app->context.exit_status : (int) status;
}

// Output that is lost in the end makes a run fail that did all its work.
static int run(struct app *app)
{
    struct error err = ERROR_INIT;
    int status = EXIT_OK;
    if (!set_up(app, &err)) {
        status = say_error(&err, start_status(&err));
    } else {
        bool ok = (!app->options.wait || client_options_wait(&app->context, &err)) &&
                  fronts_run(app, &err) &&
                  (app->context.interactive || jobs_settle(&app->context, &err));
        // A script of nothing still tells whether the server can be reached.
        if (ok && !app->context.used && app->options.front != FRONT_CALL &&
            app->options.front != FRONT_COPY)
            ok = session_connect(app->context.session, &err);
        if (app->context.verbose > 1 && !app->context.interactive && err.kind != ERROR_CONNECTION)
            buf_add_text(output_buffer(app->context.output), "Bye\n");
        struct error flushing = ERROR_INIT;
        if (!output_flush(app->context.output, &flushing) && ok)
            error_move(&err, &flushing);
        error_finish(&flushing);
        status = finish_status(app, &err);
        say_rolled_back(app);
    }
    error_finish(&err);
    struct buf jobs = BUF_INIT;
    jobs_cancel_all(app->context.jobs, &jobs);
    fs_write_all(STDERR_FILENO, jobs.data, jobs.len);
    buf_finish(&jobs);
    jobs_destroy(app->context.jobs);
    bool ended = manager_destroy(app->context.manager);
    output_destroy(app->context.output);
    signals_stop(app->signals);
    cancel_destroy(app->context.cancel);
    free(app->context.pager);
    free(app->context.last);
    free(app->context.edited);
    free(app->context.charset);
    free(app->context.prompt);
    variables_finish(&app->context.variables);
    target_finish(&app->target);
    fan_targets_finish(app);
    // A connection that is still being opened, and not waited for, uses the library.
    if (!ended)
        _exit(status);
    connector_mariadb_end();
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
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    bool done = true;
    int status = EXIT_OK;
    if (!answer(app, &out, &done, &err)) {
        status = say_error(&err, start_status(&err));
    } else if (!fs_write_all(STDOUT_FILENO, out.data, out.len)) {
        error_set_errno(&err, "writing the output");
        status = say_error(&err, EXIT_STATEMENT);
    } else if (!done) {
        status = run(app);
    }
    buf_finish(&out);
    error_finish(&err);
    return status;
}

// A descriptor that the caller has closed would be the next socket's or file's, and what is printed
// would go there. In its place stands one that fails as a closed one does; messages are just lost.
static void hold_standard_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(EXIT_WRONG_USAGE);
    }
}

int main(int argc, char **argv)
{
    hold_standard_descriptors();
    // Passwords are in memory: none shall be in a core file. LeakSanitizer would be shut out, too.
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
#ifndef MARSH_SANITIZED
    prctl(PR_SET_DUMPABLE, 0);
#endif
    setlocale(LC_ALL, "");
    struct app app = {.wake = {-1, -1}};
    struct error err = ERROR_INIT;
    int status;
    if (options_parse(&app.options, argc, argv, &err))
        status = start(&app);
    else
        status = say_error(&err, EXIT_WRONG_USAGE);
    error_finish(&err);
    options_finish(&app.options);
    return status;
}
