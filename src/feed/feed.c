#include "marsh/feed/feed.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "feed_internal.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/data/value.h"

enum { ROW_LIMIT = 1 << 30 };

static const struct {
    const char *name;
    const char *extensions; // each with a space behind it
    enum scan (*scan)(struct feed *feed, struct error *err);
} formats[] = {
    [FEED_CSV] = {"csv", ".csv ", feed_scan_csv},
    [FEED_TSV] = {"tsv", ".tsv .tab ", feed_scan_tsv},
    [FEED_JSONL] = {"jsonl", ".jsonl .ndjson ", feed_scan_jsonl},
};

enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

bool feed_format_need(const char *name, enum feed_format *format, struct error *err)
{
    struct nearest search;
    nearest_init(&search, name);
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *format = (enum feed_format) i;
            return true;
        }
        nearest_offer(&search, formats[i].name);
    }
    const char *nearest = nearest_get(&search);
    return error_set(err, ERROR_USAGE, "unknown format '%s'%s%s%s", name,
                     nearest == NULL ? "" : ", did you mean '", nearest == NULL ? "" : nearest,
                     nearest == NULL ? "" : "'?");
}

bool feed_format_of_file(const char *path, enum feed_format *format)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash == NULL ? path : slash, '.');
    size_t len = dot == NULL ? 0 : strlen(dot);
    for (int i = 0; i < FORMATS && len > 0; i++) {
        const char *extension = formats[i].extensions;
        while (*extension != '\0') {
            size_t extension_len = strcspn(extension, " ");
            if (len == extension_len && text_same_start_nocase(dot, extension, len)) {
                *format = (enum feed_format) i;
                return true;
            }
            extension += extension_len + 1;
        }
    }
    return false;
}

struct feed *feed_create(int fd, const char *name, enum feed_format format)
{
    struct feed *feed = mem_calloc(1, sizeof(*feed));
    feed->fd = fd;
    feed->wake_fd = -1;
    feed->name = mem_strdup(name);
    feed->scan = formats[format].scan;
    feed->jsonl = format == FEED_JSONL;
    feed->mark.line = 1;
    feed->row_limit = ROW_LIMIT;
    return feed;
}

void feed_destroy(struct feed *feed)
{
    if (feed == NULL)
        return;
    for (size_t i = 0; i < feed->column_count; i++)
        free(feed->columns[i].text);
    free(feed->columns);
    free(feed->sorted);
    free(feed->fields);
    free(feed->values);
    free(feed->absent);
    free(feed->name);
    buf_finish(&feed->in);
    buf_finish(&feed->text);
    buf_finish(&feed->header_raw);
    free(feed);
}

void feed_set_row_limit(struct feed *feed, size_t bytes)
{
    feed->row_limit = bytes;
}

void feed_set_wake(struct feed *feed, int fd)
{
    feed->wake_fd = fd;
}

enum scan feed_bad(struct feed *feed, struct error *err, size_t lines, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP(mem_free_at) char *what = mem_vprintf(format, args);
    va_end(args);
    error_set(err, ERROR_USAGE, "%s:%zu: %s", feed->name, feed->mark.line + lines, what);
    return SCAN_BAD;
}

void feed_grow_fields(struct feed *feed)
{
    size_t most = feed->header ? FEED_COLUMNS_MAX : feed->column_count;
    if (feed->fields_cap >= most)
        return;
    size_t cap = feed->fields_cap < 16 ? 16 : 2 * feed->fields_cap;
    feed->fields_cap = cap < most ? cap : most;
    feed->fields = mem_realloc(feed->fields, feed->fields_cap * sizeof(*feed->fields));
}

// The next row, blank ones left out.
static enum scan scan_row(struct feed *feed, struct error *err)
{
    enum scan result = SCAN_MORE;
    while (result == SCAN_MORE || result == SCAN_BLANK) {
        if (result == SCAN_BLANK)
            feed_advance(feed);
        if (feed_len(feed) > feed->pos || (feed->eof && feed_len(feed) > 0))
            result = feed->scan(feed, err);
        else
            result = feed->eof ? SCAN_END : SCAN_MORE;
        if (result == SCAN_MORE && !feed_fill(feed, err))
            result = SCAN_FAILED;
    }
    if (result != SCAN_FAILED && feed->pos > feed->row_limit) {
        feed_bad(feed, err, 0, "a row is longer than %zu bytes", feed->row_limit);
        result = SCAN_FAILED;
    }
    feed->failed = result == SCAN_FAILED;
    return result;
}

