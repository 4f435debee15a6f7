#include "marsh/command/lane.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/data/tape.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"

struct lane {
    struct sink counting; // in front of the tape
    atomic_ullong rows;
    struct context context;
    struct tape tape;
    struct buf messages;
    struct error err;
    lane_work work;
    void *data;
    lane_end end;
    void *end_data;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    int64_t began;
    int64_t ended;
    bool over;
    bool ok;
};

// A context is copied with what is shared; what is owned, or of the moment, is its own.
static void make_context(struct lane *lane, const struct context *parent)
{
    struct context *context = &lane->context;
    *context = *parent;
    variables_copy(&context->variables, &parent->variables);
    context->cancel = cancel_create();
    context->output = output_create(parent->caller, caller_out(parent->caller));
    context->messages = &lane->messages;
    context->tape = NULL;
    context->jobs = NULL;
    context->pager = context->last = context->edited = context->prompt = NULL;
    context->interactive = false;
    context->render.columns = parent->render.columns;
    context->sources = context->open = NULL;
    context->progress = NULL;
    context->reader = NULL;
    context->background = true;
    context->errors = context->changing = context->changed_rows = 0;
    context->exit_status = 0;
}

static bool count_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                          size_t count, struct error *err)
{
    struct lane *lane = (struct lane *) sink;
    return sink_columns(&lane->tape.sink, kind, columns, count, err);
}

static bool count_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct lane *lane = (struct lane *) sink;
    atomic_fetch_add_explicit(&lane->rows, 1, memory_order_relaxed);
    return sink_row(&lane->tape.sink, row, err);
}

static bool count_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    return sink_summary(&((struct lane *) sink)->tape.sink, summary, err);
}

struct lane *lane_create(const struct context *parent, struct manager *manager,
                         const struct target *target, const char *name, bool keeps,
                         struct error *err)
{
    static const struct sink_ops ops = {count_columns, count_row, count_summary, NULL};
    struct lane *lane = mem_calloc(1, sizeof(*lane));
    pthread_mutex_init(&lane->lock, NULL);
    tape_init(&lane->tape, parent->caller);
    make_context(lane, parent);
    lane->counting.ops = &ops;
    lane->context.manager = manager;
    lane->context.session = manager_open(manager, name, target, lane->context.cancel);
    if (keeps)
        lane->context.tape = &lane->counting;
    if (output_hold(lane->context.output, err))
        return lane;
    lane_destroy(lane);
    return NULL;
}

void lane_destroy(struct lane *lane)
{
    if (lane == NULL)
        return;
    if (lane->threaded) {
        if (!lane_is_over(lane))
            lane_cancel(lane);
        pthread_join(lane->thread, NULL);
    }
    manager_close(lane->context.manager, lane->context.session);
    output_destroy(lane->context.output);
    cancel_destroy(lane->context.cancel);
    variables_finish(&lane->context.variables);
    free(lane->context.last);
    free(lane->context.edited);
    tape_finish(&lane->tape);
    buf_finish(&lane->messages);
    error_finish(&lane->err);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}

// What the statements have left open nobody will ever end.
static void give_up_session(struct lane *lane)
{
    struct session *session = lane->context.session;
    CLEANUP(mem_free_at) char *notice = session_take_notice(session);
    if (notice != NULL)
        buf_printf(&lane->messages, "%s\n", notice);
    if (session_transaction(session) == TRANSACTION_OPEN) {
        unsigned long long count = session_statements(session);
        const char *left = session_roll_back(session)
                               ? ""
                               : ", but for what it did in tables that know no transactions";
        buf_printf(&lane->messages,
                   "The open transaction of session %s, with %llu statement%s, is rolled back%s.\n",
                   session_name(session), count, count == 1 ? "" : "s", left);
    }
    session_release(session);
}

static void *run(void *data)
{
    struct lane *lane = data;
    bool ok = lane->work(&lane->context, lane->data, &lane->err);
    give_up_session(lane);
    pthread_mutex_lock(&lane->lock);
    lane->ok = ok;
    lane->ended = clock_now(clock_monotonic());
    lane->over = true;
    pthread_mutex_unlock(&lane->lock);
    if (lane->end != NULL)
        lane->end(lane->end_data);
    return NULL;
}

bool lane_start(struct lane *lane, lane_work work, void *data, lane_end end, void *end_data,
                struct error *err)
{
    lane->work = work;
    lane->data = data;
    lane->end = end;
    lane->end_data = end_data;
    lane->began = clock_now(clock_monotonic());
    lane->threaded = pthread_create(&lane->thread, NULL, run, lane) == 0;
    return lane->threaded || error_set(err, ERROR_SYSTEM, "no thread is to be had");
}

void lane_cancel(struct lane *lane)
{
    cancel_fire(lane->context.cancel);
}

bool lane_is_over(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    bool over = lane->over;
    pthread_mutex_unlock(&lane->lock);
    return over;
}

void lane_times(struct lane *lane, int64_t *began, int64_t *ended)
{
    pthread_mutex_lock(&lane->lock);
    *began = lane->began;
    *ended = lane->over ? lane->ended : clock_now(clock_monotonic());
    pthread_mutex_unlock(&lane->lock);
}

uint64_t lane_rows(const struct lane *lane)
{
    return atomic_load_explicit(&lane->rows, memory_order_relaxed);
}

bool lane_went_well(const struct lane *lane)
{
    return lane->ok;
}

const struct error *lane_error(const struct lane *lane)
{
    return &lane->err;
}

struct context *lane_context(struct lane *lane)
{
    return &lane->context;
}

struct tape *lane_tape(struct lane *lane)
{
    return &lane->tape;
}

struct buf *lane_messages(struct lane *lane)
{
    return &lane->messages;
}
