// Texts that run side by side, each on a session of its own, with whole outputs in their order.
#ifndef MARSH_BATCH_PARALLEL_H
#define MARSH_BATCH_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;

// At most so many at a time. All are run, whatever becomes of the others; each failure but the last
// is shown, and that is the error. Ctrl-C ends them all.
bool parallel_run(struct context *context, char *const *texts, size_t count, size_t most,
                  struct error *err);

#endif
