// Other programs: one whose output is wanted, and one that is fed. Commands are shell command lines
// that the user wrote (a pager, a password_command, \!), never text that came from data.
#ifndef MARSH_BASE_PROCESS_H
#define MARSH_BASE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct buf;
struct caller;
struct error;

// Runs it through /bin/sh, with the caller's standard input and error. Appends at most 1 MiB of its
// output; fails if it exits with anything but 0.
bool process_capture(struct caller *caller, const char *command, struct buf *out,
                     struct error *err);

// Runs it on the caller's own terminal and waits. *status is its exit status, 128 + N for signal N.
bool process_run(struct caller *caller, const char *command, int *status, struct error *err);

// Starts it with a pipe as its standard input; *fd is the pipe's other end. The caller closes it,
// then calls process_wait.
bool process_feed(struct caller *caller, const char *command, pid_t *pid, int *fd,
                  struct error *err);
int process_wait(struct caller *caller, pid_t pid);

// In a child that will become another program: secrets that marsh found in its environment go.
void process_clean_environment(void);

#endif
