// Taking a lease and giving it back, for who has a cancel token: fired meanwhile, the wait ends at
// once. A connection that is being opened or cleaned then still goes to the pool.
#ifndef MARSH_SESSION_LEASING_H
#define MARSH_SESSION_LEASING_H

#include <stdbool.h>

struct cancel;
struct error;
struct lease;
struct pool;

// As pool_lease; ERROR_CANCELLED where the token was fired.
bool leasing_take(struct pool *pool, const char *who, struct cancel *cancel, struct lease **lease,
                  struct error *err);
// As lease_return, or lease_return_reset where `full` is set.
void leasing_return(struct lease *lease, bool full, struct cancel *cancel);

#endif
