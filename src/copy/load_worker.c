#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"
#include "marsh/session/cancel.h"
#include "marsh/session/diagnostics.h"
#include "marsh/session/manager.h"
#include "marsh/session/scope.h"
#include "marsh/session/session.h"

// What a statement can have: MySQL's protocol counts places in 16 bits.
enum { PLACES_MAX = 65535, TRIES = 10 };

static const struct value *value_at(const struct rows *rows, size_t row)
{
    return &rows->values[row * rows->columns];
}

// For a server that takes no arrays of values: as many groups of places as there are rows.
static bool send_groups(struct load_worker *worker, const struct rows *rows, size_t from, size_t to,
                        struct sink *sink, struct error *err)
{
    const struct load *load = worker->load;
    struct value *values = mem_calloc((to - from) * rows->columns, sizeof(*values));
    size_t count = 0;
    buf_clear(&worker->text);
    buf_add(&worker->text, load->head.data, load->head.len);
    for (size_t row = from; row < to; row++) {
        buf_add_text(&worker->text, row == from ? "(" : ",(");
        for (size_t i = 0; i < rows->columns; i++) {
            const struct value *value = &value_at(rows, row)[i];
            buf_add_text(&worker->text, i == 0 ? "" : ",");
            buf_add_text(&worker->text, value->is_default ? "DEFAULT" : "?");
            if (!value->is_default)
                values[count++] = *value;
        }
        buf_add_char(&worker->text, ')');
    }
    bool ok = session_execute(worker->session, worker->text.data, worker->text.len, values, count,
                              sink, err);
    free(values);
    return ok;
}

// Counts the server's warnings.
struct listener {
    struct sink sink;
    unsigned warnings;
};

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) err;
    ((struct listener *) sink)->warnings += summary->warnings;
    return true;
}

static void note_warnings(struct load_worker *worker, unsigned count)
{
    struct load *load = worker->load;
    struct recorder rows;
    struct error ignored = ERROR_INIT;
    pthread_mutex_lock(&load->lock);
    bool first = load->warnings == 0;
    load->warnings += count;
    pthread_mutex_unlock(&load->lock);
    if (!first)
        return;
    recorder_init(&rows);
    diagnostics_ask_warnings(worker->session, &rows, &ignored);
    pthread_mutex_lock(&load->lock);
    if (recorder_rows(&rows) > 0 && load->warning == NULL)
        load->warning = mem_printf("%s (%s)", recorder_cell(&rows, 0, 2),
                                   recorder_cell(&rows, 0, 1));
    pthread_mutex_unlock(&load->lock);
    recorder_finish(&rows);
    error_finish(&ignored);
}

static bool send_once(struct load_worker *worker, const struct rows *rows, size_t from, size_t to,
                      struct error *err)
{
    static const struct sink_ops ops = {.summary = take_summary};
    const struct load *load = worker->load;
    struct listener listener = {.sink = {&ops}};
    struct connection_state state = {.bulk = false};
    if (!session_connect(worker->session, err))
        return false;
    session_get_state(worker->session, &state);
    bool ok;
    if (state.bulk) {
        buf_clear(&worker->text);
        buf_add(&worker->text, load->head.data, load->head.len);
        buf_add(&worker->text, load->group.data, load->group.len);
        ok = session_execute_rows(worker->session, worker->text.data, worker->text.len,
                                  value_at(rows, from), rows->columns, to - from, &listener.sink,
                                  err);
    } else {
        ok = send_groups(worker, rows, from, to, &listener.sink, err);
    }
    if (ok && listener.warnings > 0)
        note_warnings(worker, listener.warnings);
    return ok;
}

// A row's values are at fault, and not the server or what it allows: SQLSTATE classes for data and
// for what constraints and triggers say, and what has no class of its own.
static bool is_of_values(const struct error *err)
{
    static const unsigned numbers[] = {1265, 1364, 1366, 1411, 1416, 1526, 1748, 1862, 4078};
    bool found = strncmp(err->sqlstate, "22", 2) == 0 || strncmp(err->sqlstate, "23", 2) == 0 ||
                 strncmp(err->sqlstate, "45", 2) == 0;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !found; i++)
        found = err->number == numbers[i];
    return found;
}

// The connection was closed while there were no rows to send: nothing of them was.
static bool renew(struct load_worker *worker, struct error *err)
{
    if (err->kind != ERROR_CONNECTION || session_outcome_is_unknown(worker->session) ||
        worker->load->options->scope)
        return false;
    free(session_take_notice(worker->session));
    session_acknowledge(worker->session);
    error_finish(err);
    return load_set_session(worker, err);
}

// One that met another's lock was undone by the server, and goes again; unless triggers have done
// what can't be undone.
static bool send(struct load_worker *worker, const struct rows *rows, size_t from, size_t to,
                 struct error *err)
{
    bool alone = worker->load->options->scope;
    for (unsigned tries = 1;; tries++) {
        if (send_once(worker, rows, from, to, err))
            return true;
        bool locked = !alone && worker->load->table.transactional && !worker->load->table.fires &&
                      err->kind == ERROR_SQL && scope_is_retryable(err);
        bool again = tries < TRIES && !load_is_stopped(worker->load);
        if (!again || !(locked || renew(worker, err)))
            return false;
        free(session_take_notice(worker->session));
        error_finish(err);
    }
}

