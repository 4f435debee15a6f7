// The server program behind a scratch server: finding it, making a data directory, starting it.
#ifndef MARSH_SCRATCH_SERVER_H
#define MARSH_SCRATCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct error;

// Makes the system tables in an empty folder. `tmp` is a folder that no other server uses: one that
// starts removes the temporary tables it finds. The process dies with its parent, and holds `lock`
// until it has, so that nobody else comes near the folder before.
bool server_bootstrap(const char *data, const char *tmp, int lock, struct error *err);
// Starts it in a session of its own, its messages in the file `log`, its process id and the socket
// in the file `record`: "PID\nSOCKET\n". That is written before there is a server.
bool server_spawn(const char *data, const char *tmp, const char *socket, const char *log,
                  const char *record, pid_t *pid, struct error *err);
// The first error in a server's log, for a message; the caller frees it.
char *server_log_error(const char *log);
// Whether a server of this user's own answers on the socket: it greets whoever connects.
bool server_greets(const char *socket, int timeout_ms);
// Whether the process lives and is a server of that data directory.
bool server_is(pid_t pid, const char *data);

#endif
