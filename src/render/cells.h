// How the mariadb client counts and copies text in its tables: as far as its own tables of Unicode
// know, which is not what a terminal shows.
#ifndef MARSH_RENDER_CELLS_H
#define MARSH_RENDER_CELLS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

// Columns that it takes the text for, in which bytes that are not UTF-8 count nothing.
size_t cells_count(const char *text, size_t len);

// True if no byte is NUL or has its high bit set: then it is copied as it is, and takes a column a
// byte.
bool cells_are_plain(const char *text, size_t len);

// Appends the text with each NUL as a space.
void cells_add(struct buf *buf, const char *text, size_t len);

#endif
