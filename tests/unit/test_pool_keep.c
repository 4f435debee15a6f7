// What the pool keeps and for how long: idle connections on hand, those idle for too long, too old,
// too big, or closed by command.
#include "pool_bench.h"

// Four connections and two more, which are not pinged.
static struct bench *begin(struct bench *bench)
{
    bench_begin(bench);
    bench->target.pool_size = 4;
    bench->target.max_overflow = 2;
    bench->target.pool_pre_ping = PRE_PING_NEVER;
    return bench;
}

static void lease_some(struct bench *bench, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bench_lease(bench, i, "test");
}

static void return_some(struct bench *bench, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lease_return(bench->leases[i]);
}

static void turn(struct bench *bench, int64_t seconds)
{
    fake_clock_turn(&bench->clock, seconds * CLOCK_SECOND);
}

static int64_t now(const struct bench *bench)
{
    return clock_now(&bench->clock.clock);
}

static void test_nothing_to_maintain(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench)->target.pool_idle_timeout = 0;
    assert_true(pool_maintain(bench_pool(&bench)) == INT64_MAX);
    lease_some(&bench, 2);
    return_some(&bench, 2);
    turn(&bench, 1000000);
    assert_true(pool_maintain(bench.pool) == INT64_MAX);
    check_calls(&bench.fake, "open 1\nopen 2\nreset 1\nreset 2\n");
    bench_end(&bench);
}

static void test_min_idle(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench)->target.pool_min_idle = 2;
    assert_true(pool_maintain(bench_pool(&bench)) == INT64_MAX);
    check_calls(&bench.fake, "open 1\nopen 2\n");
    assert_int_equal(bench_stats(&bench).idle, 2);
    // They are lent like any other, and others take their place, up to pool_size.
    lease_some(&bench, 1);
    check_calls(&bench.fake, "");
    pool_maintain(bench.pool);
    check_calls(&bench.fake, "open 3\n");
    bench_lease(&bench, 1, "test");
    bench_lease(&bench, 2, "test");
    pool_maintain(bench.pool);
    check_calls(&bench.fake, "open 4\n");
    assert_int_equal(bench_stats(&bench).idle, 1);
    assert_int_equal(bench_stats(&bench).overflow, 0);
    return_some(&bench, 3);
    pool_maintain(bench.pool);
    check_calls(&bench.fake, "reset 1\nreset 2\nreset 3\n");
    assert_int_equal(bench_stats(&bench).idle, 4);
    bench_end(&bench);
}

// A server that is away is not asked again and again.
static void test_min_idle_while_it_fails(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench)->target.pool_min_idle = 2;
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    assert_true(pool_maintain(bench_pool(&bench)) == now(&bench) + 5 * CLOCK_SECOND);
    check_calls(&bench.fake, "open -\n");
    assert_int_equal(bench_stats(&bench).failed, 1);
    fake_clock_turn(&bench.clock, 5 * CLOCK_SECOND - 1);
    assert_true(pool_maintain(bench.pool) == now(&bench) + 1);
    check_calls(&bench.fake, "");
    fake_clock_turn(&bench.clock, 1);
    assert_true(pool_maintain(bench.pool) == INT64_MAX);
    check_calls(&bench.fake, "open 1\nopen 2\n");
    assert_int_equal(bench_stats(&bench).created, 2);
    bench_end(&bench);
}

// From when it was returned, the longest idle first; pool_min_idle stay.
static void test_idle_timeout(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench)->target.pool_idle_timeout = 60;
    bench.target.pool_min_idle = 1;
    lease_some(&bench, 4);
    check_calls(&bench.fake, "open 1\nopen 2\nopen 3\nopen 4\n");
    turn(&bench, 1000);
    lease_return(bench.leases[2]);
    turn(&bench, 10);
    lease_return(bench.leases[0]);
    lease_return(bench.leases[1]);
    check_calls(&bench.fake, "reset 3\nreset 1\nreset 2\n");
    assert_true(pool_maintain(bench.pool) == now(&bench) + 50 * CLOCK_SECOND);
    fake_clock_turn(&bench.clock, 50 * CLOCK_SECOND - 1);
    pool_maintain(bench.pool);
    check_calls(&bench.fake, "");
    fake_clock_turn(&bench.clock, 1);
    assert_true(pool_maintain(bench.pool) == now(&bench) + 10 * CLOCK_SECOND);
    check_calls(&bench.fake, "close 3\n");
    turn(&bench, 10);
    assert_true(pool_maintain(bench.pool) == INT64_MAX);
    check_calls(&bench.fake, "close 1\n");
    assert_int_equal(bench_stats(&bench).closed[CLOSE_IDLE], 2);
    assert_int_equal(bench_stats(&bench).idle, 1);
    lease_return(bench.leases[3]);
    bench_end(&bench);
}

