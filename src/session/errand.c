#include "marsh/session/errand.h"

#include <pthread.h>
#include <stdlib.h>

#include "marsh/base/mem.h"
#include "marsh/session/cancel.h"

// Shared by the caller and the thread; the one that is last to need it frees it.
struct trip {
    const struct errand *errand;
    void *data;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool done;
    bool tired; // the caller wants to leave
    bool left;
};

static void trip_destroy(struct trip *trip)
{
    pthread_cond_destroy(&trip->change);
    pthread_mutex_destroy(&trip->lock);
    free(trip);
}

static void *travel(void *data)
{
    struct trip *trip = data;
    trip->errand->work(trip->data);
    pthread_mutex_lock(&trip->lock);
    trip->done = true;
    bool left = trip->left;
    pthread_cond_signal(&trip->change);
    pthread_mutex_unlock(&trip->lock);
    if (left) {
        trip->errand->drop(trip->data);
        trip_destroy(trip);
    }
    return NULL;
}

static void grow_tired(void *data)
{
    struct trip *trip = data;
    pthread_mutex_lock(&trip->lock);
    trip->tired = true;
    pthread_cond_signal(&trip->change);
    pthread_mutex_unlock(&trip->lock);
}

static void wait_for(struct trip *trip)
{
    pthread_mutex_lock(&trip->lock);
    while (!trip->done && !trip->tired)
        pthread_cond_wait(&trip->change, &trip->lock);
    pthread_mutex_unlock(&trip->lock);
}

// Nobody but the thread and this one knows of the trip any more. One that is done is joined: the
// libraries' own data of the thread are freed as it ends, which must not happen while the process
// exits.
static bool part(struct trip *trip)
{
    pthread_mutex_lock(&trip->lock);
    bool done = trip->done;
    if (!done) {
        trip->errand->leave(trip->data);
        trip->left = true;
    }
    pthread_t thread = trip->thread;
    bool threaded = trip->threaded;
    pthread_mutex_unlock(&trip->lock);
    if (!done) {
        pthread_detach(thread);
        return false;
    }
    if (threaded)
        pthread_join(thread, NULL);
    trip_destroy(trip);
    return true;
}

bool errand_run(const struct errand *errand, void *data, struct cancel *cancel)
{
    if (!cancel_is_attended(cancel)) {
        errand->work(data);
        return true;
    }
    struct trip *trip = mem_calloc(1, sizeof(*trip));
    trip->errand = errand;
    trip->data = data;
    pthread_mutex_init(&trip->lock, NULL);
    pthread_cond_init(&trip->change, NULL);
    // From here on a signal may make the trip tired at any moment.
    if (!cancel_begin_leaving(cancel, grow_tired, trip))
        grow_tired(trip);
    trip->threaded = pthread_create(&trip->thread, NULL, travel, trip) == 0;
    if (trip->threaded) {
        wait_for(trip);
    } else {
        errand->work(data);
        trip->done = true;
    }
    cancel_end_leaving(cancel);
    return part(trip);
}
