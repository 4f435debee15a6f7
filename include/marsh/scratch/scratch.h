// Scratch servers: private mariadbd servers of the user's own, for trying and testing. Each has a
// name, a data directory under XDG_DATA_HOME and a socket under XDG_RUNTIME_DIR, both of mode 0700,
// and no TCP port. One that a crash or a kill left behind is mended by the next start.
#ifndef MARSH_SCRATCH_SCRATCH_H
#define MARSH_SCRATCH_SCRATCH_H

#include <stdbool.h>

struct caller;
struct error;

// Starts the server of that caller, or joins it where it runs already. *socket belongs to the
// caller.
bool scratch_start(const struct caller *caller, const char *name, char **socket, struct error *err);
// Shuts it down and waits for that. One that does not run is no error; *was_running tells.
bool scratch_stop(const char *name, bool *was_running, struct error *err);
// Stops it and removes all its data. ERROR_USAGE if there is none of that name.
bool scratch_drop(const char *name, struct error *err);
// Calls back for each, in alphabetical order.
bool scratch_list(void (*each)(void *data, const char *name, bool running, const char *socket),
                  void *data, struct error *err);

#endif
