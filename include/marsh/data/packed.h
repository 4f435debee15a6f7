// Rows as bytes, for what has to keep them: for each cell its length and its bytes. A length is one
// byte, or two special ones: NULL, and one that is followed by eight bytes.
#ifndef MARSH_DATA_PACKED_H
#define MARSH_DATA_PACKED_H

#include <stddef.h>

struct buf;
struct row;

// Appends the row's cells; returns how many bytes that are.
size_t packed_add(struct buf *buf, const struct row *row, size_t count);
// Reads them back: the cells are in the bytes. Returns what follows them.
const char *packed_read(const char *bytes, const char **cells, unsigned long *lengths,
                        size_t count);

#endif
