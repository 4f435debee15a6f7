// Many threads on a small pool over a fake connector: none waits for ever, none shares a lease, and
// the counts add up.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"

enum { THREADS = 30, ROUNDS = 300 };

struct fake {
    struct connection base;
    atomic_int users;
    bool lost;
};

static atomic_int opened;
static atomic_int closed;

static bool reset(struct connection *connection, struct error *err)
{
    (void) connection, (void) err;
    return true;
}

static bool is_quiet(struct connection *connection)
{
    return !((struct fake *) connection)->lost;
}

static void get_state(const struct connection *connection, struct connection_state *state)
{
    *state = (struct connection_state){.lost = ((const struct fake *) connection)->lost};
}

static void close_fake(struct connection *connection)
{
    atomic_fetch_add(&closed, 1);
    free(connection);
}

static bool open_fake(struct connector *connector, const struct target *target, size_t host,
                      unsigned seconds, struct connection **connection, struct error *err)
{
    static const struct connection_ops ops = {.reset = reset,
                                              .ping = reset,
                                              .is_quiet = is_quiet,
                                              .get_state = get_state,
                                              .close = close_fake};
    (void) connector, (void) target, (void) host, (void) seconds;
    if (atomic_fetch_add(&opened, 1) % 17 == 16) {
        atomic_fetch_add(&closed, 1);
        return error_set(err, ERROR_CONNECTION, "refused");
    }
    struct fake *fake = calloc(1, sizeof(*fake));
    fake->base.ops = &ops;
    *connection = &fake->base;
    return true;
}

static void *work(void *data)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct lease *lease;
        struct error err = ERROR_INIT;
        if (!pool_lease(data, &(struct pool_request){.who = "test"}, &lease, &err)) {
            error_finish(&err);
            continue;
        }
        struct fake *fake = (struct fake *) lease_connection(lease);
        if (atomic_fetch_add(&fake->users, 1) != 0)
            abort();
        fake->lost = i % 50 == 49;
        atomic_fetch_sub(&fake->users, 1);
        if (i % 70 == 69)
            lease_discard(lease);
        else
            lease_return(lease);
    }
    return NULL;
}

static void test_many(void **state)
{
    (void) state;
    struct target target;
    struct connector connector = {.open = open_fake};
    pthread_t threads[THREADS];
    target_init(&target);
    target.pool_size = 3;
    target.max_overflow = 2;
    struct pool *pool = pool_create(&target, &connector, clock_monotonic());
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, pool);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    struct pool_stats stats;
    pool_get_stats(pool, &stats);
    assert_int_equal(stats.leased, 0);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.timeouts, 0);
    assert_true(stats.idle <= 3);
    uint64_t closed_ones = 0;
    for (size_t i = 0; i < CLOSE_REASONS; i++)
        closed_ones += stats.closed[i];
    assert_int_equal(stats.created - closed_ones, stats.idle);
    pool_destroy(pool);
    target_finish(&target);
    assert_int_equal(atomic_load(&opened), atomic_load(&closed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
