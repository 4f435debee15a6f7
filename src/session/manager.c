#include "marsh/session/manager.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/pool/pool.h"
#include "marsh/session/session.h"

struct manager {
    struct connector *connector;
    const struct clock *clock;
    struct session **sessions;
    size_t session_count;
    struct pool **pools;
    size_t pool_count;
};

struct manager *manager_create(struct connector *connector, const struct clock *clock)
{
    struct manager *manager = mem_calloc(1, sizeof(*manager));
    manager->connector = connector;
    manager->clock = clock;
    return manager;
}

bool manager_destroy(struct manager *manager)
{
    bool ended = true;
    if (manager == NULL)
        return true;
    for (size_t i = 0; i < manager->session_count; i++)
        session_destroy(manager->sessions[i]);
    for (size_t i = 0; i < manager->pool_count; i++)
        ended = pool_destroy(manager->pools[i]) && ended;
    free(manager->sessions);
    free(manager->pools);
    free(manager);
    return ended;
}

static struct pool *pool_of(struct manager *manager, const struct target *target)
{
    for (size_t i = 0; i < manager->pool_count; i++) {
        if (target_equals(pool_target(manager->pools[i]), target))
            return manager->pools[i];
    }
    size_t size = (manager->pool_count + 1) * sizeof(struct pool *);
    manager->pools = mem_realloc(manager->pools, size);
    struct pool *pool = pool_create(target, manager->connector, manager->clock);
    pool_maintain_itself(pool);
    manager->pools[manager->pool_count++] = pool;
    return pool;
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
    return index < manager->pool_count ? manager->pools[index] : NULL;
}
