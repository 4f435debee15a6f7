#include "marsh/session/manager.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/pool/pool.h"
#include "marsh/pool/pools.h"
#include "marsh/session/session.h"

struct manager {
    struct pools *pools;
    bool own; // are these
    struct session **sessions;
    size_t session_count;
    struct pool **used; // with a hold of each
    size_t used_count;
};

struct manager *manager_create(struct connector *connector, const struct clock *clock)
{
    struct manager *manager = manager_create_over(pools_create(connector, clock));
    manager->own = true;
    return manager;
}

struct manager *manager_create_over(struct pools *pools)
{
    struct manager *manager = mem_calloc(1, sizeof(*manager));
    manager->pools = pools;
    return manager;
}

struct pools *manager_pools(const struct manager *manager)
{
    return manager->pools;
}

bool manager_destroy(struct manager *manager)
{
    bool ended = true;
    if (manager == NULL)
        return true;
    for (size_t i = 0; i < manager->session_count; i++)
        session_destroy(manager->sessions[i]);
    for (size_t i = 0; i < manager->used_count; i++)
        pool_destroy(manager->used[i]);
    if (manager->own)
        ended = pools_destroy(manager->pools);
    free(manager->sessions);
    free(manager->used);
    free(manager);
    return ended;
}

static struct pool *pool_of(struct manager *manager, const struct target *target)
{
    for (size_t i = 0; i < manager->used_count; i++) {
        if (target_equals(pool_target(manager->used[i]), target))
            return manager->used[i];
    }
    size_t size = (manager->used_count + 1) * sizeof(struct pool *);
    manager->used = mem_realloc(manager->used, size);
    return manager->used[manager->used_count++] = pools_take(manager->pools, target);
}

struct session *manager_open(struct manager *manager, const char *name, const struct target *target,
                             struct cancel *cancel)
{
    struct session *session = session_create(name, pool_of(manager, target), cancel);
    size_t size = (manager->session_count + 1) * sizeof(struct session *);
    manager->sessions = mem_realloc(manager->sessions, size);
    manager->sessions[manager->session_count++] = session;
    return session;
}

struct session *manager_find(const struct manager *manager, const char *name)
{
    for (size_t i = 0; i < manager->session_count; i++) {
        if (strcmp(session_name(manager->sessions[i]), name) == 0)
            return manager->sessions[i];
    }
    return NULL;
}

void manager_close(struct manager *manager, struct session *session)
{
    size_t i = 0;
    while (i < manager->session_count && manager->sessions[i] != session)
        i++;
    if (i == manager->session_count)
        return;
    manager->session_count--;
    memmove(&manager->sessions[i], &manager->sessions[i + 1],
            (manager->session_count - i) * sizeof(struct session *));
    session_release(session);
    session_destroy(session);
}

struct session *manager_session_at(const struct manager *manager, size_t index)
{
    return index < manager->session_count ? manager->sessions[index] : NULL;
}

struct pool *manager_pool_at(const struct manager *manager, size_t index)
{
    return index < manager->used_count ? manager->used[index] : NULL;
}
