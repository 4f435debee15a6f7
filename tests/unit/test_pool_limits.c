// Servers that log us in, or did so long ago, and do not answer: how long the pool waits for them.
// The clock is turned by the test, which leases in another thread.
#include <pthread.h>
#include <sched.h>

#include "pool_bench.h"

struct client {
    struct bench *bench;
    pthread_t thread;
    struct error err;
    bool ok;
};

// Hosts db1, db2, ..., and 10 seconds to connect.
static void begin(struct bench *bench, size_t hosts)
{
    static const char *const names[] = {"db1", "db2", "db3"};
    bench_begin(bench);
    bench->clock.jumps = false;
    for (size_t i = 0; i < hosts; i++)
        target_add_host(&bench->target, names[i], 3, 0);
    bench_pool(bench);
}

static void *want(void *data)
{
    struct client *client = data;
    struct bench *bench = client->bench;
    client->ok = pool_lease(bench->pool, &(struct pool_request){.who = "test"}, &bench->leases[0],
                            &client->err);
    return NULL;
}

// Comes back when the server is silent.
static void start_blocked(struct client *client, struct bench *bench)
{
    *client = (struct client){.bench = bench, .err = ERROR_INIT};
    assert_int_equal(pthread_create(&client->thread, NULL, want, client), 0);
    fake_await_blocked(&bench->fake, 1);
}

static void join(struct client *client)
{
    assert_int_equal(pthread_join(client->thread, NULL), 0);
}

#define ASKS_CLUSTER "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'"
#define ASKS_READ_ONLY "SHOW GLOBAL VARIABLES LIKE 'read_only'"

// It has its share of the time, then the next one is tried; and it counts as dead.
static void test_silence_when_asked_for_the_role(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    begin(&bench, 2);
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_BLOCKS(ASKS_READ_ONLY));
    start_blocked(&client, &bench);
    fake_clock_turn(&bench.clock, 5 * CLOCK_SECOND - 1);
    check_calls(&bench.fake, "open 1\nquery 1 " ASKS_CLUSTER "\nquery 1 " ASKS_READ_ONLY "\n");
    fake_clock_turn(&bench.clock, 1);
    join(&client);
    check_ok(client.ok, &client.err);
    check_calls(&bench.fake,
                "cut 1\nclose 1\nopen 2\nquery 2 " ASKS_CLUSTER "\nquery 2 " ASKS_READ_ONLY "\n");
    lease_discard(bench.leases[0]);
    bench_lease(&bench, 0, "test");
    check_hosts(&bench.fake, "db1 5\ndb2 5\ndb2 5\n");
    lease_return(bench.leases[0]);
    bench_end(&bench);
}

// The login is part of the time.
static void test_silence_after_a_slow_login(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    begin(&bench, 1);
    pool_destroy(bench.pool);
    bench.pool = NULL;
    bench.target.target_role = ROLE_PRIMARY;
    bench_pool(&bench);
    fake_plan(&bench.fake, FAKE_OPEN, (struct fake_plan){.takes = 7 * CLOCK_SECOND});
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_BLOCKS(ASKS_CLUSTER));
    start_blocked(&client, &bench);
    fake_clock_turn(&bench.clock, 3 * CLOCK_SECOND);
    join(&client);
    assert_false(client.ok);
    assert_int_equal(client.err.number, 2013);
    check_error(&client.err, ERROR_CONNECTION,
                "a fake has logged us in, but did not answer within 10 s");
    check_calls(&bench.fake, "open 1\nquery 1 " ASKS_CLUSTER "\ncut 1\nclose 1\n");
    bench_end(&bench);
}

static void add_entry(void *data, const struct pool_entry *entry)
{
    buf_printf(data, "%lu %s for %lld\n", entry->thread_id, entry->state,
               (long long) (entry->in_state / CLOCK_SECOND));
}

static void check_each(struct bench *bench, const char *expected, int line)
{
    struct buf text = BUF_INIT;
    pool_each(bench->pool, add_entry, &text);
    support_check_text(buf_cstr(&text), expected, __FILE__, line);
    buf_finish(&text);
}
#define EACH(bench, expected) check_each(bench, expected, __LINE__)

// A ping has as long as a connect; then the connection is opened anew in its place. Meanwhile it is
// told for how long it is being checked, not for how long it was idle.
static void test_silence_to_a_ping(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    begin(&bench, 0);
    bench_lease(&bench, 0, "test");
    bench_give_back(&bench, 0);
    fake_clock_turn(&bench.clock, 60 * CLOCK_SECOND);
    fake_plan(&bench.fake, FAKE_PING, FAKE_BLOCKS(NULL));
    start_blocked(&client, &bench);
    EACH(&bench, "1 checking for 0\n");
    fake_clock_turn(&bench.clock, 9 * CLOCK_SECOND);
    EACH(&bench, "1 checking for 9\n");
    check_calls(&bench.fake, "open 1\nreset 1\nping 1\n");
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_BLOCKS(NULL));
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    while (fake_count(&bench.fake, FAKE_OPEN) < 2)
        sched_yield();
    fake_await_blocked(&bench.fake, 1);
    EACH(&bench, "0 connecting for 0\n");
    fake_release(&bench.fake, FAKE_OPEN);
    join(&client);
    check_ok(client.ok, &client.err);
    check_calls(&bench.fake, "cut 1\nclose 1\nopen 2\n");
    assert_int_equal(bench_stats(&bench).ping_failures, 1);
    assert_int_equal(bench_stats(&bench).closed[CLOSE_DEAD], 1);
    lease_return(bench.leases[0]);
    bench_end(&bench);
}

static void *give_back(void *data)
{
    lease_return(data);
    return NULL;
}

// The same of one that is being cleaned: not for how long it was held.
static void test_silence_to_a_reset(void **state)
{
    (void) state;
    struct bench bench;
    pthread_t thread;
    begin(&bench, 0);
    bench_lease(&bench, 0, "test");
    fake_clock_turn(&bench.clock, 60 * CLOCK_SECOND);
    fake_plan(&bench.fake, FAKE_RESET, FAKE_BLOCKS(NULL));
    assert_int_equal(pthread_create(&thread, NULL, give_back, bench.leases[0]), 0);
    fake_await_blocked(&bench.fake, 1);
    fake_clock_turn(&bench.clock, 2 * CLOCK_SECOND);
    EACH(&bench, "1 resetting for 2\n");
    fake_release(&bench.fake, FAKE_RESET);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(bench_stats(&bench).hold.max, 60 * CLOCK_SECOND);
    bench_end(&bench);
}

// Without a role to ask for nothing is asked, and nothing is to be cut.
static void test_one_host_is_asked_nothing(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench, 1);
    fake_plan(&bench.fake, FAKE_OPEN, (struct fake_plan){.takes = 3600 * CLOCK_SECOND});
    bench_lease(&bench, 0, "test");
    lease_return(bench.leases[0]);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_when_asked_for_the_role),
        cmocka_unit_test(test_silence_after_a_slow_login),
        cmocka_unit_test(test_silence_to_a_ping),
        cmocka_unit_test(test_silence_to_a_reset),
        cmocka_unit_test(test_one_host_is_asked_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
