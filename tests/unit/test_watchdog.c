// The watchdog: it bites at its deadline and not before, again where it wants to, and never once it
// was stopped.
#include "marsh/base/watchdog.h"

#include <sched.h>

#include "fake.h"

struct victim {
    struct fake_clock clock;
    atomic_uint bites;
    unsigned wanted;
};

static int64_t bite(void *data)
{
    struct victim *victim = data;
    return atomic_fetch_add(&victim->bites, 1) + 1 < victim->wanted ? 3 * CLOCK_SECOND : 0;
}

static struct watchdog *start(struct victim *victim, unsigned wanted, int64_t after)
{
    fake_clock_init(&victim->clock);
    atomic_init(&victim->bites, 0);
    victim->wanted = wanted;
    const struct clock *clock = &victim->clock.clock;
    return watchdog_start(clock, clock_now(clock) + after, bite, victim);
}

static void await_bites(struct victim *victim, unsigned count)
{
    while (atomic_load(&victim->bites) != count)
        sched_yield();
}

static void test_stopped_in_time(void **state)
{
    (void) state;
    struct victim victim;
    struct watchdog *watchdog = start(&victim, 2, 10 * CLOCK_SECOND);
    fake_clock_turn(&victim.clock, 10 * CLOCK_SECOND - 1);
    assert_int_equal(watchdog_stop(watchdog), 0);
    assert_int_equal(atomic_load(&victim.bites), 0);
    assert_int_equal(watchdog_stop(NULL), 0);
}

static void test_bites_at_its_deadline(void **state)
{
    (void) state;
    struct victim victim;
    struct watchdog *watchdog = start(&victim, 1, 10 * CLOCK_SECOND);
    fake_clock_turn(&victim.clock, 10 * CLOCK_SECOND);
    await_bites(&victim, 1);
    // Once is enough for this one.
    fake_clock_turn(&victim.clock, 3600 * CLOCK_SECOND);
    assert_int_equal(watchdog_stop(watchdog), 1);
}

static void test_bites_at_once_where_it_is_late(void **state)
{
    (void) state;
    struct victim victim;
    struct watchdog *watchdog = start(&victim, 1, -CLOCK_SECOND);
    await_bites(&victim, 1);
    assert_int_equal(watchdog_stop(watchdog), 1);
}

static void test_bites_again(void **state)
{
    (void) state;
    struct victim victim;
    struct watchdog *watchdog = start(&victim, 3, CLOCK_SECOND);
    fake_clock_turn(&victim.clock, CLOCK_SECOND);
    await_bites(&victim, 1);
    fake_clock_turn(&victim.clock, 3 * CLOCK_SECOND);
    await_bites(&victim, 2);
    fake_clock_turn(&victim.clock, 3 * CLOCK_SECOND - 1);
    assert_int_equal(watchdog_stop(watchdog), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stopped_in_time),
        cmocka_unit_test(test_bites_at_its_deadline),
        cmocka_unit_test(test_bites_at_once_where_it_is_late),
        cmocka_unit_test(test_bites_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
