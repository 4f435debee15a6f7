// One run of the program, from its arguments to its exit status, for whoever has asked for it.
// Private to main.
#ifndef MARSH_MAIN_RUN_H
#define MARSH_MAIN_RUN_H

#include <stdbool.h>

#include "marsh/keeper/door.h"

struct caller;
struct keeper;
struct kept_sessions;
struct pools;
struct signals;

// What a run in a keeper shares with others, and has to tell it. All in the run's thread.
struct run_host {
    struct pools *pools;
    struct kept_sessions *sessions;
    struct keeper *keeper;
    // All is ready, and nothing done yet. False: it shall not be. Signals of the caller are for
    // `signals`, until the end.
    bool (*begun)(void *data, struct signals *signals);
    // All is done; what is left to do is of no interest to the caller. declined: nothing was done,
    // as the caller has to do it itself.
    void (*ended)(void *data, int status, bool declined);
    void *data;
};

// host: NULL outside a keeper. found: what the front program has seen of one. Secrets in argv are
// overwritten. Returns the exit status.
int run_for(struct caller *caller, const struct run_host *host, enum door_result found, int argc,
            char **argv);

#endif
