// Statements and what they are expected to do to their session, told as
// "CREATE TABLE: implicit fires +table:t": verb, flags, and what is left (+), taken (-), renamed
// (>).
#ifndef MARSH_TESTS_EFFECTS_CHECK_H
#define MARSH_TESTS_EFFECTS_CHECK_H

#include "marsh/sql/dialect.h"
#include "marsh/sql/effects.h"
#include "support.h"

extern const struct dialect effects_maria;
extern const struct dialect effects_mysql;
extern const struct dialect effects_unknown;

struct effects_row {
    const char *text;
    const char *expected;
};

#define DOES(text, expected) DOES_FOR(&effects_maria, text, expected)
#define DOES_FOR(dialect, text, expected)                                                          \
    effects_check_for(dialect, text, expected, __FILE__, __LINE__)
// Each also in small letters, with white space, comments and empty statements around it.
#define ROWS(rows) effects_check_rows(rows, LENGTH(rows), __FILE__, __LINE__)

void effects_describe(const char *text, size_t len, const struct dialect *dialect, struct buf *out);
void effects_check_for(const struct dialect *dialect, const char *text, const char *expected,
                       const char *file, int line);
void effects_check_rows(const struct effects_row *rows, size_t count, const char *file, int line);

#endif
