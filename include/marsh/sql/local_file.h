// The files of this machine that a text itself asks to be loaded: LOAD DATA LOCAL INFILE 'name' and
// LOAD XML LOCAL INFILE 'name', alone, behind SET STATEMENT ... FOR, or as one of several
// statements. Where the text can be read in more than one way, a name is rather missed than made
// up.
#ifndef MARSH_SQL_LOCAL_FILE_H
#define MARSH_SQL_LOCAL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/sql/lexer.h"

struct local_files {
    struct lexer lexer;
    bool begun;
    bool over;
};

// The text is borrowed; `dialect` is copied, NULL: not known.
void local_files_init(struct local_files *files, const char *text, size_t len,
                      const struct dialect *dialect);
// The next one's name as the server reads the string, or NULL for no more. The caller frees it.
char *local_files_next(struct local_files *files);
// Whether the text has a statement behind the one that had the last name.
bool local_files_are_followed(const struct local_files *files);

// Whether the text has more statements than one.
bool local_files_are_among_many(const char *text, size_t len, const struct dialect *dialect);

#endif
