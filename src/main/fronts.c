#include "fronts.h"

#include <dlfcn.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "checkpoint_options.h"
#include "fan_targets.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/batch/batch.h"
#include "marsh/batch/checkpoint.h"
#include "marsh/batch/parallel.h"
#include "marsh/batch/scope.h"
#include "marsh/render/render.h"
#include "marsh/session/session.h"

// A front at work in a context, which is not the app's own where there are several targets.
struct trip {
    struct app *app;
    struct context *context;
};

static bool run_files(const struct app *app, struct context *context, struct error *err)
{
    for (size_t i = 0; i < app->options.arg_count && !context->quit; i++) {
        const char *path = app->options.args[i];
        bool ok = strcmp(path, "-") == 0
                      ? batch_run_fd(context, "stdin", caller_in(context->caller), err)
                      : batch_run_file(context, path, err);
        if (!ok)
            return false;
    }
    return true;
}

static bool run_texts(const struct app *app, struct context *context, struct error *err)
{
    if (app->parallel > 0)
        return parallel_run(context, app->options.execute, app->options.execute_count,
                            app->parallel, err);
    for (size_t i = 0; i < app->options.execute_count && !context->quit; i++) {
        const char *text = app->options.execute[i];
        // Errors say which one, where there are several.
        CLEANUP(mem_free_at)
        char *name = app->options.execute_count > 1 ? mem_printf("-e #%zu", i + 1)
                                                    : mem_strdup("-e");
        if (!batch_run_text(context, name, text, strlen(text), err))
            return false;
    }
    return true;
}

// It is a module beside ours, for those who type.
static bool run_repl(struct context *context, int wake_fd, struct error *err)
{
    Dl_info self;
    void *module = NULL;
    void (*run)(struct context *, int) = NULL;
    if (dladdr((void *) (uintptr_t) fronts_run, &self) != 0) {
        int folder = (int) (strrchr(self.dli_fname, '/') - self.dli_fname);
        CLEANUP(mem_free_at) char *path = mem_printf("%.*s/marsh-repl.so", folder, self.dli_fname);
        module = dlopen(path, RTLD_NOW);
    }
    if (module != NULL)
        *(void **) &run = dlsym(module, "repl_run");
    if (run == NULL)
        return error_set(err, ERROR_SYSTEM, "the line editor can't be loaded: %s", dlerror());
    // For the line editor alone; numbers and what the system says of errors are the same for all.
    setlocale(LC_CTYPE, "");
    run(context, wake_fd);
    return true;
}

static bool run_shell(const struct app *app, struct context *context, struct error *err)
{
    if (app->options.execute_count > 0)
        return run_texts(app, context, err);
    if (app->input != NULL)
        return batch_run_text(context, "stdin", app->input, app->input_len, err);
    if (!context->interactive)
        return batch_run_fd(context, "stdin", caller_in(context->caller), err);
    if (!session_connect(context->session, err))
        return false;
    return run_repl(context, app->wake[0], err);
}

static bool run_plain(const struct app *app, struct context *context, struct error *err)
{
    const struct options *options = &app->options;
    switch (options->front) {
    case FRONT_RUN:
        return run_files(app, context, err);
    case FRONT_CALL:
        if (app->each.path != NULL)
            return each_run(context, &app->each, options->args, options->arg_count, err);
        return call_run(context, &app->call, options->args, options->arg_count, err);
    case FRONT_COPY:
        return copy_run(context, &app->copy, options->args, options->arg_count, err);
    case FRONT_TABLE:
        return copy_print_table(context, &app->copy, options->args, options->arg_count, err);
    case FRONT_SHELL:
    case FRONT_SCRATCH:
    case FRONT_KEEPER:
        break;
    }
    return run_shell(app, context, err);
}

static bool run_again(void *data, struct error *err)
{
    const struct trip *trip = data;
    return run_plain(trip->app, trip->context, err);
}

static bool run_scoped(struct app *app, struct context *context, struct error *err)
{
    const struct options *options = &app->options;
    bool scoped = options->scope || options->dry_run || options->retry != NULL ||
                  options->isolation != NULL || options->read_only || options->consistent_snapshot;
    // A call's JSON has its error in it.
    bool tells = options->front == FRONT_CALL &&
                 strncmp(context->format->name, "json", strlen("json")) == 0;
    struct trip trip = {app, context};
    struct scoped_run run = {.work = run_again,
                             .data = &trip,
                             .retries = app->retries,
                             .dry = options->dry_run,
                             .tells = tells};
    bool copies = options->front == FRONT_COPY || options->front == FRONT_TABLE;
    // Its retries are those of each row, and the scope of a copy is that of its rows.
    if (copies || !scoped || context->interactive || app->each.path != NULL)
        return run_plain(app, context, err);
    return batch_run_scope(context, &run, err);
}

// In the thread of one of several targets.
static bool run_on_branch(struct context *context, void *data, struct error *err)
{
    return run_scoped(data, context, err);
}

bool fronts_run(struct app *app, struct error *err)
{
    const struct options *options = &app->options;
    if (!checkpoint_options_begin(options, &app->target, &app->context, err))
        return batch_end_checkpoint(&app->context, false, err);
    if (options->checkpoint != NULL && options->front != FRONT_CALL)
        return batch_end_checkpoint(&app->context, run_plain(app, &app->context, err), err);
    return app->fan_count > 0 && !app->context.interactive
               ? fan_targets_run(app, run_on_branch, app, err)
               : run_scoped(app, &app->context, err);
}
