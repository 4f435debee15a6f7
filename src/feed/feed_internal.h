// What the parts of a feed share. The input is a window of bytes, in which a row begins at `start`;
// a format's scan looks for its end and notes its fields on the way. Positions within the row count
// from its start, so that they stay what they are while the window moves and grows.
#ifndef MARSH_FEED_FEED_INTERNAL_H
#define MARSH_FEED_FEED_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/base/buf.h"
#include "marsh/feed/feed.h"

// Every result but SCAN_MORE and SCAN_FAILED leaves `pos` behind the row and `newlines` complete.
enum scan {
    SCAN_GO, // within scans: not at the end yet
    SCAN_MORE,
    SCAN_ROW,
    SCAN_BLANK,
    SCAN_BAD,
    SCAN_FAILED, // of scan_row alone, as is SCAN_END
    SCAN_END,
};

enum field_kind {
    FIELD_ABSENT,
    FIELD_NULL,
    FIELD_RAW,  // as it stands in the row
    FIELD_TEXT, // decoded, in `text`
};

struct field {
    enum field_kind kind;
    size_t begin;
    size_t len;
};

struct column_name {
    char *text;
    size_t len;
    size_t index;
};

struct feed {
    int fd;
    char *name;
    enum scan (*scan)(struct feed *feed, struct error *err);
    bool jsonl;

    // Input.
    int wake_fd; // -1 for none
    struct buf in;
    size_t start;          // of the row, in the window
    bool eof;              // all is in the window
    bool failed;           // an earlier call said so
    struct feed_mark mark; // where the row begins
    size_t row_limit;

    // Columns, and what they were read from.
    struct column_name *columns;
    struct column_name *sorted;
    size_t column_count;
    struct buf header_raw;
    bool header; // the row is the header
    bool crlf;   // it ends in CRLF

    // The row, as far as it was looked at.
    size_t pos;
    int state; // of the format's scan; 0 at the row's start
    size_t newlines;
    size_t field_begin; // of the field being scanned, behind an opening quote
    size_t field_line;  // newlines before it
    size_t text_begin;  // in `text`
    size_t piece;       // what of it is not in `text` yet begins here
    bool decoded;       // some of it is
    bool null_seen;     // tsv: it has a \N
    struct field *fields;
    size_t fields_cap;
    size_t field_count; // those beyond what can be there are only counted
    struct buf text;
    struct value *values;
    bool *absent;
};

enum scan feed_scan_csv(struct feed *feed, struct error *err);
enum scan feed_scan_tsv(struct feed *feed, struct error *err);
enum scan feed_scan_jsonl(struct feed *feed, struct error *err);

// delimited.c: at the end of a row of csv or tsv, in front of a line end of that many bytes.
enum scan feed_end_row(struct feed *feed, struct error *err, size_t line_end);
// At a field that is wrong: returns SCAN_GO, for what skips the rest of the row.
enum scan feed_bad_field(struct feed *feed, struct error *err, size_t line, const char *what);
// Goes behind the next newline.
enum scan feed_skip_line(struct feed *feed);

// input.c: reads a chunk more behind what is left of the window.
bool feed_fill(struct feed *feed, struct error *err);
// Goes to the next row, which begins behind `pos`.
void feed_advance(struct feed *feed);
// Forgets what was seen of the row.
void feed_rewind(struct feed *feed);

// columns.c: makes the fields of the header the columns.
bool feed_take_columns(struct feed *feed, struct error *err);
// The column of that name, most likely the one at `guess`; column_count for none.
size_t feed_find_column(const struct feed *feed, const char *name, size_t len, size_t guess);
// Appends a name for a message: what a terminal would act on made visible, and no more than needed.
void feed_add_shown(struct buf *out, const char *name, size_t len);

// Sets an error that begins with NAME:LINE; `lines` is how many below the row's first one. Returns
// SCAN_BAD.
enum scan feed_bad(struct feed *feed, struct error *err, size_t lines, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline const char *feed_bytes(const struct feed *feed)
{
    return feed->in.data + feed->start;
}

static inline size_t feed_len(const struct feed *feed)
{
    return feed->in.len - feed->start;
}

// Makes room for one more, or just counts it.
void feed_grow_fields(struct feed *feed);

static inline void feed_add_field(struct feed *feed, enum field_kind kind, size_t begin, size_t len)
{
    if (feed->field_count >= feed->fields_cap)
        feed_grow_fields(feed);
    if (feed->field_count < feed->fields_cap)
        feed->fields[feed->field_count] = (struct field){kind, begin, len};
    feed->field_count++;
}

// A field begins at `pos`.
static inline void feed_begin_field(struct feed *feed)
{
    feed->field_begin = feed->pos;
    feed->field_line = feed->newlines;
    feed->text_begin = feed->text.len;
    feed->piece = feed->pos;
    feed->decoded = false;
    feed->null_seen = false;
}

// It ends at `end`.
static inline void feed_end_field(struct feed *feed, size_t end)
{
    if (!feed->decoded) {
        feed_add_field(feed, FIELD_RAW, feed->field_begin, end - feed->field_begin);
        return;
    }
    buf_add(&feed->text, feed_bytes(feed) + feed->piece, end - feed->piece);
    feed_add_field(feed, FIELD_TEXT, feed->text_begin, feed->text.len - feed->text_begin);
}

static inline const char *feed_field_bytes(const struct feed *feed, const struct field *field)
{
    if (field->kind == FIELD_RAW)
        return feed_bytes(feed) + field->begin;
    return field->len == 0 ? "" : feed->text.data + field->begin;
}

#endif
