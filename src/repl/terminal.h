// readline behind an interface that can be waited on together with signals. One at a time: readline
// is one in a process.
#ifndef MARSH_REPL_TERMINAL_H
#define MARSH_REPL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum terminal_event {
    TERMINAL_LINE,      // *line is the caller's
    TERMINAL_EOF,       // Ctrl-D on an empty line, or the terminal is gone
    TERMINAL_INTERRUPT, // Ctrl-C: what was typed on this line is forgotten
    TERMINAL_END,       // the process is asked to end
};

// Fills in what may stand in place of the word from `start` to the cursor in `line`: a list that
// ends with NULL, of malloc'ed texts, itself malloc'ed; or NULL for nothing.
typedef char **(*terminal_completer)(void *data, const char *line, size_t start, size_t end);

// Whether what stands at the line's end is to be completed as a file's name.
typedef bool (*terminal_wants_file)(const char *line);

// What to show above the line once it is typed so far, behind a space or an opening parenthesis;
// malloc'ed, or NULL for nothing.
typedef char *(*terminal_hint)(void *data, const char *line);

// wake_fd as in repl_run.
void terminal_begin(int wake_fd, terminal_completer completer, terminal_wants_file wants_file,
                    terminal_hint hint, void *data);
void terminal_end(void);
enum terminal_event terminal_read(const char *prompt, char **line);
// While the next line is read and nothing happens for so long, idle is called; it says in how many
// seconds it wants to be called again. -1: never.
void terminal_on_idle(int seconds, int (*idle)(void *data), void *data);
// While a line is read, `notice` is called for each letter J on wake_fd; what it returns, malloc'ed
// or NULL, is shown above the line, which is drawn anew below.
void terminal_on_notice(char *(*notice)(void *data), void *data);
// Forgets signals that came while no line was being read.
void terminal_forget_signals(void);
size_t terminal_columns(void);

#endif
