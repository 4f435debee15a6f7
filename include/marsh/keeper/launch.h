// Starting a keeper in the background.
#ifndef MARSH_KEEPER_LAUNCH_H
#define MARSH_KEEPER_LAUNCH_H

#include <stdbool.h>

struct error;

// Runs `marsh keeper serve` of this very program, away from the terminal, and waits until it takes
// callers in. persist: seconds without one after which it ends; 0: never. One that runs already is
// no error; *taken tells.
bool keeper_launch(unsigned persist, bool *taken, struct error *err);

#endif
