#include <stdlib.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/watchdog.h"
#include "marsh/db/connection.h"
#include "pool_internal.h"

static void mark(struct pool *pool, size_t host, bool dead)
{
    pthread_mutex_lock(&pool->lock);
    hosts_mark(&pool->hosts, host, dead, clock_now(pool->clock));
    pthread_mutex_unlock(&pool->lock);
}

int64_t pool_cut(void *connection)
{
    connection_cut(connection);
    return 0;
}

// A host that lets us log in may still not answer: then it is cut off at the deadline.
static bool check_role(struct pool *pool, struct connection *connection, int64_t deadline,
                       unsigned seconds, struct error *err)
{
    if (!hosts_want_role(&pool->target))
        return true;
    struct limit limit;
    watchdog_begin(pool->watchdog, &limit, deadline, pool_cut, connection);
    bool ok = hosts_check_role(connection, &pool->target, err);
    if (watchdog_end(pool->watchdog, &limit) == 0)
        return ok;
    struct connection_state state;
    connection_get_state(connection, &state);
    CLEANUP(mem_free_at)
    char *message = mem_printf("%s has logged us in, but did not answer within %u s", state.where,
                               seconds);
    return error_set_sql(err, ERROR_CONNECTION, 2013, "HY000", message);
}

// One host. *next: another may be tried.
static bool open_host(struct pool *pool, size_t host, unsigned seconds,
                      struct connection **connection, bool *next, struct error *err)
{
    struct connection *opened = NULL;
    int64_t deadline = clock_now(pool->clock) + seconds * CLOCK_SECOND;
    if (!connector_open(pool->connector, &pool->target, host, seconds, &opened, err)) {
        *next = hosts_is_unreachable(err);
        if (*next)
            mark(pool, host, true);
        return false;
    }
    *next = true;
    if (!check_role(pool, opened, deadline, seconds, err)) {
        connection_close(opened);
        mark(pool, host, true);
        return false;
    }
    mark(pool, host, false);
    *connection = opened;
    return true;
}

static bool is_given_up(struct pool *pool, const struct pool_request *request)
{
    pthread_mutex_lock(&pool->lock);
    bool given_up = request->given_up;
    pthread_mutex_unlock(&pool->lock);
    return given_up;
}

// Each host gets its share of the time that is left.
static bool open_any(struct pool *pool, const struct pool_request *request,
                     struct connection **connection, struct error *err)
{
    int64_t now = clock_now(pool->clock);
    int64_t deadline = now + pool->target.connect_timeout * CLOCK_SECOND;
    size_t count = pool->hosts.count;
    pthread_mutex_lock(&pool->lock);
    size_t *order = hosts_order(&pool->hosts, &pool->target, now);
    pthread_mutex_unlock(&pool->lock);
    bool ok = false;
    bool next = true;
    for (size_t i = 0; i < count && next && !ok; i++) {
        int64_t left = deadline - clock_now(pool->clock);
        if (i > 0 && (left <= 0 || is_given_up(pool, request)))
            break;
        int64_t share = (left / (int64_t) (count - i) + CLOCK_SECOND - 1) / CLOCK_SECOND;
        struct error failure = ERROR_INIT;
        ok = open_host(pool, order[i], share < 1 ? 1 : (unsigned) share, connection, &next,
                       &failure);
        // Of several failures the last one is told.
        if (ok)
            error_finish(err);
        else
            error_move(err, &failure);
    }
    free(order);
    return ok;
}

bool slot_open(struct pool *pool, struct lease *slot, const struct pool_request *request,
               struct error *err)
{
    struct connection *connection = NULL;
    bool ok = open_any(pool, request, &connection, err);
    pthread_mutex_lock(&pool->lock);
    if (ok) {
        struct connection_state state;
        connection_get_state(connection, &state);
        slot->connection = connection;
        slot->thread_id = state.thread_id;
        slot->created = slot->proven = slot->since = clock_now(pool->clock);
        pool->stats.created++;
    } else {
        pool->stats.failed++;
    }
    pthread_mutex_unlock(&pool->lock);
    return ok;
}
