#include "marsh/pool/pools.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"

struct entry {
    struct pool *pool;
    int64_t used; // when somebody else was last seen to hold it
};

struct pools {
    struct connector connector; // what the pools open with; first
    struct connector *real;
    const struct clock *clock;
    pthread_mutex_t lock;
    struct entry *list;
    size_t count;
    size_t most_idle; // 0: any number
};

struct pool *pools_take_at(struct pools *pools, size_t index)
{
    pthread_mutex_lock(&pools->lock);
    struct pool *pool = index < pools->count ? pools->list[index].pool : NULL;
    if (pool != NULL)
        pool_hold(pool);
    pthread_mutex_unlock(&pools->lock);
    return pool;
}

// False where nothing was idle.
static bool close_idle(struct pools *pools)
{
    struct pool *pool;
    bool any = false;
    for (size_t i = 0; (pool = pools_take_at(pools, i)) != NULL; i++) {
        struct pool_stats stats;
        pool_get_stats(pool, &stats);
        any = any || stats.idle > 0;
        pool_close_idle(pool, false);
        pool_destroy(pool);
    }
    return any;
}

// The number is within the message where the server said so before TLS was begun.
static bool is_crowded(const struct error *err)
{
    enum { ER_CON_COUNT_ERROR = 1040 };
    return err->number == ER_CON_COUNT_ERROR ||
           (err->message != NULL && strstr(err->message, " 1040 - ") != NULL);
}

// Whichever pool is short of a connection: what others keep idle is not worth its failing. The
// server takes a moment to see that they are closed.
static bool open_one(struct connector *connector, const struct target *target, size_t host,
                     unsigned seconds, struct connection **connection, struct error *err)
{
    static const struct timespec moment = {.tv_nsec = 20000000};
    enum { TRIES = 5 };
    struct pools *pools = (struct pools *) connector;
    bool ok = connector_open(pools->real, target, host, seconds, connection, err);
    bool closed = !ok && is_crowded(err) && close_idle(pools);
    for (int i = 0; closed && !ok && is_crowded(err) && i < TRIES; i++) {
        error_finish(err);
        nanosleep(&moment, NULL);
        ok = connector_open(pools->real, target, host, seconds, connection, err);
    }
    return ok;
}

struct pools *pools_create(struct connector *connector, const struct clock *clock)
{
    struct pools *pools = mem_calloc(1, sizeof(*pools));
    pools->connector.open = open_one;
    pools->real = connector;
    pools->clock = clock;
    pthread_mutex_init(&pools->lock, NULL);
    return pools;
}

bool pools_destroy(struct pools *pools)
{
    size_t kept = 0;
    if (pools == NULL)
        return true;
    for (size_t i = 0; i < pools->count; i++) {
        if (pool_is_shared(pools->list[i].pool))
            pools->list[kept++] = pools->list[i];
        else
            pool_destroy(pools->list[i].pool);
    }
    pools->count = kept;
    if (kept > 0)
        return false;
    pthread_mutex_destroy(&pools->lock);
    free(pools->list);
    free(pools);
    return true;
}

static struct entry *find(const struct pools *pools, const struct target *target)
{
    for (size_t i = 0; i < pools->count; i++) {
        if (target_equals(pool_target(pools->list[i].pool), target))
            return &pools->list[i];
    }
    return NULL;
}

void pools_share(struct pools *pools, size_t most_idle)
{
    pools->most_idle = most_idle;
}

// Takes the entry off the list, with the lock held.
static struct pool *take_off(struct pools *pools, struct entry *entry)
{
    struct pool *pool = entry->pool;
    size_t behind = pools->count - (size_t) (entry - pools->list) - 1;
    pools->count--;
    memmove(entry, entry + 1, behind * sizeof(*entry));
    return pool;
}

// The one that is unused for the longest time, where too much is idle; NULL for none.
static struct pool *take_surplus(struct pools *pools)
{
    struct entry *oldest = NULL;
    size_t idle = 0;
    pthread_mutex_lock(&pools->lock);
    for (size_t i = 0; pools->most_idle > 0 && i < pools->count; i++) {
        struct entry *entry = &pools->list[i];
        struct pool_stats stats;
        pool_get_stats(entry->pool, &stats);
        idle += stats.idle;
        if (!pool_is_shared(entry->pool) && (oldest == NULL || entry->used < oldest->used))
            oldest = entry;
    }
    struct pool *found = NULL;
    if (oldest != NULL && idle > pools->most_idle)
        found = take_off(pools, oldest);
    pthread_mutex_unlock(&pools->lock);
    return found;
}

struct pool *pools_take(struct pools *pools, const struct target *target)
{
    struct pool *surplus;
    pthread_mutex_lock(&pools->lock);
    struct entry *entry = find(pools, target);
    bool made = entry == NULL;
    if (made) {
        pools->list = mem_realloc(pools->list, (pools->count + 1) * sizeof(*pools->list));
        entry = &pools->list[pools->count++];
        entry->pool = pool_create(target, &pools->connector, pools->clock);
        // A thread would be in the folder of whoever comes first.
        if (pools->most_idle == 0)
            pool_maintain_itself(entry->pool);
    }
    entry->used = clock_now(pools->clock);
    pool_hold(entry->pool);
    struct pool *pool = entry->pool;
    pthread_mutex_unlock(&pools->lock);
    while (made && (surplus = take_surplus(pools)) != NULL)
        pool_destroy(surplus);
    return pool;
}

// The next one that is due, taken off the list; NULL for none. Whoever takes one holds the lock:
// one that is ours alone now stays so.
static struct pool *take_unused(struct pools *pools, int64_t now, int64_t unused)
{
    struct pool *found = NULL;
    pthread_mutex_lock(&pools->lock);
    for (size_t i = 0; i < pools->count && found == NULL; i++) {
        struct entry *entry = &pools->list[i];
        if (pool_is_shared(entry->pool))
            entry->used = now;
        if (now - entry->used < unused)
            continue;
        found = take_off(pools, entry);
    }
    pthread_mutex_unlock(&pools->lock);
    return found;
}

void pools_sweep(struct pools *pools, int64_t unused)
{
    struct pool *pool;
    for (size_t i = 0; pools->most_idle > 0 && (pool = pools_take_at(pools, i)) != NULL; i++) {
        pool_maintain(pool);
        pool_destroy(pool);
    }
    int64_t now = clock_now(pools->clock);
    while ((pool = take_unused(pools, now, unused)) != NULL)
        pool_destroy(pool);
}
