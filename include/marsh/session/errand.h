// Work that may block for long where the cancel token can't stop it, as connecting: it is done in a
// thread of its own while the caller waits, and a caller who is tired of it leaves.
#ifndef MARSH_SESSION_ERRAND_H
#define MARSH_SESSION_ERRAND_H

#include <stdbool.h>

struct cancel;

struct errand {
    void (*work)(void *data);
    // Called by the one who leaves, to hasten what goes on without him.
    void (*leave)(void *data);
    // Called when the work is done, in its thread, where he has left: the data is the errand's
    // then.
    void (*drop)(void *data);
};

// False where the caller has left, as the token was fired, be it before this. The work is done in
// any case. Where the token is not attended, nobody leaves, and there is no thread.
bool errand_run(const struct errand *errand, void *data, struct cancel *cancel);

#endif
