// Tables. The first rows are held back to find the widths; once these are fixed, rows are written
// as they come, and a value that is wider than its column pushes its row out of line rather than
// being cut. So memory stays flat. A table without rows prints nothing. What the mariadb client's
// options ask for is in compatible.c, but for a terminal.
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "formats.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "types.h"
#include "vertical.h"

enum { STRETCH_ROWS = 1000, STRETCH_BYTES = 1 << 20 };

struct border {
    const char *horizontal;
    const char *vertical;
    const char *left[3]; // of the top, middle and bottom rule
    const char *cross[3];
    const char *right[3];
    const char *continued; // a value goes on in the next line
};

static const struct border ascii = {"-", "|", {"+", "+", "+"}, {"+", "+", "+"}, {"+", "+", "+"},
                                    "+"};
static const struct border unicode = {"─", "│", {"┌", "├", "└"}, {"┬", "┼", "┴"}, {"┐", "┤", "┘"},
                                      "↵"};

// A cell of the stretch: where its text stands in `text`.
struct held {
    size_t offset;
    size_t len;
    size_t width;
};

struct table {
    struct sink sink;
    struct output *output;
    struct render_options options;
    const struct border *border;
    enum set_kind kind;
    const struct column *columns;
    size_t count;
    size_t *widths;
    struct shown *line; // one row, with pointers into text
    struct held *held;  // names first, then row after row
    size_t held_rows;
    size_t held_room; // in rows
    struct buf text;
    size_t written; // rows
    bool fixed;     // widths are fixed and the head is written
    bool vertical;  // wider than the terminal
};

static size_t widest_line(const char *text, size_t len)
{
    size_t widest = 0;
    while (len > 0) {
        const char *newline = memchr(text, '\n', len);
        size_t line = newline == NULL ? len : (size_t) (newline - text);
        size_t width = text_width(text, line);
        widest = width > widest ? width : widest;
        text += newline == NULL ? len : line + 1;
        len -= newline == NULL ? len : line + 1;
    }
    return widest;
}

static struct held hold(struct table *self, size_t offset)
{
    size_t len = self->text.len - offset;
    buf_reserve(&self->text, 1); // also where nothing was added yet there is a place to point to
    return (struct held){offset, len, widest_line(self->text.data + offset, len)};
}

static void hold_row(struct table *self, const char *const *cells, const unsigned long *lengths)
{
    if (self->held_rows + 2 > self->held_room) {
        self->held_room = self->held_room == 0 ? 16 : self->held_room * 2;
        self->held = mem_realloc(self->held, self->held_room * self->count * sizeof(*self->held));
    }
    struct held *row = &self->held[self->held_rows++ * self->count];
    for (size_t i = 0; i < self->count; i++) {
        size_t offset = self->text.len;
        cell_add_shown(&self->text, &self->columns[i], cells[i], lengths[i]);
        row[i] = hold(self, offset);
    }
}

static void hold_names(struct table *self)
{
    self->held_rows = 0;
    self->held_room = 16;
    buf_reserve(&self->text, 1); // cells point into it, also where all are empty
    self->held = mem_realloc(self->held, self->held_room * self->count * sizeof(*self->held));
    for (size_t i = 0; i < self->count; i++) {
        size_t offset = self->text.len;
        if (self->options.headers)
            text_add_printable(&self->text, self->columns[i].name, self->columns[i].name_len,
                               false);
        self->held[i] = hold(self, offset);
    }
    self->held_rows = 1;
}

static const struct shown *get_row(struct table *self, size_t row)
{
    const struct held *held = &self->held[row * self->count];
    for (size_t i = 0; i < self->count; i++)
        self->line[i] = (struct shown){self->text.data + held[i].offset, held[i].len,
                                       held[i].width};
    return self->line;
}

static void add_rule(struct table *self, size_t which)
{
    struct buf *buf = output_buffer(self->output);
    for (size_t i = 0; i < self->count; i++) {
        buf_add_text(buf, i == 0 ? self->border->left[which] : self->border->cross[which]);
        for (size_t j = 0; j < self->widths[i] + 2; j++)
            buf_add_text(buf, self->border->horizontal);
    }
    buf_add_text(buf, self->border->right[which]);
    buf_add_char(buf, '\n');
}

// The next line of a cell's text; *rest moves behind it. *more: further lines follow.
static struct shown next_line(struct shown *rest, bool *more)
{
    const char *newline = rest->len > 0 ? memchr(rest->text, '\n', rest->len) : NULL;
    size_t len = newline == NULL ? rest->len : (size_t) (newline - rest->text);
    *more = newline != NULL;
    bool whole = newline == NULL && rest->width > 0;
    struct shown line = {rest->text, len, whole ? rest->width : text_width(rest->text, len)};
    size_t used = newline == NULL ? rest->len : len + 1;
    *rest = (struct shown){len == 0 && used == 0 ? rest->text : rest->text + used, rest->len - used,
                           0};
    return line;
}

