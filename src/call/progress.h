// The line that shows how far `--each` is, on standard error where that is a terminal.
#ifndef MARSH_CALL_PROGRESS_H
#define MARSH_CALL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool on;
    bool shown;
    int64_t began;
    int64_t next;   // when it is drawn anew
    uint64_t total; // bytes of the input, 0: not known
    uint64_t bytes; // of them done with
    uint64_t rows;
    uint64_t failed;
};

// fd: of the input. The line is only shown where nothing else is printed on that terminal.
void progress_begin(struct progress *progress, int fd);
// Draws it anew, where it is time for that. Returns when that will be.
int64_t progress_show(struct progress *progress);
// Takes it from the screen.
void progress_end(struct progress *progress);

#endif
