// Calling a routine so that its OUT and INOUT values come back, without @variables: a procedure as
// a prepared CALL whose last result set they are, a function as a SELECT whose only value is the
// OUT value `result`.
#ifndef MARSH_SESSION_PROCEDURE_H
#define MARSH_SESSION_PROCEDURE_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/data/value.h"

struct argument;
struct buf;
struct call_text;
struct error;
struct procedure;
struct routine;
struct session;
struct sink;

// A CALL as the user wrote it, with `?` in the place of OUT values, and of the values that stand in
// `values` (one a `?`; no text: an OUT value). ERROR_USAGE where a `?` without a value stands for
// an IN parameter, names it and shows the signature; nothing is sent then.
bool procedure_run(struct session *session, const char *text, size_t len,
                   const struct call_text *call, const struct value *values, struct sink *sink,
                   struct error *err);

// "schema.name" or "name", either part in backticks if need be. *schema is NULL where none is
// written; the caller frees both.
bool procedure_parse_name(const char *text, char **schema, char **name, struct error *err);

// A routine that is called once or often, with its types and the statement. The routine is borrowed
// for its life. Where the signature can't be seen, it takes `given` values, in order.
struct procedure *procedure_create(const struct routine *routine, size_t given);
// Takes NULL.
void procedure_destroy(struct procedure *procedure);

// How many values a call takes: one a parameter, OUT ones included.
size_t procedure_count(const struct procedure *procedure);
const struct buf *procedure_text(const struct procedure *procedure);

// Which parameter gets which argument, in order or by name; slots has procedure_count entries,
// which may hold arguments from before, and stays NULL where there is none. ERROR_USAGE, with the
// signature: too many, no such name, one given twice, a value for OUT.
bool procedure_assign(const struct procedure *procedure, const struct argument *arguments,
                      size_t count, const struct argument **slots, struct error *err);
// Whether the parameter needs a value that it is not given.
bool procedure_is_missing(const struct procedure *procedure, size_t index, bool given);
// ERROR_USAGE where there is such a one, with their names; `given` has an entry for each.
bool procedure_check_missing(const struct procedure *procedure, const bool *given,
                             struct error *err);

// What is sent for each parameter. Texts are borrowed, but for those that had to be converted.
struct call_values {
    struct value *values;
    struct buf *converted;
    size_t count;
};
void call_values_init(struct call_values *values, const struct procedure *procedure);
void call_values_finish(struct call_values *values);
// Checks a text against its parameter's type and takes it. ERROR_USAGE names the parameter and
// shows the signature.
bool procedure_take(const struct procedure *procedure, struct call_values *values, size_t index,
                    const char *text, size_t len, struct error *err);

bool procedure_send(const struct procedure *procedure, struct session *session,
                    const struct call_values *values, struct sink *sink, struct error *err);

#endif
