// Several targets on the command line, and groups of them: from words to what fan_run takes.
#ifndef MARSH_MAIN_FAN_TARGETS_H
#define MARSH_MAIN_FAN_TARGETS_H

#include <stdbool.h>

#include "marsh/fan/fan.h"

struct app;
struct context;
struct error;

// Groups become what they stand for. The first target is the one of the app's own session then.
bool fan_targets_expand(struct app *app, struct error *err);
// The targets themselves, passwords and scratch servers included, and the input that they share.
bool fan_targets_resolve(struct app *app, struct error *err);
void fan_targets_finish(struct app *app);

bool fan_targets_run(struct app *app, fan_work work, void *data, struct error *err);
// \\all: the words in front that are targets, or else those of the command line, or of all
// sessions; then statements.
bool fan_targets_run_text(struct context *context, const char *text, struct error *err);

#endif