// One row, of as many lines as its longest cell. Only the first line of a one-line cell may trust
// the cell's width.
static void add_cells(struct table *self, struct shown *cells, bool head)
{
    struct buf *buf = output_buffer(self->output);
    bool again;
    do {
        again = false;
        for (size_t i = 0; i < self->count; i++) {
            bool more;
            struct shown line = next_line(&cells[i], &more);
            enum column_kind kind = self->columns[i].kind;
            bool right = !head && (kind == COLUMN_NUMBER ||
                                   (kind == COLUMN_BIT && !self->options.compatible));
            size_t pad = line.width < self->widths[i] ? self->widths[i] - line.width : 0;
            buf_add_text(buf, self->border->vertical);
            buf_add_char(buf, ' ');
            buf_add_repeat(buf, ' ', right ? pad : 0);
            buf_add(buf, line.text, line.len);
            buf_add_repeat(buf, ' ', right ? 0 : pad);
            buf_add_text(buf, more ? self->border->continued : " ");
            again = again || more;
        }
        buf_add_text(buf, self->border->vertical);
        buf_add_char(buf, '\n');
    } while (again);
}

static void add_row(struct table *self, size_t row)
{
    struct shown *cells = (struct shown *) get_row(self, row);
    self->written++;
    if (!self->vertical) {
        // A width over several lines is the widest one's, not the first one's.
        for (size_t i = 0; i < self->count; i++) {
            if (cells[i].len > 0 && memchr(cells[i].text, '\n', cells[i].len) != NULL)
                cells[i].width = 0;
        }
        add_cells(self, cells, false);
        return;
    }
    struct shown *names = mem_calloc(self->count, sizeof(*names));
    for (size_t i = 0; i < self->count; i++) {
        const struct held *held = &self->held[i];
        names[i] = (struct shown){self->text.data + held->offset, held->len, held->width};
    }
    vertical_add_row(output_buffer(self->output), self->options.headers ? names : NULL, cells,
                     self->count, self->written);
    free(names);
}

static void find_widths(struct table *self)
{
    size_t total = 1;
    for (size_t i = 0; i < self->count; i++) {
        // The reference keeps room for a NULL wherever one may come.
        self->widths[i] = self->options.compatible && !self->columns[i].not_null ? 4 : 0;
        for (size_t row = 0; row < self->held_rows; row++) {
            size_t width = self->held[row * self->count + i].width;
            self->widths[i] = width > self->widths[i] ? width : self->widths[i];
        }
        total += self->widths[i] + 3;
    }
    self->vertical = self->options.columns > 0 && total > self->options.columns;
}

// Writes what was held back. The names stay held: a vertical table needs them again.
static bool fix(struct table *self, struct error *err)
{
    if (!self->fixed) {
        self->fixed = true;
        find_widths(self);
        if (self->kind == SET_OUT && !self->options.compatible)
            buf_add_text(output_buffer(self->output), "OUT:\n");
        if (!self->vertical) {
            add_rule(self, 0);
            if (self->options.headers) {
                add_cells(self, (struct shown *) get_row(self, 0), true);
                add_rule(self, 1);
            }
        }
    }
    for (size_t row = 1; row < self->held_rows; row++) {
        add_row(self, row);
        if (!output_commit(self->output, err))
            return false;
    }
    self->held_rows = 1;
    const struct held *last = &self->held[self->count - 1];
    self->text.len = last->offset + last->len;
    return true;
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct table *self = (struct table *) sink;
    (void) err;
    self->kind = kind;
    self->columns = columns;
    self->count = count;
    self->written = 0;
    self->fixed = false;
    self->vertical = false;
    self->widths = mem_realloc(self->widths, count * sizeof(*self->widths));
    self->line = mem_realloc(self->line, count * sizeof(*self->line));
    buf_clear(&self->text);
    buf_reserve(&self->text, 1); // pointers into it are made of empty cells as well
    hold_names(self);
    for (size_t i = 0; self->options.types && i < count; i++)
        types_add(output_buffer(self->output), &self->options, i, &columns[i], NULL);
    return true;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct table *self = (struct table *) sink;
    hold_row(self, row->cells, row->lengths);
    bool full = self->held_rows > STRETCH_ROWS || self->text.len > STRETCH_BYTES;
    return (!self->fixed && !full) || fix(self, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct table *self = (struct table *) sink;
    if (summary->has_columns && summary->rows > 0) {
        if (!fix(self, err))
            return false;
        if (!self->vertical)
            add_rule(self, 2);
    }
    return output_flush(self->output, err);
}

// What was held back is shown: those rows did come.
static void take_abort(struct sink *sink)
{
    struct table *self = (struct table *) sink;
    struct error ignored = ERROR_INIT;
    if (self->held_rows > 1)
        fix(self, &ignored);
    self->held_rows = 0;
    error_finish(&ignored);
}

static struct table *create(const struct render_options *options, struct output *output)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    struct table *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = &ops;
    self->output = output;
    self->options = *options;
    self->border = options->unicode && !options->compatible ? &unicode : &ascii;
    return self;
}

struct sink *render_table_create(const struct render_options *options, struct output *output)
{
    // A terminal is never to be driven by what is in a table, whatever the mariadb client does.
    if (options->compatible && !options->terminal)
        return render_compatible_create(options, output);
    struct table *self = create(options, output);
    self->options.columns = 0;
    return &self->sink;
}

struct sink *render_auto_create(const struct render_options *options, struct output *output)
{
    return &create(options, output)->sink;
}

void render_table_destroy(struct sink *sink)
{
    struct table *self = (struct table *) sink;
    if (self == NULL)
        return;
    if (render_compatible_is(sink)) {
        render_compatible_destroy(sink);
        return;
    }
    free(self->widths);
    free(self->line);
    free(self->held);
    buf_finish(&self->text);
    free(self);
}
