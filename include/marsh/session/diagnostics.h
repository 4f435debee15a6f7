// What the server tells of the last statement besides its result: warnings, and the items of the
// condition that ended it. To be asked for before anything else is sent over the session.
#ifndef MARSH_SESSION_DIAGNOSTICS_H
#define MARSH_SESSION_DIAGNOSTICS_H

#include <stdbool.h>

struct error;
struct recorder;
struct session;

// Level, code, message: one row a warning, as many as the server keeps. `rows` is initialised.
bool diagnostics_ask_warnings(struct session *session, struct recorder *rows, struct error *err);
// One row of the items that SIGNAL can set, as constraint_name and table_name; those that were not
// are "". None where the server (MySQL) can't be asked so.
bool diagnostics_ask_condition(struct session *session, struct recorder *rows, struct error *err);

#endif
