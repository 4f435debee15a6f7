// The program behind its front: all that needs the libraries of the database and the terminal, in a
// module that the front loads once it can't do without. Private to main.
#ifndef MARSH_MAIN_CORE_H
#define MARSH_MAIN_CORE_H

#include "marsh/keeper/door.h"

// found: what the front has seen of a keeper. Secrets in argv are overwritten. Returns the exit
// status.
int core_main(enum door_result found, int argc, char **argv);

#define CORE_MODULE "marsh-core.so"
#define CORE_MAIN "core_main"
typedef int (*core_main_function)(enum door_result found, int argc, char **argv);

#endif
