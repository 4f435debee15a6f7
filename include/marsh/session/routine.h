// A stored procedure's signature: its parameters with mode, type and name.
#ifndef MARSH_SESSION_ROUTINE_H
#define MARSH_SESSION_ROUTINE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct session;

enum parameter_mode { PARAMETER_IN, PARAMETER_OUT, PARAMETER_INOUT };

struct parameter {
    char *name;
    char *type; // as declared: "decimal(10,2)"
    enum parameter_mode mode;
};

struct routine {
    char *schema;
    char *name;
    struct parameter *parameters;
    size_t count;
    // False where the server shows this user no such procedure: then the rest says nothing.
    bool known;
};

// Asks the server, over the session; schema NULL is the one in use. A procedure that is not there,
// or hidden from the user, is no error: `known` is false.
bool routine_lookup(struct session *session, const char *schema, const char *name,
                    struct routine *routine, struct error *err);
void routine_finish(struct routine *routine);

// "order_total(IN p_order int(11), OUT total decimal(10,2))"; the caller frees it.
char *routine_signature(const struct routine *routine);

#endif
