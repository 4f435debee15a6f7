#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "each_internal.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/feed/feed.h"
#include "marsh/render/document.h"
#include "marsh/render/output.h"

bool each_open_output(struct each *each, struct error *err)
{
    const char *checkpoint = each->options->checkpoint;
    if (!rejects_open(&each->rejects, each->options->rejects, each->source.fd, err))
        return false;
    if (checkpoint != NULL && rejects_is(&each->rejects, checkpoint))
        return error_set(err, ERROR_USAGE, "%s: is the checkpoint: it can't take the rejects",
                         each->options->rejects);
    // A run that goes on adds to those of the runs before.
    return rejects_begin(&each->rejects, checkpoint_goes_on(each->checkpoint), err);
}

void each_close_output(struct each *each)
{
    rejects_close(&each->rejects);
}

// A row that never was called has no line yet.
static void add_line(struct each *each, struct task *task)
{
    if (task->result.len > 0)
        return;
    struct buf *line = &task->result;
    buf_printf(line, "{\"row\":%" PRIu64 ",\"line\":%zu,\"error\":", task->number, task->line);
    document_write_error(line, &task->err, task->fate == FATE_UNKNOWN ? "\"unknown\":true" : NULL,
                         each->context->render.terminal);
    buf_add_text(line, "}\n");
}

static void say_unknown(const struct each *each, const struct task *task)
{
    CLEANUP(mem_free_at)
    char *line = mem_printf("The outcome of row %" PRIu64 " (%s:%zu) is unknown.\n", task->number,
                            each->source.name, task->line);
    caller_say(each->context->caller, line, strlen(line));
}

static bool write_task(struct each *each, struct task *task, struct error *err)
{
    bool ok = true;
    bool earlier = task->result.len == 0;
    add_line(each, task);
    each->done += task->fate == FATE_DONE;
    each->failed += task->fate == FATE_FAILED;
    each->unknown += task->fate == FATE_UNKNOWN;
    each->progress.count++;
    each->progress.bytes = task->offset > each->progress.bytes ? task->offset
                                                               : each->progress.bytes;
    each->progress.failed = each->failed + each->unknown;
    if (task->fate == FATE_UNKNOWN) {
        progress_hide(&each->progress);
        say_unknown(each, task);
        if (!checkpoint_unknown(each->checkpoint, task->number))
            ok = error_set_errno(err, "%s", each->options->checkpoint);
    }
    // One that was not sent is no row that failed: the run did.
    if (task->fate == FATE_UNSENT)
        return true;
    if (task->fate != FATE_DONE && each->first.kind == ERROR_NONE) {
        error_set_sql(&each->first, ERROR_SQL, task->err.number, task->err.sqlstate,
                      task->err.message);
        // What was no row says its place itself.
        if (!earlier || task->fate == FATE_UNKNOWN)
            error_set_place(&each->first, each->source.name, task->line);
    }
    if (task->fate == FATE_FAILED) {
        ok = ok && rejects_add(&each->rejects, each->feed, task->raw.data, task->raw.len, err);
        if (ok && !(earlier ? checkpoint_bad(each->checkpoint, task->number)
                            : checkpoint_done(each->checkpoint, task->number)))
            ok = error_set_errno(err, "%s", each->options->checkpoint);
        if (!each->options->skips)
            each_stop(each, NULL);
    }
    struct buf *out = output_buffer(each->context->output);
    buf_add(out, task->result.data, task->result.len);
    return output_commit(each->context->output, err) && ok;
}

bool each_write(struct each *each, struct error *err)
{
    struct output *output = each->context->output;
    bool any = each->options->unordered;
    bool ok = true;
    for (;;) {
        struct task *task;
        int64_t next = progress_show(&each->progress);
        enum ring_front front = ring_get_done(each->ring, any, 0, &task);
        // What is there is shown before anything is waited for.
        if (front == RING_LATER) {
            if (ok && !output_flush(output, err)) {
                ok = false;
                each_stop(each, NULL);
            }
            front = ring_get_done(each->ring, any, next, &task);
        }
        if (front == RING_OVER)
            return ok;
        if (front == RING_LATER)
            continue;
        if (ok && !write_task(each, task, err)) {
            ok = false;
            each_stop(each, NULL);
        }
        ring_release(each->ring, task);
    }
}
