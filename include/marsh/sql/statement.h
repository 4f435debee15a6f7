// What can be told from a statement's text alone: that it is a CALL with places for OUT values,
// that it may hold a secret, that it changes what names exist.
#ifndef MARSH_SQL_STATEMENT_H
#define MARSH_SQL_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

// CALL [schema.]name(argument, ...)
struct call_text {
    char *schema; // NULL where none is written
    char *name;
    size_t count;
    // For each argument whether it is a lone `?`, which stands for an OUT value.
    bool *placeholders;
    size_t placeholder_count;
    bool mixed; // a `?` stands inside a longer argument
};

// False if the text is no CALL of that form; then *call is untouched. NULL: a dialect that is not
// known.
struct dialect;
bool call_text_parse(const char *text, size_t len, const struct dialect *dialect,
                     struct call_text *call);
void call_text_finish(struct call_text *call);

// True where the text sets or shows a password, and so must not be written to the history.
bool statement_is_secret(const char *text, size_t len);

// True for CREATE, DROP, ALTER, RENAME and USE: what completion knows is out of date.
bool statement_changes_names(const char *text, size_t len);

struct buf;

// Appends `name` as the server reads it literally: in backticks, those inside doubled.
void statement_add_name(struct buf *buf, const char *name);
// Appends 'text' as a string literal that is safe under every sql_mode: hexadecimal, utf8mb4.
void statement_add_string(struct buf *buf, const char *text, size_t len);

#endif
