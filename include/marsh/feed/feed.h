// Rows from a file or pipe: the opposite of render. What marsh writes as csv, tsv and jsonl is read
// back as it was, text for text. Memory holds one row and a chunk, however long the input is.
//
//     feed_create, feed_open, feed_next until FEED_END or FEED_FAILED, feed_destroy
//
// A byte order mark in front is skipped; text is UTF-8, but for csv and tsv that is the server's
// business. Lines end in LF or CRLF, the last one may lack it. Each column has a name of its own;
// case counts.
//
// csv    RFC 4180 with a header. Nothing at all and \N are NULL, in quotes they are the empty
// string
//        and two characters. A carriage return stands in quotes, or before LF. A blank line is
//        skipped, but for a single column it is its NULL.
// tsv    The mariadb client's batch format with a header. NULL and \N are NULL (the text NULL can't
//        be told from it, there either); \t \n \r \0 \\ are what they say, other escapes an error;
//        names have none. CR before LF is of the line's end if it is in the header, and otherwise
//        of the value. A blank line is skipped, but for a single column it is the empty string.
//        Without a byte it is a set without rows, and has no columns.
// jsonl  One object a line; blank lines are skipped. The first one's keys are the columns; a later
//        one may lack some but has no others, in any order. A string is decoded, a number stays as
//        it is written, true is 1 and false 0, an array or object is passed on as its JSON. Without
//        an object it has no columns.
//
// One thread at a time.
#ifndef MARSH_FEED_FEED_H
#define MARSH_FEED_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct feed;
struct value;

enum feed_format { FEED_CSV, FEED_TSV, FEED_JSONL };

enum { FEED_COLUMNS_MAX = 65535 };

// By its name (csv, tsv, jsonl); ERROR_USAGE with the nearest one.
bool feed_format_need(const char *name, enum feed_format *format, struct error *err);
// By a file's name: .csv .tsv .tab .jsonl .ndjson in any case.
bool feed_format_of_file(const char *path, enum feed_format *format);

// Where a row ends and the next one begins.
struct feed_mark {
    uint64_t offset; // in bytes, from where the descriptor stood at feed_create
    size_t line;     // of the next row, from 1
    uint64_t number; // rows so far, bad ones too
};

// Borrowed until the next call on the feed.
struct feed_row {
    const struct value *values; // one a column; NULL for a bad row, as is absent
    const bool *absent;         // jsonl: the object lacks the key. Its value is NULL then
    size_t line;                // where it begins, from 1
    uint64_t number;            // from 1
    const char *raw;            // its bytes as they were, with a line end even where the input ends
    size_t raw_len;
    struct feed_mark end;
};

enum feed_result {
    FEED_ROW,
    FEED_END,
    FEED_BAD_ROW, // err says why, and reading goes on behind it; the row has no values
    FEED_FAILED,  // can't be read, or a row is too long; it is over
};

// Does not own fd. The name is for messages, which begin with NAME:LINE.
struct feed *feed_create(int fd, const char *name, enum feed_format format);
void feed_destroy(struct feed *feed);

// A row that is longer ends the reading, as one whose quote is never closed would. 1 GiB at first.
void feed_set_row_limit(struct feed *feed, size_t bytes);

// Once something can be read from this other descriptor, whoever waits for input waits no longer,
// and it is over, with ERROR_CANCELLED: for what a pipe that nobody writes to would hold up for
// ever. Rows that are in memory come all the same. Not owned; -1 for none, as at first.
void feed_set_wake(struct feed *feed, int fd);

// Reads the header, or looks at the first object. Once, before all that follows.
bool feed_open(struct feed *feed, struct error *err);
size_t feed_column_count(const struct feed *feed);
const char *feed_column_name(const struct feed *feed, size_t index);
// The header as it was, to be put in front of raw rows; empty for jsonl.
const char *feed_header_raw(const struct feed *feed, size_t *len);

enum feed_result feed_next(struct feed *feed, struct feed_row *row, struct error *err);

#endif
