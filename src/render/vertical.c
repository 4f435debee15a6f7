#include "vertical.h"

#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "cells.h"
#include "formats.h"
#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"

struct vertical {
    struct sink sink;
    struct output *output;
    struct render_options options;
    bool compatible; // as the mariadb client's -E; never to a terminal
    const struct column *columns;
    size_t count;
    uint64_t rows;
    struct buf *texts; // names, then the values of the row in hand
    struct shown *names;
    struct shown *values;
    size_t allocated;
};

static void add_head(struct buf *buf, uint64_t number)
{
    static const char stars[] = "***************************";
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_add(buf, stars, sizeof(stars) - 1);
    buf_add_char(buf, ' ');
    buf_add(buf, digits + at, sizeof(digits) - at);
    buf_add(buf, ". row ", strlen(". row "));
    buf_add(buf, stars, sizeof(stars) - 1);
    buf_add_char(buf, '\n');
}

void vertical_add_row(struct buf *buf, const struct shown *names, const struct shown *values,
                      size_t count, uint64_t number)
{
    size_t widest = 0;
    for (size_t i = 0; i < count; i++)
        widest = names != NULL && names[i].width > widest ? names[i].width : widest;
    add_head(buf, number);
    for (size_t i = 0; i < count; i++) {
        if (names != NULL) {
            buf_add_repeat(buf, ' ', widest - names[i].width);
            buf_add(buf, names[i].text, names[i].len);
            buf_add(buf, ": ", 2);
        }
        const char *line = values[i].text;
        size_t left = values[i].len;
        const char *newline;
        while (left > 0 && (newline = memchr(line, '\n', left)) != NULL) {
            size_t len = (size_t) (newline - line) + 1;
            buf_add(buf, line, len);
            buf_add_repeat(buf, ' ', names != NULL ? widest + 2 : 0);
            line += len;
            left -= len;
        }
        buf_add(buf, line, left);
        buf_add_char(buf, '\n');
    }
}

static void free_texts(struct vertical *self)
{
    for (size_t i = 0; i < 2 * self->allocated; i++)
        buf_finish(&self->texts[i]);
    free(self->texts);
    free(self->names);
    free(self->values);
    self->allocated = 0;
}

// The client aligns by bytes.
static void add_compatible_names(struct vertical *self)
{
    size_t widest = 0;
    for (size_t i = 0; i < self->count; i++)
        widest = self->columns[i].name_len > widest ? self->columns[i].name_len : widest;
    for (size_t i = 0; i < self->count && self->options.headers; i++) {
        struct buf *text = &self->texts[i];
        size_t len = strnlen(self->columns[i].name, self->columns[i].name_len);
        buf_add_repeat(text, ' ', widest - len);
        buf_add(text, self->columns[i].name, len);
        buf_add(text, ": ", 2);
    }
}

static void add_names(struct vertical *self)
{
    for (size_t i = 0; i < self->count && self->options.headers; i++) {
        struct buf *text = &self->texts[i];
        text_add_printable(text, self->columns[i].name, self->columns[i].name_len, false);
        self->names[i] = (struct shown){text->data, text->len, text_width(text->data, text->len)};
    }
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct vertical *self = (struct vertical *) sink;
    (void) kind, (void) err;
    free_texts(self);
    self->columns = columns;
    self->count = self->allocated = count;
    self->rows = 0;
    self->texts = mem_calloc(2 * count, sizeof(*self->texts));
    self->names = mem_calloc(count, sizeof(*self->names));
    self->values = mem_calloc(count, sizeof(*self->values));
    if (self->compatible)
        add_compatible_names(self);
    else
        add_names(self);
    return true;
}

static void add_compatible_row(struct vertical *self, const struct row *row)
{
    struct buf *buf = output_buffer(self->output);
    add_head(buf, self->rows);
    for (size_t i = 0; i < self->count; i++) {
        const char *cell = row->cells[i];
        buf_add(buf, self->texts[i].data, self->texts[i].len);
        if (cell == NULL)
            buf_add(buf, "NULL", 4);
        else if (cell_is_hex(&self->columns[i], &self->options))
            cell_add_hex(buf, cell, row->lengths[i]);
        else
            cells_add(buf, cell, row->lengths[i]);
        buf_add_char(buf, '\n');
    }
}

static void add_row(struct vertical *self, const struct row *row)
{
    for (size_t i = 0; i < self->count; i++) {
        struct buf *text = &self->texts[self->count + i];
        buf_clear(text);
        cell_add_shown(text, &self->columns[i], row->cells[i], row->lengths[i]);
        self->values[i] = (struct shown){text->data, text->len, 0};
    }
    vertical_add_row(output_buffer(self->output), self->options.headers ? self->names : NULL,
                     self->values, self->count, self->rows);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct vertical *self = (struct vertical *) sink;
    self->rows++;
    if (self->compatible)
        add_compatible_row(self, row);
    else
        add_row(self, row);
    return output_commit(self->output, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) summary;
    return output_flush(((struct vertical *) sink)->output, err);
}

struct sink *render_vertical_create(const struct render_options *options, struct output *output)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, NULL};
    struct vertical *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = &ops;
    self->output = output;
    self->options = *options;
    self->compatible = options->compatible && !options->terminal;
    return &self->sink;
}

void render_vertical_destroy(struct sink *sink)
{
    if (sink != NULL)
        free_texts((struct vertical *) sink);
    free(sink);
}
