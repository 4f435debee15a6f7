// `marsh call [SCHEMA.]ROUTINE [ARGUMENT...]`: one call, its result sets, then its OUT values, then
// its warnings; and `\call`, which is the same in the shell. See session/argument.h for the words.
#ifndef MARSH_CALL_CALL_H
#define MARSH_CALL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context;
struct error;

struct call_options {
    const char *out;       // print this OUT value alone; NULL: all
    const char *exit_from; // this OUT value is the exit status
    size_t set;            // print this result set alone; 0: all
    const char *sets;      // write each into a file of its own in this folder
    bool env;              // print the OUT values alone, as NAME='value'
    bool explain;          // send nothing
    bool asks;             // for values that are missing, on the terminal
    int64_t timeout;       // microseconds, 0: none
};

// words[0] is the routine. The exit status of --exit-from is left in the context.
bool call_run(struct context *context, const struct call_options *options, char *const *words,
              size_t count, struct error *err);

// A call_function.
bool call_run_words(struct context *context, char *const *words, size_t count, struct error *err);

#endif
