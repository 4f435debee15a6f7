// Scripts: files, standard input, -e. Each statement knows where it stands, and an error says so.
// A script stops at its first error; with the context's `force` set it shows the error, counts it
// and goes on, unless the connection was lost or the user interrupted.
#ifndef MARSH_BATCH_BATCH_H
#define MARSH_BATCH_BATCH_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;

// `name` is what errors call the place: "-e", "stdin", a file's path.
bool batch_run_text(struct context *context, const char *name, const char *text, size_t len,
                    struct error *err);
bool batch_run_fd(struct context *context, const char *name, int fd, struct error *err);
// A context's source_function; a file that is being read already is not read again within itself.
bool batch_run_file(struct context *context, const char *path, struct error *err);

#endif
