// `marsh copy`: rows from a file or a query into a table, or from a table or query into a file; and
// `marsh table`, which prints a whole table. Both read a table over several connections, in one
// consistent snapshot, where that is asked for.
#ifndef MARSH_COPY_COPY_H
#define MARSH_COPY_COPY_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;

struct copy_options {
    size_t jobs;         // connections side by side; 0: as many as suit
    const char *where;   // an SQL condition, or NULL for all rows
    const char *columns; // names with commas between them, or NULL for all
    // Into a table:
    char *const *maps; // COLUMN=NAME each; see feed/source.h
    size_t map_count;
    size_t batch;        // rows a statement, 0: as many as suit
    const char *rejects; // rows that failed go there, as they were; or NULL
    bool skips;          // go on after one
    bool progress;       // asked for
    bool scope;          // all rows in one transaction
};

// words: [TARGET] FROM [TARGET] TO.
bool copy_run(struct context *context, const struct copy_options *options, char *const *words,
              size_t count, struct error *err);

// words: [SCHEMA.]TABLE. Prints it in the context's format.
bool copy_print_table(struct context *context, const struct copy_options *options,
                      char *const *words, size_t count, struct error *err);

#endif
