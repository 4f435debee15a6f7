// Tables as the mariadb client's -t writes them. A column is as wide as its longest cell has bytes,
// so all rows wait until the last one is there; then they are written in one pass. A table without
// rows prints nothing, and so does one that is cut off. With --quick it is as wide as the server
// says that a cell can be, and nothing waits.
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "cells.h"
#include "formats.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/sink.h"
#include "marsh/data/spool.h"
#include "marsh/render/output.h"
#include "scan.h"
#include "types.h"

// Nothing wider is aligned, but for the rules and for hexadecimal cells.
enum { ALIGNED_MAX = 1024, RUN = 1 << 16 };

struct field {
    uint32_t width; // as the client counts: what LONGTEXT can have, and the blanks beside it, is 1
    bool fixed;
    bool hex;
    bool right;
};

struct compatible {
    struct sink sink;
    struct output *output;
    struct render_options options;
    const struct column *columns;
    size_t count;
    struct field *fields;
    const char **cells; // of the row in hand
    unsigned long *lengths;
    struct spool spool;
    bool streams;
    bool open; // a set has begun
};

static void find_widths(struct compatible *self)
{
    for (size_t i = 0; i < self->count; i++) {
        struct field *field = &self->fields[i];
        if (self->options.headers && self->columns[i].name_len > field->width)
            field->width = (uint32_t) self->columns[i].name_len;
        if (field->width < 4 && !self->columns[i].not_null)
            field->width = 4; // room for NULL
        if (field->hex)
            field->width = 2 + 2 * field->width;
    }
}

// What is as wide as a huge cell needs no memory of its size.
static bool add_run(struct compatible *self, char c, uint32_t count, struct error *err)
{
    while (count > RUN) {
        buf_add_repeat(output_buffer(self->output), c, RUN);
        count -= RUN;
        if (!output_commit(self->output, err))
            return false;
    }
    buf_add_repeat(output_buffer(self->output), c, count);
    return true;
}

static bool add_rule(struct compatible *self, struct error *err)
{
    struct buf *buf = output_buffer(self->output);
    buf_add_char(buf, '+');
    for (size_t i = 0; i < self->count; i++) {
        if (!add_run(self, '-', self->fields[i].width + 2, err))
            return false;
        buf_add_char(buf, '+');
    }
    buf_add_char(buf, '\n');
    return output_commit(self->output, err);
}

static void add_names(struct compatible *self)
{
    struct buf *buf = output_buffer(self->output);
    buf_add_char(buf, '|');
    for (size_t i = 0; i < self->count; i++) {
        const char *name = self->columns[i].name;
        size_t len = strnlen(name, self->columns[i].name_len);
        size_t room = self->fields[i].width + len - cells_count(self->options.charset, name, len);
        room = room < ALIGNED_MAX ? room : ALIGNED_MAX;
        buf_add_char(buf, ' ');
        buf_add(buf, name, len);
        buf_add_repeat(buf, ' ', room > len ? room - len : 0);
        buf_add(buf, " |", 2);
    }
    buf_add_char(buf, '\n');
}

static bool add_hex(struct compatible *self, const char *cell, size_t len, uint32_t width,
                    struct error *err)
{
    size_t shown = 2 + 2 * len;
    cell_add_hex(output_buffer(self->output), cell, len);
    return shown >= width || add_run(self, ' ', width - (uint32_t) shown, err);
}

static bool is_right(const struct field *field)
{
    return field->right && field->width <= ALIGNED_MAX;
}

// What is missing to the width of a cell that takes so many columns.
static size_t pad_of(const struct field *field, size_t shown)
{
    size_t room = field->width <= ALIGNED_MAX ? field->width : ALIGNED_MAX;
    return room > shown ? room - shown : 0;
}

static inline uint64_t is_odd(uint64_t eight)
{
    return scan_or_not_ascii(eight, scan_for(eight, '\0'));
}

// The most there is: a byte takes a column, and is copied as it is. False for all else, and then
// nothing was added.
static bool add_plain(struct buf *buf, const char *cell, size_t len, const struct field *field)
{
    size_t pad = pad_of(field, len);
    buf_reserve(buf, len + pad);
    char *to = buf->data + buf->len;
    if (scan_copy(to + (is_right(field) ? pad : 0), cell, len, is_odd) != len)
        return false;
    memset(is_right(field) ? to : to + len, ' ', pad);
    buf->len += len + pad;
    return true;
}

static void add_odd(const struct compatible *self, const char *cell, size_t len,
                    const struct field *field)
{
    struct buf *buf = output_buffer(self->output);
    size_t pad = pad_of(field, cells_count(self->options.charset, cell, len));
    buf_add_repeat(buf, ' ', is_right(field) ? pad : 0);
    cells_add(buf, cell, len);
    buf_add_repeat(buf, ' ', is_right(field) ? 0 : pad);
}

