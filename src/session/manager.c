#include "marsh/session/manager.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/pool/pool.h"
#include "marsh/session/session.h"

struct entry {
    struct session *session;
    struct pool *pool;
    struct entry *next;
};

struct manager {
    struct connector *connector;
    const struct clock *clock;
    struct entry *entries;
};

struct manager *manager_create(struct connector *connector, const struct clock *clock)
{
    struct manager *manager = mem_calloc(1, sizeof(*manager));
    manager->connector = connector;
    manager->clock = clock;
    return manager;
}

void manager_destroy(struct manager *manager)
{
    if (manager == NULL)
        return;
    while (manager->entries != NULL)
        manager_close(manager, manager->entries->session);
    free(manager);
}

struct session *manager_open(struct manager *manager, const char *name, const struct target *target,
                             struct cancel *cancel)
{
    struct entry *entry = mem_calloc(1, sizeof(*entry));
    entry->pool = pool_create(target, manager->connector, manager->clock);
    entry->session = session_create(name, entry->pool, cancel);
    entry->next = manager->entries;
    manager->entries = entry;
    return entry->session;
}

struct session *manager_find(const struct manager *manager, const char *name)
{
    for (const struct entry *entry = manager->entries; entry != NULL; entry = entry->next) {
        if (strcmp(session_name(entry->session), name) == 0)
            return entry->session;
    }
    return NULL;
}

void manager_close(struct manager *manager, struct session *session)
{
    struct entry **slot = &manager->entries;
    while (*slot != NULL && (*slot)->session != session)
        slot = &(*slot)->next;
    struct entry *entry = *slot;
    if (entry == NULL)
        return;
    *slot = entry->next;
    session_destroy(entry->session);
    pool_destroy(entry->pool);
    free(entry);
}
