#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/data/sink.h"
#include "marsh/feed/feed.h"
#include "marsh/session/session.h"
#include "query.h"

bool load_open_source(struct load *load, struct error *err)
{
    if (load->ends->from.kind != END_FILE) {
        load->name = load->ends->from.name != NULL ? load->ends->from.name : "the query";
        load->query = query_create(load->context, &load->ends->from, load->options, QUERY_COPIED,
                                   err);
        return load->query != NULL;
    }
    if (!source_parse(&load->source, load->ends->from.text, err) ||
        !source_open(&load->source, load->context->caller, err))
        return false;
    load->name = load->source.name;
    if (pipe2(load->wake, O_CLOEXEC) != 0)
        return error_set_errno(err, "pipe");
    load->feed = feed_create(load->source.fd, load->name, load->source.format);
    feed_set_wake(load->feed, load->wake[0]);
    return true;
}

void load_close_source(struct load *load)
{
    feed_destroy(load->feed);
    query_destroy(load->query);
    source_close(&load->source);
    for (size_t i = 0; i < 2; i++) {
        if (load->wake[i] >= 0)
            close(load->wake[i]);
    }
}

// 0x and pairs of digits, as marsh writes bytes into csv. False for anything else.
static bool add_hex(struct buf *out, const char *text, size_t len)
{
    bool hex = len >= 2 && len % 2 == 0 && text[0] == '0' && text[1] == 'x';
    for (size_t i = 2; hex && i < len; i++)
        hex = text_hex_digit(text[i]) >= 0;
    for (size_t i = 2; hex && i < len; i += 2)
        buf_add_char(out, (char) ((unsigned) text_hex_digit(text[i]) << 4 |
                                  (unsigned) text_hex_digit(text[i + 1])));
    return hex;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool add_base64(struct buf *out, const char *text, size_t len)
{
    size_t digits = len;
    while (digits > 0 && len - digits < 2 && text[digits - 1] == '=')
        digits--;
    if (len % 4 != 0 || digits % 4 == 1)
        return false;
    unsigned bits = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned) digit;
        if (i % 4 > 0)
            buf_add_char(out, (char) (bits >> (6 - 2 * (i % 4)) & 0xff));
    }
    return true;
}

// How many bytes the value may become: a point of few characters becomes two numbers of eight.
static size_t room_for(const struct load_place *place, size_t len)
{
    return type_is_converted(&place->column->type) ? 16 * len + 64 : len + strlen("000");
}

static bool add_made(struct buf *out, const struct load_place *place, const char *text, size_t len,
                     struct error *err)
{
    const struct table_column *column = place->column;
    size_t start = out->len;
    if ((place->reading == READ_HEX && add_hex(out, text, len)) ||
        (place->reading == READ_BASE64 && add_base64(out, text, len)))
        return true;
    out->len = start;
    if (place->reading == READ_BASE64 && !type_is_converted(&column->type))
        return error_set(err, ERROR_USAGE, "%s: bytes in JSON are base64, which this is not",
                         column->name);
    return type_convert(&column->type, text, len, out, err);
}

// Bytes that no character set's conversion may touch.
static bool is_bytes(const struct load_place *place)
{
    return place->reading != READ_TEXT && place->reading != READ_YEAR;
}

static bool add_value(struct rows *rows, const struct load_place *place, const char *text,
                      size_t len, struct error *err)
{
    bool binary = is_bytes(place);
    // The year 0000 is the number 0 in JSON; a text of 0 is 2000 to the server.
    if (place->reading == READ_YEAR && text != NULL && len == 1 && text[0] == '0') {
        rows_add(rows, "0000", strlen("0000"), false);
        return true;
    }
    size_t start = rows->bytes.len;
    if (text == NULL || !binary || place->reading == READ_BYTES) {
        rows_add(rows, text, len, binary);
        return true;
    }
    if (!add_made(&rows->bytes, place, text, len, err))
        return false;
    rows_add_made(rows, start, binary);
    return true;
}

// One that can't be read, or not taken as it is.
static void refuse(struct load *load, const struct place *place, const char *raw, struct error *err)
{
    if (load->options->skips) {
        load_reject(load, place, raw, err);
        return;
    }
    load->over = true;
    load->bad = *place;
    load->bad_raw = mem_strndup(raw, place->raw_len);
    error_move(&load->bad_error, err);
}

// A row as it comes from either kind of source.
struct incoming {
    const char *const *texts; // NULL for NULL
    const size_t *lengths;
    const bool *absent; // or NULL
    struct place place;
    const char *raw;
};

static size_t measure(const struct load *load, const struct incoming *row)
{
    size_t bytes = 0;
    for (size_t i = 0; i < load->columns; i++) {
        size_t source = load->sources[i];
        bytes += row->texts[source] == NULL ? 0
                                            : room_for(&load->places[source], row->lengths[source]);
    }
    return bytes;
}

