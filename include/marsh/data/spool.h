// Rows that have to wait until all of them are known: some in memory, more in a file without a
// name. Add, then rewind, and take them in their order; rewind again to take them once more. One
// thread at a time.
#ifndef MARSH_DATA_SPOOL_H
#define MARSH_DATA_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "marsh/base/buf.h"

struct caller;
struct error;
struct row;

struct spool {
    const struct caller *caller;
    struct buf buf; // what is not in the file, or what was read back from it
    size_t pos;     // of the next row, when they are taken
    int fd;         // -1: none yet
    uint64_t rows;  // added, or left to be taken
    uint64_t total; // added
    bool whole;     // the file has all of them
    bool once;      // they are taken for the last time
    off_t read;     // of the file
    off_t released; // of that, what the file system has back
};

// The file is where the caller has its temporary ones; borrowed.
void spool_init(struct spool *spool, const struct caller *caller);
void spool_finish(struct spool *spool);

bool spool_add(struct spool *spool, const struct row *row, size_t count, struct error *err);
// once: they are not rewound again, so that the file shrinks while they are taken.
bool spool_rewind(struct spool *spool, bool once, struct error *err);
// The next row's cells, which are good until the next call; only while spool.rows is not 0.
bool spool_take(struct spool *spool, const char **cells, unsigned long *lengths, size_t count,
                struct error *err);

#endif
