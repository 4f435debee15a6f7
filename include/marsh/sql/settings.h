// What becomes of a SET that is run a second time, on another connection, to put back what it had
// set there: whether it leaves the same, and nothing else.
#ifndef MARSH_SQL_SETTINGS_H
#define MARSH_SQL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct dialect;

enum settings {
    SETTINGS_NONE,   // it is no SET, or not one alone
    SETTINGS_GLOBAL, // it sets nothing of the session's
    SETTINGS_SAME,   // run again it sets the same
    SETTINGS_NEXT,   // the same, for the next statement or transaction alone
    SETTINGS_OTHER,  // nobody knows: it computes from data, time or what was done, or sets more
};

// Whether an @variable has a value that can't be had again.
typedef bool (*settings_is_lost)(void *data, const char *name);

// `is_lost` may be NULL.
enum settings settings_read(const char *text, size_t len, const struct dialect *dialect,
                            settings_is_lost is_lost, void *data);

#endif
