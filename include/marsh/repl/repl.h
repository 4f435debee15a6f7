// The interactive front end: readline, a prompt, history, completion.
#ifndef MARSH_REPL_REPL_H
#define MARSH_REPL_REPL_H

struct context;

// Reads statements from the terminal until the user leaves; errors are shown as they come.
// wake_fd: where the thread that owns signals writes a letter for each ("I", "T", "W", "Z"), and a
// job that ends a "J".
void repl_run(struct context *context, int wake_fd);

#endif
