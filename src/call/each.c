#include "marsh/call/each.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "each_internal.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/fs.h"
#include "marsh/base/hash.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/feed/feed.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

enum { JOBS_MAX = 8, RING_MIN = 256 };

void each_stop(struct each *each, struct error *err)
{
    pthread_mutex_lock(&each->lock);
    if (err != NULL && err->kind != ERROR_NONE && each->fatal.kind == ERROR_NONE) {
        error_set_sql(&each->fatal, err->kind, err->number, err->sqlstate,
                      err->message == NULL ? "" : err->message);
    }
    pthread_mutex_unlock(&each->lock);
    ring_stop(each->ring);
    // A read that waits ends.
    fs_write_all(each->wake[1], "", 1);
}

unsigned each_interrupts(struct each *each)
{
    pthread_mutex_lock(&each->lock);
    unsigned interrupts = each->interrupts;
    pthread_mutex_unlock(&each->lock);
    return interrupts;
}

// Called in the thread that takes signals. The first time nothing more is begun, and what runs goes
// on to its end; the second time it is cancelled.
static void interrupt(void *data)
{
    static const char note[] = "Ending after the calls that run; once more cancels them.\n";
    struct each *each = data;
    pthread_mutex_lock(&each->lock);
    unsigned interrupts = ++each->interrupts;
    pthread_mutex_unlock(&each->lock);
    if (interrupts == 1) {
        each_stop(each, NULL);
        // Said when it is so.
        caller_say(each->context->caller, note, sizeof(note) - 1);
    } else {
        pthread_mutex_lock(&each->lock);
        pthread_cond_signal(&each->change);
        pthread_mutex_unlock(&each->lock);
    }
}

// The same for the same call: a hash of what is known before the rows are read, which have one of
// their own.
static char *make_identity(const struct each *each, char *const *words, size_t count)
{
    size_t len;
    const char *header = feed_header_raw(each->feed, &len);
    const struct buf *text = procedure_text(each->prepared.procedure);
    CLEANUP(mem_free_at)
    char *target = target_describe(session_target(each->context->session));
    uint64_t hash = HASH_INIT;
    hash_add(&hash, text->data, text->len);
    hash_add(&hash, target, strlen(target));
    hash_add(&hash, each->source.name, strlen(each->source.name));
    for (size_t i = 1; i < count; i++)
        hash_add(&hash, words[i], strlen(words[i]));
    for (size_t i = 0; i < each->options->map_count; i++)
        hash_add(&hash, each->options->maps[i], strlen(each->options->maps[i]));
    hash_add(&hash, header, len);
    return mem_printf("input %016" PRIx64, hash);
}

static bool open_checkpoint(struct each *each, char *const *words, size_t count, struct error *err)
{
    if (each->options->checkpoint == NULL)
        return true;
    CLEANUP(mem_free_at) char *identity = make_identity(each, words, count);
    each->checkpoint = checkpoint_open(each->options->checkpoint, identity, err);
    if (each->checkpoint == NULL)
        return false;
    uint64_t begun = checkpoint_begun(each->checkpoint);
    if (begun > 0) {
        CLEANUP(mem_free_at)
        char *line = mem_printf("Going on after row %" PRIu64 ".\n", begun);
        caller_say(each->context->caller, line, strlen(line));
    }
    return true;
}

static size_t count_jobs(const struct each *each)
{
    const struct target *target = session_target(each->context->session);
    size_t pool = target->pool_size < JOBS_MAX ? target->pool_size : JOBS_MAX;
    size_t jobs = each->options->jobs > 0 ? each->options->jobs : pool;
    return jobs > 0 ? jobs : 1;
}

