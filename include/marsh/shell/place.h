// Where in a script a statement has failed. Of a syntax error the server says the line, and what
// it stands before: where that is found in the statement, the column follows, and the line is
// shown.
#ifndef MARSH_SHELL_PLACE_H
#define MARSH_SHELL_PLACE_H

#include <stddef.h>

struct error;
struct split_item;

// Sets the error's place and excerpt, unless a script within has done so.
void place_error(struct error *err, const char *name, const struct split_item *item);
// The excerpt alone, of a statement that was typed: its lines count from its first.
void place_excerpt(struct error *err, const struct split_item *item);

#endif
