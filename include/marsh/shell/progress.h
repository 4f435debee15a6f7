// The line that shows how far a long run is, on standard error where that is a terminal.
#ifndef MARSH_SHELL_PROGRESS_H
#define MARSH_SHELL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct caller;

struct progress {
    struct caller *caller; // on whose standard error it is
    bool on;
    bool asked;      // for by the user: a last line stays, and no terminal is needed
    bool terminal;   // is standard error
    const char *one; // what is counted: "row"
    bool shown;
    int64_t began;
    int64_t next;   // when it is drawn anew
    uint64_t total; // bytes of the input, 0: not known
    uint64_t bytes; // of them done with
    uint64_t count;
    uint64_t failed;
};

// For `--each`. fd: of the input. The line is only shown where nothing else is printed on that
// terminal.
void progress_begin(struct progress *progress, struct caller *caller, int fd);
// For a script: where the user has asked for it, or where the input is a large file.
void progress_begin_script(struct progress *progress, struct caller *caller, int fd, bool asked);
// Draws it anew, where it is time for that. Returns when that will be.
int64_t progress_show(struct progress *progress);
// Writes a line of this kind in the place of the last one; NULL: just takes that away.
void progress_draw(struct caller *caller, const struct buf *line);
// Takes it from the screen, for something else to be printed. Takes NULL.
void progress_hide(struct progress *progress);
// The same for good.
void progress_end(struct progress *progress);

#endif
