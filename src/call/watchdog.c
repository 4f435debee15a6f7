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
    bool fired;
};

static void *watch(void *data)
{
    struct watchdog *watchdog = data;
    const struct clock *clock = clock_monotonic();
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->over && clock_now(clock) < watchdog->deadline)
        clock_wait(clock, &watchdog->change, &watchdog->lock, watchdog->deadline);
    watchdog->fired = !watchdog->over;
    bool fires = watchdog->fired;
    pthread_mutex_unlock(&watchdog->lock);
    if (fires)
        cancel_fire(watchdog->cancel);
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
    bool fired = watchdog->fired;
    if (fired && cancel_times_fired(watchdog->cancel) == 1)
        cancel_reset(watchdog->cancel);
    pthread_cond_destroy(&watchdog->change);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
    return fired;
}
