// What the pool tells of itself: who holds its connections, each one of them, counts and times.
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

static void turn(struct bench *bench, int64_t microseconds)
{
    fake_clock_turn(&bench->clock, microseconds);
}

static void note(struct bench *bench, size_t index, const char *statement)
{
    lease_note(bench->leases[index], statement, strlen(statement));
}

// Who waits in vain hears since when and on what.
static void test_holders(void **state)
{
    (void) state;
    struct bench bench;
    struct lease *none = NULL;
    struct error err = ERROR_INIT;
    begin(&bench)->target.pool_size = 2;
    bench.target.max_overflow = 0;
    bench.target.pool_timeout = 3;
    bench_lease(&bench, 0, "main");
    note(&bench, 0, "SELECT sleep(100)");
    turn(&bench, 61500000);
    bench_lease(&bench, 1, "report");
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "third"}, &none, &err));
    check_error(&err, ERROR_TIMEOUT,
                "no connection became free within 3 s: all 2 are in use; main for 64.5 s, on "
                "'SELECT sleep(100)'; report for 3.0 s");
    // The statement is over; it is told all the same, for it may be what holds the connection.
    lease_note_done(bench.leases[0]);
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "third"}, &none, &err));
    check_error(&err, ERROR_TIMEOUT,
                "no connection became free within 3 s: all 2 are in use; main for 67.5 s, after "
                "'SELECT sleep(100)'; report for 6.0 s");
    // One that may show a password is hidden as well.
    note(&bench, 0, "SET PASSWORD = PASSWORD('secret')");
    lease_note_done(bench.leases[0]);
    note(&bench, 1, "DO 1");
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "third"}, &none, &err));
    check_error(&err, ERROR_TIMEOUT,
                "no connection became free within 3 s: all 2 are in use; main for 70.5 s, after "
                "'(hidden)'; report for 9.0 s, on 'DO 1'");
    assert_int_equal(bench_stats(&bench).timeouts, 3);
    lease_return(bench.leases[0]);
    lease_return(bench.leases[1]);
    bench_end(&bench);
}

static void test_many_holders(void **state)
{
    (void) state;
    struct bench bench;
    struct lease *none = NULL;
    struct error err = ERROR_INIT;
    begin(&bench)->target.pool_size = 7;
    bench.target.max_overflow = 0;
    bench.target.pool_timeout = 0;
    for (size_t i = 0; i < 7; i++)
        bench_lease(&bench, i, "a");
    assert_false(pool_lease(bench.pool, &(struct pool_request){.who = "b"}, &none, &err));
    check_error(&err, ERROR_TIMEOUT,
                "no connection became free within 0 s: all 7 are in use; a for 0.0 s; a for 0.0 s; "
                "a for 0.0 s; a for 0.0 s; a for 0.0 s; and 2 more");
    for (size_t i = 0; i < 7; i++)
        lease_return(bench.leases[i]);
    bench_end(&bench);
}

static void add_entry(void *data, const struct pool_entry *entry)
{
    buf_printf(data, "%lu %s %lld/%lld %d [%s] [%s]\n", entry->thread_id, entry->state,
               (long long) (entry->age / CLOCK_SECOND),
               (long long) (entry->in_state / CLOCK_SECOND), (int) entry->uses, entry->who,
               entry->statement);
}

static void check_each(struct bench *bench, const char *expected, int line)
{
    struct buf text = BUF_INIT;
    pool_each(bench_pool(bench), add_entry, &text);
    support_check_text(buf_cstr(&text), expected, __FILE__, line);
    buf_finish(&text);
}
#define EACH(bench, expected) check_each(bench, expected, __LINE__)

static void test_each(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    EACH(&bench, "");
    bench_lease(&bench, 0, "main");
    turn(&bench, 10 * CLOCK_SECOND);
    bench_lease(&bench, 1, "other");
    note(&bench, 1, "SELECT 1");
    turn(&bench, 5 * CLOCK_SECOND);
    EACH(&bench, "1 leased 15/15 1 [main] []\n2 leased 5/5 1 [other] [SELECT 1]\n");
    lease_note_done(bench.leases[1]);
    EACH(&bench, "1 leased 15/15 1 [main] []\n2 leased 5/5 1 [other] []\n");
    // Nothing is told of who had it before; the order is that of opening.
    lease_return(bench.leases[1]);
    lease_return(bench.leases[0]);
    turn(&bench, 2 * CLOCK_SECOND);
    EACH(&bench, "1 idle 17/2 1 [] []\n2 idle 7/2 1 [] []\n");
    bench_lease(&bench, 0, "again");
    EACH(&bench, "1 idle 17/2 1 [] []\n2 leased 7/0 2 [again] []\n");
    lease_discard(bench.leases[0]);
    EACH(&bench, "1 idle 17/2 1 [] []\n");
    // Renewed in its place, it begins anew.
    fake_kill(&bench.fake, 1);
    bench_lease(&bench, 0, "new");
    EACH(&bench, "3 leased 0/0 1 [new] []\n");
    lease_return(bench.leases[0]);
    bench_end(&bench);
}

