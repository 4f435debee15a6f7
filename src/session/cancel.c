#include "marsh/session/cancel.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/db/connection.h"

struct cancel {
    pthread_mutex_t lock;
    struct connection *connection; // of the running statement, or NULL
    bool killing;                  // `killer` was started, and uses the connection until joined
    pthread_t killer;
    unsigned fired;
    unsigned fired_now; // on the running statement
};

struct cancel *cancel_create(void)
{
    struct cancel *cancel = mem_calloc(1, sizeof(*cancel));
    pthread_mutex_init(&cancel->lock, NULL);
    return cancel;
}

void cancel_destroy(struct cancel *cancel)
{
    if (cancel == NULL)
        return;
    pthread_mutex_destroy(&cancel->lock);
    free(cancel);
}

void cancel_begin(struct cancel *cancel, struct connection *connection)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->connection = connection;
    cancel->fired_now = 0;
    pthread_mutex_unlock(&cancel->lock);
}

void cancel_end(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    while (cancel->killing) {
        pthread_mutex_unlock(&cancel->lock);
        pthread_join(cancel->killer, NULL);
        pthread_mutex_lock(&cancel->lock);
        cancel->killing = false;
    }
    cancel->connection = NULL;
    pthread_mutex_unlock(&cancel->lock);
}

// The connection can't go away: cancel_end joins this thread first.
static void *kill_query(void *data)
{
    struct cancel *cancel = data;
    struct error err = ERROR_INIT;
    // Where no second connection is to be had, ending the first is all that is left.
    if (!connection_interrupt(cancel->connection, &err))
        connection_cut(cancel->connection);
    error_finish(&err);
    return NULL;
}

bool cancel_fire(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->fired++;
    bool running = cancel->connection != NULL;
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

bool cancel_was_fired(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    bool fired = cancel->fired > 0;
    pthread_mutex_unlock(&cancel->lock);
    return fired;
}

void cancel_reset(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->fired = 0;
    pthread_mutex_unlock(&cancel->lock);
}
