// Calling a stored procedure so that its OUT and INOUT values come back, without @variables: as a
// prepared CALL whose last result set they are.
#ifndef MARSH_SESSION_PROCEDURE_H
#define MARSH_SESSION_PROCEDURE_H

#include <stdbool.h>
#include <stddef.h>

struct call_text;
struct error;
struct session;
struct sink;

// A CALL as the user wrote it, with `?` in the place of OUT values. ERROR_USAGE where a `?` stands
// for an IN parameter, names it and shows the signature; nothing is sent then.
bool procedure_run(struct session *session, const char *text, size_t len,
                   const struct call_text *call, struct sink *sink, struct error *err);

// By name ("schema.name" or "name") with values for its IN and INOUT parameters, in order; "\N" is
// NULL. ERROR_USAGE for too many or too few, with the signature.
bool procedure_call(struct session *session, const char *name, char *const *values, size_t count,
                    struct sink *sink, struct error *err);

#endif
