// One word of a command line as an argument of a routine:
//
//     42  qty=3            text, by position or by name
//     meta:={"a":1}  :=... JSON: null is NULL, true and false are 1 and 0, a number keeps its
//                          digits, a string is what it means, arrays and objects stay JSON
//     photo@FILE  @FILE    the file's bytes; `-` is the standard input
//     \N                   NULL, by position only: name=\N is those two characters
//
// The first of = := @ behind a name decides. A name is letters, digits, _ $ and what is not ASCII,
// and begins with no digit, or is anything in backticks. What begins with no such name is text, so
// `=3`, `a b=3` and `http://x/?a=b` are. So is name@FILE where the routine has no parameter of that
// name, as in ann@example.com; but name=TEXT and name:=JSON are by name in any case, so that a name
// misspelt is not taken for a value. Text by position that looks like one is written :="a=b".
#ifndef MARSH_SESSION_ARGUMENT_H
#define MARSH_SESSION_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>

struct caller;
struct error;

struct argument {
    char *name; // NULL: by position
    char *text; // the value, NUL-terminated, though there may be more in it; NULL for SQL NULL
    size_t len;
    bool json;         // written as JSON
    bool json_literal; // ... as true or false, a number, an array or an object, not as a string
    char *file;        // the value is to be read from there; "-" for the standard input
};

// Whether the routine has a parameter of that name.
typedef bool (*argument_is_parameter)(void *data, const char *name);

// Reads no file yet: where `file` is set argument_load gets the value, when all else has been
// checked. NULL for is_parameter: no names are known. argument_finish after either outcome.
bool argument_parse(const char *word, argument_is_parameter is_parameter, void *data,
                    struct argument *argument, struct error *err);
// Reads the whole file, if there is one: at most 1 GiB, no folder. That the standard input is
// read only once is the caller's to see to.
bool argument_load(struct argument *argument, struct caller *caller, struct error *err);
bool argument_reads_stdin(const struct argument *argument);
void argument_finish(struct argument *argument);

#endif
