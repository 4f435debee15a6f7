// Lanes that run beside each other, so many at a time, until all are over or the user has enough of
// it. What they are for, and what becomes of their results, is the owner's affair, who calls all of
// this in one thread.
#ifndef MARSH_COMMAND_CREW_H
#define MARSH_COMMAND_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/command/lane.h"

struct context;
struct crew;
struct error;

struct crew_plan {
    size_t count;
    size_t most;     // at a time
    bool unordered;  // crew_next tells those that are over as they are, not in their order
    int64_t timeout; // microseconds until one is cancelled, 0: none
    // Makes the lane of that number, and what it works with.
    struct lane *(*open)(void *data, size_t index, void **work_data, struct error *err);
    lane_work work;
    void *data; // of open
};

// From now on a Ctrl-C of the context's cancels them all.
struct crew *crew_create(struct context *context, const struct crew_plan *plan);
// Ends them first. Takes NULL.
void crew_destroy(struct crew *crew);

// Begins as many as may be, and waits for the next that is over; each is told once, and there are
// as many of them as the plan says. ERROR_CANCELLED after a Ctrl-C.
bool crew_next(struct crew *crew, size_t *index, struct error *err);
// Begins no more, cancels those that run unless that was done, and waits for them.
void crew_end(struct crew *crew);

bool crew_was_interrupted(struct crew *crew);
// NULL where it was not begun.
struct lane *crew_lane(const struct crew *crew, size_t index);
bool crew_was_told(const struct crew *crew, size_t index);
// Whether its time was over before it was.
bool crew_was_late(const struct crew *crew, size_t index);

#endif
