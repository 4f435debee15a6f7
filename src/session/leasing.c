#include "marsh/session/leasing.h"

#include <stdlib.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/errand.h"

// The pool is held: it may be asked to end while this goes on alone.
struct taking {
    struct pool *pool;
    char *who;
    struct pool_request request;
    struct lease *lease;
    struct error err;
    bool ok;
};

static void taking_destroy(struct taking *taking)
{
    pool_destroy(taking->pool);
    error_finish(&taking->err);
    free(taking->who);
    free(taking);
}

static void take(void *data)
{
    struct taking *taking = data;
    taking->ok = pool_lease(taking->pool, &taking->request, &taking->lease, &taking->err);
}

static void give_up(void *data)
{
    struct taking *taking = data;
    pool_give_up(taking->pool, &taking->request);
}

static void drop_taken(void *data)
{
    struct taking *taking = data;
    if (taking->ok)
        lease_return(taking->lease);
    taking_destroy(taking);
}

bool leasing_take(struct pool *pool, const char *who, struct cancel *cancel, struct lease **lease,
                  struct error *err)
{
    static const struct errand errand = {take, give_up, drop_taken};
    if (cancel_was_fired(cancel))
        return error_set(err, ERROR_CANCELLED, "interrupted before it was sent");
    struct taking *taking = mem_calloc(1, sizeof(*taking));
    pool_hold(pool);
    taking->pool = pool;
    taking->who = mem_strdup(who);
    taking->request.who = taking->who;
    if (!errand_run(&errand, taking, cancel))
        return error_set(err, ERROR_CANCELLED, "interrupted before it was sent");
    bool ok = taking->ok;
    if (ok)
        *lease = taking->lease;
    else
        error_move(err, &taking->err);
    taking_destroy(taking);
    return ok;
}

struct returning {
    struct pool *pool;
    struct lease *lease;
    bool full;
};

static void give_back(void *data)
{
    const struct returning *returning = data;
    if (returning->full)
        lease_return_reset(returning->lease);
    else
        lease_return(returning->lease);
}

static void leave_alone(void *data)
{
    (void) data;
}

static void drop_returned(void *data)
{
    struct returning *returning = data;
    pool_destroy(returning->pool);
    free(returning);
}

void leasing_return(struct lease *lease, bool full, struct cancel *cancel)
{
    static const struct errand errand = {give_back, leave_alone, drop_returned};
    struct returning *returning = mem_calloc(1, sizeof(*returning));
    returning->pool = lease_pool(lease);
    returning->lease = lease;
    returning->full = full;
    pool_hold(returning->pool);
    if (errand_run(&errand, returning, cancel))
        drop_returned(returning);
}
