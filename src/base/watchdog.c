#include "marsh/base/watchdog.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "marsh/base/clock.h"
#include "marsh/base/mem.h"

struct watchdog {
    const struct clock *clock;
    watchdog_bite bite;
    void *data;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    int64_t deadline;
    bool over;
    unsigned bites;
};

// With the lock held; false once it is stopped.
static bool wait_for(struct watchdog *watchdog)
{
    while (!watchdog->over && clock_now(watchdog->clock) < watchdog->deadline)
        clock_wait(watchdog->clock, &watchdog->stopped, &watchdog->lock, watchdog->deadline);
    return !watchdog->over;
}

static void *watch(void *data)
{
    struct watchdog *watchdog = data;
    int64_t again = 1;
    pthread_mutex_lock(&watchdog->lock);
    while (again > 0 && wait_for(watchdog)) {
        watchdog->bites++;
        pthread_mutex_unlock(&watchdog->lock);
        again = watchdog->bite(watchdog->data);
        pthread_mutex_lock(&watchdog->lock);
        watchdog->deadline += again;
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

struct watchdog *watchdog_start(const struct clock *clock, int64_t deadline, watchdog_bite bite,
                                void *data)
{
    struct watchdog *watchdog = mem_calloc(1, sizeof(*watchdog));
    watchdog->clock = clock;
    watchdog->deadline = deadline;
    watchdog->bite = bite;
    watchdog->data = data;
    pthread_mutex_init(&watchdog->lock, NULL);
    clock_condition_init(&watchdog->stopped);
    watchdog->threaded = pthread_create(&watchdog->thread, NULL, watch, watchdog) == 0;
    return watchdog;
}

unsigned watchdog_stop(struct watchdog *watchdog)
{
    if (watchdog == NULL)
        return 0;
    pthread_mutex_lock(&watchdog->lock);
    watchdog->over = true;
    pthread_cond_signal(&watchdog->stopped);
    pthread_mutex_unlock(&watchdog->lock);
    if (watchdog->threaded)
        pthread_join(watchdog->thread, NULL);
    unsigned bites = watchdog->bites;
    pthread_cond_destroy(&watchdog->stopped);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
    return bites;
}
