// Ends a statement that takes too long: fires the cancel token when its time is over, and once more
// where the statement goes on all the same.
#ifndef MARSH_CALL_WATCHDOG_H
#define MARSH_CALL_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct cancel;
struct error;
struct watchdog;

// NULL for a timeout of 0.
struct watchdog *watchdog_start(struct cancel *cancel, int64_t timeout);
// Ends it; true where it has fired. Then the token is reset, unless it was fired by others too.
// Takes NULL.
bool watchdog_stop(struct watchdog *watchdog);

#endif
