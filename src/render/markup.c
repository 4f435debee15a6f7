// HTML and XML, byte for byte what the mariadb client's -H and -X write. Binary is hexadecimal
// unless its own bytes are asked for: then it stands as it is, which XML can't be read back from.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "formats.h"
#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"

struct markup {
    struct sink sink;
    struct output *output;
    struct render_options options;
    const struct column *columns;
    size_t count;
    size_t rows;
    bool open;         // the set's end has to follow
    struct buf *names; // xml: "\t<field name=\"...\"" of each column
    size_t allocated;
};

static void add_escaped(struct buf *buf, const char *text, size_t len)
{
    // A NUL is a space to the client.
    static const char special[256] = {['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\0'] = 5};
    static const char *const entities[] = {NULL, "&amp;", "&lt;", "&gt;", "&quot;", " "};
    size_t done = 0;
    for (size_t i = 0; i < len; i++) {
        char which = special[(unsigned char) text[i]];
        if (which == 0)
            continue;
        buf_add(buf, text + done, i - done);
        buf_add_text(buf, entities[(unsigned char) which]);
        done = i + 1;
    }
    buf_add(buf, text + done, len - done);
}

static void add_text(const struct markup *self, struct buf *buf, const char *text, size_t len)
{
    if (!self->options.terminal || text_is_plain(text, len)) {
        add_escaped(buf, text, len);
        return;
    }
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, text, len, true);
    add_escaped(buf, shown.data, shown.len);
    buf_finish(&shown);
}

static void add_cell(const struct markup *self, struct buf *buf, size_t i, const char *cell,
                     size_t len)
{
    const struct column *column = &self->columns[i];
    bool readable = !self->options.compatible;
    if (cell_is_hex(column, &self->options) ||
        (readable && column->kind == COLUMN_BINARY && cell != NULL))
        cell_add_hex(buf, cell, len);
    else if (cell == NULL)
        buf_add(buf, "NULL", 4);
    else if (readable && column->kind == COLUMN_BIT)
        buf_printf(buf, "%" PRIu64, cell_bit(cell, len));
    else
        add_text(self, buf, cell, len);
}

static void add_html_head(struct markup *self)
{
    struct buf *buf = output_buffer(self->output);
    buf_add_text(buf, self->options.headers ? "<TABLE BORDER=1><TR>" : "<TABLE BORDER=1>");
    for (size_t i = 0; i < self->count && self->options.headers; i++) {
        const struct column *column = &self->columns[i];
        buf_add_text(buf, "<TH>");
        if (column->name_len == 0 || column->name[0] == '\0')
            buf_add_text(buf, " &nbsp; ");
        else
            add_text(self, buf, column->name, column->name_len);
        buf_add_text(buf, "</TH>");
    }
    buf_add_text(buf, self->options.headers ? "</TR>" : "");
}

static bool take_html_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                              size_t count, struct error *err)
{
    struct markup *self = (struct markup *) sink;
    (void) kind, (void) err;
    self->columns = columns;
    self->count = count;
    self->rows = 0;
    self->open = true;
    return true;
}

static bool take_html_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct markup *self = (struct markup *) sink;
    struct buf *buf = output_buffer(self->output);
    if (self->rows++ == 0)
        add_html_head(self);
    buf_add(buf, "<TR>", 4);
    for (size_t i = 0; i < self->count; i++) {
        buf_add(buf, "<TD>", 4);
        add_cell(self, buf, i, row->cells[i], row->lengths[i]);
        buf_add(buf, "</TD>", 5);
    }
    buf_add(buf, "</TR>", 5);
    return output_commit(self->output, err);
}

