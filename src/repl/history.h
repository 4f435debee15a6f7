// The history: one entry a statement, in $XDG_STATE_HOME/marsh/history with mode 0600. What may
// hold a password never gets in.
#ifndef MARSH_REPL_HISTORY_H
#define MARSH_REPL_HISTORY_H

#include <stddef.h>

struct split_item;

// Reads the file, as far as it is there and is ours.
void history_load(void);
// Adds a statement or command that the splitter returned, as it would be typed again.
void history_note(const struct split_item *item, const char *delimiter);

#endif
