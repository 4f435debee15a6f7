// What a front end says on standard error, and with what status it exits.
#ifndef MARSH_SHELL_MESSAGE_H
#define MARSH_SHELL_MESSAGE_H

#include <stddef.h>

struct buf;
struct context;
struct error;

// "ERROR 1064 (42000) at FILE:LINE: ...", with nothing in it that drives a terminal.
void message_add_error(struct buf *out, const struct error *err);
// "marsh: ...": for what is no statement's fault.
void message_add_plain(struct buf *out, const struct error *err);
// Says a text on standard error, or where a context gathers what would go there.
void message_say(struct context *context, const char *text, size_t len);
// Prints the first on standard error, after what a lost connection took with it.
void message_error(struct context *context, const struct error *err);

// What there is to be told of a statement that went well.
void message_notice(struct context *context);

enum exit_status {
    EXIT_OK = 0,
    EXIT_STATEMENT = 1, // a statement failed
    EXIT_WRONG_USAGE = 2,
    EXIT_CONNECTION = 3, // none could be made, or it was lost
    EXIT_NO_LEASE = 4,   // none came free in time
    EXIT_DEADLINE = 124, // as timeout(1) has it
    EXIT_INTERRUPTED = 130,
    EXIT_BROKEN_PIPE = 141, // as if SIGPIPE had ended it
};

// For an error of a statement or file; ERROR_USAGE counts as a failed statement there.
enum exit_status message_status(const struct error *err);

#endif
