// What went wrong: a kind, the server's number and SQLSTATE where it was the server, and a message
// to which each caller may add context in front. Library code fills one; only front ends print it.
// Owned by the caller: ERROR_INIT before, error_finish after. Setting an error twice replaces it.
#ifndef MARSH_BASE_ERROR_H
#define MARSH_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum error_kind {
    ERROR_NONE,
    ERROR_SQL,        // the server refused or failed a statement
    ERROR_USAGE,      // the user asked for something that can't be meant
    ERROR_CONNECTION, // could not connect, or the connection was lost
    ERROR_TIMEOUT,    // no lease in time
    ERROR_CANCELLED,  // the user interrupted it
    ERROR_SYSTEM,     // a file, a process, an output
    ERROR_PIPE,       // the reader of an output went away
    ERROR_DEADLINE,   // the time that the user gave for it is over
};

struct error {
    enum error_kind kind;
    unsigned number;  // the server's or client library's error number, 0 for none
    char sqlstate[6]; // "" for none
    char *message;    // owned; NULL while kind is ERROR_NONE
    char *place;      // "FILE:LINE" of the statement that failed, or NULL; owned
    char *excerpt;    // lines that show the very spot, fit for a terminal, or NULL; owned
};

#define ERROR_INIT                                                                                 \
    {                                                                                              \
        .kind = ERROR_NONE, .number = 0, .sqlstate = "", .message = NULL, .place = NULL,           \
        .excerpt = NULL                                                                            \
    }

void error_finish(struct error *err);

// Both return false, so that a function can end with `return error_set(...)`.
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool error_set_sql(struct error *err, enum error_kind kind, unsigned number, const char *sqlstate,
                   const char *message);
// As error_set with ERROR_SYSTEM and strerror(errno) behind ": ".
bool error_set_errno(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Puts "context: " in front of the message; returns false as well.
bool error_context(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Puts the text behind the message, as a hint on what may be meant; returns false as well.
bool error_append(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Says where, unless that is said already: the innermost file knows best.
void error_set_place(struct error *err, const char *file, size_t line);

// What `to` holds is forgotten.
void error_copy(struct error *to, const struct error *from);
// Moves what `from` holds into `to` and leaves `from` empty.
void error_move(struct error *to, struct error *from);

#endif