// A failure that is no row's: the run ends, and of what was sent nobody may know.
static void fail_run(struct load_worker *worker, const struct rows *rows, size_t from, size_t to,
                     struct error *err)
{
    struct load *load = worker->load;
    free(session_take_notice(worker->session));
    pthread_mutex_lock(&load->lock);
    if (session_outcome_is_unknown(worker->session)) {
        const struct place *first = &rows->places[from];
        const struct place *last = &rows->places[to - 1];
        load->unknown += to - from;
        load_say_unknown(load, first, last);
    }
    pthread_mutex_unlock(&load->lock);
    session_acknowledge(worker->session);
    load_stop(load, err);
}

static bool is_rows_fault(const struct load_worker *worker, const struct error *err)
{
    return err->kind == ERROR_SQL && is_of_values(err) &&
           !session_outcome_is_unknown(worker->session) &&
           session_transaction(worker->session) != TRANSACTION_ROLLED_BACK;
}

static void count_done(struct load *load, size_t count)
{
    pthread_mutex_lock(&load->lock);
    load->done += count;
    pthread_mutex_unlock(&load->lock);
}

// Rows of a batch, in their order: as one statement, or where that fails its halves. False once
// the run is to end.
static bool insert(struct load_worker *worker, const struct rows *rows, size_t from, size_t to)
{
    struct load *load = worker->load;
    struct error err = ERROR_INIT;
    if (send(worker, rows, from, to, &err)) {
        count_done(load, to - from);
        return true;
    }
    if (!is_rows_fault(worker, &err)) {
        fail_run(worker, rows, from, to, &err);
        return false;
    }
    if (to - from == 1) {
        const struct place *place = &rows->places[from];
        load_reject(load, place, rows->raw.data == NULL ? "" : rows->raw.data + place->raw, &err);
        if (!load->options->skips)
            load_stop(load, NULL);
        return load->options->skips;
    }
    error_finish(&err);
    size_t middle = from + (to - from) / 2;
    return insert(worker, rows, from, middle) && insert(worker, rows, middle, to);
}

// Nothing where the server would be given more places than it takes.
static void insert_batch(struct load_worker *worker, const struct rows *rows)
{
    size_t step = PLACES_MAX / rows->columns;
    struct connection_state state;
    if (session_get_state(worker->session, &state) && state.bulk)
        step = rows->count;
    step = step == 0 ? 1 : step;
    for (size_t from = 0; from < rows->count; from += step) {
        size_t to = rows->count - from < step ? rows->count : from + step;
        if (!insert(worker, rows, from, to))
            return;
    }
}

// All rows or none.
static void end_scope(struct load_worker *worker)
{
    struct load *load = worker->load;
    struct error err = ERROR_INIT;
    pthread_mutex_lock(&load->lock);
    bool whole = !load->stopped && !load->over;
    uint64_t count = load->done;
    pthread_mutex_unlock(&load->lock);
    if (whole && scope_commit(worker->session, &err))
        return;
    if (!whole) {
        struct error ignored = ERROR_INIT;
        scope_rollback(worker->session, &ignored);
        error_finish(&ignored);
    }
    free(session_take_notice(worker->session));
    pthread_mutex_lock(&load->lock);
    load->done = 0;
    load->unknown += session_outcome_is_unknown(worker->session) ? count : 0;
    pthread_mutex_unlock(&load->lock);
    session_acknowledge(worker->session);
    load_stop(load, &err);
    error_finish(&err);
}

static void *work(void *data)
{
    struct load_worker *worker = data;
    struct load *load = worker->load;
    bool scope = load->options->scope;
    struct error err = ERROR_INIT;
    struct rows *rows;
    const struct scope_options options = {.isolation = NULL};
    bool ok = load_set_session(worker, &err) &&
              (!scope || scope_begin(worker->session, &options, &err));
    if (!ok)
        load_stop(load, &err);
    while (ok && (rows = load_take(load)) != NULL) {
        insert_batch(worker, rows);
        load_give_back(load, rows);
    }
    if (ok && scope)
        end_scope(worker);
    error_finish(&err);
    load_note_worker_gone(load);
    return NULL;
}

bool load_start(struct load *load, const char *const *names, size_t count, struct error *err)
{
    if (!load_plan(load, names, count, err) || !rejects_begin(&load->rejects, false, err))
        return false;
    load->context->used = true;
    load->filling = rows_create(load->columns, load->most, load->bytes);
    load->spare = load->jobs + 1;
    struct load_worker *workers = mem_calloc(load->jobs, sizeof(*workers));
    for (size_t i = 0; i < load->jobs; i++) {
        struct load_worker *worker = &workers[i];
        CLEANUP(mem_free_at) char *name = mem_printf("copy %zu", i + 1);
        worker->load = load;
        worker->cancel = cancel_create();
        worker->session = manager_open(load->context->manager, name,
                                       session_target(load->ends->to.session), worker->cancel);
    }
    pthread_mutex_lock(&load->lock);
    load->workers = workers;
    pthread_mutex_unlock(&load->lock);
    for (size_t i = 0; i < load->jobs; i++) {
        struct load_worker *worker = &load->workers[i];
        pthread_mutex_lock(&load->lock);
        load->working++;
        pthread_mutex_unlock(&load->lock);
        worker->threaded = pthread_create(&worker->thread, NULL, work, worker) == 0;
        if (!worker->threaded) {
            load_note_worker_gone(load);
            return error_set(err, ERROR_SYSTEM, "no thread is to be had");
        }
    }
    return true;
}

void load_free_workers(struct load *load)
{
    for (size_t i = 0; load->workers != NULL && i < load->jobs; i++) {
        struct load_worker *worker = &load->workers[i];
        if (worker->threaded)
            pthread_join(worker->thread, NULL);
        manager_close(load->context->manager, worker->session);
        cancel_destroy(worker->cancel);
        buf_finish(&worker->text);
    }
    free(load->workers);
}
