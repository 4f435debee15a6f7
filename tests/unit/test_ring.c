// The ring of `--each`: a reader, workers and a writer share it, and no row is lost, given twice or
// told out of its order, whenever it is stopped.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "../../src/call/ring.h"
#include "marsh/base/clock.h"
#include "support.h"

enum { ROWS = 3000, WORKERS = 5, BATCH_MAX = 16 };

static bool claim_any(void *data, const struct task *first, const struct task *last)
{
    (void) data, (void) first, (void) last;
    return true;
}

static bool claim_none(void *data, const struct task *first, const struct task *last)
{
    (void) data, (void) first, (void) last;
    return false;
}

static void put(struct ring *ring, uint64_t number, enum task_state state)
{
    struct task *task = ring_get_free(ring);
    assert_non_null(task);
    task->number = number;
    buf_clear(&task->raw);
    ring_put(ring, task, state);
}

// Takes the next ones, which are those from `first` on, so many.
static void take(struct ring *ring, struct task **tasks, size_t most, uint64_t first, size_t count)
{
    assert_int_equal(ring_take(ring, most, tasks, claim_any, NULL), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tasks[i]->number, first + i);
}

// The writer takes that one now, without waiting.
static void write_next(struct ring *ring, bool any, uint64_t number)
{
    struct task *task;
    assert_int_equal(ring_get_done(ring, any, 0, &task), RING_TASK);
    assert_int_equal(task->number, number);
    ring_release(ring, task);
}

static void write_none(struct ring *ring, bool any, enum ring_front front)
{
    struct task *task;
    assert_int_equal(ring_get_done(ring, any, 0, &task), front);
    assert_null(task);
}

static void test_in_order(void **state)
{
    (void) state;
    struct ring *ring = ring_create(4, 2);
    struct task *tasks[2];
    for (uint64_t i = 1; i <= 3; i++)
        put(ring, i, TASK_READY);
    take(ring, &tasks[0], 1, 1, 1);
    take(ring, &tasks[1], 1, 2, 1);
    ring_finish(ring, &tasks[1], 1);
    write_none(ring, false, RING_LATER);
    ring_finish(ring, &tasks[0], 1);
    write_next(ring, false, 1);
    write_next(ring, false, 2);
    write_none(ring, false, RING_LATER);
    ring_end(ring);
    write_none(ring, false, RING_LATER);
    take(ring, tasks, 1, 3, 1);
    ring_finish(ring, tasks, 1);
    write_next(ring, false, 3);
    write_none(ring, false, RING_OVER);
    assert_int_equal(ring_take(ring, 1, tasks, claim_any, NULL), 0);
    ring_destroy(ring);
}

static void test_in_any_order(void **state)
{
    (void) state;
    struct ring *ring = ring_create(4, 0);
    struct task *tasks[3];
    for (uint64_t i = 1; i <= 3; i++)
        put(ring, i, TASK_READY);
    for (size_t i = 0; i < 3; i++)
        take(ring, &tasks[i], 1, i + 1, 1);
    ring_finish(ring, &tasks[2], 1);
    write_next(ring, true, 3);
    ring_finish(ring, &tasks[1], 1);
    write_next(ring, true, 2);
    write_none(ring, true, RING_LATER);
    ring_finish(ring, &tasks[0], 1);
    write_next(ring, true, 1);
    ring_destroy(ring);
}

// Rows that are done from the beginning may be written, and their places filled anew, before any
// worker has looked.
static void test_places_that_are_used_again(void **state)
{
    (void) state;
    struct ring *ring = ring_create(4, 1);
    struct task *tasks[4];
    put(ring, 1, TASK_DONE);
    put(ring, 2, TASK_DONE);
    write_next(ring, false, 1);
    write_next(ring, false, 2);
    for (uint64_t i = 3; i <= 6; i++)
        put(ring, i, TASK_READY);
    take(ring, tasks, 1, 3, 1);
    take(ring, tasks + 1, 3, 4, 3);
    ring_finish(ring, tasks, 4);
    for (uint64_t i = 3; i <= 6; i++)
        write_next(ring, false, i);
    write_none(ring, false, RING_LATER);
    ring_destroy(ring);
}