static bool run(struct each *each, struct error *err)
{
    size_t batch = each->options->batch > 0 ? each->options->batch : 1;
    size_t size = each->jobs * batch * 4;
    each->ring = ring_create(size > RING_MIN ? size : RING_MIN, each->column_count);
    progress_begin(&each->progress, each->context->caller, each->source.fd);
    if (!cancel_begin_leaving(each->context->cancel, interrupt, each))
        return error_set(err, ERROR_CANCELLED, "interrupted");
    bool ok = each_start_reader(each, err) && each_start_workers(each, err) &&
              each_start_watcher(each, err);
    if (!ok)
        each_stop(each, NULL);
    struct error writing = ERROR_INIT;
    bool written = each_write(each, &writing);
    if (ok && !written)
        error_move(err, &writing);
    error_finish(&writing);
    each_end_watcher(each);
    each_end_workers(each);
    ring_stop(each->ring);
    fs_write_all(each->wake[1], "", 1);
    if (each->reading)
        pthread_join(each->reader, NULL);
    cancel_end_leaving(each->context->cancel);
    progress_end(&each->progress);
    return ok && written;
}

static void say_counts(const struct each *each)
{
    struct buf line = BUF_INIT;
    bool plain = each->failed == 0 && each->unknown == 0 && each->interrupts == 0 &&
                 each->fatal.kind == ERROR_NONE;
    if (plain && isatty(caller_err(each->context->caller)) == 0)
        return;
    buf_printf(&line, "%" PRIu64 " row%s done", each->done, each->done == 1 ? "" : "s");
    buf_printf(&line, ", %" PRIu64 " failed", each->failed);
    if (each->unknown > 0)
        buf_printf(&line, ", %" PRIu64 " unknown", each->unknown);
    // The rows of a batch that was not sent have no line either.
    buf_add_text(&line, each->fatal.kind == ERROR_NONE
                            ? ".\n"
                            : "; the rows without a line were not called.\n");
    caller_say(each->context->caller, line.data, line.len);
    buf_finish(&line);
}

// What the run as a whole fails with.
static bool conclude(struct each *each, bool ok, struct error *err)
{
    // Behind the lines that are counted.
    struct error flushing = ERROR_INIT;
    if (!output_flush(each->context->output, ok ? err : &flushing))
        ok = false;
    error_finish(&flushing);
    say_counts(each);
    if (!ok)
        return false;
    if (each->fatal.kind != ERROR_NONE)
        error_move(err, &each->fatal);
    else if (each->reader_error.kind != ERROR_NONE)
        error_move(err, &each->reader_error);
    else if (each->interrupts > 0)
        error_set(err, ERROR_CANCELLED, "interrupted");
    else if (each->unknown > 0)
        error_set(err, ERROR_CONNECTION, "nobody knows if %" PRIu64 " row%s carried out",
                  each->unknown, each->unknown == 1 ? " was" : "s were");
    else if (each->failed > 0)
        error_move(err, &each->first);
    return err->kind == ERROR_NONE;
}

static bool prepare(struct each *each, char *const *words, size_t count, struct error *err)
{
    struct prepared *prepared = &each->prepared;
    struct call_values values = {.count = 0};
    bool input = strcmp(each->options->path, "-") == 0;
    if (!prepared_init(prepared, each->context, words, count, err) || !each_open(each, err) ||
        !prepared_load_given(prepared, !input, err))
        return false;
    // What is wrong with an argument shows before the first row.
    call_values_init(&values, prepared->procedure);
    bool ok = prepared_take(prepared, &values, err);
    call_values_finish(&values);
    return ok && open_checkpoint(each, words, count, err) && each_open_output(each, err);
}

bool each_run(struct context *context, const struct each_options *options, char *const *words,
              size_t count, struct error *err)
{
    struct each each = {.context = context,
                        .options = options,
                        .source = {.fd = -1},
                        .wake = {-1, -1},
                        .rejects = REJECTS_INIT};
    pthread_mutex_init(&each.lock, NULL);
    clock_condition_init(&each.change);
    bool ok = prepare(&each, words, count, err);
    if (ok) {
        // What it was asked with is for the rows to use.
        session_release_idle(context->session);
        each.jobs = count_jobs(&each);
        ok = run(&each, err);
        ok = conclude(&each, ok, err);
    }
    each_close_output(&each);
    checkpoint_close(each.checkpoint);
    ring_destroy(each.ring);
    each_close(&each);
    prepared_finish(&each.prepared);
    error_finish(&each.first);
    error_finish(&each.fatal);
    error_finish(&each.reader_error);
    pthread_cond_destroy(&each.change);
    pthread_mutex_destroy(&each.lock);
    return ok;
}
