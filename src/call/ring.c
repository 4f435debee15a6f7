#include "ring.h"

#include <pthread.h>
#include <stdlib.h>

#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/data/value.h"

enum { HELD_MAX = 16 << 20, KEEP_MAX = 64 << 10 };

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t room;  // for the reader
    pthread_cond_t ready; // for workers
    pthread_cond_t done;  // for the writer
    struct task *tasks;
    size_t size;
    // Counted from the beginning; a task's place is the number modulo the size.
    uint64_t head; // the first that is not written
    uint64_t next; // the first that may be taken
    uint64_t tail; // the first that is free
    size_t running;
    size_t columns;
    size_t held; // bytes of rows and results
    bool ended;
    bool stopped;
};

struct ring *ring_create(size_t size, size_t columns)
{
    struct ring *ring = mem_calloc(1, sizeof(*ring));
    pthread_mutex_init(&ring->lock, NULL);
    clock_condition_init(&ring->room);
    clock_condition_init(&ring->ready);
    clock_condition_init(&ring->done);
    ring->size = size;
    ring->tasks = mem_calloc(size, sizeof(*ring->tasks));
    ring->columns = columns;
    return ring;
}

void ring_destroy(struct ring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < ring->size && i < ring->tail + 1; i++) {
        struct task *task = &ring->tasks[i];
        buf_finish(&task->raw);
        buf_finish(&task->bytes);
        buf_finish(&task->result);
        error_finish(&task->err);
        free(task->values);
        free(task->absent);
    }
    free(ring->tasks);
    pthread_cond_destroy(&ring->room);
    pthread_cond_destroy(&ring->ready);
    pthread_cond_destroy(&ring->done);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

static struct task *at(const struct ring *ring, uint64_t place)
{
    return &ring->tasks[place % ring->size];
}

// Of tasks, or of bytes: memory is bounded by neither alone.
static bool is_full(const struct ring *ring)
{
    return ring->tail - ring->head == ring->size || ring->held > HELD_MAX;
}

static void hold(struct ring *ring, struct task *task, size_t bytes)
{
    task->held += bytes;
    ring->held += bytes;
}

static void shrink(struct buf *buf)
{
    if (buf->cap > KEEP_MAX)
        buf_finish(buf);
}

static void let_go(struct ring *ring, struct task *task)
{
    ring->held -= task->held;
    task->held = 0;
    shrink(&task->raw);
    shrink(&task->bytes);
    shrink(&task->result);
    task->state = TASK_FREE;
}

struct task *ring_get_free(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    while (!ring->stopped && is_full(ring))
        pthread_cond_wait(&ring->room, &ring->lock);
    struct task *task = ring->stopped ? NULL : at(ring, ring->tail);
    pthread_mutex_unlock(&ring->lock);
    // Room for values is made when it is needed: a ring for large batches may never be full.
    if (task != NULL && task->values == NULL) {
        task->values = mem_calloc(ring->columns, sizeof(*task->values));
        task->absent = mem_calloc(ring->columns, sizeof(*task->absent));
    }
    return task;
}

void ring_put(struct ring *ring, struct task *task, enum task_state state)
{
    pthread_mutex_lock(&ring->lock);
    task->state = state;
    hold(ring, task, task->raw.len + task->bytes.len);
    ring->tail++;
    // What is no row ends a batch, and may be what fills the ring.
    pthread_cond_signal(&ring->ready);
    if (state != TASK_READY)
        pthread_cond_signal(&ring->done);
    pthread_mutex_unlock(&ring->lock);
}

void ring_end(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->ended = true;
    pthread_cond_broadcast(&ring->ready);
    pthread_cond_signal(&ring->done);
    pthread_mutex_unlock(&ring->lock);
}

static void stop(struct ring *ring)
{
    ring->stopped = true;
    pthread_cond_broadcast(&ring->ready);
    pthread_cond_signal(&ring->room);
    pthread_cond_signal(&ring->done);
}

