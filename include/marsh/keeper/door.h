// A caller's way to its keeper: finding it, and handing a run over to it.
#ifndef MARSH_KEEPER_DOOR_H
#define MARSH_KEEPER_DOOR_H

#include <stdbool.h>
#include <stddef.h>

struct error;

// Where the user's keeper listens. False where no socket can be had by that name.
bool door_path(char **path, struct error *err);

enum door_result {
    DOOR_DONE,     // *status is the run's
    DOOR_NONE,     // no keeper runs, or it does not answer
    DOOR_DECLINED, // nothing was done: the run is the caller's own
    DOOR_OLDER,    // the keeper is of an older marsh
    DOOR_NEWER,
};

// Hands the run over, with this process's own streams, folder and environment, and waits for its
// end: signals that come are passed on. Blocks them for that, and unblocks them unless it is done.
// What a keeper that dies has left unknown is said on standard error.
// any: to one of an older marsh, too.
enum door_result door_hand_over(char *const *args, size_t count, bool any, int *status);

// Asks a keeper of an older marsh to leave its place, and waits until it has; it finishes what it
// does. False where there is none, or it keeps sessions.
bool door_retire(void);
// Asks whichever runs to end, and waits until it has. What it tells is said on standard error.
// False where there is none.
bool door_stop(void);

#endif
