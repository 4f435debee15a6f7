// The two ends of a copy, as they are written on the command line.
#ifndef MARSH_COPY_ENDS_H
#define MARSH_COPY_ENDS_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;
struct session;

enum end_kind { END_FILE, END_TABLE, END_QUERY };

struct end {
    enum end_kind kind;
    const char *text;        // as it was written; borrowed
    char *schema;            // of a table, NULL where none is written
    char *table;             // its name
    char *name;              // for messages, and quoted for statements: `shop`.`orders`
    struct session *session; // borrowed of the context's manager; NULL for a file
};

struct ends {
    struct end from;
    struct end to;
};

// FROM and TO, each with a target of its own in front or without; the one without is the other's
// if that stands in front of it, or else the context's. A word is a file where it says so itself
// (see feed/source.h), a query where it has more than one word, and a table otherwise.
// Opens the sessions, none of which connects. ends_finish after either.
bool ends_open(struct ends *ends, struct context *context, size_t jobs, char *const *words,
               size_t count, struct error *err);
void ends_finish(struct ends *ends);
// Whether both may be the same table.
bool ends_are_one(const struct ends *ends);

// [SCHEMA.]TABLE, quoted or not. end_finish after either.
bool end_read_table(struct end *end, const char *text, struct error *err);
void end_finish(struct end *end);

#endif