static bool begins_with(const struct feed *feed, const char *mark)
{
    return feed_len(feed) >= strlen(mark) && memcmp(feed_bytes(feed), mark, strlen(mark)) == 0;
}

// The bytes are the first ones of the mark, but not all of it.
static bool may_begin(const struct feed *feed, const char *mark)
{
    return feed_len(feed) < strlen(mark) && memcmp(feed_bytes(feed), mark, feed_len(feed)) == 0;
}

// A byte order mark. Waits for more only where that may still become one.
static bool skip_mark(struct feed *feed, struct error *err)
{
    static const char utf8[] = "\xef\xbb\xbf";
    static const char little[] = "\xff\xfe";
    static const char big[] = "\xfe\xff";
    do {
        if (!feed_fill(feed, err))
            return false;
    } while (!feed->eof &&
             (may_begin(feed, utf8) || may_begin(feed, little) || may_begin(feed, big)));
    if (begins_with(feed, little) || begins_with(feed, big))
        return error_set(err, ERROR_USAGE, "%s: is UTF-16, and has to be UTF-8", feed->name);
    feed->pos = begins_with(feed, utf8) ? strlen(utf8) : 0;
    feed_advance(feed);
    return true;
}

// Where the input ended without, or in the middle of one.
static void add_line_end(struct buf *raw, bool crlf)
{
    char last = raw->len == 0 ? '\0' : raw->data[raw->len - 1];
    if (last != '\n')
        buf_add_text(raw, crlf && last != '\r' ? "\r\n" : "\n");
}

static bool take_header(struct feed *feed, struct error *err)
{
    if (!feed_take_columns(feed, err))
        return false;
    // jsonl: what tells the columns is a row as well.
    if (feed->jsonl) {
        feed_rewind(feed);
        return true;
    }
    buf_add(&feed->header_raw, feed_bytes(feed), feed->pos);
    add_line_end(&feed->header_raw, false);
    feed_advance(feed);
    return true;
}

bool feed_open(struct feed *feed, struct error *err)
{
    if (!skip_mark(feed, err))
        return false;
    feed->header = true;
    enum scan result = scan_row(feed, err);
    bool ok = result == SCAN_ROW && take_header(feed, err);
    if (result == SCAN_END)
        ok = feed->scan != feed_scan_csv ||
             error_set(err, ERROR_USAGE, "%s: has no header", feed->name);
    feed->header = false;
    return ok;
}

size_t feed_column_count(const struct feed *feed)
{
    return feed->column_count;
}

const char *feed_column_name(const struct feed *feed, size_t index)
{
    return feed->columns[index].text;
}

const char *feed_header_raw(const struct feed *feed, size_t *len)
{
    *len = feed->header_raw.len;
    return *len == 0 ? "" : feed->header_raw.data;
}

// The row with its line end: one that the input lacks is put behind the window's last byte.
static void fill_raw(struct feed *feed, struct feed_row *row)
{
    size_t len = feed->in.len;
    row->raw_len = feed->pos;
    if (feed_bytes(feed)[feed->pos - 1] != '\n') {
        add_line_end(&feed->in, feed->crlf);
        row->raw_len += feed->in.len - len;
        feed->in.len = len;
    }
    row->raw = feed_bytes(feed);
}

static void fill_values(struct feed *feed, struct feed_row *row)
{
    for (size_t i = 0; i < feed->column_count; i++) {
        const struct field *field = &feed->fields[i];
        bool null = field->kind == FIELD_NULL || field->kind == FIELD_ABSENT;
        feed->absent[i] = field->kind == FIELD_ABSENT;
        feed->values[i].text = null ? NULL : feed_field_bytes(feed, field);
        feed->values[i].len = null ? 0 : field->len;
    }
    row->values = feed->values;
    row->absent = feed->absent;
}

enum feed_result feed_next(struct feed *feed, struct feed_row *row, struct error *err)
{
    if (feed->failed) {
        error_set(err, ERROR_USAGE, "%s: can't be read any further", feed->name);
        return FEED_FAILED;
    }
    // The row before was lent out until now.
    feed_advance(feed);
    enum scan result = scan_row(feed, err);
    if (result == SCAN_END)
        return FEED_END;
    if (result == SCAN_FAILED)
        return FEED_FAILED;
    *row = (struct feed_row){.line = feed->mark.line, .number = ++feed->mark.number};
    row->end.offset = feed->mark.offset + feed->pos;
    row->end.line = feed->mark.line + feed->newlines;
    row->end.number = row->number;
    fill_raw(feed, row);
    if (result == SCAN_BAD)
        return FEED_BAD_ROW;
    fill_values(feed, row);
    return FEED_ROW;
}
