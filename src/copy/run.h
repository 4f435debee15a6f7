// The two ways of a copy, for copy.c.
#ifndef MARSH_COPY_RUN_H
#define MARSH_COPY_RUN_H

#include <stdbool.h>

struct context;
struct copy_options;
struct end;
struct ends;
struct error;

// load.c: into a table.
bool load_run(struct context *context, const struct copy_options *options, const struct ends *ends,
              struct error *err);
// unload.c: into a file, which takes its place only when it is whole.
bool unload_run(struct context *context, const struct copy_options *options,
                const struct ends *ends, struct error *err);
// The same into the context's output, in its format.
bool unload_print(struct context *context, const struct copy_options *options,
                  const struct end *from, struct error *err);

#endif