// Each has an age of its own, from nine tenths of the largest on.
static void test_max_age(void **state)
{
    (void) state;
    struct bench bench;
    size_t gone = 0;
    size_t before = 0;
    begin(&bench)->target.pool_max_age = 1000;
    bench.target.pool_size = BENCH_LEASES;
    lease_some(&bench, BENCH_LEASES);
    return_some(&bench, BENCH_LEASES);
    fake_clock_turn(&bench.clock, 900 * CLOCK_SECOND - 1);
    lease_some(&bench, BENCH_LEASES);
    assert_int_equal(bench_stats(&bench).created, BENCH_LEASES);
    // Never too many of them at once.
    for (size_t i = 0; i < 20; i++) {
        turn(&bench, 5);
        return_some(&bench, BENCH_LEASES);
        gone = bench_stats(&bench).closed[CLOSE_RECYCLED];
        assert_in_range(gone - before, 0, 2);
        before = gone;
        lease_some(&bench, BENCH_LEASES);
    }
    fake_clock_turn(&bench.clock, 1);
    return_some(&bench, BENCH_LEASES);
    assert_int_equal(bench_stats(&bench).closed[CLOSE_RECYCLED], BENCH_LEASES);
    bench_end(&bench);
}

static void test_max_age_while_idle(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench)->target.pool_max_age = 1000;
    lease_some(&bench, 1);
    return_some(&bench, 1);
    turn(&bench, 1000);
    lease_some(&bench, 1);
    check_calls(&bench.fake, "open 1\nreset 1\nclose 1\nopen 2\n");
    assert_int_equal(bench_stats(&bench).closed[CLOSE_RECYCLED], 1);
    return_some(&bench, 1);
    bench_end(&bench);
}

static void test_close_idle(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    lease_some(&bench, 3);
    lease_return(bench.leases[1]);
    lease_return(bench.leases[0]);
    check_calls(&bench.fake, "open 1\nopen 2\nopen 3\nreset 2\nreset 1\n");
    pool_close_idle(bench.pool, false);
    check_calls(&bench.fake, "close 2\nclose 1\n");
    lease_return(bench.leases[2]);
    check_calls(&bench.fake, "reset 3\n");
    assert_int_equal(bench_stats(&bench).idle, 1);
    assert_int_equal(bench_stats(&bench).closed[CLOSE_ASKED], 2);
    bench_end(&bench);
}

static void test_close_those_leased_too(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    lease_some(&bench, 2);
    lease_return(bench.leases[1]);
    check_calls(&bench.fake, "open 1\nopen 2\nreset 2\n");
    pool_close_idle(bench.pool, true);
    check_calls(&bench.fake, "close 2\n");
    turn(&bench, 1);
    bench_lease(&bench, 1, "test");
    lease_return(bench.leases[0]);
    lease_return(bench.leases[1]);
    // What was opened since stays.
    check_calls(&bench.fake, "open 3\nclose 1\nreset 3\n");
    assert_int_equal(bench_stats(&bench).closed[CLOSE_ASKED], 2);
    assert_int_equal(bench_stats(&bench).closed[CLOSE_RECYCLED], 0);
    bench_end(&bench);
}

static void test_huge_is_closed(void **state)
{
    (void) state;
    struct bench bench;
    struct connection_state grown = {.autocommit = true, .buffer_size = 16 << 20};
    begin(&bench);
    lease_some(&bench, 1);
    fake_set_state(lease_connection(bench.leases[0]), &grown);
    return_some(&bench, 1);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    lease_some(&bench, 1);
    grown.buffer_size++;
    fake_set_state(lease_connection(bench.leases[0]), &grown);
    return_some(&bench, 1);
    check_calls(&bench.fake, "close 1\n");
    assert_int_equal(bench_stats(&bench).closed[CLOSE_HUGE], 1);
    bench_end(&bench);
}

