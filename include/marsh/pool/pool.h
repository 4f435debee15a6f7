// The connections of one target. A lease is a connection taken from the pool until it is returned;
// it belongs to one thread at a time, the pool itself to all.
//
// Settings have SQLAlchemy's names and defaults: up to pool_size connections are kept, max_overflow
// more are opened when these are lent and closed on return; who finds none waits, first come first
// served, for pool_timeout. No server is talked to while the pool's lock is held, so a slow one
// holds up nobody else.
#ifndef MARSH_POOL_POOL_H
#define MARSH_POOL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/pool/stats.h"

struct clock;
struct connection;
struct connector;
struct error;
struct lease;
struct pool;
struct target;

// Copies the target; connector and clock are borrowed for the pool's life.
struct pool *pool_create(const struct target *target, struct connector *connector,
                         const struct clock *clock);
// Gives up the caller's hold of it; with the last hold it ends, and then every lease must have been
// returned. Returns whether it has ended. Takes NULL.
bool pool_destroy(struct pool *pool);
// Another hold, for who may need the pool longer than its owner does.
void pool_hold(struct pool *pool);
// Whether there is more than one.
bool pool_is_shared(struct pool *pool);

// `who` is named to those who wait in vain, and by pool_each.
struct pool_request {
    const char *who;
    bool given_up; // the pool's own
};
// ERROR_TIMEOUT where pool_timeout passes; a failure to connect as the connector says it.
bool pool_lease(struct pool *pool, struct pool_request *request, struct lease **lease,
                struct error *err);
// From another thread: the request waits no longer, and fails with ERROR_CANCELLED, or has its
// lease all the same.
void pool_give_up(struct pool *pool, struct pool_request *request);
// Borrowed until the lease is returned.
struct pool *lease_pool(const struct lease *lease);
struct connection *lease_connection(const struct lease *lease);
// What it is used for now, for those who look; its beginning is copied. They see "(hidden)" where a
// password may stand in it.
void lease_note(struct lease *lease, const char *statement, size_t len);
// That is over: who waits in vain hears of it all the same, as the last thing.
void lease_note_done(struct lease *lease);

// Cleans the connection as pool_reset_on_return says and keeps it, or closes it where it is lost,
// has grown huge, is too old, one too many, or can't be cleaned.
void lease_return(struct lease *lease);
// The same with a full reset, whatever the setting.
void lease_return_reset(struct lease *lease);
// Closes the connection: nobody else shall have it. One that was lost makes older ones suspect:
// they are pinged before they are lent again.
void lease_discard(struct lease *lease);

const struct target *pool_target(const struct pool *pool);

// Closes the idle connections; with those_leased also the others, when they are returned.
void pool_close_idle(struct pool *pool, bool those_leased);

// Does what is due by now: closes what was idle for too long, opens what pool_min_idle asks for.
// Returns when it wants to be called again.
int64_t pool_maintain(struct pool *pool);
// From now on a thread of the pool's own does so. It starts when it is first needed, with the
// signals blocked that its starter has blocked.
void pool_maintain_itself(struct pool *pool);

void pool_get_stats(struct pool *pool, struct pool_stats *stats);
// Every connection, in the order of their opening. Called with the pool's lock held: `each` may not
// call the pool.
void pool_each(struct pool *pool, void (*each)(void *data, const struct pool_entry *entry),
               void *data);

#endif
