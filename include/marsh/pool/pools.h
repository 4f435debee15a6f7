// Every pool of a process by its target. Any thread may use one.
#ifndef MARSH_POOL_POOLS_H
#define MARSH_POOL_POOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct connector;
struct pool;
struct pools;
struct target;

// Connector and clock are borrowed, for longer than any pool lives.
struct pools *pools_create(struct connector *connector, const struct clock *clock);
// False where somebody else holds a pool: it stays, and what it opens with; to be called again, or
// left to the process's end. Takes NULL.
bool pools_destroy(struct pools *pools);

// The pool of targets that are equal to that one, made where there is none. The caller has a hold
// of it, which pool_destroy gives up.
struct pool *pools_take(struct pools *pools, const struct target *target);

// They are for many who come and go: pools_sweep does what is due in them, not a thread of each,
// and about that many connections are kept idle at most in those that nobody holds: what is unused
// for the longest time ends when another pool is made.
void pools_share(struct pools *pools, size_t most_idle);

// Does what is due in each, and ends those that nobody has held, and none has taken, for that long.
void pools_sweep(struct pools *pools, int64_t unused);

// By index, in the order of their making; with a hold, too. NULL past the end.
struct pool *pools_take_at(struct pools *pools, size_t index);

#endif
