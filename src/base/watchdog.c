#include "marsh/base/watchdog.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "marsh/base/clock.h"
#include "marsh/base/mem.h"

#define NEVER INT64_MAX

struct watchdog {
    const struct clock *clock;
    pthread_mutex_t lock;
    pthread_t thread;
    bool threaded;
    bool over;
    pthread_cond_t due; // sooner than the thread thinks, or it is over
    int64_t wakes_at;   // the thread; NEVER where it waits to be woken
    struct limit *limits;
    struct limit *biting;
    pthread_cond_t bitten;
};

static struct limit *find_next(const struct watchdog *watchdog)
{
    struct limit *next = NULL;
    for (struct limit *each = watchdog->limits; each != NULL; each = each->next) {
        if (each->deadline != NEVER && (next == NULL || each->deadline < next->deadline))
            next = each;
    }
    return next;
}

// The lock is held before and after, but not meanwhile.
static void let_bite(struct watchdog *watchdog, struct limit *limit)
{
    limit->bites++;
    watchdog->biting = limit;
    pthread_mutex_unlock(&watchdog->lock);
    int64_t again = limit->bite(limit->data);
    pthread_mutex_lock(&watchdog->lock);
    limit->deadline = again == 0 ? NEVER : limit->deadline + again;
    watchdog->biting = NULL;
    pthread_cond_broadcast(&watchdog->bitten);
}

static void *watch(void *data)
{
    struct watchdog *watchdog = data;
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->over) {
        struct limit *next = find_next(watchdog);
        watchdog->wakes_at = next == NULL ? NEVER : next->deadline;
        if (next == NULL)
            pthread_cond_wait(&watchdog->due, &watchdog->lock);
        else if (clock_now(watchdog->clock) >= next->deadline)
            let_bite(watchdog, next);
        else
            clock_wait(watchdog->clock, &watchdog->due, &watchdog->lock, next->deadline);
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

struct watchdog *watchdog_create(const struct clock *clock)
{
    struct watchdog *watchdog = mem_calloc(1, sizeof(*watchdog));
    watchdog->clock = clock;
    watchdog->wakes_at = NEVER;
    pthread_mutex_init(&watchdog->lock, NULL);
    clock_condition_init(&watchdog->due);
    clock_condition_init(&watchdog->bitten);
    return watchdog;
}

void watchdog_destroy(struct watchdog *watchdog)
{
    if (watchdog == NULL)
        return;
    pthread_mutex_lock(&watchdog->lock);
    assert(watchdog->limits == NULL);
    watchdog->over = true;
    pthread_cond_signal(&watchdog->due);
    pthread_mutex_unlock(&watchdog->lock);
    if (watchdog->threaded)
        pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->due);
    pthread_cond_destroy(&watchdog->bitten);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}

void watchdog_begin(struct watchdog *watchdog, struct limit *limit, int64_t deadline,
                    watchdog_bite bite, void *data)
{
    *limit = (struct limit){.deadline = deadline, .bite = bite, .data = data};
    pthread_mutex_lock(&watchdog->lock);
    limit->next = watchdog->limits;
    watchdog->limits = limit;
    if (!watchdog->threaded)
        watchdog->threaded = pthread_create(&watchdog->thread, NULL, watch, watchdog) == 0;
    else if (deadline < watchdog->wakes_at)
        pthread_cond_signal(&watchdog->due);
    pthread_mutex_unlock(&watchdog->lock);
}

// The thread is not woken for that: later it sees for itself that there is nothing to do.
unsigned watchdog_end(struct watchdog *watchdog, struct limit *limit)
{
    pthread_mutex_lock(&watchdog->lock);
    struct limit **slot = &watchdog->limits;
    while (*slot != limit)
        slot = &(*slot)->next;
    *slot = limit->next;
    while (watchdog->biting == limit)
        pthread_cond_wait(&watchdog->bitten, &watchdog->lock);
    pthread_mutex_unlock(&watchdog->lock);
    return limit->bites;
}
