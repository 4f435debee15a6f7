// `marsh call [SCHEMA.]PROCEDURE [VALUE...]`: one call, its result sets, then its OUT values.
#ifndef MARSH_CALL_CALL_H
#define MARSH_CALL_CALL_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;

bool call_run(struct context *context, const char *name, char *const *values, size_t count,
              struct error *err);

#endif
