// Reading small inputs whole and in pieces, with all that comes out written down as a text:
//     a|b                        the columns
//     2: <x> NULL -              a row: where it begins, values, what is not there
//     3! f:3: field 1: ...       a bad one
//     .                          the end, or "! " and the error that was it
// Along the way each row's raw bytes, mark and number are held against the input.
#ifndef MARSH_TESTS_FEED_CHECK_H
#define MARSH_TESTS_FEED_CHECK_H

#include "marsh/feed/feed.h"
#include "support.h"

// Whole, cut in two at every place, and byte by byte. The literals may hold NULs.
#define check_feed(format, literal, expected)                                                      \
    feed_check(format, literal, sizeof(literal) - 1, expected, sizeof(expected) - 1, __FILE__,     \
               __LINE__)

void feed_check(enum feed_format format, const char *input, size_t len, const char *expected,
                size_t expected_len, const char *file, int line);

// Appends what the rest of an opened feed gives.
void feed_check_rows(struct feed *feed, const char *input, size_t len, struct buf *trace);

// What is read in these pieces and no others: a socket that keeps them apart. The caller closes it.
int feed_check_pieces(const char *input, size_t len, const size_t *cuts, size_t count);
// A file in memory with these bytes, at its beginning. The caller closes it.
int feed_check_file(const char *input, size_t len);

#endif
