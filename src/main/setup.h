// From a command line to a context. Private to main.
#ifndef MARSH_MAIN_SETUP_H
#define MARSH_MAIN_SETUP_H

#include <stdbool.h>

struct app;
struct error;

// Everything up to, but without, a connection. False without an error where app->declined or
// app->handed is set.
bool setup_run(struct app *app, struct error *err);
// Of that the target and the output alone.
bool setup_output(struct app *app, struct error *err);

#endif
