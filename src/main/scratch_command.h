// `marsh scratch`: its verbs, of which demo goes through the main trip.
#ifndef MARSH_MAIN_SCRATCH_COMMAND_H
#define MARSH_MAIN_SCRATCH_COMMAND_H

#include <stdbool.h>

struct buf;
struct error;
struct options;

// Does what the words say; what there is to print is appended. *demo: the server is up, and the
// demo's script is to be run there.
bool scratch_command(const struct options *options, struct buf *out, bool *demo, struct error *err);
// Turns `scratch demo NAME` into a run of that script.
void scratch_prepare_demo(struct options *options);

#endif
