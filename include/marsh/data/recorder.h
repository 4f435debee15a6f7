// A sink that keeps everything, for small results that marsh asks for itself and for tests.
// init/finish; cells are NUL-terminated copies. Fails with ERROR_SYSTEM beyond its cap of cells.
#ifndef MARSH_DATA_RECORDER_H
#define MARSH_DATA_RECORDER_H

#include "marsh/data/sink.h"

struct recorded_set {
    enum set_kind kind;
    size_t columns; // 0: a statement without rows
    size_t rows;
    char **names;
    char **cells; // rows * columns, row by row; NULL is SQL NULL
    unsigned long *lengths;
    uint64_t affected;
    uint64_t insert_id;
    unsigned warnings;
    bool finished; // its summary came
};

struct recorder {
    struct sink sink;
    struct recorded_set *sets;
    size_t count;
    size_t cells; // in all sets
    size_t aborts;
};

void recorder_init(struct recorder *recorder);
void recorder_finish(struct recorder *recorder);

// A cell of the first set, or NULL where there is none (or it is SQL NULL).
const char *recorder_cell(const struct recorder *recorder, size_t row, size_t column);
// How many rows the first set has.
size_t recorder_rows(const struct recorder *recorder);

#endif
