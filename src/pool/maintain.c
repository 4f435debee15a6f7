#include <stdlib.h>

#include "marsh/base/error.h"
#include "marsh/db/connection.h"
#include "pool_internal.h"

// After an idle connection could not be opened it is tried again then.
#define OPEN_AGAIN_AFTER (5 * CLOCK_SECOND)
// The thread sleeps for that long at least, so that it does not wake for each connection, and at
// most.
#define COARSE (CLOCK_SECOND / 4)
#define LONGEST_SLEEP (3600 * CLOCK_SECOND)

static bool wants_more(const struct pool *pool, int64_t now)
{
    return pool->counts[SLOT_IDLE] < pool->target.pool_min_idle &&
           pool->total < pool->target.pool_size && now >= pool->open_again && !pool->ending;
}

// Opens one idle connection; the lock is held before and after, but not meanwhile.
static void open_idle(struct pool *pool)
{
    struct error err = ERROR_INIT;
    struct lease *slot = slot_add(pool);
    const struct pool_request request = {.who = ""};
    pthread_mutex_unlock(&pool->lock);
    bool ok = slot_open(pool, slot, &request, &err);
    error_finish(&err);
    if (!ok)
        slot_drop(pool, slot, CLOSE_DEAD);
    pthread_mutex_lock(&pool->lock);
    if (!ok) {
        pool->open_again = clock_now(pool->clock) + OPEN_AGAIN_AFTER;
    } else if (pool->waiters != NULL) {
        slot_move(pool, slot, SLOT_CHECKING);
        slot_hand_over(pool, slot);
    } else {
        slot_move(pool, slot, SLOT_IDLE);
    }
}

// The idle connection that has been so for too long, or NULL; *next is when the next one will.
static struct lease *find_overdue(const struct pool *pool, int64_t now, int64_t *next)
{
    int64_t limit = pool->target.pool_idle_timeout * CLOCK_SECOND;
    if (limit == 0 || pool->counts[SLOT_IDLE] <= pool->target.pool_min_idle)
        return NULL;
    if (now - pool->first->since >= limit)
        return pool->first;
    *next = pool->first->since + limit;
    return NULL;
}

int64_t pool_maintain(struct pool *pool)
{
    int64_t next = INT64_MAX;
    pthread_mutex_lock(&pool->lock);
    int64_t now = clock_now(pool->clock);
    struct lease *slot;
    while ((slot = find_overdue(pool, now, &next)) != NULL) {
        slot_remove(pool, slot, CLOSE_IDLE);
        pthread_mutex_unlock(&pool->lock);
        connection_close(slot->connection);
        free(slot);
        pthread_mutex_lock(&pool->lock);
    }
    while (wants_more(pool, now))
        open_idle(pool);
    if (pool->counts[SLOT_IDLE] < pool->target.pool_min_idle && pool->open_again > now &&
        pool->open_again < next)
        next = pool->open_again;
    pthread_mutex_unlock(&pool->lock);
    return next;
}

static void *maintain(void *data)
{
    struct pool *pool = data;
    pthread_mutex_lock(&pool->lock);
    while (!pool->ending) {
        pthread_mutex_unlock(&pool->lock);
        int64_t next = pool_maintain(pool);
        pthread_mutex_lock(&pool->lock);
        int64_t now = clock_now(pool->clock);
        pool->wakes_at = next < now + COARSE ? now + COARSE : next;
        if (next > now + LONGEST_SLEEP)
            pool->wakes_at = now + LONGEST_SLEEP;
        if (!pool->ending)
            clock_wait(pool->clock, &pool->due, &pool->lock, pool->wakes_at);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

// Called for every return, so it wakes the thread only where that sleeps for too long.
void maintain_begin(struct pool *pool)
{
    int64_t idle = pool->target.pool_idle_timeout * CLOCK_SECOND;
    bool short_of = pool->counts[SLOT_IDLE] < pool->target.pool_min_idle;
    if (!pool->may_thread || pool->ending || (idle == 0 && !short_of))
        return;
    if (!pool->threaded) {
        if (!short_of && pool->counts[SLOT_IDLE] == 0)
            return;
        pool->threaded = pthread_create(&pool->thread, NULL, maintain, pool) == 0;
        return;
    }
    int64_t now = clock_now(pool->clock);
    if (pool->wakes_at > now + COARSE &&
        ((idle > 0 && pool->wakes_at > now + idle) || (short_of && now >= pool->open_again)))
        pthread_cond_signal(&pool->due);
}

void pool_maintain_itself(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->may_thread = true;
    maintain_begin(pool);
    pthread_mutex_unlock(&pool->lock);
}

void maintain_end(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_signal(&pool->due);
    bool threaded = pool->threaded;
    pthread_mutex_unlock(&pool->lock);
    if (threaded)
        pthread_join(pool->thread, NULL);
}
