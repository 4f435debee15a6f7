// What a statement's text says it does to the session that runs it: begin or end a transaction,
// commit it without saying so, leave something behind that is tied to the connection. A text can't
// tell all: a routine may leave anything, and is just called one that calls.
#ifndef MARSH_SQL_EFFECTS_H
#define MARSH_SQL_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>

enum effect_flags {
    EFFECT_READS = 1,            // SELECT, SHOW and the like: nothing is lost where it is not known
                                 // whether it ran
    EFFECT_BEGINS = 2,           // START TRANSACTION, BEGIN
    EFFECT_COMMITS = 4,          // COMMIT
    EFFECT_ROLLS_BACK = 8,       // ROLLBACK, but not to a savepoint
    EFFECT_IMPLICIT_COMMIT = 16, // DDL, LOCK TABLES, ...
    EFFECT_CALLS = 32,           // CALL, EXECUTE, a compound statement
};

// What stays with the connection.
enum trace_kind {
    TRACE_TEMPORARY_TABLE,
    TRACE_VARIABLE, // "@total"
    TRACE_TABLE_LOCK,
    TRACE_USER_LOCK, // of GET_LOCK
    TRACE_PREPARED,
    TRACE_SETTING, // a session variable but for autocommit and the character set
    TRACE_KINDS
};

// add: the statement leaves it; otherwise it takes it away, all of that kind where name is NULL.
typedef void (*effect_trace)(void *data, enum trace_kind kind, const char *name, bool add);

struct effects {
    unsigned flags;
    char verb[32]; // "CREATE TABLE", for messages
};

// Several statements in one text are taken together. `trace` may be NULL.
void effects_read(const char *text, size_t len, struct effects *effects, effect_trace trace,
                  void *data);

#endif
