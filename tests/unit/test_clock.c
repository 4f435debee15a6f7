// The real clock: it goes forward, and a wait on it ends by a signal or at its deadline. How long
// anything takes is not looked at.
#include "marsh/base/clock.h"

#include "support.h"

struct bell {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool rung;
};

static void begin(struct bell *bell)
{
    assert_int_equal(pthread_mutex_init(&bell->mutex, NULL), 0);
    clock_condition_init(&bell->condition);
    bell->rung = false;
}

static void end(struct bell *bell)
{
    pthread_cond_destroy(&bell->condition);
    pthread_mutex_destroy(&bell->mutex);
}

static void test_never_goes_back(void **state)
{
    (void) state;
    const struct clock *clock = clock_monotonic();
    int64_t last = clock_now(clock);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_now(clock);
        assert_true(now >= last);
        last = now;
    }
    // Microseconds: a thousand readings tick on sooner or later.
    while (clock_now(clock) == last) {
    }
    assert_ptr_equal(clock_monotonic(), clock);
}

static void test_wait_ends_at_its_deadline(void **state)
{
    (void) state;
    const struct clock *clock = clock_monotonic();
    struct bell bell;
    begin(&bell);
    assert_int_equal(pthread_mutex_lock(&bell.mutex), 0);
    // One that has passed already, and one that is soon to come, on the second's edge or not.
    assert_false(clock_wait(clock, &bell.condition, &bell.mutex, clock_now(clock) - CLOCK_SECOND));
    for (int64_t i = 0; i < 20; i++) {
        int64_t deadline = clock_now(clock) + i * 50;
        while (clock_wait(clock, &bell.condition, &bell.mutex, deadline)) {
        }
        assert_true(clock_now(clock) >= deadline);
    }
    assert_int_equal(pthread_mutex_unlock(&bell.mutex), 0);
    end(&bell);
}

static void *ring(void *data)
{
    struct bell *bell = data;
    pthread_mutex_lock(&bell->mutex); // given free by the wait
    bell->rung = true;
    pthread_cond_signal(&bell->condition);
    pthread_mutex_unlock(&bell->mutex);
    return NULL;
}

static void test_wait_ends_by_a_signal(void **state)
{
    (void) state;
    const struct clock *clock = clock_monotonic();
    struct bell bell;
    pthread_t thread;
    begin(&bell);
    assert_int_equal(pthread_mutex_lock(&bell.mutex), 0);
    assert_int_equal(pthread_create(&thread, NULL, ring, &bell), 0);
    int64_t deadline = clock_now(clock) + 3600 * CLOCK_SECOND;
    while (!bell.rung)
        assert_true(clock_wait(clock, &bell.condition, &bell.mutex, deadline));
    assert_int_equal(pthread_mutex_unlock(&bell.mutex), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    end(&bell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_goes_back),
        cmocka_unit_test(test_wait_ends_at_its_deadline),
        cmocka_unit_test(test_wait_ends_by_a_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
