// The pool over a fake connector and a clock turned by hand, in one thread: sizes, checks,
// recycling and what becomes of a returned connection.
#include "pool_bench.h"

// Which connection the lease is of.
static unsigned number(const struct bench *bench, size_t index)
{
    return fake_number(lease_connection(bench->leases[index]));
}

// Idle, leased and waiting; created, closed, dead and timeouts.
static void check_stats(struct bench *bench, const char *expected, int line)
{
    struct pool_stats stats;
    struct buf text = BUF_INIT;
    pool_get_stats(bench_pool(bench), &stats);
    uint64_t closed = 0;
    for (size_t i = 0; i < CLOSE_REASONS; i++)
        closed += stats.closed[i];
    buf_printf(&text, "%zu %zu %zu, %d %d %d %d", stats.idle, stats.leased, stats.waiting,
               (int) stats.created, (int) closed, (int) stats.closed[CLOSE_DEAD],
               (int) stats.timeouts);
    support_check_text(buf_cstr(&text), expected, __FILE__, line);
    buf_finish(&text);
}
#define STATS(bench, expected) check_stats(bench, expected, __LINE__)

static void test_opens_on_demand(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    STATS(&bench, "0 0 0, 0 0 0 0");
    assert_int_equal(fake_count(&bench.fake, FAKE_OPEN), 0);
    bench_lease(&bench, 0, "test");
    bench_lease(&bench, 1, "test");
    assert_int_equal(number(&bench, 0), 1);
    assert_int_equal(number(&bench, 1), 2);
    STATS(&bench, "0 2 0, 2 0 0 0");
    bench_give_back(&bench, 1);
    bench_give_back(&bench, 0);
    STATS(&bench, "2 0 0, 2 0 0 0");
    check_calls(&bench.fake, "open 1\nopen 2\nreset 2\nreset 1\n");
    pool_destroy(bench.pool);
    bench.pool = NULL;
    check_calls(&bench.fake, "close 2\nclose 1\n");
    bench_end(&bench);
}

static void test_used_again_first_in_first_out(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench_lease(&bench, 0, "test");
    bench_lease(&bench, 1, "test");
    bench_give_back(&bench, 1);
    bench_give_back(&bench, 0);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 2);
    bench_give_back(&bench, 0);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 1);
    bench_give_back(&bench, 0);
    assert_int_equal(fake_count(&bench.fake, FAKE_OPEN), 2);
    assert_int_equal(fake_count(&bench.fake, FAKE_PING), 0); // too fresh for that
    bench_end(&bench);
}

static void test_used_again_last_in_first_out(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_use_lifo = true;
    bench_lease(&bench, 0, "test");
    bench_lease(&bench, 1, "test");
    bench_give_back(&bench, 1);
    bench_give_back(&bench, 0);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 1);
    bench_give_back(&bench, 0);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 1);
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

static void test_overflow_is_closed_on_return(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    for (size_t i = 0; i < 3; i++)
        bench_lease(&bench, i, "test");
    STATS(&bench, "0 3 0, 3 0 0 0");
    check_calls(&bench.fake, "open 1\nopen 2\nopen 3\n");
    // The first one that comes back is one too many; it need not be cleaned.
    bench_give_back(&bench, 0);
    check_calls(&bench.fake, "close 1\n");
    bench_give_back(&bench, 1);
    bench_give_back(&bench, 2);
    check_calls(&bench.fake, "reset 2\nreset 3\n");
    STATS(&bench, "2 0 0, 3 1 0 0");
    bench_end(&bench);
}

static void test_full_pool_times_out(void **state)
{
    (void) state;
    struct bench bench;
    struct lease *none = NULL;
    struct error err = ERROR_INIT;
    bench_begin(&bench);
    bench.target.pool_timeout = 7;
    for (size_t i = 0; i < 3; i++)
        bench_lease(&bench, i, "test");
    int64_t before = clock_now(&bench.clock.clock);
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "test"}, &none, &err));
    check_error(
        &err, ERROR_TIMEOUT,
        "no connection became free within 7 s: all 3 are in use; test for 7.0 s; test for 7.0 s; "
        "test for 7.0 s");
    assert_int_equal(clock_now(&bench.clock.clock) - before, 7 * CLOCK_SECOND);
    STATS(&bench, "0 3 0, 3 0 0 1");
    // It goes on as if nothing had been.
    bench_give_back(&bench, 0);
    bench_lease(&bench, 0, "test");
    STATS(&bench, "0 3 0, 4 1 0 1");
    for (size_t i = 0; i < 3; i++)
        bench_give_back(&bench, i);
    bench_end(&bench);
}

