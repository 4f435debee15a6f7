#include "watchdog.h"

#include <pthread.h>
#include <stdlib.h>

#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/session/cancel.h"

struct watchdog {
    struct cancel *cancel;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t change;
    int64_t deadline;
    bool over;
    unsigned fired;
};

// A statement that is cancelled may go on, as a loop of SLEEP() does or one whose rows nobody
// reads: so long after, its connection is ended.
#define GRACE (3 * CLOCK_SECOND)

// With the lock held; false once the statement is over.
static bool wait_for(struct watchdog *watchdog, int64_t deadline)
{
    const struct clock *clock = clock_monotonic();
    while (!watchdog->over && clock_now(clock) < deadline)
        clock_wait(clock, &watchdog->change, &watchdog->lock, deadline);
    return !watchdog->over;
}

static void *watch(void *data)
{
    struct watchdog *watchdog = data;
    int64_t deadline = watchdog->deadline;
    pthread_mutex_lock(&watchdog->lock);
    while (watchdog->fired < 2 && wait_for(watchdog, deadline)) {
        watchdog->fired++;
        deadline += GRACE;
        pthread_mutex_unlock(&watchdog->lock);
        cancel_fire(watchdog->cancel);
        pthread_mutex_lock(&watchdog->lock);
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

struct watchdog *watchdog_start(struct cancel *cancel, int64_t timeout)
{
    if (timeout == 0)
        return NULL;
    struct watchdog *watchdog = mem_calloc(1, sizeof(*watchdog));
    watchdog->cancel = cancel;
    watchdog->deadline = clock_now(clock_monotonic()) + timeout;
    pthread_mutex_init(&watchdog->lock, NULL);
    clock_condition_init(&watchdog->change);
    watchdog->threaded = pthread_create(&watchdog->thread, NULL, watch, watchdog) == 0;
    return watchdog;
}

bool watchdog_stop(struct watchdog *watchdog)
{
    if (watchdog == NULL)
        return false;
    pthread_mutex_lock(&watchdog->lock);
    watchdog->over = true;
    pthread_cond_signal(&watchdog->change);
    pthread_mutex_unlock(&watchdog->lock);
    if (watchdog->threaded)
        pthread_join(watchdog->thread, NULL);
    unsigned fired = watchdog->fired;
    if (fired > 0 && cancel_times_fired(watchdog->cancel) == fired)
        cancel_reset(watchdog->cancel);
    pthread_cond_destroy(&watchdog->change);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
    return fired > 0;
}
