#include "marsh/fan/fan.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "differ.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/command/lane.h"
#include "marsh/data/tape.h"
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/shell/message.h"
#include "marsh/shell/shell.h"
#include "merge.h"

// A statement that is cancelled may go on: so long after, its connection is ended.
#define GRACE (3 * CLOCK_SECOND)

struct branch {
    struct fan *fan;
    const char *name;
    struct manager *manager; // a pool of its own
    struct lane *lane;
    int64_t due;    // when it is cancelled, 0: never
    unsigned fired; // how often it was
    bool shown;
};

struct fan {
    struct context *context;
    const struct fan_options *options;
    fan_work work;
    void *data;
    struct branch *branches;
    size_t count;
    size_t begun;
    size_t over;
    bool interrupted;
    pthread_mutex_t lock;
    pthread_cond_t change;
    struct merge merge;
    size_t failed;
    int status; // of the first that failed
    struct buf failures;
};

static bool work(struct context *context, void *data, struct error *err)
{
    const struct branch *branch = data;
    return branch->fan->work(context, branch->fan->data, err);
}

static void note_end(void *data)
{
    struct fan *fan = data;
    pthread_mutex_lock(&fan->lock);
    fan->over++;
    pthread_cond_broadcast(&fan->change);
    pthread_mutex_unlock(&fan->lock);
}

// In the thread that takes signals.
static void interrupt(void *data)
{
    struct fan *fan = data;
    pthread_mutex_lock(&fan->lock);
    fan->interrupted = true;
    pthread_cond_broadcast(&fan->change);
    for (size_t i = 0; i < fan->begun; i++)
        lane_cancel(fan->branches[i].lane);
    pthread_mutex_unlock(&fan->lock);
}

static bool begin(struct fan *fan, const struct target *target, struct error *err)
{
    const char *nearest;
    struct branch *branch = &fan->branches[fan->begun];
    branch->manager = manager_create(connector_mariadb(), clock_monotonic());
    branch->lane = lane_create(fan->context, branch->manager, target, branch->name, true, err);
    if (branch->lane == NULL)
        return false;
    // A call's results are rows like any others.
    lane_context(branch->lane)->format = render_format_find("tsv", &nearest);
    if (!lane_start(branch->lane, work, branch, note_end, fan, err))
        return false;
    pthread_mutex_lock(&fan->lock);
    int64_t timeout = fan->options->timeout;
    branch->due = timeout == 0 ? 0 : clock_now(clock_monotonic()) + timeout;
    fan->begun++;
    pthread_mutex_unlock(&fan->lock);
    return true;
}

// With the lock held: cancels what takes too long; returns when to look again.
static int64_t look_after(struct fan *fan)
{
    int64_t now = clock_now(clock_monotonic());
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < fan->begun; i++) {
        struct branch *branch = &fan->branches[i];
        if (branch->due == 0 || lane_is_over(branch->lane))
            continue;
        if (now >= branch->due) {
            lane_cancel(branch->lane);
            branch->due = ++branch->fired < 2 ? now + GRACE : 0;
        }
        if (branch->due != 0 && branch->due < next)
            next = branch->due;
    }
    return next;
}

// The next one to be shown: the first, or any that is over. NULL where there is none yet.
static struct branch *find_done(struct fan *fan)
{
    for (size_t i = 0; i < fan->begun; i++) {
        struct branch *branch = &fan->branches[i];
        if (branch->shown)
            continue;
        if (lane_is_over(branch->lane))
            return branch;
        if (!fan->options->unordered)
            return NULL;
    }
    return NULL;
}

static void say(const char *name, const char *text, size_t len)
{
    struct buf line = BUF_INIT;
    buf_add_text(&line, name);
    buf_add_text(&line, ": ");
    buf_add(&line, text, len);
    fs_write_all(STDERR_FILENO, line.data, line.len);
    buf_finish(&line);
}

