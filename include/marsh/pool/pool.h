// The connections of one target. A lease is a connection taken from the pool until it is returned;
// it belongs to one thread at a time, the pool itself to all.
//
// Settings have SQLAlchemy's names and defaults: up to pool_size connections are kept, max_overflow
// more are opened when these are lent and closed on return; who finds none waits, first come first
// served, for pool_timeout. No server is talked to while the pool's lock is held.
#ifndef MARSH_POOL_POOL_H
#define MARSH_POOL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct connection;
struct connector;
struct error;
struct lease;
struct pool;
struct target;

struct pool_stats {
    size_t idle;
    size_t leased; // with those that are being checked, connected or reset
    size_t waiting;
    uint64_t created;
    uint64_t closed;
    uint64_t dead;     // found dead before they were lent
    uint64_t timeouts; // waits that were in vain
};

// Copies the target; connector and clock are borrowed for the pool's life.
struct pool *pool_create(const struct target *target, struct connector *connector,
                         const struct clock *clock);
// Every lease must have been returned.
void pool_destroy(struct pool *pool);

// ERROR_TIMEOUT where pool_timeout passes; a failure to connect as the connector says it.
bool pool_lease(struct pool *pool, struct lease **lease, struct error *err);
// Borrowed until the lease is returned.
struct connection *lease_connection(const struct lease *lease);
// Cleans the connection as pool_reset_on_return says and keeps it, or closes it where it is lost,
// too old, one too many or can't be cleaned.
void lease_return(struct lease *lease);
// Closes the connection: nobody else shall have it.
void lease_discard(struct lease *lease);

const struct target *pool_target(const struct pool *pool);
void pool_get_stats(struct pool *pool, struct pool_stats *stats);

#endif
