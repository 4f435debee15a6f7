// The keeper: a process in the background, one a user, that runs one-shot commands for callers and
// keeps what outlives them. One thread takes callers in and hands on their signals; each run has a
// thread of its own, with the caller's folder and umask.
#ifndef MARSH_KEEPER_KEEPER_H
#define MARSH_KEEPER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct caller;
struct error;
struct keeper;
struct keeper_client;

// Does what the arguments say, for that caller, and tells its client how it went; in a thread of
// its own. The texts may be overwritten.
typedef void (*keeper_run)(struct keeper *keeper, struct keeper_client *client,
                           struct caller *caller, int argc, char **argv, void *data);
// Now and then, in another thread: what is due. `ending`: all that is kept has to end.
typedef void (*keeper_sweep)(struct keeper *keeper, void *data, bool ending);
// Any thread, without waiting: whether something is kept that must not end with the last caller.
typedef bool (*keeper_keeps)(void *data);

struct keeper_work {
    keeper_run run;
    keeper_sweep sweep;
    keeper_keeps keeps;
    void *data;
    int64_t persist; // microseconds without a caller after which it ends; 0: never
};

// Serves until it is told to stop, or nobody came for as long as it should persist. *taken: another
// one runs already. Once callers are taken in, `ready` is called.
bool keeper_serve(const struct keeper_work *work, void (*ready)(void *data), bool *taken,
                  struct error *err);

// In a run's thread. All is ready, and nothing done: from here on the caller's signals are for
// `take`, which says whether something runs that ends by one. False: the caller is gone, or will
// not have it any more.
bool keeper_client_begin(struct keeper_client *client, bool (*take)(void *data, int number),
                         void *data, bool deaf);
// It is done: the caller goes its way, and its streams are closed. What is left to do may take a
// while. Declined: the caller has to do it itself.
void keeper_client_end(struct keeper_client *client, int status);
void keeper_client_decline(struct keeper_client *client);

// Those that are there, for keeper_each.
struct keeper_entry {
    int pid;
    int64_t since;    // how long, in microseconds
    const char *what; // its arguments, secrets overwritten
};
void keeper_each(struct keeper *keeper, void (*each)(void *data, const struct keeper_entry *entry),
                 void *data);
// Writes a line in the log, and tells it those who wait for the keeper's end.
void keeper_tell(struct keeper *keeper, const char *text);
// How long it has run, in microseconds, and how many callers it has had.
void keeper_age(struct keeper *keeper, int64_t *age, uint64_t *callers);

#endif
