// SQL words for completion; not every reserved word, but those that people type.
#ifndef MARSH_SQL_KEYWORD_H
#define MARSH_SQL_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

// By index, in capitals and in alphabetical order; NULL past the end.
const char *keyword_at(size_t index);
bool keyword_is(const char *word);

#endif
