#include "marsh/render/document.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json_value.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/column.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"

// How far the object is; what comes later is opened when it is needed.
enum part { PART_RESULTS, PART_OUT, PART_WARNINGS, PART_ERROR };

struct document {
    struct sink sink;
    struct buf *buf;
    struct output *output;
    bool terminal;
    enum charset charset;
    enum part part;
    enum set_kind kind; // of the set in hand
    const struct column *columns;
    size_t count;
    size_t sets;
    size_t rows; // of the set
    size_t warnings;
    uint64_t affected;
};

static void add_name(struct document *self, const struct column *column)
{
    json_add_string(self->buf, column->name, column->name_len, self->terminal);
}

// Closes what comes before the part, with the members that nothing was told of.
static void go_to(struct document *self, enum part part)
{
    if (self->part == PART_RESULTS && part > PART_RESULTS)
        buf_add_text(self->buf, part == PART_OUT ? "],\"out\":" : "],\"out\":{}");
    if (self->part < PART_WARNINGS && part >= PART_WARNINGS)
        buf_printf(self->buf, ",\"affected_rows\":%" PRIu64 ",\"warnings\":[", self->affected);
    if (self->part < PART_ERROR && part == PART_ERROR)
        buf_add_char(self->buf, ']');
    self->part = part;
}

static void begin_set(struct document *self)
{
    struct buf *buf = self->buf;
    buf_add_text(buf, self->sets++ > 0 ? ",{\"columns\":[" : "{\"columns\":[");
    for (size_t i = 0; i < self->count; i++) {
        buf_add_text(buf, i > 0 ? "," : "");
        add_name(self, &self->columns[i]);
    }
    buf_add_text(buf, "],\"rows\":[");
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct document *self = (struct document *) sink;
    if (!json_fits_names(self->charset, columns, count, err))
        return false;
    self->kind = kind;
    self->columns = columns;
    self->count = count;
    self->rows = 0;
    if (kind == SET_ROWS)
        begin_set(self);
    return true;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct document *self = (struct document *) sink;
    struct buf *buf = self->buf;
    bool out = self->kind == SET_OUT;
    if (!json_fits(self->charset, self->columns, self->count, row, err))
        return false;
    // Not before: columns that no row follows, as the connection is lost, have no value to show.
    if (out)
        go_to(self, PART_OUT);
    buf_add_text(buf, self->rows++ > 0 ? "," : "");
    buf_add_char(buf, out ? '{' : '[');
    for (size_t i = 0; i < self->count; i++) {
        buf_add_text(buf, i > 0 ? "," : "");
        if (out) {
            add_name(self, &self->columns[i]);
            buf_add_char(buf, ':');
        }
        json_add_value(buf, &self->columns[i], row->cells[i], row->lengths[i], self->terminal);
    }
    buf_add_char(buf, out ? '}' : ']');
    return self->output == NULL || output_commit(self->output, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct document *self = (struct document *) sink;
    if (!summary->has_columns)
        self->affected = summary->affected;
    else if (summary->kind == SET_ROWS)
        buf_add_text(self->buf, "]}");
    return self->output == NULL || output_flush(self->output, err);
}

static void take_abort(struct sink *sink)
{
    struct document *self = (struct document *) sink;
    if (self->part == PART_RESULTS && self->kind == SET_ROWS && self->columns != NULL)
        buf_add_text(self->buf, "],\"incomplete\":true}");
}

struct document *document_create(struct buf *buf, struct output *output,
                                 const struct render_options *options)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    struct document *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = &ops;
    self->buf = buf;
    self->output = output;
    self->terminal = options->terminal;
    self->charset = options->charset;
    return self;
}

void document_destroy(struct document *document)
{
    free(document);
}

void document_begin(struct document *document, const char *head)
{
    document->part = PART_RESULTS;
    document->sets = document->warnings = 0;
    document->affected = 0;
    document->columns = NULL;
    buf_printf(document->buf, "{%s%s\"results\":[", head == NULL ? "" : head,
               head == NULL ? "" : ",");
}

struct sink *document_sink(struct document *document)
{
    return &document->sink;
}

void document_write_string(struct buf *buf, const char *text, size_t len, bool terminal)
{
    json_add_string(buf, text, len, terminal);
}

void document_write_warning(struct buf *buf, const char *level, unsigned code, const char *message,
                            bool terminal)
{
    buf_add_text(buf, "{\"level\":");
    json_add_string(buf, level, strlen(level), terminal);
    buf_printf(buf, ",\"code\":%u,\"message\":", code);
    json_add_string(buf, message, strlen(message), terminal);
    buf_add_char(buf, '}');
}

void document_write_error(struct buf *buf, const struct error *err, const char *members,
                          bool terminal)
{
    const char *message = err->message == NULL ? "" : err->message;
    buf_add_char(buf, '{');
    if (err->number != 0)
        buf_printf(buf, "\"number\":%u,", err->number);
    if (err->sqlstate[0] != '\0') {
        buf_add_text(buf, "\"sqlstate\":");
        json_add_string(buf, err->sqlstate, strlen(err->sqlstate), terminal);
        buf_add_char(buf, ',');
    }
    buf_add_text(buf, "\"message\":");
    json_add_string(buf, message, strlen(message), terminal);
    if (members != NULL && members[0] != '\0')
        buf_printf(buf, ",%s", members);
    buf_add_char(buf, '}');
}

void document_add_warning(struct document *document, const char *level, unsigned code,
                          const char *message)
{
    go_to(document, PART_WARNINGS);
    buf_add_text(document->buf, document->warnings++ > 0 ? "," : "");
    document_write_warning(document->buf, level, code, message, document->terminal);
}

void document_add_error(struct document *document, const struct error *err, const char *members)
{
    go_to(document, PART_ERROR);
    buf_add_text(document->buf, ",\"error\":");
    document_write_error(document->buf, err, members, document->terminal);
}

void document_end(struct document *document)
{
    go_to(document, PART_ERROR);
    buf_add_char(document->buf, '}');
}
