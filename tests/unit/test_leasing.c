// Waits that a statement's cancelling can't reach: whoever waits for a lease, or for one to be
// cleaned, can leave, and what goes on without him ends well in the pool.
#include "marsh/session/leasing.h"

#include <pthread.h>
#include <sched.h>

#include "fake.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"

struct bench {
    struct fake fake;
    struct target target;
    struct pool *pool;
    struct cancel *cancel;
    pthread_t thread;
    struct lease *lease; // what the thread has taken, or gives back
    bool ok;
    struct error err;
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){.err = ERROR_INIT};
    fake_init(&bench->fake);
    target_init(&bench->target);
    bench->target.pool_size = 1;
    bench->target.max_overflow = 0;
    bench->pool = pool_create(&bench->target, &bench->fake.connector, clock_monotonic());
    bench->cancel = cancel_create();
    cancel_set_attended(bench->cancel, true);
}

static void await_counts(struct bench *bench, size_t idle, size_t leased, size_t waiting)
{
    struct pool_stats stats;
    do {
        sched_yield();
        pool_get_stats(bench->pool, &stats);
    } while (stats.idle != idle || stats.leased != leased || stats.waiting != waiting);
}

static void end(struct bench *bench)
{
    // An errand may just be about to let go of it.
    bool ended = pool_destroy(bench->pool);
    while (!ended && fake_open_count(&bench->fake) > 0)
        sched_yield();
    cancel_destroy(bench->cancel);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
    error_finish(&bench->err);
}

static void *take(void *data)
{
    struct bench *bench = data;
    bench->ok = leasing_take(bench->pool, "one", bench->cancel, &bench->lease, &bench->err);
    return NULL;
}

static void *give_back(void *data)
{
    struct bench *bench = data;
    leasing_return(bench->lease, false, bench->cancel);
    return NULL;
}

static void start(struct bench *bench, void *(*work)(void *data))
{
    assert_int_equal(pthread_create(&bench->thread, NULL, work, bench), 0);
}

static void fire_and_join(struct bench *bench)
{
    while (!cancel_fire(bench->cancel))
        sched_yield();
    assert_int_equal(pthread_join(bench->thread, NULL), 0);
}

static void check_left(struct bench *bench)
{
    assert_false(bench->ok);
    check_error(&bench->err, ERROR_CANCELLED, "interrupted before it was sent");
}

// The connection goes on being opened until the plan is released.
static void leave_while_it_opens(struct bench *bench)
{
    fake_plan(&bench->fake, FAKE_OPEN, FAKE_BLOCKS(NULL));
    start(bench, take);
    fake_await_blocked(&bench->fake, 1);
    fire_and_join(bench);
    check_left(bench);
}

static void test_nobody_leaves(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    take(&bench);
    check_ok(bench.ok, &bench.err);
    give_back(&bench);
    await_counts(&bench, 1, 0, 0);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    end(&bench);
}

static void test_a_connection_that_is_being_opened_stays_for_others(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    leave_while_it_opens(&bench);
    fake_release(&bench.fake, FAKE_OPEN);
    await_counts(&bench, 1, 0, 0);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    end(&bench);
}

// Its owner is gone by the time the connection is there.
static void test_the_pool_outlives_its_owner(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    leave_while_it_opens(&bench);
    assert_false(pool_destroy(bench.pool));
    fake_release(&bench.fake, FAKE_OPEN);
    while (fake_count(&bench.fake, FAKE_CLOSE) == 0)
        sched_yield();
    bench.pool = NULL;
    end(&bench);
}

static void test_who_leaves_the_line_is_not_in_it(void **state)
{
    (void) state;
    struct bench bench;
    struct lease *only;
    begin(&bench);
    assert_true(pool_lease(bench.pool, &(struct pool_request){.who = "holder"}, &only, &bench.err));
    start(&bench, take);
    await_counts(&bench, 0, 1, 1);
    fire_and_join(&bench);
    check_left(&bench);
    await_counts(&bench, 0, 1, 0);
    lease_return(only);
    await_counts(&bench, 1, 0, 0);
    struct pool_stats stats;
    pool_get_stats(bench.pool, &stats);
    assert_int_equal(stats.timeouts, 0);
    assert_int_equal(stats.leases, 1);
    end(&bench);
}

static void test_a_lease_is_cleaned_without_its_holder(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    take(&bench);
    fake_plan(&bench.fake, FAKE_RESET, FAKE_BLOCKS(NULL));
    start(&bench, give_back);
    fake_await_blocked(&bench.fake, 1);
    fire_and_join(&bench);
    fake_release(&bench.fake, FAKE_RESET);
    await_counts(&bench, 1, 0, 0);
    end(&bench);
}

// Nothing is begun any more; but what is held is given back all the same.
static void test_fired_before(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    take(&bench);
    cancel_fire(bench.cancel);
    give_back(&bench);
    await_counts(&bench, 1, 0, 0);
    check_calls(&bench.fake, "open 1\nreset 1\n");
    take(&bench);
    check_left(&bench);
    check_calls(&bench.fake, "");
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_leaves),
        cmocka_unit_test(test_a_connection_that_is_being_opened_stays_for_others),
        cmocka_unit_test(test_the_pool_outlives_its_owner),
        cmocka_unit_test(test_who_leaves_the_line_is_not_in_it),
        cmocka_unit_test(test_a_lease_is_cleaned_without_its_holder),
        cmocka_unit_test(test_fired_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
