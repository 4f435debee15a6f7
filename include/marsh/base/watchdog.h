// Does something once a deadline has passed, in a thread of its own, unless it is stopped before.
#ifndef MARSH_BASE_WATCHDOG_H
#define MARSH_BASE_WATCHDOG_H

#include <stdint.h>

struct clock;
struct watchdog;

// What it does. Returns after how many microseconds it wants to be called again, 0 for never.
typedef int64_t (*watchdog_bite)(void *data);

// The thread has the signals blocked that its starter has blocked. Where none can be started,
// nothing is limited.
struct watchdog *watchdog_start(const struct clock *clock, int64_t deadline, watchdog_bite bite,
                                void *data);
// Ends it, and waits where it bites just now. Returns how often it has bitten. Takes NULL.
unsigned watchdog_stop(struct watchdog *watchdog);

#endif
