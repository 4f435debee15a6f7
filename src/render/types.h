// What --column-type-info shows in front of a table: all that the server has said of its columns.
#ifndef MARSH_RENDER_TYPES_H
#define MARSH_RENDER_TYPES_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct column;
struct render_options;

// longest: bytes of its longest cell, or NULL where nobody knows yet. Nothing is added of a column
// whose origin nobody says.
void types_add(struct buf *buf, const struct render_options *options, size_t index,
               const struct column *column, const uint32_t *longest);

#endif
