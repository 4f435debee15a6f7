// Rows on their way through `--each`, in a ring of fixed size: the reader fills, workers take some
// in their order and finish them in any, the writer takes those that are done, in order or not.
// Long rows fill it before it is full of them. Thread-safe.
#ifndef MARSH_CALL_RING_H
#define MARSH_CALL_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"

struct ring;
struct value;

enum task_state { TASK_FREE, TASK_READY, TASK_RUNNING, TASK_DONE, TASK_WRITTEN };

enum task_fate {
    FATE_DONE,
    FATE_FAILED,
    FATE_UNKNOWN, // it may have been carried out or not
    FATE_UNSENT,  // the server never got it
};

// Whoever has it in hand owns it; the state is the ring's.
struct task {
    enum task_state state;
    uint64_t number;
    size_t line;
    struct buf raw;       // the row as it was
    uint64_t offset;      // in the input, where it ends
    uint64_t hash;        // of the input up to there
    struct buf bytes;     // of the values
    struct value *values; // one a column
    bool *absent;
    struct buf result; // the line of output
    size_t held;       // bytes of it that the ring counts
    enum task_fate fate;
    struct error err;
};

struct ring *ring_create(size_t size, size_t columns);
void ring_destroy(struct ring *ring); // takes NULL; nobody uses it any more

// The reader. A free task, or NULL once the ring is stopped; then ring_put, as ready or as done.
struct task *ring_get_free(struct ring *ring);
void ring_put(struct ring *ring, struct task *task, enum task_state state);
// Nothing more will be put.
void ring_end(struct ring *ring);

// A worker. Up to `most` tasks that follow each other, fewer at the end; 0 when there will be none.
// `claim` is called for them before anyone else takes any; where it fails the ring is stopped.
typedef bool (*ring_claim)(void *data, const struct task *first, const struct task *last);
size_t ring_take(struct ring *ring, size_t most, struct task **tasks, ring_claim claim, void *data);
void ring_finish(struct ring *ring, struct task *const *tasks, size_t count);

// From now on nothing is taken any more.
void ring_stop(struct ring *ring);

enum ring_front { RING_TASK, RING_LATER, RING_OVER };
// The writer. The next task that is done, waited for until the deadline; then ring_release.
enum ring_front ring_get_done(struct ring *ring, bool any, int64_t deadline, struct task **task);
void ring_release(struct ring *ring, struct task *task);

#endif
