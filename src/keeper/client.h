// One caller of a keeper, from its connection to the end of its run. Private to the keeper.
#ifndef MARSH_KEEPER_CLIENT_H
#define MARSH_KEEPER_CLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "marsh/base/buf.h"
#include "marsh/keeper/keeper.h"
#include "marsh/keeper/wire.h"

// The keeper's thread alone moves a client on, but for the step to OVER, which its run's thread
// makes.
enum client_state {
    CLIENT_ASKING,  // its request is not all there
    CLIENT_RUNNING, // a thread runs for it
    CLIENT_OVER,    // that thread is at its end
    CLIENT_WAITING, // for the keeper's end, or for its place
};

struct keeper_client {
    struct keeper *keeper;
    struct keeper_client *next;
    _Atomic(enum client_state) state;
    int fd;
    pid_t pid;
    int64_t since;
    // Asking.
    struct buf in;
    int fds[WIRE_FDS];
    size_t fd_count;
    // Running; what follows, and the state, belongs to the lock.
    pthread_t thread;
    pthread_mutex_t lock;
    struct wire_request request;
    struct caller *caller;
    char *what;
    bool (*take)(void *data, int number); // NULL: not begun, or done
    void *take_data;
    bool told;          // the caller knows how it went
    bool gone;          // the caller does not wait any more
    bool leaving;       // and what waits for its streams shall not
    int64_t stop_until; // it was stopped a moment ago: its run is told again
    struct buf rest;    // of frames that are not all there
    int64_t fire_next;  // when a caller that is gone is told again to the run
};

struct keeper_client *client_create(struct keeper *keeper, int fd, pid_t pid);
// In no other state than ASKING, WAITING and OVER.
void client_destroy(struct keeper_client *client);

// There is something to read, or its end. False where the client is to be dropped.
bool client_read(struct keeper_client *client);
// What it has asked for runs in a thread from now on.
bool client_start(struct keeper_client *client);
// A signal that it has got, or that is to be as if it had.
void client_signal(struct keeper_client *client, int number);
// The same, for good: what has not begun will not, and what does not end by it is pushed.
void client_end(struct keeper_client *client, int number);
// For a caller that is gone: ends what its run waits for. To be called every now and then.
void client_push(struct keeper_client *client, int64_t now);
bool client_is_over(struct keeper_client *client);

// keeper.c: in a run's thread, that is at its end.
void keeper_wake(struct keeper *keeper);
const struct keeper_work *keeper_work_of(const struct keeper *keeper);
// keeper.c: what a client asks of the keeper itself, 'R' or 'X'.
void keeper_asked(struct keeper *keeper, struct keeper_client *client, char type);

#endif
