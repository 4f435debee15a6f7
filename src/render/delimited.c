// Rows of cells with a separator: tsv and csv differ only in how a cell is written.
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "formats.h"
#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "scan.h"

typedef void (*add_cell)(struct buf *buf, const struct column *column, const char *cell, size_t len,
                         bool terminal);

struct delimited {
    struct sink sink;
    struct output *output;
    struct render_options options;
    char separator;
    const char *line_end;
    size_t line_end_len;
    add_cell add;
    bool empty_headers; // a set without rows has its column names all the same
    bool between;       // an empty line parts the sets
    bool hex;           // binary is hexadecimal
    bool plain_tsv;     // every cell is just escaped
    const struct column *columns;
    size_t count;
    size_t rows;
    size_t sets;
};

// All control characters are, for being asked for at once.
static inline uint64_t is_special_in_tsv(uint64_t eight)
{
    return scan_ascii(eight, scan_for_below(eight, 0x20) | scan_for(eight, '\\'));
}

// `to` has room for twice as many. Returns what is behind them.
static char *escape(char *to, const char *from, size_t len)
{
    static const char escapes[256] = {['\t'] = 't', ['\n'] = 'n', ['\\'] = '\\', ['\0'] = '0'};
    for (;;) {
        size_t copied = scan_copy(to, from, len, is_special_in_tsv);
        to += copied;
        from += copied;
        len -= copied;
        if (len == 0)
            return to;
        for (size_t some = len < 8 ? len : 8; some > 0; some--, len--, from++) {
            char escaped = escapes[(unsigned char) *from];
            if (escaped != '\0')
                *to++ = '\\';
            *to++ = escaped != '\0' ? escaped : *from;
        }
    }
}

// The mariadb client's batch mode: backslash escapes for the separators and for itself.
static void add_tsv(struct buf *buf, const struct column *column, const char *cell, size_t len,
                    bool terminal)
{
    (void) column;
    if (cell == NULL) {
        buf_add(buf, "NULL", 4);
        return;
    }
    size_t start = buf->len;
    buf_reserve(buf, 2 * len + 1); // at least one, as data is NULL before the first
    buf->len = (size_t) (escape(buf->data + buf->len, cell, len) - buf->data);
    if (!terminal || text_is_plain(buf->data + start, buf->len - start))
        return;
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, buf->data + start, buf->len - start, false);
    buf->len = start;
    buf_add(buf, shown.data, shown.len);
    buf_finish(&shown);
}

// A character of two bytes stays whole, whatever the second one is by itself.
static void add_pairs(struct buf *buf, enum charset charset, const char *cell, size_t len,
                      bool terminal)
{
    size_t step;
    for (size_t i = 0; i < len; i += step) {
        step = charset_step(charset, cell + i, len - i);
        if (step == 1)
            add_tsv(buf, NULL, cell + i, 1, terminal);
        else
            buf_add(buf, cell + i, step);
    }
    if (cell == NULL)
        add_tsv(buf, NULL, NULL, 0, terminal);
}

static void add_sjis(struct buf *buf, const struct column *column, const char *cell, size_t len,
                     bool terminal)
{
    (void) column;
    add_pairs(buf, CHARSET_SJIS, cell, len, terminal);
}

static void add_gbk(struct buf *buf, const struct column *column, const char *cell, size_t len,
                    bool terminal)
{
    (void) column;
    add_pairs(buf, CHARSET_GBK, cell, len, terminal);
}

static void add_big5(struct buf *buf, const struct column *column, const char *cell, size_t len,
                     bool terminal)
{
    (void) column;
    add_pairs(buf, CHARSET_BIG5, cell, len, terminal);
}

static add_cell escaping(enum charset charset)
{
    static const add_cell own[] = {
        [CHARSET_SJIS] = add_sjis, [CHARSET_GBK] = add_gbk, [CHARSET_BIG5] = add_big5};
    return charset_has_pairs(charset) ? own[charset] : add_tsv;
}

// Without escapes, as the mariadb client's --raw.
static void add_raw(struct buf *buf, const struct column *column, const char *cell, size_t len,
                    bool terminal)
{
    (void) column;
    if (cell == NULL)
        buf_add(buf, "NULL", 4);
    else if (terminal && !text_is_plain(cell, len))
        text_add_printable(buf, cell, len, true);
    else
        buf_add(buf, cell, len);
}

// More control characters than there have to be, for being asked for at once.
static inline uint64_t is_special_in_csv(uint64_t eight)
{
    return scan_ascii(eight, scan_for_below(eight, '\r' + 1) | scan_for(eight, '"') |
                                 scan_for(eight, ','));
}

// Whether it could.
static bool add_unquoted(struct buf *buf, const char *cell, size_t len)
{
    buf_reserve(buf, len);
    char *to = buf->data + buf->len;
    for (size_t i = scan_copy(to, cell, len, is_special_in_csv); i < len; i++) {
        if (cell[i] == '"' || cell[i] == ',' || cell[i] == '\r' || cell[i] == '\n')
            return false;
        to[i] = cell[i];
    }
    buf->len += len;
    return true;
}