static void test_batches(void **state)
{
    (void) state;
    struct ring *ring = ring_create(8, 1);
    struct task *tasks[8];
    put(ring, 1, TASK_READY);
    put(ring, 2, TASK_READY);
    put(ring, 3, TASK_DONE); // was no row
    put(ring, 4, TASK_READY);
    put(ring, 9, TASK_READY); // those between were called by another run
    put(ring, 10, TASK_READY);
    put(ring, 11, TASK_READY);
    take(ring, tasks, 3, 1, 2);
    take(ring, tasks + 2, 3, 4, 1);
    take(ring, tasks + 3, 3, 9, 3);
    put(ring, 12, TASK_READY);
    // Whatever more could come has no room.
    take(ring, tasks + 6, 3, 12, 1);
    ring_finish(ring, tasks, 7);
    write_next(ring, false, 1);
    write_next(ring, false, 2);
    write_next(ring, false, 3);
    put(ring, 13, TASK_READY);
    ring_end(ring);
    take(ring, tasks, 3, 13, 1);
    ring_destroy(ring);
}

static void test_long_rows_fill_it(void **state)
{
    (void) state;
    struct ring *ring = ring_create(100, 1);
    struct task *tasks[10];
    for (uint64_t i = 1; i <= 2; i++) {
        struct task *task = ring_get_free(ring);
        task->number = i;
        buf_reserve(&task->raw, 10 << 20);
        memset(task->raw.data, 'x', 10 << 20);
        task->raw.len = 10 << 20;
        ring_put(ring, task, TASK_READY);
    }
    take(ring, tasks, 10, 1, 2);
    ring_finish(ring, tasks, 2);
    write_next(ring, false, 1);
    // There is room again, and what was used for them is given back.
    put(ring, 3, TASK_READY);
    write_next(ring, false, 2);
    assert_int_equal(tasks[0]->raw.cap, 0);
    ring_destroy(ring);
}

static void test_a_stop(void **state)
{
    (void) state;
    struct ring *ring = ring_create(8, 1);
    struct task *tasks[2];
    for (uint64_t i = 1; i <= 4; i++)
        put(ring, i, TASK_READY);
    put(ring, 5, TASK_DONE);
    take(ring, tasks, 2, 1, 2);
    ring_stop(ring);
    assert_null(ring_get_free(ring));
    struct task *none[2];
    assert_int_equal(ring_take(ring, 2, none, claim_any, NULL), 0);
    for (int any = 0; any < 2; any++)
        write_none(ring, any != 0, RING_LATER);
    ring_finish(ring, tasks, 2);
    write_next(ring, false, 1);
    write_next(ring, true, 2);
    // Nothing is told of what comes behind a row that never was called.
    for (int any = 0; any < 2; any++)
        write_none(ring, any != 0, RING_OVER);
    ring_destroy(ring);
}

static void test_a_claim_that_fails(void **state)
{
    (void) state;
    struct ring *ring = ring_create(8, 1);
    struct task *tasks[2];
    put(ring, 1, TASK_READY);
    put(ring, 2, TASK_READY);
    take(ring, tasks, 1, 1, 1);
    assert_int_equal(ring_take(ring, 1, tasks + 1, claim_none, NULL), 0);
    assert_int_equal(ring_take(ring, 1, tasks + 1, claim_any, NULL), 0);
    assert_null(ring_get_free(ring));
    ring_finish(ring, tasks, 1);
    write_next(ring, false, 1);
    write_none(ring, false, RING_OVER);
    ring_destroy(ring);
}