// Each line with the target in front.
static void say_lines(const char *name, const struct buf *text)
{
    for (size_t at = 0; at < text->len;) {
        const char *end = memchr(text->data + at, '\n', text->len - at);
        size_t len = end == NULL ? text->len - at : (size_t) (end - text->data) - at + 1;
        say(name, text->data + at, len);
        at += len;
    }
}

static void say_failure(struct fan *fan, const struct branch *branch)
{
    struct buf text = BUF_INIT;
    struct error shown = ERROR_INIT;
    struct error *err = &shown;
    error_copy(err, lane_error(branch->lane));
    // What it was at, and what is not known of it, was told already.
    if (branch->fired > 0 && (err->kind == ERROR_CANCELLED || err->kind == ERROR_CONNECTION)) {
        char *place = err->place;
        err->place = NULL;
        error_finish(err);
        error_set(err, ERROR_DEADLINE, "cancelled after %.3g s",
                  (double) fan->options->timeout / CLOCK_SECOND);
        err->place = place;
    }
    message_add_error(&text, err);
    say_lines(branch->name, &text);
    if (fan->failed++ == 0)
        fan->status = (int) message_status(err);
    buf_printf(&fan->failures, "%s%s", fan->failures.len == 0 ? "" : ", ", branch->name);
    error_finish(&shown);
    buf_finish(&text);
}

// What one has to tell besides its rows.
static void conclude(struct fan *fan, struct branch *branch)
{
    struct context *own = lane_context(branch->lane);
    static const char late[] = "it went on to its end, though its time was over\n";
    branch->shown = true;
    say_lines(branch->name, lane_messages(branch->lane));
    fan->context->errors += own->errors;
    if (!lane_went_well(branch->lane))
        say_failure(fan, branch);
    else if (branch->fired > 0)
        say(branch->name, late, sizeof(late) - 1);
}

static bool show(struct fan *fan, struct branch *branch, struct error *err)
{
    fan->merge.target = branch->name;
    // Of one that failed there may be sets from before.
    bool ok = tape_play(lane_tape(branch->lane), &fan->merge.sink, err);
    tape_finish(lane_tape(branch->lane));
    conclude(fan, branch);
    return ok;
}

// Begins as many as may be, and waits for the next one to be shown. NULL: all are, or it was
// interrupted.
static bool next_done(struct fan *fan, const struct fan_target *targets, struct branch **done,
                      struct error *err)
{
    size_t most = fan->options->most > 0 ? fan->options->most : FAN_MOST;
    *done = NULL;
    for (;;) {
        pthread_mutex_lock(&fan->lock);
        bool may_begin = false;
        while (!fan->interrupted && (*done = find_done(fan)) == NULL &&
               !(may_begin = fan->begun < fan->count && fan->begun - fan->over < most) &&
               (fan->over < fan->begun || fan->begun < fan->count))
            clock_wait(clock_monotonic(), &fan->change, &fan->lock, look_after(fan));
        bool interrupted = fan->interrupted;
        pthread_mutex_unlock(&fan->lock);
        if (interrupted)
            return error_set(err, ERROR_CANCELLED, "interrupted");
        if (*done != NULL || !may_begin)
            return true;
        if (!begin(fan, targets[fan->begun].target, err))
            return false;
    }
}

struct showing {
    struct fan *fan;
    const struct fan_target *targets;
    bool differs;
};

static bool show_all(struct showing *showing, struct error *err)
{
    struct fan *fan = showing->fan;
    struct branch *branch;
    for (size_t shown = 0; shown < fan->count; shown++) {
        if (!next_done(fan, showing->targets, &branch, err) || branch == NULL ||
            !show(fan, branch, err))
            return false;
    }
    return true;
}

// Those that went well are compared when all are over.
static bool show_differences(struct showing *showing, struct error *err)
{
    struct fan *fan = showing->fan;
    struct differ *differ = differ_create();
    struct branch *branch;
    bool ok = true;
    for (size_t i = 0; ok && i < fan->count; i++) {
        ok = next_done(fan, showing->targets, &branch, err) && branch != NULL;
        if (ok)
            conclude(fan, branch);
        ok = ok &&
             (!lane_went_well(branch->lane) || differ_add(differ, lane_tape(branch->lane), err));
    }
    for (size_t i = 0; ok && i < fan->count; i++) {
        branch = &fan->branches[i];
        fan->merge.target = branch->name;
        ok = !lane_went_well(branch->lane) ||
             differ_play(differ, lane_tape(branch->lane), &fan->merge.sink, &showing->differs, err);
    }
    differ_destroy(differ);
    return ok;
}

