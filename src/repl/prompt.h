// A prompt of the user's own, written as the mariadb client has it: "\\u@\\h [\\d]> ".
#ifndef MARSH_REPL_PROMPT_H
#define MARSH_REPL_PROMPT_H

#include <time.h>

struct buf;
struct session;

// What a prompt may tell.
struct prompt_facts {
    const struct session *session;
    const char *delimiter;
    unsigned count; // of prompts so far
    time_t now;
};

// Appends the text with each backslash and its letter replaced; nothing in it drives a terminal.
void prompt_add(struct buf *out, const char *text, const struct prompt_facts *facts);

#endif
