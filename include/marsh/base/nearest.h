// The known name nearest to a mistyped one, for error messages.
#ifndef MARSH_BASE_NEAREST_H
#define MARSH_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *typed;
    const char *name; // the best so far, or NULL; borrowed from what was offered
    size_t distance;
};

// Both texts are borrowed until the result has been read.
void nearest_init(struct nearest *nearest, const char *typed);
void nearest_offer(struct nearest *nearest, const char *name);
// The best one, or NULL if none is near enough to be meant.
const char *nearest_get(const struct nearest *nearest);

#endif
