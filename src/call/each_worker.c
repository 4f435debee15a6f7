#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "each_internal.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/data/value.h"
#include "marsh/feed/feed.h"
#include "marsh/render/document.h"
#include "marsh/session/cancel.h"
#include "marsh/session/diagnostics.h"
#include "marsh/session/manager.h"
#include "marsh/session/scope.h"
#include "marsh/session/session.h"
#include "outcome.h"

// A worker at work.
struct calling {
    struct worker *worker;
    struct each *each;
    struct call_values values;
    struct buf line;
    struct document *document;
    struct task **tasks; // of the unit in hand
    bool late;           // the call in hand was cancelled, and ended well
};

static bool take_values(struct calling *calling, const struct task *task, struct error *err)
{
    const struct each *each = calling->each;
    for (size_t i = 0; i < each->column_count; i++) {
        size_t place = each->parameters[i];
        if (place == SIZE_MAX)
            continue;
        if (task->absent[i])
            return error_set(err, ERROR_USAGE, "the row lacks '%s'",
                             feed_column_name(each->feed, i));
        const struct value *value = &task->values[i];
        if (!procedure_take(each->prepared.procedure, &calling->values, place, value->text,
                            value->len, err))
            return false;
    }
    return true;
}

static void set_since(struct worker *worker, int64_t since)
{
    pthread_mutex_lock(&worker->each->lock);
    worker->since = since;
    pthread_mutex_unlock(&worker->each->lock);
}

static bool was_overdue(struct worker *worker)
{
    pthread_mutex_lock(&worker->each->lock);
    bool overdue = worker->overdue;
    worker->overdue = false;
    pthread_mutex_unlock(&worker->each->lock);
    return overdue;
}

// Sends the call; it may take so long and no longer.
static bool send_in_time(struct calling *calling, struct sink *sink, struct error *err)
{
    struct worker *worker = calling->worker;
    const struct each *each = calling->each;
    const struct procedure *procedure = each->prepared.procedure;
    if (each->options->timeout == 0)
        return procedure_send(procedure, worker->session, &calling->values, sink, err);
    set_since(worker, clock_now(clock_monotonic()));
    bool ok = procedure_send(procedure, worker->session, &calling->values, sink, err);
    set_since(worker, 0);
    if (!was_overdue(worker) || each_interrupts(calling->each) >= 2)
        return ok;
    // The next call is not the one that was cancelled.
    cancel_reset(worker->cancel);
    // Some statements end well when they are cancelled, as DO SLEEP() does. What is done is done.
    calling->late = ok;
    return ok || error_set(err, ERROR_DEADLINE, "cancelled after %.3g s",
                           (double) each->options->timeout / CLOCK_SECOND);
}

// Whose fault it was, and what is known of it.
static void judge(struct calling *calling, struct task *task, struct error *err)
{
    struct worker *worker = calling->worker;
    if (session_outcome_is_unknown(worker->session))
        task->fate = FATE_UNKNOWN;
    else if (err->kind == ERROR_CONNECTION || err->kind == ERROR_TIMEOUT ||
             (err->kind == ERROR_CANCELLED && err->number == 0))
        task->fate = FATE_UNSENT;
    else
        task->fate = FATE_FAILED;
    free(session_take_notice(worker->session));
    session_acknowledge(worker->session);
    error_move(&task->err, err);
}

static void add_warnings(struct calling *calling)
{
    struct recorder rows;
    struct error ignored = ERROR_INIT;
    recorder_init(&rows);
    diagnostics_ask_warnings(calling->worker->session, &rows, &ignored);
    for (size_t i = 0; i < recorder_rows(&rows); i++)
        document_add_warning(calling->document, recorder_cell(&rows, i, 0),
                             (unsigned) strtoul(recorder_cell(&rows, i, 1), NULL, 10),
                             recorder_cell(&rows, i, 2));
    recorder_finish(&rows);
    error_finish(&ignored);
}

static void begin_line(struct calling *calling, const struct task *task)
{
    char head[80];
    buf_clear(&calling->line);
    snprintf(head, sizeof(head), "\"row\":%" PRIu64 ",\"line\":%zu", task->number, task->line);
    document_begin(calling->document, head);
}

