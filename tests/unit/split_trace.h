// What a splitter makes of a text, one line an item, for the tests and the fuzzer of it:
//     1:1 [select 1]          ended by the delimiter
//     1:1 [select 1] \g       or \G, or "end" where the input ended
//     1:1 use{test}           a command with its arguments; "\use" where it had a backslash
//     1:1 bad delimiter
//     1:8 open '              the input ended within a string; or ", `, /*
#ifndef MARSH_TESTS_SPLIT_TRACE_H
#define MARSH_TESTS_SPLIT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/sql/splitter.h"

struct buf;

struct split_how {
    splitter_lookup lookup;
    // Bytes fed at a time; 0: all. With a seed it is the most of a random number.
    size_t chunk;
    uint32_t seed;
    bool no_escapes;
    bool named;  // words are commands within statements
    bool binary; // hardly any are
    bool typed;
    bool comments; // in front of a statement they belong to it
    enum charset charset;
    size_t switch_after; // that many items switch backslash escapes over; 0: never
    size_t next_calls;   // counted
};

void split_trace(struct buf *out, const char *text, size_t len, struct split_how *how);

#endif
