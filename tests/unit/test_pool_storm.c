// Many threads on a small pool while connections are killed, lost and can't be cleaned: no lease is
// lost, none is given twice, nobody waits for ever, and at the end the counts add up. Rounds, not
// time, say how long it goes on; with MARSH_LONG_TESTS set there are ten times as many.
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "fake.h"
#include "marsh/pool/pool.h"

enum { THREADS = 200, ROUNDS = 600, SIZE = 8, HOLDERS = 1 << 20 };

// A check that may fail in any thread.
#define HOLDS(condition) ((condition) ? (void) 0 : storm_failed(#condition, __LINE__))

static _Noreturn void storm_failed(const char *condition, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, line, condition);
    abort();
}

struct storm {
    struct fake fake;
    struct target target;
    struct pool *pool;
    unsigned rounds;
    atomic_uint *holders; // of each connection, by its number
    atomic_uint leased;   // now
    atomic_uint most;     // ever at once
    atomic_uint leases;
    atomic_uint refused;
    atomic_uint running; // threads
    atomic_uint kills;
};

struct worker {
    struct storm *storm;
    pthread_t thread;
    uint32_t seed;
    unsigned leases;
};

static void go_up(atomic_uint *most, unsigned value)
{
    unsigned seen = atomic_load(most);
    while (seen < value && !atomic_compare_exchange_weak(most, &seen, value))
        ;
}

// One lease, used and given back in one of the ways in which a session does that.
static void use(struct worker *worker, struct lease *lease)
{
    struct storm *storm = worker->storm;
    struct connection *connection = lease_connection(lease);
    unsigned number = fake_number(connection);
    uint32_t dice = support_random(&worker->seed) % 100;
    struct error err = ERROR_INIT;
    HOLDS(number < HOLDERS);
    HOLDS(atomic_fetch_add(&storm->holders[number], 1) == 0);
    go_up(&storm->most, atomic_fetch_add(&storm->leased, 1) + 1);
    lease_note(lease, "DO 1", 4);
    bool ok = connection_query(connection, "DO 1", 4, sink_discard(), &err);
    error_finish(&err);
    if (dice < 5)
        sched_yield();
    atomic_fetch_sub(&storm->leased, 1);
    HOLDS(atomic_fetch_sub(&storm->holders[number], 1) == 1);
    if (!ok || dice == 99)
        lease_discard(lease);
    else if (dice == 98)
        lease_return_reset(lease);
    else
        lease_return(lease);
}

static void *work(void *data)
{
    struct worker *worker = data;
    struct storm *storm = worker->storm;
    for (unsigned i = 0; i < storm->rounds; i++) {
        struct lease *lease = NULL;
        struct error err = ERROR_INIT;
        if (pool_lease(storm->pool, "storm", &lease, &err)) {
            use(worker, lease);
            worker->leases++;
            continue;
        }
        // A wait in vain would say that somebody was passed over.
        HOLDS(err.kind == ERROR_CONNECTION);
        atomic_fetch_add(&storm->refused, 1);
        error_finish(&err);
    }
    atomic_fetch_add(&storm->leases, worker->leases);
    atomic_fetch_sub(&storm->running, 1);
    return NULL;
}

// What goes wrong: about one connection in so many uses is killed, lost, not to be cleaned, or not
// to be had. Asks the pool about itself meanwhile.
static void trouble(struct storm *storm)
{
    uint32_t seed = 7;
    while (atomic_load(&storm->running) > 0) {
        struct pool_stats stats;
        pool_get_stats(storm->pool, &stats);
        HOLDS(stats.idle + stats.leased <= SIZE + 2);
        uint32_t dice = support_random(&seed) % 16;
        pthread_mutex_lock(&storm->fake.lock);
        bool room = storm->fake.plan_count < 8;
        unsigned opened = storm->fake.opened;
        pthread_mutex_unlock(&storm->fake.lock);
        if (dice < 8 && opened > 0) {
            fake_kill(&storm->fake,
                      opened - support_random(&seed) % (SIZE < opened ? SIZE : opened));
            atomic_fetch_add(&storm->kills, 1);
        } else if (dice == 8) {
            pool_close_idle(storm->pool, support_random(&seed) % 2 == 0);
        } else if (dice == 9) {
            pool_maintain(storm->pool);
        } else if (room && dice < 12) {
            fake_plan(&storm->fake, FAKE_RESET, FAKE_SQL(1047, "08S01", "Unknown command"));
        } else if (room && dice < 14) {
            fake_plan(&storm->fake, FAKE_QUERY, FAKE_LOST);
        } else if (room) {
            fake_plan(&storm->fake, FAKE_OPEN, FAKE_REFUSED);
        }
        sched_yield();
    }
}

static void check_counts(struct storm *storm, const struct worker *workers)
{
    struct pool_stats stats;
    uint64_t closed = 0;
    pool_get_stats(storm->pool, &stats);
    for (size_t i = 0; i < CLOSE_REASONS; i++)
        closed += stats.closed[i];
    unsigned leases = atomic_load(&storm->leases);
    assert_int_equal(leases + atomic_load(&storm->refused), THREADS * storm->rounds);
    for (size_t i = 0; i < THREADS; i++)
        assert_true(workers[i].leases > 0);
    assert_int_equal(stats.leases, leases);
    assert_int_equal(stats.wait.count, leases);
    assert_int_equal(stats.hold.count, leases);
    // The pool itself fails to connect too.
    assert_true(stats.failed >= atomic_load(&storm->refused));
    assert_int_equal(stats.timeouts, 0);
    assert_int_equal(stats.leased, 0);
    assert_int_equal(stats.waiting, 0);
    assert_in_range(stats.idle, 0, SIZE);
    assert_int_equal(stats.created - closed, stats.idle);
    assert_int_equal(stats.idle, fake_open_count(&storm->fake));
    assert_int_equal(stats.created, storm->fake.opened);
    assert_in_range(atomic_load(&storm->most), 1, SIZE + 2);
    assert_true(atomic_load(&storm->kills) > 0);
    assert_true(closed > 0);
}

static void test_storm(void **state)
{
    (void) state;
    struct storm *storm = calloc(1, sizeof(*storm));
    struct worker *workers = calloc(THREADS, sizeof(*workers));
    assert_true(storm != NULL && workers != NULL);
    fake_init(&storm->fake);
    target_init(&storm->target);
    storm->target.pool_size = SIZE;
    storm->target.max_overflow = 2;
    storm->target.pool_min_idle = 2;
    storm->target.pool_timeout = 300; // nobody has to wait that long: it would be for ever
    storm->rounds = getenv("MARSH_LONG_TESTS") == NULL ? ROUNDS : ROUNDS * 10;
    storm->holders = calloc(HOLDERS, sizeof(*storm->holders));
    assert_non_null(storm->holders);
    storm->pool = pool_create(&storm->target, &storm->fake.connector, clock_monotonic());
    pool_maintain_itself(storm->pool);
    atomic_init(&storm->running, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.storm = storm, .seed = (uint32_t) i + 1};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    trouble(storm);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    storm->fake.plan_count = 0; // what was still to go wrong
    check_counts(storm, workers);
    pool_destroy(storm->pool);
    fake_finish(&storm->fake);
    target_finish(&storm->target);
    free(storm->holders);
    free(workers);
    free(storm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_storm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