// False once nothing more is wanted.
static bool take_row(struct load *load, const struct incoming *row)
{
    size_t bytes = measure(load, row);
    struct error err = ERROR_INIT;
    bool ok = true;
    if (bytes > load->row_bytes) {
        error_set(&err, ERROR_USAGE, "the row is larger than the server's max_allowed_packet");
        refuse(load, &row->place, row->raw, &err);
        return !load->over;
    }
    if (!rows_begin_row(load->filling, bytes)) {
        if (!load_hand_on(load))
            return false;
        rows_begin_row(load->filling, bytes);
    }
    for (size_t i = 0; ok && i < load->columns; i++) {
        size_t source = load->sources[i];
        const struct load_place *place = &load->places[source];
        // The default of an id that is counted up would be 0, and stay that.
        if (row->absent != NULL && row->absent[source] && !place->column->automatic)
            rows_add_default(load->filling, is_bytes(place));
        else
            ok = add_value(load->filling, place, row->texts[source], row->lengths[source], &err);
    }
    size_t kept = load->options->rejects != NULL ? row->place.raw_len : 0;
    if (ok) {
        rows_end_row(load->filling, row->place.number, row->place.line, row->raw, kept);
        // Nothing waits for more input.
        if (load->filling->count == load->most && !load_hand_on(load))
            return false;
    } else {
        rows_drop_row(load->filling);
        refuse(load, &row->place, row->raw, &err);
    }
    return !load->over;
}

// feed's rows have values; those of queries have cells.
struct cells {
    const char **texts;
    size_t *lengths;
};

static struct cells cells_make(size_t count)
{
    return (struct cells){mem_calloc(count, sizeof(char *)), mem_calloc(count, sizeof(size_t))};
}

static void cells_free(struct cells *cells)
{
    free(cells->texts);
    free(cells->lengths);
}

static bool take_feed_row(struct load *load, struct cells *cells, const struct feed_row *row)
{
    for (size_t i = 0; i < load->place_count; i++) {
        cells->texts[i] = row->values[i].text;
        cells->lengths[i] = row->values[i].len;
    }
    const struct incoming incoming = {cells->texts,
                                      cells->lengths,
                                      row->absent,
                                      {row->number, row->line, 0, row->raw_len},
                                      row->raw};
    return take_row(load, &incoming);
}

static bool read_feed_rows(struct load *load, struct error *err)
{
    struct cells cells = cells_make(load->place_count);
    struct feed_row row;
    enum feed_result result;
    bool goes_on = true;
    struct error bad = ERROR_INIT;
    while (goes_on && !load->over && (result = feed_next(load->feed, &row, &bad)) != FEED_END &&
           result != FEED_FAILED) {
        load->number = row.number;
        load->progress.bytes = row.end.offset;
        if (result == FEED_ROW) {
            goes_on = take_feed_row(load, &cells, &row);
        } else {
            const struct place place = {row.number, 0, 0, row.raw_len};
            refuse(load, &place, row.raw, &bad);
        }
    }
    cells_free(&cells);
    // Ended by Ctrl-C, which is told elsewhere.
    if (bad.kind == ERROR_CANCELLED)
        error_finish(&bad);
    if (bad.kind == ERROR_NONE)
        return true;
    error_move(err, &bad);
    return false;
}

static bool read_feed(struct load *load, struct error *err)
{
    if (!feed_open(load->feed, err)) {
        bool woken = err->kind == ERROR_CANCELLED;
        return woken ? error_set(err, ERROR_CANCELLED, "interrupted") : false;
    }
    size_t count = feed_column_count(load->feed);
    if (count == 0)
        return true; // no rows either
    const char **names = mem_calloc(count, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = feed_column_name(load->feed, i);
    bool ok = load_start(load, names, count, err);
    free(names);
    return ok && read_feed_rows(load, err);
}

// The rows of a query, as they come.
struct taker {
    struct sink sink;
    struct load *load;
    struct cells cells;
    bool begun;
    bool ended;
};

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct taker *taker = (struct taker *) sink;
    (void) kind;
    if (taker->begun)
        return error_set(err, ERROR_USAGE, "what is copied is one result set, not several");
    taker->begun = true;
    taker->cells = cells_make(count);
    char **names = mem_calloc(count, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = mem_strndup(columns[i].name, columns[i].name_len);
    bool ok = load_start(taker->load, (const char *const *) names, count, err);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return ok;
}

static bool take_query_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct taker *taker = (struct taker *) sink;
    struct load *load = taker->load;
    for (size_t i = 0; i < load->place_count; i++) {
        taker->cells.texts[i] = row->cells[i];
        taker->cells.lengths[i] = row->lengths[i];
    }
    const struct incoming incoming = {
        taker->cells.texts, taker->cells.lengths, NULL, {++load->number, 0, 0, 0}, ""};
    taker->ended = !take_row(load, &incoming);
    return !taker->ended || error_set(err, ERROR_CANCELLED, "stopped");
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) sink;
    return summary->has_columns || error_set(err, ERROR_USAGE, "what is copied has no rows");
}

static bool read_query(struct load *load, struct error *err)
{
    static const struct sink_ops ops = {take_columns, take_query_row, take_summary, NULL};
    struct taker taker = {.sink = {&ops}, .load = load};
    bool ok = query_run(load->query, &taker.sink, err);
    cells_free(&taker.cells);
    // The rows' own end, which is told elsewhere.
    if (!ok && (taker.ended || load_is_stopped(load))) {
        error_finish(err);
        return true;
    }
    return ok;
}

bool load_read(struct load *load, struct error *err)
{
    return load->feed != NULL ? read_feed(load, err) : read_query(load, err);
}
