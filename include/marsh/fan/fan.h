// The same work on many targets at once: each in a lane with a pool of its own, the rows of all in
// one output, each with its target in front.
#ifndef MARSH_FAN_FAN_H
#define MARSH_FAN_FAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/command/lane.h"

struct context;
struct error;
struct target;

struct fan_options {
    size_t most;     // targets at a time; 0: FAN_MOST
    bool bare;       // rows without their target
    bool diff;       // only the rows that not all targets have
    bool unordered;  // targets as they are done, not in their order
    int64_t timeout; // microseconds for each, 0: none
};

enum { FAN_MOST = 32 };

// What is done on each target, in a context of its own; results go to its tape.
typedef lane_work fan_work;

// targets: what they are called, and themselves. All are tried, whatever becomes of the others:
// each failure is shown when its turn comes, with its target in front, and then how many there
// were. The error is that, of the first failure's kind. With `diff`, the context's exit status is 1
// where they differ.
struct fan_target {
    const char *name;
    const struct target *target;
    const struct error *failure; // it has failed before anything was done on it; NULL: not so
};
bool fan_run(struct context *context, const struct fan_target *targets, size_t count,
             const struct fan_options *options, fan_work work, void *data, struct error *err);

#endif
