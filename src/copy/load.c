// Rows into a table, from a file or from a query.
#include <stdlib.h>
#include <unistd.h>

#include "load.h"
#include "marsh/base/clock.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"
#include "query.h"
#include "run.h"

enum { JOBS_MAX = 4 };

static size_t count_jobs(const struct load *load)
{
    const struct target *target = session_target(load->ends->to.session);
    size_t most = target->pool_size < JOBS_MAX ? target->pool_size : JOBS_MAX;
    size_t jobs = load->options->jobs > 0 ? load->options->jobs : most;
    return jobs > 0 ? jobs : 1;
}

static bool open_rejects(struct load *load, struct error *err)
{
    const char *path = load->options->rejects;
    if (path != NULL && load->feed == NULL)
        return error_set(err, ERROR_USAGE, "--rejects is for the rows of a file");
    return rejects_open(&load->rejects, path, load->source.fd, err);
}

static bool prepare(struct load *load, struct error *err)
{
    if (!load_open_source(load, err) || !open_rejects(load, err) ||
        !table_ask(&load->table, load->ends->to.session, &load->ends->to, err))
        return false;
    if (load->options->scope && !load->table.transactional)
        return error_set(err, ERROR_USAGE,
                         "--scope: %s is no table that is known to have transactions",
                         load->ends->to.name);
    if (!load->table.transactional && ends_are_one(load->ends))
        return error_set(err, ERROR_USAGE,
                         "%s knows no transactions, and can't be read and written at once",
                         load->ends->to.name);
    // What it was asked with is for the rows to use.
    session_release_idle(load->ends->to.session);
    load->jobs = count_jobs(load);
    return true;
}

static bool run(struct load *load, struct error *err)
{
    if (load->feed != NULL)
        progress_begin(&load->progress, load->context->caller, load->source.fd);
    else
        progress_begin(&load->progress, load->context->caller, -1);
    load->progress.asked = load->options->progress;
    load->progress.on = load->progress.on || load->options->progress || load->progress.terminal;
    if (!cancel_begin_leaving(load->context->cancel, load_interrupt, load))
        return error_set(err, ERROR_CANCELLED, "interrupted");
    bool ok = load_read(load, err);
    if (!ok)
        load_stop(load, NULL);
    load_end(load);
    if (load->over && !load_is_stopped(load))
        load_reject(load, &load->bad, load->bad_raw, &load->bad_error);
    cancel_end_leaving(load->context->cancel);
    load->progress.count = load->done + load->failed;
    progress_end(&load->progress);
    return ok;
}

static void finish(struct load *load)
{
    load_free_workers(load);
    load_free_batches(load);
    load_close_source(load);
    rejects_close(&load->rejects);
    table_finish(&load->table);
    buf_finish(&load->head);
    buf_finish(&load->group);
    free(load->places);
    free(load->sources);
    free(load->warning);
    free(load->bad_raw);
    error_finish(&load->bad_error);
    error_finish(&load->first);
    error_finish(&load->fatal);
    pthread_cond_destroy(&load->change);
    pthread_mutex_destroy(&load->lock);
}

bool load_run(struct context *context, const struct copy_options *options, const struct ends *ends,
              struct error *err)
{
    struct load load = {.context = context,
                        .options = options,
                        .ends = ends,
                        .source = {.fd = -1},
                        .wake = {-1, -1},
                        .rejects = REJECTS_INIT};
    pthread_mutex_init(&load.lock, NULL);
    clock_condition_init(&load.change);
    bool ok = prepare(&load, err);
    if (ok)
        ok = load_conclude(&load, run(&load, err), err);
    finish(&load);
    return ok;
}