// Hands the line over; the task's own room is used for the next one.
static void end_line(struct calling *calling, struct task *task)
{
    if (task->fate != FATE_DONE)
        document_add_error(calling->document, &task->err,
                           task->fate == FATE_UNKNOWN ? "\"unknown\":true" : NULL);
    document_end(calling->document);
    buf_add_char(&calling->line, '\n');
    struct buf line = calling->line;
    calling->line = task->result;
    task->result = line;
}

// A transaction that the call began and left open is none that anybody would ever commit.
static bool check_closed(struct session *session, bool in_unit, struct error *err)
{
    if (in_unit || session_transaction(session) != TRANSACTION_OPEN)
        return true;
    session_release(session);
    return error_set(err, ERROR_SQL, "the call left a transaction open, which was rolled back");
}

static bool call_row(struct calling *calling, struct task *task, bool in_unit)
{
    struct worker *worker = calling->worker;
    struct error err = ERROR_INIT;
    struct outcome outcome;
    begin_line(calling, task);
    outcome_init(&outcome, document_sink(calling->document));
    calling->late = false;
    bool ok = take_values(calling, task, &err);
    if (ok) {
        ok = send_in_time(calling, &outcome.sink, &err);
        if (ok && outcome.warnings > 0)
            add_warnings(calling);
        if (ok && calling->late)
            document_add_warning(calling->document, "Note", 0,
                                 "cancelled as --timeout had passed, but it went on to its end");
        ok = ok && check_closed(worker->session, in_unit, &err);
    }
    task->fate = FATE_DONE;
    if (!ok)
        judge(calling, task, &err);
    // The next call's own transaction would commit what this one left open.
    if (!ok && !in_unit)
        session_release(worker->session);
    end_line(calling, task);
    error_finish(&err);
    outcome_finish(&outcome);
    return ok;
}

// What became of rows that were called before the one that ended their transaction.
static void spoil(struct calling *calling, struct task *task, enum task_fate fate,
                  const char *message)
{
    task->fate = fate;
    error_set(&task->err, ERROR_SQL, "%s", message);
    begin_line(calling, task);
    end_line(calling, task);
}

enum unit_end { UNIT_DONE, UNIT_FAILED, UNIT_AGAIN };

static enum unit_end end_unit(struct calling *calling, size_t count, size_t called,
                              const struct scope_counts *before)
{
    struct session *session = calling->worker->session;
    struct task **tasks = calling->tasks;
    struct error err = ERROR_INIT;
    bool ok = called == count;
    if (ok && scope_commit(session, &err))
        return UNIT_DONE;
    bool unknown = ok ? session_outcome_is_unknown(session) : tasks[called]->fate == FATE_UNKNOWN;
    if (!ok) {
        struct error ignored = ERROR_INIT;
        scope_rollback(session, &ignored);
        error_finish(&ignored);
        if (calling->each->options->retries > 0)
            scope_settle_doubt(session, before, &tasks[called]->err);
    }
    free(session_take_notice(session));
    session_acknowledge(session);
    bool partly = session_scope_is_partly_committed(session);
    const struct error *why = ok ? &err : &tasks[called]->err;
    enum unit_end end = scope_is_retryable(why) && !partly && !unknown ? UNIT_AGAIN : UNIT_FAILED;
    if (partly || unknown) {
        const char *message = unknown ? "its transaction may be committed or rolled back"
                                      : "its transaction has, or may have, been committed in part";
        for (size_t i = 0; i < called; i++)
            spoil(calling, tasks[i], FATE_UNKNOWN, message);
        // It may be what has committed, and must not be called again; unless it was not sent.
        if (!ok && partly && tasks[called]->err.number != 0) {
            CLEANUP(mem_free_at)
            char *own = mem_printf("%s; %s", tasks[called]->err.message, message);
            spoil(calling, tasks[called], FATE_UNKNOWN, own);
        }
    } else if (ok) {
        for (size_t i = 0; i < count; i++)
            spoil(calling, tasks[i], FATE_FAILED, err.message);
    }
    error_finish(&err);
    session_start_over(session);
    return end;
}