static void test_zero_timeout_does_not_wait(void **state)
{
    (void) state;
    struct bench bench;
    struct lease *none = NULL;
    struct error err = ERROR_INIT;
    bench_begin(&bench);
    bench.target.pool_timeout = 0;
    bench.target.pool_size = 1;
    bench.target.max_overflow = 0;
    bench.clock.jumps = false;
    bench_lease(&bench, 0, "test");
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "test"}, &none, &err));
    check_error(&err, ERROR_TIMEOUT,
                "no connection became free within 0 s: all 1 are in use; test for 0.0 s");
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

static void test_failed_connect_leaves_room(void **state)
{
    (void) state;
    struct bench bench;
    struct lease *none = NULL;
    struct error err = ERROR_INIT;
    bench_begin(&bench);
    bench.target.pool_size = 1;
    bench.target.max_overflow = 0;
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    fake_plan(&bench.fake, FAKE_OPEN,
              FAKE_SQL(1045, "28000", "Access denied for user 'ann'@'localhost'"));
    assert_false(
        pool_lease(bench_pool(&bench), &(struct pool_request){.who = "test"}, &none, &err));
    assert_int_equal(err.number, 2002);
    check_text(err.sqlstate, "HY000");
    check_error(&err, ERROR_CONNECTION, "Can't connect");
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "test"}, &none, &err));
    assert_int_equal(err.number, 1045);
    check_error(&err, ERROR_SQL, "Access denied for user 'ann'@'localhost'");
    STATS(&bench, "0 0 0, 0 0 0 0");
    bench_lease(&bench, 0, "test");
    STATS(&bench, "0 1 0, 1 0 0 0");
    bench_give_back(&bench, 0);
    check_calls(&bench.fake, "open -\nopen -\nopen 1\nreset 1\n");
    bench_end(&bench);
}

