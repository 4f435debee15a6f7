// `marsh keeper`: the verbs of it, and what a keeper does for its callers. Private to main.
#ifndef MARSH_MAIN_KEEPER_COMMAND_H
#define MARSH_MAIN_KEEPER_COMMAND_H

#include <stdbool.h>

struct app;
struct buf;
struct error;

// Outside a keeper. *status: of a command that could be done, but found nothing to do it to.
bool keeper_command(struct app *app, struct buf *out, int *status, struct error *err);
// In one: `status`, which shows what it has.
bool keeper_command_status(struct app *app, struct error *err);

// Hands the run over where its target or its session asks for a keeper, and starts that where there
// is none. *done: it is over, with that status. ERROR_USAGE where a session needs a keeper, and
// none can be had.
bool keeper_command_hand_over(struct app *app, bool *done, int *status, struct error *err);

#endif
