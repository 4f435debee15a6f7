// \gset: keeps a statement's only row, or its OUT values, in the variables that :name binds.
#ifndef MARSH_SHELL_KEEP_H
#define MARSH_SHELL_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/data/recorder.h"

struct variables;

// A sink that keeps the first row of each set, and counts the others.
struct keep {
    struct sink sink;
    struct recorder recorder; // a set at most: the OUT values, or else the first with rows
    size_t sets;              // that had columns
    size_t rows;              // of the first of them
    bool out;                 // OUT values came
    bool passes;              // the set in hand is kept
};

void keep_init(struct keep *keep);
void keep_finish(struct keep *keep);

// Each column becomes the variable PREFIXname; all of them or, on failure, none. ERROR_USAGE where
// there is not just one row, or a column's name can't be a variable's.
bool keep_take(const struct keep *keep, const char *prefix, struct variables *variables,
               struct error *err);

#endif
