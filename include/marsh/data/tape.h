// A sink that keeps whole result sets, however many rows they have, and pushes them into another
// sink as often as that is wanted: rows beyond 1 MiB a set wait in a file that has no name. Record
// first, then play. One thread at a time.
#ifndef MARSH_DATA_TAPE_H
#define MARSH_DATA_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/data/sink.h"
#include "marsh/data/spool.h"

struct tape_set {
    enum set_kind kind;
    struct column *columns; // NULL: a statement without rows
    size_t count;
    struct spool rows;
    struct summary summary;
    char *info;
    bool whole; // it has its summary
};

struct tape {
    struct sink sink; // where to record
    const struct caller *caller;
    struct tape_set *sets;
    size_t count;
    uint64_t rows; // of all sets
};

// Of what is long the most is in files where the caller has its temporary ones; borrowed.
void tape_init(struct tape *tape, const struct caller *caller);
void tape_finish(struct tape *tape);

// Pushes all sets, one after the other; one that was cut off ends with an abort.
bool tape_play(struct tape *tape, struct sink *sink, struct error *err);
// Just the rows of one set.
bool tape_play_rows(struct tape *tape, size_t index, struct sink *sink, struct error *err);

#endif
