// A sink between the session and a renderer that counts what has changed, and sums up each result
// set where a person reads: "3 rows in set (0.004 s)".
#ifndef MARSH_SHELL_REPORT_H
#define MARSH_SHELL_REPORT_H

#include "marsh/base/clock.h"
#include "marsh/data/sink.h"

struct context;

struct report {
    struct sink sink;
    struct sink *renderer;
    struct context *context;
    const struct clock *clock;
    int64_t started;
    bool changes;      // rows that come back were changed
    unsigned warnings; // of the last set
    bool staged;       // how far the statement is stands on the terminal
};

void report_init(struct report *report, struct sink *renderer, struct context *context,
                 const struct clock *clock);
// Takes from the terminal what is no output.
void report_end(struct report *report);

#endif