static void add_xml_head(struct markup *self)
{
    struct buf *buf = output_buffer(self->output);
    buf_add_text(buf, "<?xml version=\"1.0\"?>\n\n<resultset statement=\"");
    if (self->options.statement != NULL)
        add_text(self, buf, self->options.statement,
                 strnlen(self->options.statement, self->options.statement_len));
    buf_add_text(buf, "\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">");
}

static bool take_html_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct markup *self = (struct markup *) sink;
    struct buf *buf = output_buffer(self->output);
    bool empty = summary->has_columns && summary->rows == 0;
    self->open = false;
    if (empty && self->options.empty_names)
        add_html_head(self);
    if (summary->has_columns && (!empty || self->options.empty_names))
        buf_add_text(buf, "</TABLE>");
    if (empty && self->options.xml_too && !self->options.empty_names) {
        add_xml_head(self);
        buf_add_text(buf, "</resultset>\n");
    }
    return output_flush(self->output, err);
}

// Where rows do not wait for each other the client ends what is cut off, too; otherwise it shows
// nothing of it, and an end would make it look whole.
static void take_html_abort(struct sink *sink)
{
    struct markup *self = (struct markup *) sink;
    if (self->open && self->options.quick && self->rows == 0)
        add_html_head(self);
    if (self->open && self->options.quick)
        buf_add_text(output_buffer(self->output), "</TABLE>");
    self->open = false;
}

static void free_names(struct markup *self)
{
    for (size_t i = 0; i < self->allocated; i++)
        buf_finish(&self->names[i]);
    free(self->names);
    self->allocated = 0;
}

static void make_names(struct markup *self)
{
    free_names(self);
    self->allocated = self->count;
    self->names = mem_calloc(self->count, sizeof(*self->names));
    for (size_t i = 0; i < self->count; i++) {
        struct buf *name = &self->names[i];
        const struct column *column = &self->columns[i];
        buf_add_text(name, "\t<field name=\"");
        add_text(self, name, column->name, strnlen(column->name, column->name_len));
        buf_add_char(name, '"');
    }
}

// Also of a set without rows: it is a document all the same.
static bool take_xml_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                             size_t count, struct error *err)
{
    struct markup *self = (struct markup *) sink;
    (void) kind;
    self->columns = columns;
    self->count = count;
    self->open = true;
    make_names(self);
    add_xml_head(self);
    return output_commit(self->output, err);
}

static bool take_xml_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct markup *self = (struct markup *) sink;
    struct buf *buf = output_buffer(self->output);
    buf_add_text(buf, "\n  <row>\n");
    for (size_t i = 0; i < self->count; i++) {
        buf_add(buf, self->names[i].data, self->names[i].len);
        if (row->cells[i] == NULL) {
            buf_add_text(buf, " xsi:nil=\"true\" />\n");
            continue;
        }
        buf_add_char(buf, '>');
        add_cell(self, buf, i, row->cells[i], row->lengths[i]);
        buf_add_text(buf, "</field>\n");
    }
    buf_add_text(buf, "  </row>\n");
    return output_commit(self->output, err);
}

static bool take_xml_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct markup *self = (struct markup *) sink;
    if (summary->has_columns && self->open)
        buf_add_text(output_buffer(self->output), "</resultset>\n");
    self->open = false;
    return output_flush(self->output, err);
}

static void take_xml_abort(struct sink *sink)
{
    struct markup *self = (struct markup *) sink;
    if (self->open && self->options.quick)
        buf_add_text(output_buffer(self->output), "</resultset>\n");
    self->open = false;
}

static struct sink *create(const struct sink_ops *ops, const struct render_options *options,
                           struct output *output)
{
    struct markup *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = ops;
    self->output = output;
    self->options = *options;
    return &self->sink;
}

struct sink *render_html_create(const struct render_options *options, struct output *output)
{
    static const struct sink_ops ops = {take_html_columns, take_html_row, take_html_summary,
                                        take_html_abort};
    return create(&ops, options, output);
}

struct sink *render_xml_create(const struct render_options *options, struct output *output)
{
    static const struct sink_ops ops = {take_xml_columns, take_xml_row, take_xml_summary,
                                        take_xml_abort};
    return create(&ops, options, output);
}

void render_markup_destroy(struct sink *sink)
{
    struct markup *self = (struct markup *) sink;
    if (self != NULL)
        free_names(self);
    free(self);
}
