// `:name` in a statement, as a value that is bound and never becomes part of the text.
#ifndef MARSH_SQL_PLACEHOLDERS_H
#define MARSH_SQL_PLACEHOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/buf.h"

struct lexer;

struct placeholders {
    struct buf text; // with a ? for each :name
    char **names;    // in their order, as often as they stand there, NULL for a `?`; owned
    size_t count;
    size_t named; // how many are not NULL
};

// Finds them in what is before the lexer, which has the dialect's settings and is not moved. One is
// a colon with a word right behind it, and in front of it no colon, no name or number and nothing
// that ends a quoted one: not `::`, `:=`, `label:LOOP`. None is in strings, comments and quoted
// names, nor in a statement that has a body of its own, a routine or a compound statement, where a
// colon has another meaning. Without any the text is that of the statement.
void placeholders_find(const struct lexer *lexer, struct placeholders *found);
void placeholders_finish(struct placeholders *found);

#endif
