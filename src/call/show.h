// What `marsh call` prints in forms of its own.
#ifndef MARSH_CALL_SHOW_H
#define MARSH_CALL_SHOW_H

#include <stdbool.h>

struct call_values;
struct context;
struct error;
struct outcome;
struct prepared;
struct recorder;

// What would be sent: the statement, then each parameter with its value.
bool show_explanation(struct context *context, const struct prepared *prepared,
                      const struct call_values *values, struct error *err);

// One OUT value as it is; a text with the end of a line behind it, NULL as nothing at all.
bool show_value(struct context *context, const struct prepared *prepared,
                const struct outcome *outcome, const char *name, struct error *err);

// A line NAME='value' for each OUT value, to be read by eval, and `unset NAME` for NULL.
// ERROR_USAGE where a name is no shell variable's or one that the shell itself goes by, and nothing
// is printed.
bool show_env(struct context *context, const struct outcome *outcome, struct error *err);
// The same check before the call.
bool show_check_env(const struct prepared *prepared, struct error *err);

// An OUT value as an exit status, from 0 to 255.
bool show_status(const struct outcome *outcome, const char *name, int *status, struct error *err);

// On standard error, a line each.
void show_warnings(struct context *context, const struct recorder *rows);

#endif
