// `marsh call --each FILE ROUTINE [ARGUMENT...]`: one call for each row of a file, some side by
// side over the pool, a line of JSON for each. Memory does not grow with the file.
#ifndef MARSH_CALL_EACH_H
#define MARSH_CALL_EACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context;
struct error;

struct each_options {
    const char *path;  // with its format in front where the name does not tell it: "tsv:FILE"
    size_t jobs;       // 0: the pool's size, at most 8
    char *const *maps; // "column=parameter"; "column=" leaves the column out
    size_t map_count;
    bool unordered;
    const char *rejects;    // NULL: none
    bool skips;             // goes on after a row that failed
    size_t batch;           // so many rows in one transaction; 0: none
    unsigned retries;       // of a transaction
    const char *checkpoint; // NULL: none
    int64_t timeout;        // of a row, microseconds; 0: none
};

// words[0] is the routine. Rows that failed make the run fail, as the first of them says; where
// rows are skipped their number does.
bool each_run(struct context *context, const struct each_options *options, char *const *words,
              size_t count, struct error *err);

#endif