// Returned and lent again after `idle` microseconds; *calls is what that took.
static void check_idle(unsigned ping, int64_t idle, const char *calls, int line)
{
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_pre_ping = ping;
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    fake_clock_turn(&bench.clock, idle);
    bench_lease(&bench, 0, "test");
    fake_check_calls(&bench.fake, calls, __FILE__, line);
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

static void test_pre_ping(void **state)
{
    (void) state;
    check_idle(PRE_PING_AUTO, 0, "", __LINE__);
    check_idle(PRE_PING_AUTO, 5 * CLOCK_SECOND, "", __LINE__);
    check_idle(PRE_PING_AUTO, 5 * CLOCK_SECOND + 1, "ping 1\n", __LINE__);
    check_idle(PRE_PING_ALWAYS, 0, "ping 1\n", __LINE__);
    check_idle(PRE_PING_NEVER, 3600 * CLOCK_SECOND, "", __LINE__);
}

// A ping that fails is nobody's error: another connection is opened in its place.
static void test_dead_is_replaced(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_pre_ping = PRE_PING_ALWAYS;
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    fake_plan(&bench.fake, FAKE_PING, FAKE_LOST);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 2);
    check_calls(&bench.fake, "open 1\nreset 1\nping 1\nclose 1\nopen 2\n");
    STATS(&bench, "0 1 0, 2 1 1 0");
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

// A socket on which the server has closed costs no round trip, whatever the ping's setting.
static void test_closed_socket_is_seen_without_a_ping(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_pre_ping = PRE_PING_NEVER;
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    fake_kill(&bench.fake, 1);
    bench_lease(&bench, 0, "test");
    check_calls(&bench.fake, "open 1\nreset 1\nclose 1\nopen 2\n");
    STATS(&bench, "0 1 0, 2 1 1 0");
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

// One that died makes all that were opened before suspect: they have to answer a ping, once; later
// ones need not.
static void test_older_ones_are_suspect(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_size = 4;
    for (size_t i = 0; i < 3; i++)
        bench_lease(&bench, i, "test");
    for (size_t i = 0; i < 3; i++)
        bench_give_back(&bench, i);
    check_calls(&bench.fake, "open 1\nopen 2\nopen 3\nreset 1\nreset 2\nreset 3\n");
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    fake_kill(&bench.fake, 1);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 4);
    check_calls(&bench.fake, "close 1\nopen 4\n");
    // 3 does not answer, 2 does.
    fake_plan(&bench.fake, FAKE_PING, (struct fake_plan){.blocks = false});
    fake_plan(&bench.fake, FAKE_PING, FAKE_LOST);
    bench_lease(&bench, 1, "test");
    bench_lease(&bench, 2, "test");
    assert_int_equal(number(&bench, 1), 2);
    assert_int_equal(number(&bench, 2), 5);
    check_calls(&bench.fake, "ping 2\nping 3\nclose 3\nopen 5\n");
    STATS(&bench, "0 3 0, 5 2 2 0");
    // What was opened since, or has answered since, is above suspicion.
    for (size_t i = 0; i < 3; i++)
        bench_give_back(&bench, i);
    for (size_t i = 0; i < 3; i++)
        bench_lease(&bench, i, "test");
    check_calls(&bench.fake, "reset 4\nreset 2\nreset 5\n");
    for (size_t i = 0; i < 3; i++)
        bench_give_back(&bench, i);
    bench_end(&bench);
}

// One that was lent while another was found dead is pinged when it is wanted next.
static void test_leased_ones_become_suspect_too(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench_lease(&bench, 0, "test");
    bench_lease(&bench, 1, "test");
    bench_give_back(&bench, 0);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    fake_kill(&bench.fake, 1);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 3);
    bench_give_back(&bench, 1);
    bench_lease(&bench, 1, "test");
    assert_int_equal(number(&bench, 1), 2);
    check_calls(&bench.fake, "open 1\nopen 2\nreset 1\nclose 1\nopen 3\nreset 2\nping 2\n");
    bench_give_back(&bench, 0);
    bench_give_back(&bench, 1);
    bench_end(&bench);
}

static void test_recycle(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_recycle = 60;
    bench.target.pool_pre_ping = PRE_PING_NEVER;
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    fake_clock_turn(&bench.clock, 60 * CLOCK_SECOND - 1);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 1);
    // It was a second too old when it came back: closed, without being cleaned first.
    fake_clock_turn(&bench.clock, 1);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    bench_give_back(&bench, 0);
    check_calls(&bench.fake, "close 1\n");
    // And one that became too old while it was idle.
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    fake_clock_turn(&bench.clock, 60 * CLOCK_SECOND);
    bench_lease(&bench, 0, "test");
    check_calls(&bench.fake, "open 2\nreset 2\nclose 2\nopen 3\n");
    STATS(&bench, "0 1 0, 3 2 0 0"); // old is not dead
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

