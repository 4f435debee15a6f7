// Threads that wait for a lease: the order in which they get one, who is not held up by whom, and
// waits that end in vain. Nothing here depends on how long a thread takes.
#include <pthread.h>
#include <sched.h>

#include "fake.h"
#include "marsh/pool/pool.h"

enum { MANY = 6 };

struct bench {
    struct fake fake;
    struct fake_clock clock;
    struct target target;
    struct pool *pool;
    atomic_uint turns; // how many threads got what they wanted so far
};

// A thread that wants a lease.
struct client {
    struct bench *bench;
    pthread_t thread;
    struct lease *lease;
    struct error err;
    unsigned turn;
};

static void begin(struct bench *bench, unsigned size, unsigned overflow)
{
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    target_init(&bench->target);
    bench->target.pool_size = size;
    bench->target.max_overflow = overflow;
    bench->pool = pool_create(&bench->target, &bench->fake.connector, &bench->clock.clock);
    atomic_init(&bench->turns, 0);
}

static void end(struct bench *bench)
{
    pool_destroy(bench->pool);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
}

static struct lease *lease(struct bench *bench)
{
    struct lease *lease = NULL;
    struct error err = ERROR_INIT;
    check_ok(pool_lease(bench->pool, &(struct pool_request){.who = "test"}, &lease, &err), &err);
    return lease;
}

static unsigned number(const struct lease *lease)
{
    return fake_number(lease_connection(lease));
}

static struct pool_stats stats(struct bench *bench)
{
    struct pool_stats stats;
    pool_get_stats(bench->pool, &stats);
    return stats;
}

static void *want(void *data)
{
    struct client *client = data;
    if (pool_lease(client->bench->pool, &(struct pool_request){.who = "test"}, &client->lease,
                   &client->err))
        client->turn = atomic_fetch_add(&client->bench->turns, 1) + 1;
    return NULL;
}

static void start(struct client *client, struct bench *bench)
{
    *client = (struct client){.bench = bench, .err = ERROR_INIT};
    assert_int_equal(pthread_create(&client->thread, NULL, want, client), 0);
}

// Starts one that has to wait, and comes back when it does.
static void start_waiting(struct client *client, struct bench *bench)
{
    size_t before = stats(bench).waiting;
    start(client, bench);
    while (stats(bench).waiting == before)
        sched_yield();
}

static void join(struct client *client)
{
    assert_int_equal(pthread_join(client->thread, NULL), 0);
}

static void test_first_come_first_served(void **state)
{
    (void) state;
    struct bench bench;
    struct client clients[MANY];
    begin(&bench, 1, 0);
    struct lease *held = lease(&bench);
    for (size_t i = 0; i < MANY; i++)
        start_waiting(&clients[i], &bench);
    assert_int_equal(stats(&bench).waiting, MANY);
    for (size_t i = 0; i < MANY; i++) {
        lease_return(held);
        join(&clients[i]);
        check_ok(clients[i].lease != NULL, &clients[i].err);
        assert_int_equal(clients[i].turn, i + 1);
        assert_int_equal(stats(&bench).waiting, MANY - 1 - i);
        held = clients[i].lease;
    }
    assert_int_equal(number(held), 1);
    lease_return(held);
    // Who waits gets it cleaned, and nobody had to open a second one.
    assert_int_equal(fake_count(&bench.fake, FAKE_RESET), MANY + 1);
    assert_int_equal(fake_count(&bench.fake, FAKE_OPEN), 1);
    end(&bench);
}

// An overflow connection is handed on, not closed, while somebody waits for it.
static void test_overflow_is_handed_on(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    begin(&bench, 1, 1);
    struct lease *first = lease(&bench);
    struct lease *second = lease(&bench);
    start_waiting(&client, &bench);
    lease_return(second);
    join(&client);
    check_ok(client.lease != NULL, &client.err);
    assert_int_equal(number(client.lease), 2);
    lease_return(client.lease);
    lease_return(first);
    check_calls(&bench.fake, "open 1\nopen 2\nreset 2\nclose 2\nreset 1\n");
    end(&bench);
}

// Where the connection that comes back is of no use, its room goes to the one who waits.
static void test_room_is_handed_on(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    begin(&bench, 1, 0);
    struct lease *held = lease(&bench);
    start_waiting(&client, &bench);
    lease_discard(held);
    join(&client);
    check_ok(client.lease != NULL, &client.err);
    assert_int_equal(number(client.lease), 2);
    held = client.lease;
    start_waiting(&client, &bench);
    fake_plan(&bench.fake, FAKE_RESET, FAKE_LOST);
    lease_return(held);
    join(&client);
    check_ok(client.lease != NULL, &client.err);
    assert_int_equal(number(client.lease), 3);
    lease_return(client.lease);
    end(&bench);
}

