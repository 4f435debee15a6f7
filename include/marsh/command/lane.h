// Work beside other work: a thread with a context of its own, made after another's, and so with a
// session, variables, token and output of its own. What it prints is held back until its owner
// wants it; where it keeps results they are on a tape. Create, start and destroy in one thread.
#ifndef MARSH_COMMAND_LANE_H
#define MARSH_COMMAND_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct context;
struct error;
struct lane;
struct manager;
struct tape;
struct target;

// What is done in the lane's thread, with the lane's context.
typedef bool (*lane_work)(struct context *context, void *data, struct error *err);
// Called in the lane's thread when the work is over.
typedef void (*lane_end)(void *data);

// Its session is opened with that name in the manager, which is used for nothing else meanwhile
// but in the caller's thread; it connects when the work begins. keeps: results go to the tape
// instead of being rendered. NULL with an error where nothing can be held back.
struct lane *lane_create(const struct context *parent, struct manager *manager,
                         const struct target *target, const char *name, bool keeps,
                         struct error *err);
// Cancels what runs, and waits for it. Takes NULL.
void lane_destroy(struct lane *lane);

bool lane_start(struct lane *lane, lane_work work, void *data, lane_end end, void *end_data,
                struct error *err);
// Any thread. As a Ctrl-C: the first ends the statement, the second the connection.
void lane_cancel(struct lane *lane);
bool lane_is_over(struct lane *lane);
// When it began and, once it is over, ended; monotonic.
void lane_times(struct lane *lane, int64_t *began, int64_t *ended);
// So far; from any thread.
uint64_t lane_rows(const struct lane *lane);

// Once it is over; borrowed.
bool lane_went_well(const struct lane *lane);
const struct error *lane_error(const struct lane *lane);
struct context *lane_context(struct lane *lane);
struct tape *lane_tape(struct lane *lane);
// What was said that would have gone to standard error.
struct buf *lane_messages(struct lane *lane);

#endif