static void add_quoted(struct buf *buf, const char *cell, size_t len)
{
    buf_add_char(buf, '"');
    for (size_t i = 0; i < len; i++) {
        if (cell[i] == '"')
            buf_add_char(buf, '"');
        buf_add_char(buf, cell[i]);
    }
    buf_add_char(buf, '"');
}

// RFC 4180. NULL is nothing at all, the empty string a pair of quotes. The text \N stands in quotes
// too: without them many a reader takes it for NULL, marsh's own among them.
static void add_field(struct buf *buf, const char *text, size_t len)
{
    bool null = len == 0 || (len == 2 && memcmp(text, "\\N", 2) == 0); // would be taken for it
    if (null || !add_unquoted(buf, text, len))
        add_quoted(buf, text, len);
}

static void add_csv(struct buf *buf, const struct column *column, const char *cell, size_t len,
                    bool terminal)
{
    if (cell == NULL)
        return;
    if (column != NULL && column->kind == COLUMN_BINARY) {
        cell_add_hex(buf, cell, len);
        return;
    }
    if (column != NULL && column->kind == COLUMN_BIT) {
        buf_printf(buf, "%" PRIu64, cell_bit(cell, len));
        return;
    }
    if (!terminal || text_is_plain(cell, len)) {
        add_field(buf, cell, len);
        return;
    }
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, cell, len, true);
    add_field(buf, shown.data, shown.len);
    buf_finish(&shown);
}

static bool add_headers(struct delimited *self, struct error *err)
{
    struct buf *buf = output_buffer(self->output);
    for (size_t i = 0; i < self->count; i++) {
        const struct column *column = &self->columns[i];
        if (i > 0)
            buf_add_char(buf, self->separator);
        // The reference writes names as they are in its batch mode.
        if (self->add != add_csv && !self->options.terminal)
            buf_add(buf, column->name, column->name_len);
        else
            self->add(buf, NULL, column->name, column->name_len, self->options.terminal);
    }
    buf_add(buf, self->line_end, self->line_end_len);
    return output_commit(self->output, err);
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct delimited *self = (struct delimited *) sink;
    (void) kind;
    self->columns = columns;
    self->count = count;
    self->rows = 0;
    // Sets of one statement or of several; at a prompt each statement stands alone anyway.
    bool parted = self->sets > 0 || (!self->options.terminal && output_was_used(self->output));
    if (self->between && parted)
        buf_add(output_buffer(self->output), self->line_end, self->line_end_len);
    self->sets++;
    return !self->options.headers || !self->empty_headers || add_headers(self, err);
}

// Most rows there are: nothing is looked up for each cell, and there is room for all of them.
static void add_tsv_row(struct buf *buf, const struct row *row, size_t count)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += row->cells[i] == NULL ? 0 : row->lengths[i];
    buf_reserve(buf, 2 * room + 5 * count);
    char *to = buf->data + buf->len;
    for (size_t i = 0; i < count; i++) {
        bool null = row->cells[i] == NULL;
        to = escape(to, null ? "NULL" : row->cells[i], null ? 4 : row->lengths[i]);
        *to++ = '\t';
    }
    to[-1] = '\n';
    buf->len = (size_t) (to - buf->data);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct delimited *self = (struct delimited *) sink;
    if (self->rows++ == 0 && self->options.headers && !self->empty_headers &&
        !add_headers(self, err))
        return false;
    struct buf *buf = output_buffer(self->output);
    if (self->plain_tsv) {
        add_tsv_row(buf, row, self->count);
        return output_commit(self->output, err);
    }
    for (size_t i = 0; i < self->count; i++) {
        if (i > 0)
            buf_add_char(buf, self->separator);
        if (self->hex && cell_is_hex(&self->columns[i], &self->options))
            cell_add_hex(buf, row->cells[i], row->lengths[i]);
        else
            self->add(buf, &self->columns[i], row->cells[i], row->lengths[i],
                      self->options.terminal);
    }
    buf_add(buf, self->line_end, self->line_end_len);
    return output_commit(self->output, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) summary;
    return output_flush(((struct delimited *) sink)->output, err);
}

static struct delimited *create(const struct render_options *options, struct output *output,
                                char separator, const char *line_end)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, NULL};
    struct delimited *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = &ops;
    self->output = output;
    self->options = *options;
    self->separator = separator;
    self->line_end = line_end;
    self->line_end_len = strlen(line_end);
    return self;
}

struct sink *render_tsv_create(const struct render_options *options, struct output *output)
{
    struct delimited *self = create(options, output, '\t', "\n");
    self->empty_headers = options->empty_names;
    self->add = options->raw ? add_raw : escaping(options->charset);
    self->hex = options->binary_as_hex;
    self->plain_tsv = self->add == add_tsv && !self->hex && !options->terminal;
    self->options.headers = options->headers && options->silent < 2;
    return &self->sink;
}

struct sink *render_csv_create(const struct render_options *options, struct output *output)
{
    struct delimited *self = create(options, output, ',', "\r\n");
    self->add = add_csv;
    self->empty_headers = true;
    self->between = true;
    return &self->sink;
}

void render_delimited_destroy(struct sink *sink)
{
    free(sink);
}
