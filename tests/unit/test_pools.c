// Pools that many share: one for equal targets, ended when nobody uses them, and closed for others
// where a server is full.
#include "marsh/pool/pools.h"

#include "fake.h"
#include "marsh/pool/pool.h"

struct bench {
    struct fake fake;
    struct fake_clock clock;
    struct target targets[3];
    struct pools *pools;
};

static void begin(struct bench *bench)
{
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    bench->fake.clock = &bench->clock;
    for (size_t i = 0; i < LENGTH(bench->targets); i++) {
        target_init(&bench->targets[i]);
        bench->targets[i].pool_size = (unsigned) i + 1;
        bench->targets[i].pool_idle_timeout = 0;
    }
    bench->pools = pools_create(&bench->fake.connector, &bench->clock.clock);
}

static void end(struct bench *bench)
{
    assert_true(pools_destroy(bench->pools));
    for (size_t i = 0; i < LENGTH(bench->targets); i++)
        target_finish(&bench->targets[i]);
    fake_finish(&bench->fake);
}

// A lease, taken and returned.
static void use(struct bench *bench, size_t index)
{
    struct error err = ERROR_INIT;
    struct lease *lease;
    struct pool *pool = pools_take(bench->pools, &bench->targets[index]);
    check_ok(pool_lease(pool, &(struct pool_request){.who = "test"}, &lease, &err), &err);
    lease_return(lease);
    pool_destroy(pool);
}

static size_t count_pools(struct bench *bench)
{
    struct pool *pool;
    size_t count = 0;
    while ((pool = pools_take_at(bench->pools, count)) != NULL) {
        pool_destroy(pool);
        count++;
    }
    return count;
}

static void test_equal_targets_share(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    struct pool *first = pools_take(bench.pools, &bench.targets[0]);
    struct pool *second = pools_take(bench.pools, &bench.targets[0]);
    struct pool *other = pools_take(bench.pools, &bench.targets[1]);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, other);
    // How it is used by a keeper is none of its settings.
    bench.targets[1].keeper = KEEPER_AUTO;
    bench.targets[1].keeper_persist = 7;
    struct pool *same = pools_take(bench.pools, &bench.targets[1]);
    assert_ptr_equal(same, other);
    pool_destroy(first);
    pool_destroy(second);
    pool_destroy(other);
    pool_destroy(same);
    assert_int_equal(count_pools(&bench), 2);
    end(&bench);
}

static void test_those_unused_end(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    use(&bench, 0);
    struct pool *held = pools_take(bench.pools, &bench.targets[1]);
    fake_clock_turn(&bench.clock, 9 * CLOCK_SECOND);
    pools_sweep(bench.pools, 10 * CLOCK_SECOND);
    assert_int_equal(count_pools(&bench), 2);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    pools_sweep(bench.pools, 10 * CLOCK_SECOND);
    assert_int_equal(count_pools(&bench), 1);
    pool_destroy(held);
    // Its time begins when nobody has it.
    fake_clock_turn(&bench.clock, 9 * CLOCK_SECOND);
    pools_sweep(bench.pools, 10 * CLOCK_SECOND);
    assert_int_equal(count_pools(&bench), 1);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    pools_sweep(bench.pools, 10 * CLOCK_SECOND);
    assert_int_equal(count_pools(&bench), 0);
    end(&bench);
}

static void test_few_are_kept_idle(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    pools_share(bench.pools, 1);
    use(&bench, 0);
    fake_clock_turn(&bench.clock, 1);
    use(&bench, 1);
    fake_clock_turn(&bench.clock, 1);
    use(&bench, 2);
    // The oldest had to go; the second did when the third was made.
    assert_int_equal(count_pools(&bench), 2);
    end(&bench);
}

static void test_where_a_server_is_full_idle_ones_are_closed(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    use(&bench, 0);
    const struct fake_plan full = {.fails = true, .kind = ERROR_CONNECTION, .number = 1040};
    fake_plan(&bench.fake, FAKE_OPEN, full);
    use(&bench, 1);
    struct pool *first = pools_take(bench.pools, &bench.targets[0]);
    struct pool_stats stats;
    pool_get_stats(first, &stats);
    assert_int_equal(stats.idle, 0);
    pool_destroy(first);
    end(&bench);
}

// As one who is left alone with a connection that is being opened does: what it opens with is
// there.
static void test_what_is_held_outlives_the_end(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    struct lease *lease;
    begin(&bench);
    use(&bench, 0);
    struct pool *held = pools_take(bench.pools, &bench.targets[1]);
    assert_false(pools_destroy(bench.pools));
    assert_int_equal(count_pools(&bench), 1);
    check_ok(pool_lease(held, &(struct pool_request){.who = "test"}, &lease, &err), &err);
    lease_return(lease);
    pool_destroy(held);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_targets_share),
        cmocka_unit_test(test_those_unused_end),
        cmocka_unit_test(test_few_are_kept_idle),
        cmocka_unit_test(test_what_is_held_outlives_the_end),
        cmocka_unit_test(test_where_a_server_is_full_idle_ones_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
