// What a server's version and settings make of a text: which of its comments are code, and what a
// backslash is in a string.
#ifndef MARSH_SQL_DIALECT_H
#define MARSH_SQL_DIALECT_H

#include <stdbool.h>

struct dialect {
    bool plain_backslashes; // sql_mode says NO_BACKSLASH_ESCAPES
    bool mariadb;
    unsigned version; // 101119 is 10.11.19, 80036 is 8.0.36; 0: not known
};

// `version` is the server's greeting: "10.11.19-MariaDB", "5.5.5-10.11.19-MariaDB", "8.0.36". NULL,
// and what a proxy says of itself, is not known.
void dialect_init(struct dialect *dialect, const char *version, bool backslash_escapes);

#endif
