// Errands: who waits for one can leave at any moment, from the first on.
#include "marsh/session/errand.h"

#include <pthread.h>
#include <sched.h>

#include "marsh/base/clock.h"
#include "marsh/session/cancel.h"
#include "support.h"

enum { ROUNDS = 300 };

// Work that goes on until its caller has left it. Outlives the round in which it was left.
struct stay {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool left;
    bool dropped;
};

static void stay_until_left(void *data)
{
    struct stay *stay = data;
    const struct clock *clock = clock_monotonic();
    int64_t deadline = clock_now(clock) + 10 * CLOCK_SECOND;
    pthread_mutex_lock(&stay->lock);
    while (!stay->left && clock_wait(clock, &stay->change, &stay->lock, deadline)) {
    }
    pthread_mutex_unlock(&stay->lock);
}

static void note(struct stay *stay, bool *what)
{
    pthread_mutex_lock(&stay->lock);
    *what = true;
    pthread_cond_broadcast(&stay->change);
    pthread_mutex_unlock(&stay->lock);
}

static void leave(void *data)
{
    struct stay *stay = data;
    note(stay, &stay->left);
}

static void drop(void *data)
{
    struct stay *stay = data;
    note(stay, &stay->dropped);
}

static void await_drop(struct stay *stay)
{
    pthread_mutex_lock(&stay->lock);
    while (!stay->dropped)
        pthread_cond_wait(&stay->change, &stay->lock);
    pthread_mutex_unlock(&stay->lock);
}

static void stay_init(struct stay *stay)
{
    *stay = (struct stay){0};
    pthread_mutex_init(&stay->lock, NULL);
    clock_condition_init(&stay->change);
}

static void stay_finish(struct stay *stay)
{
    pthread_cond_destroy(&stay->change);
    pthread_mutex_destroy(&stay->lock);
}

static const struct errand staying = {stay_until_left, leave, drop};

static void *fire_at_once(void *data)
{
    struct cancel *cancel = data;
    while (!cancel_is_running(cancel))
        sched_yield();
    cancel_fire(cancel);
    return NULL;
}

static void test_a_signal_of_the_first_moment_is_not_lost(void **state)
{
    (void) state;
    struct cancel *cancel = cancel_create();
    cancel_set_attended(cancel, true);
    for (int i = 0; i < ROUNDS; i++) {
        struct stay stay;
        stay_init(&stay);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, fire_at_once, cancel), 0);
        assert_false(errand_run(&staying, &stay, cancel));
        pthread_join(thread, NULL);
        await_drop(&stay);
        stay_finish(&stay);
        cancel_reset(cancel);
    }
    cancel_destroy(cancel);
}

static void test_who_was_interrupted_before_leaves_at_once(void **state)
{
    (void) state;
    struct cancel *cancel = cancel_create();
    cancel_set_attended(cancel, true);
    cancel_fire(cancel);
    struct stay stay;
    stay_init(&stay);
    assert_false(errand_run(&staying, &stay, cancel));
    await_drop(&stay);
    assert_true(stay.left);
    stay_finish(&stay);
    cancel_destroy(cancel);
}

static void count(void *data)
{
    ++*(int *) data;
}

static void test_work_is_done_once_attended_or_not(void **state)
{
    (void) state;
    static const struct errand counting = {count, count, count};
    struct cancel *cancel = cancel_create();
    int times = 0;
    assert_true(errand_run(&counting, &times, cancel));
    assert_int_equal(times, 1);
    cancel_set_attended(cancel, true);
    assert_true(errand_run(&counting, &times, cancel));
    assert_int_equal(times, 2);
    cancel_destroy(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signal_of_the_first_moment_is_not_lost),
        cmocka_unit_test(test_who_was_interrupted_before_leaves_at_once),
        cmocka_unit_test(test_work_is_done_once_attended_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
