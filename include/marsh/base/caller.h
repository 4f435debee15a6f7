// Who a run is done for: whose standard streams it reads and writes, and whose environment it looks
// things up in. NULL stands for this process itself, everywhere; a keeper's callers are other
// processes, whose descriptors it holds. Any thread may use one.
#ifndef MARSH_BASE_CALLER_H
#define MARSH_BASE_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct caller;

// Owns the descriptors, which are closed with it. environment: "NAME=value" each, NULL behind the
// last; borrowed for the caller's life.
struct caller *caller_create(int in, int out, int err, char *const *environment);
// Closes them now, for nobody uses them any more.
void caller_close(struct caller *caller);
// Takes NULL.
void caller_destroy(struct caller *caller);

int caller_in(const struct caller *caller);
int caller_out(const struct caller *caller);
int caller_err(const struct caller *caller);

// NULL where it is not set.
const char *caller_getenv(const struct caller *caller, const char *name);
// What a program that is started for it finds: all but the secrets that were for marsh. The caller
// of this function frees the list, not what is in it.
char **caller_environment(const struct caller *caller);
// Whether its locale's text is UTF-8.
bool caller_is_utf8(const struct caller *caller);

// As read(2), and write(2) until all is written, for what may wait for somebody else; interrupted
// by no signal. Once the caller is left they fail with ECANCELED and EPIPE.
ssize_t caller_read(struct caller *caller, int fd, char *bytes, size_t len);
bool caller_write(struct caller *caller, int fd, const char *bytes, size_t len);
// To its standard error; what can't be written is lost.
void caller_say(struct caller *caller, const char *text, size_t len);

// Of others alone, any thread: a program that was started for the caller, 0 for none, which gets
// the signals that are for it. False where there is none.
void caller_set_child(struct caller *caller, pid_t pid);
bool caller_signal_child(struct caller *caller, int number);
// It is stopped: nothing is read or written until it goes on. To be called again for a while, as a
// read may just be beginning.
void caller_pause(struct caller *caller, bool paused);
// It is gone, or wants no more: reads and writes end, also those that have begun. To be called
// again until the run is over, as one may just be beginning. Uses SIGUSR2, whose handler is set.
void caller_leave(struct caller *caller);

#endif
