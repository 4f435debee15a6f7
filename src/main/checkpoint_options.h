// --checkpoint of scripts: what it goes with, and what it knows its scripts by.
#ifndef MARSH_MAIN_CHECKPOINT_OPTIONS_H
#define MARSH_MAIN_CHECKPOINT_OPTIONS_H

#include <stdbool.h>

struct context;
struct error;
struct options;
struct target;

// ERROR_USAGE for options that can't be meant together. One of a call is the call's affair.
bool checkpoint_options_check(const struct options *options, bool interactive, struct error *err);
// Begins it for a run of scripts where it is asked for; see batch/checkpoint.h.
bool checkpoint_options_begin(const struct options *options, const struct target *target,
                              struct context *context, struct error *err);

#endif
