#include "marsh/pool/pools.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/pool/pool.h"

struct entry {
    struct pool *pool;
    int64_t used; // when somebody else was last seen to hold it
};

struct pools {
    struct connector *connector;
    const struct clock *clock;
    pthread_mutex_t lock;
    struct entry *list;
    size_t count;
};

struct pools *pools_create(struct connector *connector, const struct clock *clock)
{
    struct pools *pools = mem_calloc(1, sizeof(*pools));
    pools->connector = connector;
    pools->clock = clock;
    pthread_mutex_init(&pools->lock, NULL);
    return pools;
}

bool pools_destroy(struct pools *pools)
{
    bool ended = true;
    if (pools == NULL)
        return true;
    for (size_t i = 0; i < pools->count; i++)
        ended = pool_destroy(pools->list[i].pool) && ended;
    pthread_mutex_destroy(&pools->lock);
    free(pools->list);
    free(pools);
    return ended;
}

static struct entry *find(const struct pools *pools, const struct target *target)
{
    for (size_t i = 0; i < pools->count; i++) {
        if (target_equals(pool_target(pools->list[i].pool), target))
            return &pools->list[i];
    }
    return NULL;
}

struct pool *pools_take(struct pools *pools, const struct target *target)
{
    pthread_mutex_lock(&pools->lock);
    struct entry *entry = find(pools, target);
    if (entry == NULL) {
        pools->list = mem_realloc(pools->list, (pools->count + 1) * sizeof(*pools->list));
        entry = &pools->list[pools->count++];
        entry->pool = pool_create(target, pools->connector, pools->clock);
        pool_maintain_itself(entry->pool);
    }
    entry->used = clock_now(pools->clock);
    pool_hold(entry->pool);
    struct pool *pool = entry->pool;
    pthread_mutex_unlock(&pools->lock);
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
        found = entry->pool;
        pools->count--;
        memmove(entry, entry + 1, (pools->count - i) * sizeof(*entry));
    }
    pthread_mutex_unlock(&pools->lock);
    return found;
}

void pools_sweep(struct pools *pools, int64_t unused)
{
    struct pool *pool;
    int64_t now = clock_now(pools->clock);
    while ((pool = take_unused(pools, now, unused)) != NULL)
        pool_destroy(pool);
}

struct pool *pools_take_at(struct pools *pools, size_t index)
{
    pthread_mutex_lock(&pools->lock);
    struct pool *pool = index < pools->count ? pools->list[index].pool : NULL;
    if (pool != NULL)
        pool_hold(pool);
    pthread_mutex_unlock(&pools->lock);
    return pool;
}

void pools_close_idle(struct pools *pools)
{
    struct pool *pool;
    for (size_t i = 0; (pool = pools_take_at(pools, i)) != NULL; i++) {
        pool_close_idle(pool, false);
        pool_destroy(pool);
    }
}