void ring_stop(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    stop(ring);
    pthread_mutex_unlock(&ring->lock);
}

// Those in a row that can be taken together: one that was no row, or was done by an earlier run,
// parts them.
static size_t count_ready(struct ring *ring, size_t most)
{
    size_t count = 0;
    // What was no row may be written, and its place filled anew, before anyone looks for a row.
    if (ring->next < ring->head)
        ring->next = ring->head;
    while (ring->next < ring->tail && at(ring, ring->next)->state != TASK_READY)
        ring->next++;
    while (count < most && ring->next + count < ring->tail &&
           at(ring, ring->next + count)->state == TASK_READY &&
           at(ring, ring->next + count)->number == at(ring, ring->next)->number + count)
        count++;
    return count;
}

// Whether waiting could make more of them.
static bool may_grow(const struct ring *ring, size_t count)
{
    bool at_end = ring->next + count == ring->tail;
    return at_end && !ring->ended && !(is_full(ring) && count > 0);
}

size_t ring_take(struct ring *ring, size_t most, struct task **tasks, ring_claim claim, void *data)
{
    size_t count = 0;
    pthread_mutex_lock(&ring->lock);
    while (!ring->stopped && (count = count_ready(ring, most)) < most && may_grow(ring, count))
        pthread_cond_wait(&ring->ready, &ring->lock);
    count = ring->stopped ? 0 : count;
    for (size_t i = 0; i < count; i++)
        tasks[i] = at(ring, ring->next + i);
    if (count > 0 && !claim(data, tasks[0], tasks[count - 1])) {
        stop(ring);
        count = 0;
    }
    for (size_t i = 0; i < count; i++)
        tasks[i]->state = TASK_RUNNING;
    ring->next += count;
    ring->running += count;
    if (ring->next < ring->tail)
        pthread_cond_signal(&ring->ready);
    pthread_mutex_unlock(&ring->lock);
    return count;
}

void ring_finish(struct ring *ring, struct task *const *tasks, size_t count)
{
    pthread_mutex_lock(&ring->lock);
    for (size_t i = 0; i < count; i++) {
        tasks[i]->state = TASK_DONE;
        hold(ring, tasks[i], tasks[i]->result.len);
    }
    ring->running -= count;
    pthread_cond_signal(&ring->done);
    pthread_mutex_unlock(&ring->lock);
}

static struct task *find_done(const struct ring *ring, bool any)
{
    for (uint64_t place = ring->head; place < ring->tail; place++) {
        struct task *task = at(ring, place);
        if (task->state == TASK_DONE)
            return task;
        // After a stop nothing is told of what comes behind the rows that were begun.
        bool never = ring->stopped && task->state == TASK_READY;
        if (never || (!any && task->state != TASK_WRITTEN))
            return NULL;
    }
    return NULL;
}

static bool is_over(const struct ring *ring)
{
    return ring->running == 0 && (ring->stopped || (ring->ended && ring->head == ring->tail));
}

enum ring_front ring_get_done(struct ring *ring, bool any, int64_t deadline, struct task **task)
{
    const struct clock *clock = clock_monotonic();
    pthread_mutex_lock(&ring->lock);
    bool in_time = true;
    while ((*task = find_done(ring, any)) == NULL && !is_over(ring) && in_time)
        in_time = clock_wait(clock, &ring->done, &ring->lock, deadline);
    enum ring_front front = *task != NULL ? RING_TASK : is_over(ring) ? RING_OVER : RING_LATER;
    pthread_mutex_unlock(&ring->lock);
    return front;
}

void ring_release(struct ring *ring, struct task *task)
{
    pthread_mutex_lock(&ring->lock);
    task->state = TASK_WRITTEN;
    while (ring->head < ring->tail && at(ring, ring->head)->state == TASK_WRITTEN)
        let_go(ring, at(ring, ring->head++));
    pthread_cond_signal(&ring->room);
    pthread_mutex_unlock(&ring->lock);
}
