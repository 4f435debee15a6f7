// The watchdog: it bites at a deadline and not before, again where that is wanted, and never once
// it was called off.
#include "marsh/base/watchdog.h"

#include <sched.h>

#include "fake.h"

struct bench {
    struct fake_clock clock;
    struct watchdog *watchdog;
};

struct victim {
    struct limit limit;
    atomic_uint bites;
    unsigned wanted;
};

static void begin(struct bench *bench)
{
    fake_clock_init(&bench->clock);
    bench->watchdog = watchdog_create(&bench->clock.clock);
}

static int64_t bite(void *data)
{
    struct victim *victim = data;
    return atomic_fetch_add(&victim->bites, 1) + 1 < victim->wanted ? 3 * CLOCK_SECOND : 0;
}

static void start(struct bench *bench, struct victim *victim, unsigned wanted, int64_t after)
{
    atomic_init(&victim->bites, 0);
    victim->wanted = wanted;
    watchdog_begin(bench->watchdog, &victim->limit, clock_now(&bench->clock.clock) + after, bite,
                   victim);
}

static unsigned stop(struct bench *bench, struct victim *victim)
{
    return watchdog_end(bench->watchdog, &victim->limit);
}

static void await_bites(struct victim *victim, unsigned count)
{
    while (atomic_load(&victim->bites) != count)
        sched_yield();
}

static void test_never_used(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    watchdog_destroy(bench.watchdog);
    watchdog_destroy(NULL);
}

static void test_called_off_in_time(void **state)
{
    (void) state;
    struct bench bench;
    struct victim victim;
    begin(&bench);
    start(&bench, &victim, 2, 10 * CLOCK_SECOND);
    fake_clock_turn(&bench.clock, 10 * CLOCK_SECOND - 1);
    assert_int_equal(stop(&bench, &victim), 0);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    watchdog_destroy(bench.watchdog);
    assert_int_equal(atomic_load(&victim.bites), 0);
}

static void test_bites_at_its_deadline(void **state)
{
    (void) state;
    struct bench bench;
    struct victim victim;
    begin(&bench);
    start(&bench, &victim, 1, 10 * CLOCK_SECOND);
    fake_clock_turn(&bench.clock, 10 * CLOCK_SECOND);
    await_bites(&victim, 1);
    // Once is enough for this one.
    fake_clock_turn(&bench.clock, 3600 * CLOCK_SECOND);
    assert_int_equal(stop(&bench, &victim), 1);
    watchdog_destroy(bench.watchdog);
}

static void test_bites_at_once_where_it_is_late(void **state)
{
    (void) state;
    struct bench bench;
    struct victim victim;
    begin(&bench);
    start(&bench, &victim, 1, -CLOCK_SECOND);
    await_bites(&victim, 1);
    assert_int_equal(stop(&bench, &victim), 1);
    watchdog_destroy(bench.watchdog);
}

static void test_bites_again(void **state)
{
    (void) state;
    struct bench bench;
    struct victim victim;
    begin(&bench);
    start(&bench, &victim, 3, CLOCK_SECOND);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    await_bites(&victim, 1);
    fake_clock_turn(&bench.clock, 3 * CLOCK_SECOND);
    await_bites(&victim, 2);
    fake_clock_turn(&bench.clock, 3 * CLOCK_SECOND - 1);
    assert_int_equal(stop(&bench, &victim), 2);
    watchdog_destroy(bench.watchdog);
}

// Whichever was begun first, each has its own deadline; one that was called off holds up no other.
static void test_several(void **state)
{
    (void) state;
    struct bench bench;
    struct victim late;
    struct victim early;
    struct victim next;
    begin(&bench);
    start(&bench, &late, 1, 10 * CLOCK_SECOND);
    start(&bench, &early, 1, 2 * CLOCK_SECOND);
    start(&bench, &next, 1, 4 * CLOCK_SECOND);
    fake_clock_turn(&bench.clock, 2 * CLOCK_SECOND);
    await_bites(&early, 1);
    assert_int_equal(stop(&bench, &early), 1);
    assert_int_equal(stop(&bench, &next), 0);
    start(&bench, &early, 1, CLOCK_SECOND);
    fake_clock_turn(&bench.clock, CLOCK_SECOND);
    await_bites(&early, 1);
    assert_int_equal(atomic_load(&late.bites), 0);
    fake_clock_turn(&bench.clock, 7 * CLOCK_SECOND);
    await_bites(&late, 1);
    assert_int_equal(stop(&bench, &late), 1);
    assert_int_equal(stop(&bench, &early), 1);
    assert_int_equal(atomic_load(&next.bites), 0);
    watchdog_destroy(bench.watchdog);
}

// After it has had nothing to do it is woken for the next.
static void test_wakes_up_again(void **state)
{
    (void) state;
    struct bench bench;
    struct victim victim;
    begin(&bench);
    for (int i = 0; i < 20; i++) {
        start(&bench, &victim, 1, CLOCK_SECOND);
        fake_clock_turn(&bench.clock, CLOCK_SECOND);
        await_bites(&victim, 1);
        assert_int_equal(stop(&bench, &victim), 1);
    }
    watchdog_destroy(bench.watchdog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_used),
        cmocka_unit_test(test_called_off_in_time),
        cmocka_unit_test(test_bites_at_its_deadline),
        cmocka_unit_test(test_bites_at_once_where_it_is_late),
        cmocka_unit_test(test_bites_again),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_wakes_up_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