static void test_no_recycle(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_pre_ping = PRE_PING_NEVER;
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    fake_clock_turn(&bench.clock, 365 * 86400 * CLOCK_SECOND);
    bench_lease(&bench, 0, "test");
    assert_int_equal(number(&bench, 0), 1);
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

static void check_return(unsigned how, const char *calls, int line)
{
    struct bench bench;
    bench_begin(&bench);
    bench.target.pool_reset_on_return = how;
    bench_lease(&bench, 0, "test");
    check_calls(&bench.fake, "open 1\n");
    bench_give_back(&bench, 0);
    fake_check_calls(&bench.fake, calls, __FILE__, line);
    STATS(&bench, "1 0 0, 1 0 0 0");
    bench_end(&bench);
}

static void test_reset_on_return(void **state)
{
    (void) state;
    check_return(RESET_FULL, "reset 1\n", __LINE__);
    check_return(RESET_ROLLBACK, "query 1 ROLLBACK\n", __LINE__);
    check_return(RESET_NONE, "", __LINE__);
}

static void test_what_cannot_be_cleaned_is_closed(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench_lease(&bench, 0, "test");
    fake_plan(&bench.fake, FAKE_RESET, FAKE_SQL(1047, "08S01", "Unknown command"));
    bench_give_back(&bench, 0);
    check_calls(&bench.fake, "open 1\nreset 1\nclose 1\n");
    STATS(&bench, "0 0 0, 1 1 0 0");
    bench_end(&bench);
    bench_begin(&bench);
    bench.target.pool_reset_on_return = RESET_ROLLBACK;
    bench_lease(&bench, 0, "test");
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_LOST);
    bench_give_back(&bench, 0);
    check_calls(&bench.fake, "open 1\nquery 1 ROLLBACK\nclose 1\n");
    STATS(&bench, "0 0 0, 1 1 0 0");
    bench_end(&bench);
}

// What its user has lost is closed and not asked anything more, whatever the reset's setting.
static void test_lost_is_closed_on_return(void **state)
{
    (void) state;
    static const unsigned resets[] = {RESET_FULL, RESET_ROLLBACK, RESET_NONE};
    for (size_t i = 0; i < LENGTH(resets); i++) {
        struct bench bench;
        struct error err = ERROR_INIT;
        bench_begin(&bench);
        bench.target.pool_reset_on_return = resets[i];
        bench_lease(&bench, 0, "test");
        fake_plan(&bench.fake, FAKE_QUERY, FAKE_LOST);
        assert_false(
            connection_query(lease_connection(bench.leases[0]), "DO 1", 4, sink_discard(), &err));
        check_error_has(&err, ERROR_CONNECTION, "Lost connection");
        bench_give_back(&bench, 0);
        check_calls(&bench.fake, "open 1\nquery 1 DO 1\nclose 1\n");
        STATS(&bench, "0 0 0, 1 1 0 0");
        bench_end(&bench);
    }
}

static void test_discard_closes(void **state)
{
    (void) state;
    struct bench bench;
    bench_begin(&bench);
    bench_lease(&bench, 0, "test");
    lease_discard(bench.leases[0]);
    check_calls(&bench.fake, "open 1\nclose 1\n");
    STATS(&bench, "0 0 0, 1 1 0 0");
    bench_end(&bench);
}

// The caller may change or free its target: the pool has a copy.
static void test_target_is_copied(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_begin(&bench);
    check_ok(target_set(&bench.target, "schema", "shop", &err), &err);
    struct pool *pool = bench_pool(&bench);
    check_ok(target_set(&bench.target, "schema", "other", &err), &err);
    check_text(pool_target(pool)->schema, "shop");
    bench_lease(&bench, 0, "test");
    struct connection_state seen;
    connection_get_state(lease_connection(bench.leases[0]), &seen);
    check_text(seen.schema, "shop");
    bench_give_back(&bench, 0);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_on_demand),
        cmocka_unit_test(test_used_again_first_in_first_out),
        cmocka_unit_test(test_used_again_last_in_first_out),
        cmocka_unit_test(test_overflow_is_closed_on_return),
        cmocka_unit_test(test_full_pool_times_out),
        cmocka_unit_test(test_zero_timeout_does_not_wait),
        cmocka_unit_test(test_failed_connect_leaves_room),
        cmocka_unit_test(test_pre_ping),
        cmocka_unit_test(test_dead_is_replaced),
        cmocka_unit_test(test_closed_socket_is_seen_without_a_ping),
        cmocka_unit_test(test_older_ones_are_suspect),
        cmocka_unit_test(test_leased_ones_become_suspect_too),
        cmocka_unit_test(test_recycle),
        cmocka_unit_test(test_no_recycle),
        cmocka_unit_test(test_reset_on_return),
        cmocka_unit_test(test_what_cannot_be_cleaned_is_closed),
        cmocka_unit_test(test_lost_is_closed_on_return),
        cmocka_unit_test(test_discard_closes),
        cmocka_unit_test(test_target_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