static void test_a_deadline(void **state)
{
    (void) state;
    struct ring *ring = ring_create(8, 1);
    struct task *task;
    put(ring, 1, TASK_READY);
    int64_t deadline = clock_now(clock_monotonic()) + 1000;
    assert_int_equal(ring_get_done(ring, false, deadline, &task), RING_LATER);
    assert_true(clock_now(clock_monotonic()) >= deadline);
    ring_destroy(ring);
}

struct waiter {
    struct ring *ring;
    ring_claim claim;
    size_t count;
};

static void *wait_for_three(void *data)
{
    struct waiter *waiter = data;
    struct task *tasks[3];
    waiter->count = ring_take(waiter->ring, 3, tasks, waiter->claim, NULL);
    return NULL;
}

static void let_it_wait(void)
{
    for (int i = 0; i < 50; i++)
        sched_yield();
}

// Whoever waits for a whole batch is woken also by what is no row: it may be what fills the ring.
static void test_a_batch_that_no_row_ends(void **state)
{
    (void) state;
    for (int round = 0; round < 200; round++) {
        struct waiter waiter = {.ring = ring_create(3, 1), .claim = claim_any};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wait_for_three, &waiter), 0);
        put(waiter.ring, 1, TASK_READY);
        put(waiter.ring, 2, TASK_READY);
        let_it_wait();
        put(waiter.ring, 3, TASK_DONE);
        pthread_join(thread, NULL);
        assert_int_equal(waiter.count, 2);
        ring_destroy(waiter.ring);
    }
}

// A claim that fails wakes the others, who would wait for more.
static void test_a_claim_that_fails_ends_all(void **state)
{
    (void) state;
    for (int round = 0; round < 200; round++) {
        struct ring *ring = ring_create(8, 1);
        struct waiter waiters[2];
        struct task *task;
        pthread_t threads[2];
        for (size_t i = 0; i < 2; i++) {
            waiters[i] = (struct waiter){.ring = ring, .claim = claim_none, .count = 1};
            assert_int_equal(pthread_create(&threads[i], NULL, wait_for_three, &waiters[i]), 0);
        }
        let_it_wait();
        for (uint64_t i = 1; i <= 3; i++)
            put(ring, i, TASK_READY);
        assert_int_equal(ring_get_done(ring, false, INT64_MAX, &task), RING_OVER);
        for (size_t i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(waiters[i].count, 0);
        }
        ring_destroy(ring);
    }
}

// All of it at once, each in a thread of its own. Off the test's thread what is wrong is counted.
struct traffic {
    struct ring *ring;
    uint32_t seed;
    size_t batch;
    bool any;
    uint64_t stop_at; // the writer's: stops after so many; 0: never
    uint64_t fail_at; // of claims
    pthread_mutex_t lock;
    uint64_t claimed; // up to that row
    atomic_uint wrong;
    atomic_uint taken[ROWS + 1];
    unsigned written[ROWS + 1];
    uint64_t count;
};

// Some are no rows.
static bool is_row(uint64_t number)
{
    return number > 20 && number % 13 != 0;
}

static bool claim(void *data, const struct task *from, const struct task *to)
{
    uint64_t first = from->number;
    uint64_t last = to->number;
    struct traffic *traffic = data;
    pthread_mutex_lock(&traffic->lock);
    bool ok = traffic->fail_at == 0 || last < traffic->fail_at;
    if (ok) {
        atomic_fetch_add(&traffic->wrong, first <= traffic->claimed);
        for (uint64_t i = traffic->claimed + 1; i < first; i++)
            atomic_fetch_add(&traffic->wrong, is_row(i));
        traffic->claimed = last;
    }
    pthread_mutex_unlock(&traffic->lock);
    return ok;
}

static void *read_rows(void *data)
{
    struct traffic *traffic = data;
    struct task *task;
    uint64_t number = 0;
    while (number < ROWS && (task = ring_get_free(traffic->ring)) != NULL) {
        task->number = ++number;
        buf_clear(&task->raw);
        buf_printf(&task->raw, "%u", (unsigned) number);
        task->absent[0] = is_row(number);
        ring_put(traffic->ring, task, is_row(number) ? TASK_READY : TASK_DONE);
    }
    ring_end(traffic->ring);
    return NULL;
}

