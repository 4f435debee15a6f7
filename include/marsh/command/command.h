// The client commands: one row each in one table, which help, completion, the man page and the
// splitter read. The dispatcher checks arguments and preconditions before a command's function
// runs.
#ifndef MARSH_COMMAND_COMMAND_H
#define MARSH_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/sql/splitter.h"

struct context;
struct error;

enum command_flags {
    COMMAND_WORD = 1,       // also without a backslash, at the start of a line
    COMMAND_FILESYSTEM = 2, // refused in the sandbox
    COMMAND_CONNECTS = 4,   // needs a connection
    COMMAND_PAGES = 8,      // its output goes to the pager
    COMMAND_ALONE = 16,     // touches what is the whole process's: not in the background
};

enum command_completer {
    COMPLETE_NOTHING,
    COMPLETE_FILE,
    COMPLETE_SCHEMA,
    COMPLETE_FORMAT,
    COMPLETE_COMMAND,
    COMPLETE_SESSION,
    COMPLETE_ROUTINE,
    COMPLETE_VARIABLE
};

struct command {
    const char *name;
    const char *letters;  // one-character aliases behind a backslash: "h?"
    enum split_word kind; // how its text is read; for the splitter's own there is no function
    size_t min_args;      // words; with SPLIT_LINE the line is one argument
    size_t max_args;
    unsigned flags;
    const char *usage; // of the arguments: "[FORMAT]"
    const char *summary;
    enum command_completer completer;
    // args has max_args entries, NULL where none was given.
    bool (*run)(struct context *context, char *const *args, struct error *err);
};

// By index, in alphabetical order; NULL past the end.
const struct command *command_at(size_t index);
size_t command_count(void);
// By its name or, with backslash, by a letter as well; NULL if there is none. A word without a
// backslash has to be one that may stand without.
const struct command *command_find(const char *name, size_t len, bool backslash);

// A splitter_lookup over the table.
enum split_word command_lookup(const char *name, size_t len, bool backslash);

// Runs a command that the splitter has cut. ERROR_USAGE for one that is unknown, with the nearest
// name, and for arguments that do not fit.
bool command_dispatch(struct context *context, const struct split_item *item, struct error *err);

// The text between two lines of dashes, as \\print and --verbose show it.
struct buf;
void command_add_statement(struct buf *out, const char *text, size_t len);

// False, with ERROR_USAGE, where all has to stay in the session's own scope, or has to be noted:
// then `what`, which would be outside, is refused.
bool command_may_leave_session(const struct context *context, const char *what, struct error *err);

// Waits for the pager of the page that was begun: what is pressed meanwhile is meant for it.
void command_end_page(struct context *context);

#endif
