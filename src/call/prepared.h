// A call made ready: the routine's signature, the arguments of the command line on its parameters.
#ifndef MARSH_CALL_PREPARED_H
#define MARSH_CALL_PREPARED_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/session/procedure.h"
#include "marsh/session/routine.h"

struct argument;
struct caller;
struct cancel;
struct context;
struct error;

struct prepared {
    struct caller *caller;
    struct routine routine;
    struct procedure *procedure;
    struct argument *arguments;
    size_t argument_count;
    const struct argument **slots; // one a parameter; NULL where there is none
};

// Looks the routine up and puts each argument where it belongs, without reading a file yet.
// prepared_finish after either outcome.
bool prepared_init(struct prepared *prepared, struct context *context, char *const *words,
                   size_t count, struct error *err);
// Asks on the terminal for what is missing.
bool prepared_ask(struct prepared *prepared, struct cancel *cancel, struct error *err);
// ERROR_USAGE where something is missing; reads the files. `may_read_input`: the standard input may
// be one.
bool prepared_load(struct prepared *prepared, bool may_read_input, struct error *err);
// The same without looking for what is missing.
bool prepared_load_given(struct prepared *prepared, bool may_read_input, struct error *err);
// ERROR_USAGE where a file is none that can be read a second time.
bool prepared_check_files(const struct prepared *prepared, struct error *err);
// Checks and takes the arguments' values.
bool prepared_take(const struct prepared *prepared, struct call_values *values, struct error *err);
void prepared_finish(struct prepared *prepared);

#endif
