// The session manager: every session by its name, every pool that these use by its target. It owns
// the sessions.
// Sessions of equal targets share a pool. One thread at a time.
#ifndef MARSH_SESSION_MANAGER_H
#define MARSH_SESSION_MANAGER_H

#include <stdbool.h>
#include <stddef.h>

struct cancel;
struct clock;
struct connector;
struct manager;
struct pool;
struct pools;
struct session;
struct target;

// Connector and clock are borrowed for the manager's life.
struct manager *manager_create(struct connector *connector, const struct clock *clock);
// The same over pools that others share; borrowed.
struct manager *manager_create_over(struct pools *pools);
// What others may share; borrowed.
struct pools *manager_pools(const struct manager *manager);
// Ends every session, then every pool that is its own. False where a pool lives on, as something is
// still done in it that was left alone (see errand.h). Takes NULL.
bool manager_destroy(struct manager *manager);

// Opens a session of that name, which must be new, on the pool of its target; the target is copied.
// The session connects at its first statement.
struct session *manager_open(struct manager *manager, const char *name, const struct target *target,
                             struct cancel *cancel);
// NULL if there is none of that name.
struct session *manager_find(const struct manager *manager, const char *name);
// Its pool stays.
void manager_close(struct manager *manager, struct session *session);

// By index, in the order of their opening; NULL past the end.
struct session *manager_session_at(const struct manager *manager, size_t index);
struct pool *manager_pool_at(const struct manager *manager, size_t index);

#endif
