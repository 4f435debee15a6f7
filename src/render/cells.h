// How the mariadb client counts and copies text in its tables: as far as its own tables of Unicode
// know, which is not what a terminal shows.
#ifndef MARSH_RENDER_CELLS_H
#define MARSH_RENDER_CELLS_H

#include <stddef.h>

#include "marsh/base/charset.h"

struct buf;

// Columns that it takes the text for. In UTF-8 bytes that are none count nothing; in a Japanese
// character set what is cut off counts as the whole; in all others a byte is a column.
size_t cells_count(enum charset charset, const char *text, size_t len);

// Appends the text with each NUL as a space.
void cells_add(struct buf *buf, const char *text, size_t len);

#endif
