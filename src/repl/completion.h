// What may stand where the cursor is: commands and their arguments, keywords, and the names of the
// catalogue, which is learned at the first need and again when names may have changed.
#ifndef MARSH_REPL_COMPLETION_H
#define MARSH_REPL_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

struct completion;
struct context;

struct completion *completion_create(struct context *context);
void completion_destroy(struct completion *completion);

// A terminal_completer; data is a struct completion.
char **completion_find(void *data, const char *line, size_t start, size_t end);
// Whether the line is a command whose argument is a file's name.
bool completion_wants_file(const char *line);

// A terminal_hint: the signature of the routine that the line is about to call.
char *completion_hint(void *data, const char *line);

#endif
