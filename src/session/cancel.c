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

// False once the statement is over, or after a while.
static bool still_runs(struct cancel *cancel)
{
    const struct clock *clock = clock_monotonic();
    int64_t deadline = clock_now(clock) + CLOCK_SECOND / 5;
    pthread_mutex_lock(&cancel->lock);
    while (!cancel->ended && clock_wait(clock, &cancel->end, &cancel->lock, deadline)) {
    }
    bool runs = !cancel->ended;
    pthread_mutex_unlock(&cancel->lock);
    return runs;
}

// The connection can't go away: cancel_end joins this thread first. A kill that reaches the server
// before the statement does is forgotten there, so it is sent again while the statement runs.
static void *kill_query(void *data)
{
    struct cancel *cancel = data;
    struct error err = ERROR_INIT;
    bool runs = true;
    for (int i = 0; i < KILLS_MAX && runs; i++) {
        if (!connection_interrupt(cancel->connection, &err)) {
            // Where no second connection is to be had, ending the first is all that is left.
            connection_cut(cancel->connection);
            break;
        }
        runs = still_runs(cancel);
    }
    error_finish(&err);
    return NULL;
}

bool cancel_fire(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->fired++;
    pthread_cond_broadcast(&cancel->end);
    bool running = cancel->connection != NULL && !cancel->ended;
    if (running && ++cancel->fired_now == 1) {
        cancel->killing = pthread_create(&cancel->killer, NULL, kill_query, cancel) == 0;
        if (!cancel->killing)
            connection_cut(cancel->connection);
    } else if (running) {
        connection_cut(cancel->connection);
    }
    pthread_mutex_unlock(&cancel->lock);
    return running;
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
    bool running = cancel->connection != NULL && !cancel->ended;
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
