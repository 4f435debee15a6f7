#include "marsh/session/cancel.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/db/connection.h"

enum { KILLS_MAX = 10 };

struct cancel {
    pthread_mutex_t lock;
    struct connection *connection; // of the running statement, or NULL
    bool killing;                  // `killer` was started, and uses the connection until joined
    pthread_t killer;
    bool ended; // the statement is over: the killer need not insist
    pthread_cond_t end;
    cancel_leave leave; // of whoever waits for what can't be stopped, or NULL
    void *leaver;
    bool attended;
    bool lent; // the terminal, to a child
    unsigned fired;
    unsigned fired_now; // on the running statement
};

struct cancel *cancel_create(void)
{
    struct cancel *cancel = mem_calloc(1, sizeof(*cancel));
    pthread_mutex_init(&cancel->lock, NULL);
    clock_condition_init(&cancel->end);
    return cancel;
}

void cancel_destroy(struct cancel *cancel)
{
    if (cancel == NULL)
        return;
    pthread_cond_destroy(&cancel->end);
    pthread_mutex_destroy(&cancel->lock);
    free(cancel);
}

bool cancel_begin(struct cancel *cancel, struct connection *connection)
{
    pthread_mutex_lock(&cancel->lock);
    bool go = cancel->fired == 0;
    cancel->connection = go ? connection : NULL;
    cancel->fired_now = 0;
    cancel->ended = false;
    pthread_mutex_unlock(&cancel->lock);
    return go;
}

void cancel_end(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->ended = true;
    pthread_cond_signal(&cancel->end);
    while (cancel->killing) {
        pthread_mutex_unlock(&cancel->lock);
        pthread_join(cancel->killer, NULL);
        pthread_mutex_lock(&cancel->lock);
        cancel->killing = false;
    }
    cancel->connection = NULL;
    pthread_mutex_unlock(&cancel->lock);
}

// False once the statement is over or fired at again, or after a while.
static bool still_runs(struct cancel *cancel)
{
    const struct clock *clock = clock_monotonic();
    int64_t deadline = clock_now(clock) + CLOCK_SECOND / 5;
    pthread_mutex_lock(&cancel->lock);
    while (!cancel->ended && cancel->fired_now < 2 &&
           clock_wait(clock, &cancel->end, &cancel->lock, deadline)) {
    }
    bool runs = !cancel->ended && cancel->fired_now < 2;
    pthread_mutex_unlock(&cancel->lock);
    return runs;
}

// Of a statement that no kill ends: its socket may be cut later, and the server has to be told
// then.
static bool was_cut(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    while (!cancel->ended && cancel->fired_now < 2)
        pthread_cond_wait(&cancel->end, &cancel->lock);
    bool cut = cancel->fired_now >= 2;
    pthread_mutex_unlock(&cancel->lock);
    return cut;
}

// The connection can't go away: cancel_end joins this thread first. A kill that reaches the server
// before the statement does is forgotten there, so it is sent again while the statement runs. Where
// the socket was cut the server may not notice for long: it is told.
static void *kill_statement(void *data)
{
    struct cancel *cancel = data;
    struct error err = ERROR_INIT;
    bool reached = true;
    bool runs = true;
    for (int i = 0; i < KILLS_MAX && runs && reached; i++) {
        reached = connection_interrupt(cancel->connection, INTERRUPT_STATEMENT, &err);
        runs = reached && still_runs(cancel);
    }
    // Where no second connection is to be had, ending the first is all that is left.
    if (!reached)
        connection_cut(cancel->connection);
    else if (was_cut(cancel))
        connection_interrupt(cancel->connection, INTERRUPT_CONNECTION, &err);
    error_finish(&err);
    return NULL;
}

bool cancel_fire(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->fired++;
    pthread_cond_broadcast(&cancel->end);
    bool running = cancel->connection != NULL && !cancel->ended;
    bool waiting = cancel->leave != NULL;
    if (waiting)
        cancel->leave(cancel->leaver);
    if (running && ++cancel->fired_now == 1) {
        cancel->killing = pthread_create(&cancel->killer, NULL, kill_statement, cancel) == 0;
        if (!cancel->killing)
            connection_cut(cancel->connection);
    } else if (running) {
        connection_cut(cancel->connection);
    }
    pthread_mutex_unlock(&cancel->lock);
    return running || waiting;
}

bool cancel_begin_leaving(struct cancel *cancel, cancel_leave leave, void *data)
{
    pthread_mutex_lock(&cancel->lock);
    bool go = cancel->fired == 0;
    if (go) {
        cancel->leave = leave;
        cancel->leaver = data;
    }
    pthread_mutex_unlock(&cancel->lock);
    return go;
}

void cancel_end_leaving(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->leave = NULL;
    pthread_mutex_unlock(&cancel->lock);
}

void cancel_set_attended(struct cancel *cancel, bool attended)
{
    cancel->attended = attended;
}

bool cancel_is_attended(const struct cancel *cancel)
{
    return cancel->attended;
}

bool cancel_wait(struct cancel *cancel, int64_t deadline)
{
    const struct clock *clock = clock_monotonic();
    pthread_mutex_lock(&cancel->lock);
    while (cancel->fired == 0 && clock_now(clock) < deadline)
        clock_wait(clock, &cancel->end, &cancel->lock, deadline);
    bool quiet = cancel->fired == 0;
    pthread_mutex_unlock(&cancel->lock);
    return quiet;
}

bool cancel_is_running(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    bool running = (cancel->connection != NULL && !cancel->ended) || cancel->leave != NULL;
    pthread_mutex_unlock(&cancel->lock);
    return running;
}

unsigned cancel_times_fired(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    unsigned fired = cancel->lent ? 0 : cancel->fired;
    pthread_mutex_unlock(&cancel->lock);
    return fired;
}

bool cancel_was_fired(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    bool fired = cancel->fired > 0;
    pthread_mutex_unlock(&cancel->lock);
    return fired;
}

void cancel_lend_terminal(struct cancel *cancel, bool lent)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->lent = lent;
    pthread_mutex_unlock(&cancel->lock);
}

void cancel_reset(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->fired = 0;
    pthread_mutex_unlock(&cancel->lock);
}
