// The server program behind a scratch server: finding it, making a data directory, starting it.
#ifndef MARSH_SCRATCH_SERVER_H
#define MARSH_SCRATCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct error;

// Makes the system tables in an empty folder.
bool server_bootstrap(const char *data, struct error *err);
// Starts it in a session of its own, its messages in the file `log`.
bool server_spawn(const char *data, const char *socket, const char *log, pid_t *pid,
                  struct error *err);
// Whether a server answers on the socket: it greets whoever connects.
bool server_greets(const char *socket, int timeout_ms);
// Whether the process lives and is a server of that data directory.
bool server_is(pid_t pid, const char *data);

#endif