static bool add_row(struct compatible *self, const char *const *cells, const unsigned long *lengths,
                    struct error *err)
{
    struct buf *buf = output_buffer(self->output);
    for (size_t i = 0; i < self->count; i++) {
        const struct field *field = &self->fields[i];
        const char *cell = cells[i] == NULL ? "NULL" : cells[i];
        size_t len = cells[i] == NULL ? 4 : lengths[i];
        buf_add(buf, i == 0 ? "| " : " | ", i == 0 ? 2 : 3);
        if (field->hex && !add_hex(self, cells[i], lengths[i], field->width, err))
            return false;
        if (!field->hex && !add_plain(buf, cell, len, field))
            add_odd(self, cell, len, field);
    }
    buf_add(buf, " |\n", 3);
    return output_commit(self->output, err);
}

static void add_types(struct compatible *self)
{
    struct buf *buf = output_buffer(self->output);
    for (size_t i = 0; i < self->count; i++)
        types_add(buf, &self->options, i, &self->columns[i],
                  self->options.quick ? NULL : &self->fields[i].width);
    buf_add_text(buf, self->columns[0].origin == NULL ? "" : "\n");
}

static bool add_head(struct compatible *self, struct error *err)
{
    if (self->options.types)
        add_types(self);
    find_widths(self);
    if (!add_rule(self, err))
        return false;
    if (self->options.headers)
        add_names(self);
    return !self->options.headers || add_rule(self, err);
}

static bool write_all(struct compatible *self, struct error *err)
{
    if (!spool_rewind(&self->spool, true, err) || !add_head(self, err))
        return false;
    while (self->spool.rows > 0) {
        if (!spool_take(&self->spool, self->cells, self->lengths, self->count, err) ||
            !add_row(self, self->cells, self->lengths, err))
            return false;
    }
    return add_rule(self, err);
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct compatible *self = (struct compatible *) sink;
    (void) kind;
    self->columns = columns;
    self->count = count;
    self->fields = mem_realloc(self->fields, count * sizeof(*self->fields));
    self->cells = mem_realloc(self->cells, count * sizeof(*self->cells));
    self->lengths = mem_realloc(self->lengths, count * sizeof(*self->lengths));
    self->streams = self->options.quick;
    for (size_t i = 0; i < count; i++) {
        struct field *field = &self->fields[i];
        bool said = columns[i].declared > 0 || columns[i].origin != NULL;
        *field = (struct field){.fixed = self->options.quick && said,
                                .hex = cell_is_hex(&columns[i], &self->options),
                                .right = columns[i].kind == COLUMN_NUMBER};
        if (field->fixed)
            field->width = columns[i].declared < self->options.quick_width
                               ? columns[i].declared
                               : (uint32_t) self->options.quick_width;
        self->streams = self->streams && field->fixed;
    }
    spool_finish(&self->spool);
    self->open = true;
    return !self->streams || add_head(self, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct compatible *self = (struct compatible *) sink;
    if (self->streams)
        return add_row(self, row->cells, row->lengths, err);
    for (size_t i = 0; i < self->count; i++) {
        size_t len = row->cells[i] == NULL ? 0 : row->lengths[i];
        if (len > self->fields[i].width && !self->fields[i].fixed)
            self->fields[i].width = (uint32_t) len;
    }
    return spool_add(&self->spool, row, self->count, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct compatible *self = (struct compatible *) sink;
    self->open = false;
    bool shows = summary->has_columns && (self->spool.rows > 0 || self->options.quick);
    if (!shows && summary->has_columns && self->options.types)
        add_types(self);
    bool ok = !shows || (self->streams ? add_rule(self, err) : write_all(self, err));
    spool_finish(&self->spool);
    return ok && output_flush(self->output, err);
}

// Where nothing waits the client ends a table that is cut off, too.
static void take_abort(struct sink *sink)
{
    struct compatible *self = (struct compatible *) sink;
    struct error ignored = ERROR_INIT;
    if (self->streams && self->open)
        add_rule(self, &ignored);
    error_finish(&ignored);
    self->open = false;
    spool_finish(&self->spool);
}

static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};

struct sink *render_compatible_create(const struct render_options *options, struct output *output)
{
    struct compatible *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = &ops;
    self->output = output;
    self->options = *options;
    spool_init(&self->spool, output_caller(output));
    return &self->sink;
}

bool render_compatible_is(const struct sink *sink)
{
    return sink->ops == &ops;
}

void render_compatible_destroy(struct sink *sink)
{
    struct compatible *self = (struct compatible *) sink;
    spool_finish(&self->spool);
    free(self->fields);
    free(self->cells);
    free(self->lengths);
    free(self);
}
