// Does something once a deadline has passed, unless that was called off before. For as many things
// at a time as are wanted, a watchdog has one thread, which starts with the first of them and
// sleeps through those that end in time.
#ifndef MARSH_BASE_WATCHDOG_H
#define MARSH_BASE_WATCHDOG_H

#include <stdint.h>

struct clock;
struct watchdog;

// What it does. Returns after how many microseconds it wants to be called again, 0 for never.
typedef int64_t (*watchdog_bite)(void *data);

// A deadline and what is done then; on the caller's stack, say. The members are the watchdog's.
struct limit {
    int64_t deadline;
    watchdog_bite bite;
    void *data;
    unsigned bites;
    struct limit *next;
};

// The clock is borrowed. The thread has the signals blocked that its starter has blocked; where
// none can be started, nothing is limited.
struct watchdog *watchdog_create(const struct clock *clock);
// Every limit must have ended. Takes NULL.
void watchdog_destroy(struct watchdog *watchdog);

void watchdog_begin(struct watchdog *watchdog, struct limit *limit, int64_t deadline,
                    watchdog_bite bite, void *data);
// Calls it off, and waits where it bites just now. Returns how often it has bitten.
unsigned watchdog_end(struct watchdog *watchdog, struct limit *limit);

#endif