// One that can't connect does not take the room with it.
static void test_failure_hands_room_on(void **state)
{
    (void) state;
    struct bench bench;
    struct client first;
    struct client second;
    begin(&bench, 1, 0);
    fake_plan(&bench.fake, FAKE_OPEN,
              (struct fake_plan){.blocks = true,
                                 .fails = true,
                                 .kind = ERROR_CONNECTION,
                                 .number = 2002,
                                 .message = "refused"});
    start(&first, &bench);
    fake_await_blocked(&bench.fake, 1);
    start_waiting(&second, &bench);
    fake_release(&bench.fake, FAKE_OPEN);
    join(&first);
    assert_null(first.lease);
    check_error(&first.err, ERROR_CONNECTION, "refused");
    join(&second);
    check_ok(second.lease != NULL, &second.err);
    lease_return(second.lease);
    end(&bench);
}

static void test_wait_times_out_at_its_deadline(void **state)
{
    (void) state;
    struct bench bench;
    struct client early;
    struct client late;
    begin(&bench, 1, 0);
    struct lease *held = lease(&bench);
    start_waiting(&early, &bench);
    fake_clock_turn(&bench.clock, 20 * CLOCK_SECOND);
    start_waiting(&late, &bench);
    fake_clock_turn(&bench.clock, 10 * CLOCK_SECOND);
    // Thirty seconds for the one, ten for the other.
    join(&early);
    assert_null(early.lease);
    check_error(&early.err, ERROR_TIMEOUT,
                "no connection became free within 30 s: all 1 are in use; test for 30.0 s");
    assert_int_equal(stats(&bench).waiting, 1);
    assert_int_equal(stats(&bench).timeouts, 1);
    // The one behind it has moved up.
    lease_return(held);
    join(&late);
    check_ok(late.lease != NULL, &late.err);
    lease_return(late.lease);
    assert_int_equal(stats(&bench).idle, 1);
    end(&bench);
}

// The one in the middle, and the last, go without breaking the line.
static void test_line_stays_whole(void **state)
{
    (void) state;
    struct bench bench;
    struct client clients[4];
    begin(&bench, 1, 0);
    struct lease *held = lease(&bench);
    for (size_t i = 0; i < 2; i++)
        start_waiting(&clients[i], &bench);
    fake_clock_turn(&bench.clock, 29 * CLOCK_SECOND);
    start_waiting(&clients[2], &bench);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    for (size_t i = 0; i < 2; i++) {
        join(&clients[i]);
        check_error_has(&clients[i].err, ERROR_TIMEOUT, "within 30 s");
    }
    start_waiting(&clients[3], &bench);
    lease_return(held);
    join(&clients[2]);
    check_ok(clients[2].lease != NULL, &clients[2].err);
    assert_int_equal(clients[2].turn, 1);
    fake_clock_turn(&bench.clock, 30 * CLOCK_SECOND);
    join(&clients[3]);
    check_error_has(&clients[3].err, ERROR_TIMEOUT, "within 30 s");
    assert_int_equal(stats(&bench).waiting, 0);
    lease_return(clients[2].lease);
    held = lease(&bench);
    start_waiting(&clients[0], &bench);
    lease_return(held);
    join(&clients[0]);
    check_ok(clients[0].lease != NULL, &clients[0].err);
    lease_return(clients[0].lease);
    end(&bench);
}

// The pool's lock is not held while a connect, a check, a reset or a close goes on.
static void test_slow_server_holds_nobody_up(void **state)
{
    (void) state;
    struct bench bench;
    struct client slow;
    begin(&bench, 2, 0);
    struct lease *held = lease(&bench);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_BLOCKS(NULL));
    start(&slow, &bench);
    fake_await_blocked(&bench.fake, 1);
    assert_int_equal(stats(&bench).leased, 2);
    lease_return(held);
    held = lease(&bench);
    assert_int_equal(number(held), 1);
    lease_return(held);
    fake_release(&bench.fake, FAKE_OPEN);
    join(&slow);
    check_ok(slow.lease != NULL, &slow.err);
    assert_int_equal(number(slow.lease), 2);
    lease_return(slow.lease);
    // A check that hangs: the other idle one is still to be had.
    fake_clock_turn(&bench.clock, 60 * CLOCK_SECOND);
    fake_plan(&bench.fake, FAKE_PING, FAKE_BLOCKS(NULL));
    start(&slow, &bench);
    fake_await_blocked(&bench.fake, 1);
    held = lease(&bench);
    assert_int_equal(number(held), 2);
    lease_return(held);
    fake_release(&bench.fake, FAKE_PING);
    join(&slow);
    check_ok(slow.lease != NULL, &slow.err);
    assert_int_equal(number(slow.lease), 1);
    lease_return(slow.lease);
    end(&bench);
}

static void *maintain(void *data)
{
    pool_maintain(data);
    return NULL;
}

static void *give_back(void *data)
{
    lease_return(data);
    return NULL;
}

static void test_slow_return_holds_nobody_up(void **state)
{
    (void) state;
    struct bench bench;
    pthread_t thread;
    begin(&bench, 2, 0);
    struct lease *first = lease(&bench);
    struct lease *second = lease(&bench);
    lease_return(second);
    fake_plan(&bench.fake, FAKE_RESET, FAKE_BLOCKS(NULL));
    assert_int_equal(pthread_create(&thread, NULL, give_back, first), 0);
    fake_await_blocked(&bench.fake, 1);
    second = lease(&bench);
    assert_int_equal(number(second), 2);
    assert_int_equal(stats(&bench).leased, 2);
    fake_release(&bench.fake, FAKE_RESET);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(stats(&bench).idle, 1);
    lease_return(second);
    end(&bench);
}

