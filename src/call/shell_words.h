// Names of variables that `--format env` may not assign.
#ifndef MARSH_CALL_SHELL_WORDS_H
#define MARSH_CALL_SHELL_WORDS_H

#include <stdbool.h>

// One that a shell, or a program that it starts, goes by.
bool shell_word_is_special(const char *name);

#endif
