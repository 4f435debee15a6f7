// Everything that lives as long as the process, for the files of this room.
#ifndef MARSH_MAIN_APP_H
#define MARSH_MAIN_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/call/call.h"
#include "marsh/call/each.h"
#include "marsh/command/context.h"
#include "marsh/config/options.h"
#include "marsh/config/target.h"
#include "marsh/copy/copy.h"
#include "marsh/fan/fan.h"
#include "marsh/keeper/door.h"

struct caller;
struct kept;
struct run_host;
struct signals;

struct app {
    const struct run_host *host; // NULL outside a keeper
    bool declined;               // it is not for the keeper
    bool handed;                 // a keeper has done it, with `status`
    int status;
    enum door_result found; // what the front program has seen of a keeper
    char **raw;             // the arguments, secrets and all; NULL in a keeper
    size_t raw_count;
    struct kept *kept; // that the session is of, or NULL
    struct options options;
    struct target target;
    struct context context;
    struct signals *signals;
    int wake[2];
    unsigned retries; // of a scope
    struct call_options call;
    struct each_options each;
    struct copy_options copy;
    size_t parallel; // how many texts run side by side; 0: one after the other
    // Several targets, or a group: their names, and once they are resolved themselves.
    char *input; // of standard input, which each of them is to read; or NULL
    size_t input_len;
    char **fan_names;
    struct target *fan;
    size_t fan_count;
    size_t fan_resolved;
    struct error *fan_failures; // of those whose password or server could not be had
    struct fan_options fan_options;
};

// setup.c: starts the scratch server that a target names, and learns its password.
// whom: of several, who is asked for the password of; or NULL.
bool app_finish_target(const struct app *app, struct target *target, const char *whom,
                       struct error *err);

#endif