// One transaction. Returns in *called how many rows went well before one that did not.
static enum unit_end run_unit(struct calling *calling, size_t count, size_t *called)
{
    struct session *session = calling->worker->session;
    const struct scope_options options = {.isolation = NULL};
    struct scope_counts before = {.commits = 0};
    struct error err = ERROR_INIT;
    *called = 0;
    bool begun = scope_begin(session, &options, &err) &&
                 (calling->each->options->retries == 0 || scope_count(session, &before, &err));
    if (!begun) {
        calling->tasks[0]->fate = FATE_UNSENT;
        error_move(&calling->tasks[0]->err, &err);
        return UNIT_FAILED;
    }
    while (*called < count && call_row(calling, calling->tasks[*called], true))
        ++*called;
    return end_unit(calling, count, *called, &before);
}

static bool may_go_on(struct calling *calling)
{
    return cancel_wait(calling->worker->cancel, clock_now(clock_monotonic()) + CLOCK_SECOND / 50);
}

// A row in a transaction of its own, again after a deadlock.
static void run_alone(struct calling *calling, struct task *task)
{
    struct task **unit = calling->tasks;
    struct task *only = task;
    size_t called;
    unsigned tries = 0;
    calling->tasks = &only;
    while (run_unit(calling, 1, &called) == UNIT_AGAIN &&
           tries++ < calling->each->options->retries && may_go_on(calling))
        ;
    calling->tasks = unit;
}

static bool is_over(const struct task *task)
{
    return task->fate == FATE_UNKNOWN || task->fate == FATE_UNSENT;
}

// Rows that share a transaction: where one fails it is rolled back, and each is called alone.
static void run_batch(struct calling *calling, size_t count)
{
    size_t called = 0;
    if (count == 1) {
        run_alone(calling, calling->tasks[0]);
        return;
    }
    if (run_unit(calling, count, &called) == UNIT_DONE)
        return;
    size_t i = 0;
    // What is unknown must not be called again.
    while (i < count && is_over(calling->tasks[i]))
        i++;
    bool sends = true;
    for (; i < count; i++) {
        // Where one can't be sent, those behind it are for another run.
        if (sends)
            run_alone(calling, calling->tasks[i]);
        else
            calling->tasks[i]->fate = FATE_UNSENT;
        sends = sends && calling->tasks[i]->fate != FATE_UNSENT;
    }
}

static void note_done(struct calling *calling, size_t count)
{
    struct each *each = calling->each;
    bool noted = true;
    for (size_t i = 0; i < count; i++) {
        struct task *task = calling->tasks[i];
        if (task->fate == FATE_UNSENT)
            each_stop(each, &task->err);
        // One that was not sent is to be called another time; one that failed is done with when it
        // is written among the rejects, and one that is unknown when it was named.
        if (task->fate == FATE_UNSENT)
            noted = checkpoint_unsent(each->checkpoint, task->number) && noted;
        else if (task->fate == FATE_DONE)
            noted = checkpoint_done(each->checkpoint, task->number) && noted;
        if (task->fate == FATE_FAILED && !each->options->skips)
            each_stop(each, NULL);
    }
    if (!noted) {
        struct error err = ERROR_INIT;
        error_set_errno(&err, "%s", each->options->checkpoint);
        each_stop(each, &err);
        error_finish(&err);
    }
}

static bool claim(void *data, const struct task *first, const struct task *last)
{
    struct each *each = data;
    if (checkpoint_begin(each->checkpoint, first->number, last->number, last->hash))
        return true;
    pthread_mutex_lock(&each->lock);
    if (each->fatal.kind == ERROR_NONE)
        error_set_errno(&each->fatal, "%s", each->options->checkpoint);
    pthread_mutex_unlock(&each->lock);
    return false;
}

