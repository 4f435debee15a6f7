// Where a call's result sets go: to one sink, to a file each, or nowhere; its OUT values are kept
// besides.
#ifndef MARSH_CALL_OUTCOME_H
#define MARSH_CALL_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"

struct context;
struct output;

struct outcome {
    struct sink sink;
    struct sink *next;  // NULL: to nowhere
    size_t only;        // this set alone, and no OUT values; 0: all
    const char *folder; // a file for each set; NULL: none
    const struct context *context;
    size_t sets;         // so far
    bool passes;         // the set in hand goes on
    struct recorder out; // its OUT values
    bool has_out;
    unsigned warnings; // of the last summary
    uint64_t affected; // rows, by the call as a whole
    // Of the file in hand.
    struct output *file;
    struct sink *renderer;
    int fd;
};

void outcome_init(struct outcome *outcome, struct sink *next);
void outcome_finish(struct outcome *outcome);

// After a call that went well: files of sets that it does not have are removed from its folder.
void outcome_end_files(const struct outcome *outcome);

// The OUT value of that name, ASCII case ignored: false where there is none. *text is NULL for SQL
// NULL; borrowed.
bool outcome_find(const struct outcome *outcome, const char *name, const char **text, size_t *len);

#endif