// A close may take its time too, and its room is free at once.
static void test_slow_close_holds_nobody_up(void **state)
{
    (void) state;
    struct bench bench;
    pthread_t thread;
    begin(&bench, 1, 0);
    struct lease *held = lease(&bench);
    fake_plan(&bench.fake, FAKE_RESET, FAKE_LOST);
    fake_plan(&bench.fake, FAKE_CLOSE, FAKE_BLOCKS(NULL));
    assert_int_equal(pthread_create(&thread, NULL, give_back, held), 0);
    fake_await_blocked(&bench.fake, 1);
    held = lease(&bench);
    assert_int_equal(number(held), 2);
    fake_release(&bench.fake, FAKE_CLOSE);
    assert_int_equal(pthread_join(thread, NULL), 0);
    lease_return(held);
    end(&bench);
}

// The one for whom an overflow connection was cleaned has given up: nobody needs it any more.
static void test_nobody_waits_any_more(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    pthread_t thread;
    begin(&bench, 1, 1);
    struct lease *first = lease(&bench);
    struct lease *second = lease(&bench);
    start_waiting(&client, &bench);
    fake_plan(&bench.fake, FAKE_RESET, FAKE_BLOCKS(NULL));
    assert_int_equal(pthread_create(&thread, NULL, give_back, second), 0);
    fake_await_blocked(&bench.fake, 1);
    fake_clock_turn(&bench.clock, 30 * CLOCK_SECOND);
    join(&client);
    // Only who has one is named, not what is between two holders.
    check_error(&client.err, ERROR_TIMEOUT,
                "no connection became free within 30 s: all 2 are in use; test for 30.0 s");
    fake_release(&bench.fake, FAKE_RESET);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(stats(&bench).idle, 0);
    assert_int_equal(stats(&bench).leased, 1);
    assert_int_equal(stats(&bench).closed[CLOSE_SURPLUS], 1);
    check_calls(&bench.fake, "open 1\nopen 2\nreset 2\nclose 2\n");
    lease_return(first);
    end(&bench);
}

// One that was opened to be kept idle goes to who began to wait meanwhile.
static void test_idle_one_is_handed_over(void **state)
{
    (void) state;
    struct bench bench;
    struct client client;
    pthread_t thread;
    begin(&bench, 1, 0);
    pool_destroy(bench.pool);
    bench.target.pool_min_idle = 1;
    bench.pool = pool_create(&bench.target, &bench.fake.connector, &bench.clock.clock);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_BLOCKS(NULL));
    assert_int_equal(pthread_create(&thread, NULL, maintain, bench.pool), 0);
    fake_await_blocked(&bench.fake, 1);
    start_waiting(&client, &bench);
    fake_release(&bench.fake, FAKE_OPEN);
    assert_int_equal(pthread_join(thread, NULL), 0);
    join(&client);
    check_ok(client.lease != NULL, &client.err);
    assert_int_equal(number(client.lease), 1);
    lease_return(client.lease);
    end(&bench);
}

static void await_idle(struct bench *bench, size_t count)
{
    while (stats(bench).idle != count)
        sched_yield();
}

// The pool's own thread opens what is to be idle, closes what was so for too long, and ends with
// the pool.
static void test_maintains_itself(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench, 3, 0);
    pool_destroy(bench.pool);
    bench.target.pool_min_idle = 1;
    bench.target.pool_idle_timeout = 60;
    bench.pool = pool_create(&bench.target, &bench.fake.connector, &bench.clock.clock);
    pool_maintain_itself(bench.pool);
    await_idle(&bench, 1);
    struct lease *first = lease(&bench);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    await_idle(&bench, 1);
    struct lease *second = lease(&bench);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    await_idle(&bench, 1);
    lease_return(first);
    lease_return(second);
    await_idle(&bench, 3);
    fake_clock_turn(&bench.clock, 61 * CLOCK_SECOND);
    await_idle(&bench, 1);
    assert_int_equal(stats(&bench).closed[CLOSE_IDLE], 2);
    assert_int_equal(stats(&bench).created, 3);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_overflow_is_handed_on),
        cmocka_unit_test(test_room_is_handed_on),
        cmocka_unit_test(test_failure_hands_room_on),
        cmocka_unit_test(test_wait_times_out_at_its_deadline),
        cmocka_unit_test(test_line_stays_whole),
        cmocka_unit_test(test_slow_server_holds_nobody_up),
        cmocka_unit_test(test_slow_return_holds_nobody_up),
        cmocka_unit_test(test_slow_close_holds_nobody_up),
        cmocka_unit_test(test_nobody_waits_any_more),
        cmocka_unit_test(test_idle_one_is_handed_over),
        cmocka_unit_test(test_maintains_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