// Only the beginning of a name or statement is kept; one without a name has one all the same.
static void test_long_names(void **state)
{
    (void) state;
    struct bench bench;
    char statement[500];
    struct buf expected = BUF_INIT;
    begin(&bench);
    memset(statement, 'x', sizeof(statement));
    bench_lease(&bench, 0,
                "a name of a session that is longer than what is kept of it, which is sixty-three");
    lease_note(bench.leases[0], statement, sizeof(statement));
    buf_printf(&expected, "1 leased 0/0 1 [%.63s] [%.*s]\n",
               "a name of a session that is longer than what is kept of it, which is sixty-three",
               119, statement);
    EACH(&bench, buf_cstr(&expected));
    lease_return(bench.leases[0]);
    bench_lease(&bench, 0, "");
    lease_note(bench.leases[0], "SELECT 12345", 8);
    EACH(&bench, "1 leased 0/0 2 [?] [SELECT 1]\n");
    lease_return(bench.leases[0]);
    buf_finish(&expected);
    bench_end(&bench);
}

static void test_failed_connect_is_gone(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    begin(&bench);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    assert_false(pool_lease(bench_pool(&bench), &(struct pool_request){.who = "test"},
                            &bench.leases[0], &err));
    error_finish(&err);
    // One that failed leaves nothing to see.
    EACH(&bench, "");
    assert_int_equal(bench_stats(&bench).failed, 1);
    assert_int_equal(bench_stats(&bench).created, 0);
    bench_end(&bench);
}

// The connect is part of the wait; the reset is not part of the hold.
static void test_times(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    fake_plan(&bench.fake, FAKE_OPEN, (struct fake_plan){.takes = 300});
    fake_plan(&bench.fake, FAKE_RESET, (struct fake_plan){.takes = 5000});
    bench_lease(&bench, 0, "test");
    turn(&bench, 2000);
    lease_return(bench.leases[0]);
    bench_lease(&bench, 0, "test");
    turn(&bench, 7000);
    lease_discard(bench.leases[0]);
    struct pool_stats told = bench_stats(&bench);
    assert_int_equal(told.leases, 2);
    assert_int_equal(told.wait.count, 2);
    assert_int_equal(told.wait.max, 300);
    assert_int_equal(histogram_percentile(&told.wait, 50), 0);
    assert_int_equal(histogram_percentile(&told.wait, 99), 300);
    assert_int_equal(told.hold.count, 2);
    assert_int_equal(told.hold.max, 7000);
    assert_in_range(histogram_percentile(&told.hold, 50), 2000, 2500);
    bench_end(&bench);
}

static void check_closed(struct bench *bench, const char *expected, int line)
{
    struct buf text = BUF_INIT;
    struct pool_stats told = bench_stats(bench);
    uint64_t closed = 0;
    for (unsigned i = 0; i < CLOSE_REASONS; i++) {
        if (told.closed[i] > 0)
            buf_printf(&text, "%s %d\n", close_reason_name(i), (int) told.closed[i]);
        closed += told.closed[i];
    }
    support_check_text(buf_cstr(&text), expected, __FILE__, line);
    assert_int_equal(told.created - closed, told.idle + told.leased);
    buf_finish(&text);
}
#define CLOSED(bench, expected) check_closed(bench, expected, __LINE__)

static void test_reasons(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench)->target.pool_pre_ping = PRE_PING_ALWAYS;
    for (size_t i = 0; i < 6; i++)
        bench_lease(&bench, i, "test");
    assert_int_equal(bench_stats(&bench).overflow, 2);
    CLOSED(&bench, "");
    lease_discard(bench.leases[0]);
    CLOSED(&bench, "discarded 1\n");
    bench_lose(&bench, 1);
    lease_discard(bench.leases[1]);
    CLOSED(&bench, "lost 1\ndiscarded 1\n");
    bench_lose(&bench, 2);
    lease_return(bench.leases[2]);
    CLOSED(&bench, "lost 2\ndiscarded 1\n");
    fake_plan(&bench.fake, FAKE_RESET, FAKE_SQL(1047, "08S01", "Unknown command"));
    lease_return(bench.leases[3]);
    CLOSED(&bench, "lost 2\nunclean 1\ndiscarded 1\n");
    lease_return(bench.leases[4]);
    fake_plan(&bench.fake, FAKE_PING, FAKE_LOST);
    bench_lease(&bench, 4, "test");
    assert_int_equal(bench_stats(&bench).ping_failures, 1);
    CLOSED(&bench, "found dead 1\nlost 2\nunclean 1\ndiscarded 1\n");
    // A socket that was closed is dead without a ping.
    lease_return(bench.leases[4]);
    fake_kill(&bench.fake, 0);
    bench_lease(&bench, 4, "test");
    assert_int_equal(bench_stats(&bench).ping_failures, 1);
    CLOSED(&bench, "found dead 2\nlost 2\nunclean 1\ndiscarded 1\n");
    lease_return(bench.leases[4]);
    lease_return(bench.leases[5]);
    pool_close_idle(bench.pool, false);
    CLOSED(&bench, "found dead 2\nlost 2\nunclean 2\ndiscarded 1\nclosed 1\n");
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holders),
        cmocka_unit_test(test_many_holders),
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_failed_connect_is_gone),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
