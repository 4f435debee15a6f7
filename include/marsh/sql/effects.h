// What a statement's text says it does to the session that runs it: begin or end a transaction,
// commit it without saying so, leave something behind that is tied to the connection. A text can't
// tell all: a routine may leave anything, and is just called one that calls, or may call.
#ifndef MARSH_SQL_EFFECTS_H
#define MARSH_SQL_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>

struct dialect;

enum effect_flags {
    EFFECT_READS = 1,            // SELECT, SHOW and the like: nothing is lost where it is not known
                                 // whether it ran
    EFFECT_BEGINS = 2,           // START TRANSACTION, BEGIN
    EFFECT_COMMITS = 4,          // COMMIT
    EFFECT_ROLLS_BACK = 8,       // ROLLBACK, but not to a savepoint
    EFFECT_IMPLICIT_COMMIT = 16, // DDL, LOCK TABLES, ...
    EFFECT_CALLS = 32,           // CALL, EXECUTE, a compound statement
    EFFECT_MAY_CALL = 64,        // f(x), where the server has no function f of its own
    EFFECT_MAY_FIRE = 128,       // INSERT and the like, which fire triggers
    EFFECT_ASKS_ID = 256,        // LAST_INSERT_ID(): of what the connection did
    EFFECT_ASKS_RESULT = 512,    // ROW_COUNT(), SHOW WARNINGS, ...: of the statement before
    EFFECT_EXECUTES = 1024,      // EXECUTE: what it runs may also lock, of which no server tells
    EFFECT_TAKES_NUMBER = 2048,  // NEXTVAL(): the connection remembers what a sequence gave it
    EFFECT_ASKS_NUMBER = 4096,   // LASTVAL(): of that
};

// What stays with the connection.
enum trace_kind {
    TRACE_TEMPORARY_TABLE, // or sequence
    TRACE_VARIABLE,        // "@total"
    TRACE_TABLE_LOCK,      // of LOCK TABLES, FLUSH TABLES, BACKUP, by these names
    TRACE_USER_LOCK,       // of GET_LOCK; each time counts
    TRACE_HANDLER,
    TRACE_PREPARED,
    TRACE_SETTING, // a session variable but for autocommit and what SET NAMES sets
    TRACE_KINDS
};

struct trace_change {
    enum trace_kind kind;
    enum {
        TRACE_LEFT,
        TRACE_TAKEN,   // all of that kind where name is NULL
        TRACE_RENAMED, // if it is one
    } what;
    const char *schema; // NULL where none is written
    const char *name;
    const char *new_schema;
    const char *new_name;
};

// Everything is borrowed until it returns.
typedef void (*effect_trace)(void *data, const struct trace_change *change);

enum effect_xa {
    XA_NONE,
    XA_PREPARE,
    XA_COMMIT,
    XA_COMMIT_ONE_PHASE, // without a PREPARE
    XA_ROLLBACK,
};

struct effects {
    unsigned flags;
    size_t statements;
    char verb[32]; // "CREATE TABLE", for messages
    enum effect_xa xa;
    const char *xid; // "'a','b',1" within the text
    size_t xid_len;
};

// Several statements in one text are taken together. Where it is not known whether a part of the
// text is a comment, the effects are those of both readings, and nothing is taken away. `dialect`
// may be NULL, which is one that is not known, and so may `trace`.
void effects_read(const char *text, size_t len, const struct dialect *dialect,
                  struct effects *effects, effect_trace trace, void *data);

#endif
