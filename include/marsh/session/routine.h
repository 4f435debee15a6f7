// A stored procedure's or function's signature: its parameters with mode, type and name.
#ifndef MARSH_SESSION_ROUTINE_H
#define MARSH_SESSION_ROUTINE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct session;

enum parameter_mode { PARAMETER_IN, PARAMETER_OUT, PARAMETER_INOUT };

struct parameter {
    char *name;
    char *type;    // as declared: "decimal(10,2)"
    char *charset; // of a text, or NULL
    enum parameter_mode mode;
};

struct routine {
    char *schema;
    char *name; // as it was asked for, where it is not known
    struct parameter *parameters;
    size_t count;
    char *returns; // a function's type; NULL: a procedure
    char *comment;
    bool strict; // the session's sql_mode is
    // False where the server shows this user no such routine: then the rest says nothing.
    bool known;
};

// Asks the server, over the session; schema NULL is the one in use. Of a procedure and a function
// of one name it is the procedure. A routine that is not there, or hidden from the user, is no
// error: `known` is false.
bool routine_lookup(struct session *session, const char *schema, const char *name,
                    struct routine *routine, struct error *err);
// Of a routine that is not known: puts behind the error's message which one of its schema may be
// meant, if any. Asks the server.
void routine_hint(const struct routine *routine, struct session *session, struct error *err);
void routine_copy(struct routine *routine, const struct routine *other);
void routine_finish(struct routine *routine);

// By its name, ASCII case ignored, or NULL.
const struct parameter *routine_parameter(const struct routine *routine, const char *name);
// One that may be meant by a name that there is not, or NULL.
const char *routine_nearest_parameter(const struct routine *routine, const char *name);

// "IN", "OUT" or "INOUT".
const char *parameter_mode_name(enum parameter_mode mode);
// "order_total(IN p_order int(11), OUT total decimal(10,2))", a function's with " returns int(11)"
// behind it; the caller frees it.
char *routine_signature(const struct routine *routine);
// ERROR_USAGE with the message, which it frees, and the signature behind it. Returns false.
bool routine_fail(const struct routine *routine, char *message, struct error *err);

#endif