// Whatever the setting: who asks for a full reset gets one.
static void test_return_with_a_full_reset(void **state)
{
    (void) state;
    static const unsigned resets[] = {RESET_FULL, RESET_ROLLBACK, RESET_NONE};
    for (size_t i = 0; i < LENGTH(resets); i++) {
        struct bench bench;
        begin(&bench)->target.pool_reset_on_return = resets[i];
        lease_some(&bench, 1);
        lease_return_reset(bench.leases[0]);
        check_calls(&bench.fake, "open 1\nreset 1\n");
        assert_int_equal(bench_stats(&bench).idle, 1);
        bench_end(&bench);
    }
}

// However a connection that was lost comes back, the idle ones have to answer before they are lent.
static void check_suspects(unsigned how, const char *calls, int line)
{
    struct bench bench;
    begin(&bench);
    lease_some(&bench, 2);
    lease_return(bench.leases[1]);
    check_calls(&bench.fake, "open 1\nopen 2\nreset 2\n");
    turn(&bench, 1);
    if (how == 2)
        fake_plan(&bench.fake, FAKE_RESET, FAKE_LOST);
    else
        bench_lose(&bench, 0);
    if (how == 0)
        lease_discard(bench.leases[0]);
    else
        lease_return(bench.leases[0]);
    bench_lease(&bench, 0, "test");
    fake_check_calls(&bench.fake, calls, __FILE__, line);
    lease_return(bench.leases[0]);
    bench_end(&bench);
}

static void test_loss_makes_suspect(void **state)
{
    (void) state;
    check_suspects(0, "query 1 DO 1\nclose 1\nping 2\n", __LINE__);
    check_suspects(1, "query 1 DO 1\nclose 1\nping 2\n", __LINE__);
    check_suspects(2, "reset 1\nclose 1\nping 2\n", __LINE__);
}

// One that its holder did not want any more says nothing of the others.
static void test_discarded_is_no_loss(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    lease_some(&bench, 2);
    lease_return(bench.leases[1]);
    turn(&bench, 1);
    lease_discard(bench.leases[0]);
    bench_lease(&bench, 0, "test");
    check_calls(&bench.fake, "open 1\nopen 2\nreset 2\nclose 1\n");
    lease_return(bench.leases[0]);
    bench_end(&bench);
}

// It is renewed where it was; a connect that fails gives its room up.
static void test_renewal_fails(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    begin(&bench)->target.pool_size = 1;
    bench.target.max_overflow = 0;
    lease_some(&bench, 1);
    return_some(&bench, 1);
    fake_kill(&bench.fake, 0);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    assert_false(
        pool_lease(bench.pool, &(struct pool_request){.who = "test"}, &bench.leases[0], &err));
    check_error(&err, ERROR_CONNECTION, "Can't connect");
    assert_int_equal(bench_stats(&bench).leased, 0);
    assert_int_equal(bench_stats(&bench).closed[CLOSE_DEAD], 1);
    assert_int_equal(bench_stats(&bench).failed, 1);
    lease_some(&bench, 1);
    check_calls(&bench.fake, "open 1\nreset 1\nclose 1\nopen -\nopen 2\n");
    return_some(&bench, 1);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_maintain),
        cmocka_unit_test(test_min_idle),
        cmocka_unit_test(test_min_idle_while_it_fails),
        cmocka_unit_test(test_idle_timeout),
        cmocka_unit_test(test_max_age),
        cmocka_unit_test(test_max_age_while_idle),
        cmocka_unit_test(test_close_idle),
        cmocka_unit_test(test_close_those_leased_too),
        cmocka_unit_test(test_huge_is_closed),
        cmocka_unit_test(test_return_with_a_full_reset),
        cmocka_unit_test(test_loss_makes_suspect),
        cmocka_unit_test(test_discarded_is_no_loss),
        cmocka_unit_test(test_renewal_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