static void *work(void *data)
{
    struct traffic *traffic = data;
    struct task *tasks[BATCH_MAX];
    size_t count;
    while ((count = ring_take(traffic->ring, traffic->batch, tasks, claim, traffic)) > 0) {
        for (size_t i = 0; i < count; i++) {
            atomic_fetch_add(&traffic->wrong, tasks[i]->number != tasks[0]->number + i);
            atomic_fetch_add(&traffic->wrong, !tasks[i]->absent[0]);
            atomic_fetch_add(&traffic->taken[tasks[i]->number], 1);
        }
        if (tasks[0]->number % 7 == 0)
            sched_yield();
        ring_finish(traffic->ring, tasks, count);
    }
    return NULL;
}

static void write_rows(struct traffic *traffic)
{
    struct task *task;
    enum ring_front front;
    uint64_t last = 0;
    while ((front = ring_get_done(traffic->ring, traffic->any, INT64_MAX, &task)) != RING_OVER) {
        if (front == RING_LATER)
            continue;
        assert_true(traffic->any || task->number == last + 1);
        last = task->number;
        traffic->written[last]++;
        ring_release(traffic->ring, task);
        if (++traffic->count == traffic->stop_at)
            ring_stop(traffic->ring);
    }
}

static void run(struct traffic *traffic, size_t size)
{
    pthread_t threads[WORKERS + 1];
    traffic->ring = ring_create(size, 1);
    pthread_mutex_init(&traffic->lock, NULL);
    for (size_t i = 0; i < LENGTH(threads); i++) {
        void *(*what)(void *) = i == 0 ? read_rows : work;
        assert_int_equal(pthread_create(&threads[i], NULL, what, traffic), 0);
    }
    write_rows(traffic);
    for (size_t i = 0; i < LENGTH(threads); i++)
        pthread_join(threads[i], NULL);
    ring_destroy(traffic->ring);
    pthread_mutex_destroy(&traffic->lock);
    assert_int_equal(atomic_load(&traffic->wrong), 0);
    for (uint64_t i = 1; i <= ROWS; i++) {
        unsigned taken = atomic_load(&traffic->taken[i]);
        // What was called is told of; what was claimed is called.
        if (is_row(i))
            assert_int_equal(taken, i <= traffic->claimed);
        assert_true(traffic->written[i] <= 1);
        assert_true(traffic->written[i] >= taken);
    }
}

static void test_traffic(void **state)
{
    (void) state;
    uint32_t seed = 7;
    for (unsigned round = 0; round < 24; round++) {
        struct traffic *traffic = calloc(1, sizeof(*traffic));
        traffic->any = round % 2 == 1;
        traffic->batch = round % 3 == 0 ? 1 : 1 + support_random(&seed) % BATCH_MAX;
        size_t size = 1 + support_random(&seed) % 40;
        if (round >= 8 && round < 16)
            traffic->stop_at = 1 + support_random(&seed) % ROWS;
        if (round >= 16)
            traffic->fail_at = 1 + support_random(&seed) % ROWS;
        run(traffic, size);
        if (round < 8)
            assert_int_equal(traffic->count, ROWS);
        if (round >= 16)
            assert_true(traffic->claimed < traffic->fail_at);
        free(traffic);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_in_any_order),
        cmocka_unit_test(test_places_that_are_used_again),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_long_rows_fill_it),
        cmocka_unit_test(test_a_stop),
        cmocka_unit_test(test_a_claim_that_fails),
        cmocka_unit_test(test_a_deadline),
        cmocka_unit_test(test_a_batch_that_no_row_ends),
        cmocka_unit_test(test_a_claim_that_fails_ends_all),
        cmocka_unit_test(test_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
