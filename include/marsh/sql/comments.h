// A statement without its comments, byte for byte as the mariadb client sends it when it is told to
// leave them out (--skip-comments): what stands in /*! */ and /*M! */ stays, as does the end of a
// line behind a comment; a space stands for a comment with text right behind it.
#ifndef MARSH_SQL_COMMENTS_H
#define MARSH_SQL_COMMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/charset.h"

struct buf;

// Appends to `out`. The text is a whole statement; `escapes`: a backslash in a string means
// something.
void comments_strip(const char *text, size_t len, bool escapes, enum charset charset,
                    struct buf *out);
// Takes white space and control characters from the end, which may be all that is left.
void comments_trim(struct buf *out);

#endif
