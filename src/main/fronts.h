// From what was asked for to the front end that does it.
#ifndef MARSH_MAIN_FRONTS_H
#define MARSH_MAIN_FRONTS_H

#include <stdbool.h>

struct app;
struct error;

bool fronts_run(struct app *app, struct error *err);

#endif
