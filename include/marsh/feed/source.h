// A file of rows as a user names it: FILE, whose name tells its format, or csv:FILE, tsv:FILE or
// jsonl:FILE; - is standard input, csv unless a word in front says otherwise. And which of its
// columns go where, as --map says it.
#ifndef MARSH_FEED_SOURCE_H
#define MARSH_FEED_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/feed/feed.h"

struct caller;
struct error;

struct source {
    const char *path; // of what was named; borrowed
    const char *name; // for messages: the same, but "stdin"
    int fd;           // -1: not open
    bool borrowed;    // it is the caller's
    enum feed_format format;
};

// Just reads the name. ERROR_USAGE where it tells no format.
bool source_parse(struct source *source, const char *text, struct error *err);
// True where the text can only be meant as a file of rows.
bool source_is_file(const char *text);
bool source_open(struct source *source, const struct caller *caller, struct error *err);
void source_close(struct source *source);

// COLUMN=NAME each; COLUMN= leaves the column out. Borrowed.
struct source_maps {
    char *const *list;
    size_t count;
};

// What the column is to be called, "" to be left out; NULL where nothing is said of it.
const char *source_mapped(const struct source_maps *maps, const char *column);
// ERROR_USAGE for a map that has no =, or is of none of these columns of `name`. what: COLUMN's
// counterpart in the message.
bool source_check_maps(const struct source_maps *maps, const char *const *columns, size_t count,
                       const char *name, const char *what, struct error *err);

#endif