static void *work(void *data)
{
    struct worker *worker = data;
    struct each *each = worker->each;
    struct error err = ERROR_INIT;
    size_t most = each->options->batch > 0 ? each->options->batch : 1;
    struct calling calling = {.worker = worker, .each = each, .line = BUF_INIT};
    calling.tasks = mem_calloc(most, sizeof(struct task *));
    calling.document = document_create(&calling.line, NULL, &each->context->render);
    call_values_init(&calling.values, each->prepared.procedure);
    size_t count = 0;
    if (!prepared_take(&each->prepared, &calling.values, &err))
        each_stop(each, &err);
    while ((count = ring_take(each->ring, most, calling.tasks, claim, each)) > 0) {
        if (each->options->batch > 0)
            run_batch(&calling, count);
        else
            call_row(&calling, calling.tasks[0], false);
        note_done(&calling, count);
        ring_finish(each->ring, calling.tasks, count);
    }
    error_finish(&err);
    call_values_finish(&calling.values);
    document_destroy(calling.document);
    buf_finish(&calling.line);
    free(calling.tasks);
    return NULL;
}

bool each_start_workers(struct each *each, struct error *err)
{
    each->workers = mem_calloc(each->jobs, sizeof(*each->workers));
    for (size_t i = 0; i < each->jobs; i++) {
        struct worker *worker = &each->workers[i];
        CLEANUP(mem_free_at) char *name = mem_printf("each %zu", i + 1);
        worker->each = each;
        worker->cancel = cancel_create();
        worker->session = manager_open(each->context->manager, name,
                                       session_target(each->context->session), worker->cancel);
    }
    for (size_t i = 0; i < each->jobs; i++) {
        struct worker *worker = &each->workers[i];
        worker->threaded = pthread_create(&worker->thread, NULL, work, worker) == 0;
        if (!worker->threaded)
            return error_set(err, ERROR_SYSTEM, "no thread is to be had");
    }
    return true;
}

// With the lock held, so that it can't hit the next call.
static void look_after(struct each *each, struct worker *worker, int64_t now)
{
    int64_t timeout = each->options->timeout;
    bool late = timeout > 0 && worker->since != 0 && now - worker->since >= timeout;
    if (each->interrupts >= 2) {
        if (!cancel_was_fired(worker->cancel))
            cancel_fire(worker->cancel);
    } else if (late && !worker->overdue) {
        worker->overdue = cancel_fire(worker->cancel);
        if (!worker->overdue)
            cancel_reset(worker->cancel);
    }
}

static void *watch(void *data)
{
    struct each *each = data;
    const struct clock *clock = clock_monotonic();
    int64_t timeout = each->options->timeout;
    int64_t step = timeout < CLOCK_SECOND / 5 ? timeout / 2 + 1 : CLOCK_SECOND / 10;
    pthread_mutex_lock(&each->lock);
    while (each->watching) {
        int64_t now = clock_now(clock);
        for (size_t i = 0; i < each->jobs; i++)
            look_after(each, &each->workers[i], now);
        clock_wait(clock, &each->change, &each->lock, timeout > 0 ? now + step : INT64_MAX);
    }
    pthread_mutex_unlock(&each->lock);
    return NULL;
}

bool each_start_watcher(struct each *each, struct error *err)
{
    pthread_mutex_lock(&each->lock);
    each->watching = pthread_create(&each->watcher, NULL, watch, each) == 0;
    bool ok = each->watching;
    pthread_mutex_unlock(&each->lock);
    return ok || error_set(err, ERROR_SYSTEM, "no thread is to be had");
}

void each_end_watcher(struct each *each)
{
    pthread_mutex_lock(&each->lock);
    bool watching = each->watching;
    each->watching = false;
    pthread_cond_signal(&each->change);
    pthread_mutex_unlock(&each->lock);
    if (watching)
        pthread_join(each->watcher, NULL);
}

void each_end_workers(struct each *each)
{
    for (size_t i = 0; i < each->jobs && each->workers != NULL; i++) {
        struct worker *worker = &each->workers[i];
        if (worker->threaded)
            pthread_join(worker->thread, NULL);
        manager_close(each->context->manager, worker->session);
        cancel_destroy(worker->cancel);
    }
    free(each->workers);
}