static bool render(void *data, struct sink *sink, struct error *err)
{
    struct showing *showing = data;
    struct fan *fan = showing->fan;
    merge_init(&fan->merge, sink, fan->options->bare, fan->context->verbose > 1);
    bool ok = fan->options->diff ? show_differences(showing, err) : show_all(showing, err);
    ok = ok && merge_close(&fan->merge, err);
    // Behind the rows of all, which are one document.
    for (size_t i = 0; ok && i < fan->begun; i++)
        ok = output_give(lane_context(fan->branches[i].lane)->output, fan->context->output, err);
    if (!ok)
        sink_abort(sink);
    merge_finish(&fan->merge);
    return ok;
}

// It was interrupted: what became of those that nothing was told of.
static void tell_all(struct fan *fan)
{
    static const char done[] = "done; its rows are not shown\n";
    static const char never[] = "not begun\n";
    pthread_mutex_lock(&fan->lock);
    while (fan->over < fan->begun)
        pthread_cond_wait(&fan->change, &fan->lock);
    pthread_mutex_unlock(&fan->lock);
    for (size_t i = 0; i < fan->count; i++) {
        struct branch *branch = &fan->branches[i];
        if (i >= fan->begun) {
            say(branch->name, never, sizeof(never) - 1);
        } else if (!branch->shown) {
            conclude(fan, branch);
            if (lane_went_well(branch->lane))
                say(branch->name, done, sizeof(done) - 1);
        }
    }
}

static bool sum_up(struct fan *fan, const struct showing *showing, int *status, struct error *err)
{
    *status = showing->differs ? EXIT_STATEMENT : EXIT_OK;
    if (fan->failed == 0)
        return true;
    *status = fan->status;
    return error_set(err, ERROR_SQL, "%zu of %zu targets failed: %s", fan->failed, fan->count,
                     buf_cstr(&fan->failures));
}

bool fan_run(struct context *context, const struct fan_target *targets, size_t count,
             const struct fan_options *options, fan_work work_of, void *data, int *status,
             struct error *err)
{
    struct fan fan = {.context = context, .options = options, .work = work_of, .data = data};
    struct showing showing = {&fan, targets, false};
    fan.count = count;
    fan.branches = mem_calloc(count, sizeof(*fan.branches));
    for (size_t i = 0; i < count; i++)
        fan.branches[i] = (struct branch){.fan = &fan, .name = targets[i].name};
    pthread_mutex_init(&fan.lock, NULL);
    clock_condition_init(&fan.change);
    context->used = true;
    bool ok = cancel_begin_leaving(context->cancel, interrupt, &fan) ||
              error_set(err, ERROR_CANCELLED, "interrupted");
    ok = ok && shell_render(context, SHELL_READS, render, &showing, err);
    cancel_end_leaving(context->cancel);
    // All at once, instead of one after the other; but for a Ctrl-C, which has done so: a second
    // one would end their connections.
    for (size_t i = 0; !fan.interrupted && i < fan.begun; i++) {
        if (!lane_is_over(fan.branches[i].lane))
            lane_cancel(fan.branches[i].lane);
    }
    if (fan.interrupted)
        tell_all(&fan);
    for (size_t i = 0; i < count; i++) {
        lane_destroy(fan.branches[i].lane);
        manager_destroy(fan.branches[i].manager);
    }
    if (ok)
        ok = sum_up(&fan, &showing, status, err);
    free(fan.branches);
    buf_finish(&fan.failures);
    pthread_cond_destroy(&fan.change);
    pthread_mutex_destroy(&fan.lock);
    return ok;
}
