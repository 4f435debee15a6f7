// json and jsonl. Numbers keep every digit, BIT is a number, binary is base64, NULL is null, and a
// second column of the same name becomes name_2. A set that a failure cuts off stays unfinished, so
// that no reader takes it for whole.
#include <ctype.h>
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

struct json {
    struct sink sink;
    struct output *output;
    bool lines; // jsonl
    bool terminal;
    enum set_kind kind;
    const struct column *columns;
    size_t count;
    size_t rows;
    char **keys; // `"name":`, ready to be written
};

static void add_string(struct buf *buf, const char *text, size_t len, bool terminal)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    buf_add_char(buf, '"');
    if (text_is_plain(text, len) && memchr(text, '"', len) == NULL &&
        memchr(text, '\\', len) == NULL) {
        buf_add(buf, text, len);
        buf_add_char(buf, '"');
        return;
    }
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char) text[i];
        unsigned code = c;
        size_t used = c < 0x80 ? 1 : text_decode(text + i, len - i, &code);
        if (c == '"' || c == '\\')
            buf_printf(buf, "\\%c", c);
        else if (c < sizeof(letters) && letters[c] != 0)
            buf_printf(buf, "\\%c", letters[c]);
        else if (c < 0x20 || c == 0x7f)
            buf_printf(buf, "\\u%04x", c);
        else if (used == 0)
            buf_add_text(buf, "\\ufffd"); // JSON can't hold a byte that is not UTF-8
        else if (terminal && text_is_hidden(code))
            buf_printf(buf, "\\u%04x", code);
        else
            buf_add(buf, text + i, used);
        i += used == 0 ? 1 : used;
    }
    buf_add_char(buf, '"');
}

// The length of the JSON number at the start of text, 0 for none.
static size_t number_length(const char *text, size_t len)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = i;
    while (i < len && isdigit((unsigned char) text[i]) != 0)
        i++;
    if (i == digits || (text[digits] == '0' && i > digits + 1))
        return 0;
    if (i < len && text[i] == '.') {
        digits = ++i;
        while (i < len && isdigit((unsigned char) text[i]) != 0)
            i++;
        if (i == digits)
            return 0;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += i < len && (text[i] == '+' || text[i] == '-') ? 1 : 0;
        digits = i;
        while (i < len && isdigit((unsigned char) text[i]) != 0)
            i++;
        if (i == digits)
            return 0;
    }
    return i;
}

static void add_value(struct buf *buf, const struct column *column, const char *cell, size_t len,
                      bool terminal)
{
    if (cell == NULL) {
        buf_add(buf, "null", 4);
        return;
    }
    switch (column->kind) {
    case COLUMN_NUMBER:
        // ZEROFILL's zeros are how the number is shown, not what it is.
        while (len > 1 && cell[0] == '0' && isdigit((unsigned char) cell[1]) != 0) {
            cell++;
            len--;
        }
        if (len > 0 && number_length(cell, len) == len)
            buf_add(buf, cell, len);
        else
            add_string(buf, cell, len, terminal);
        break;
    case COLUMN_BIT:
        buf_printf(buf, "%" PRIu64, cell_bit(cell, len));
        break;
    case COLUMN_BINARY:
        buf_add_char(buf, '"');
        cell_add_base64(buf, cell, len);
        buf_add_char(buf, '"');
        break;
    case COLUMN_TEXT:
    case COLUMN_TIME:
        add_string(buf, cell, len, terminal);
        break;
    }
}

static void free_keys(struct json *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->keys[i]);
    free(self->keys);
    self->keys = NULL;
    self->count = 0;
}

static bool key_is_taken(const struct json *self, size_t before, const char *key)
{
    for (size_t i = 0; i < before; i++) {
        if (strcmp(self->keys[i], key) == 0)
            return true;
    }
    return false;
}

static char *make_key(const struct json *self, size_t index)
{
    const struct column *column = &self->columns[index];
    struct buf key = BUF_INIT;
    struct buf name = BUF_INIT;
    size_t number = 1;
    do {
        buf_clear(&key);
        buf_clear(&name);
        buf_add(&name, column->name, column->name_len);
        if (number++ > 1)
            buf_printf(&name, "_%zu", number - 1);
        add_string(&key, buf_cstr(&name), name.len, self->terminal);
        buf_add_char(&key, ':');
    } while (key_is_taken(self, index, buf_cstr(&key)));
    buf_finish(&name);
    return buf_steal(&key);
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct json *self = (struct json *) sink;
    (void) err;
    free_keys(self);
    self->kind = kind;
    self->columns = columns;
    self->rows = 0;
    self->keys = mem_calloc(count, sizeof(*self->keys));
    for (size_t i = 0; i < count; i++) {
        self->keys[i] = make_key(self, i);
        self->count = i + 1;
    }
    if (!self->lines && kind == SET_ROWS)
        buf_add_char(output_buffer(self->output), '[');
    return true;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct json *self = (struct json *) sink;
    struct buf *buf = output_buffer(self->output);
    if (self->kind == SET_OUT)
        buf_add_text(buf, "{\"out\":");
    else if (!self->lines)
        buf_add_text(buf, self->rows == 0 ? "\n" : ",\n");
    self->rows++;
    buf_add_char(buf, '{');
    for (size_t i = 0; i < self->count; i++) {
        if (i > 0)
            buf_add_char(buf, ',');
        buf_add_text(buf, self->keys[i]);
        add_value(buf, &self->columns[i], row->cells[i], row->lengths[i], self->terminal);
    }
    buf_add_char(buf, '}');
    if (self->kind == SET_OUT)
        buf_add_text(buf, "}\n");
    else if (self->lines)
        buf_add_char(buf, '\n');
    return output_commit(self->output, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct json *self = (struct json *) sink;
    if (summary->has_columns && summary->kind == SET_ROWS && !self->lines)
        buf_add_text(output_buffer(self->output), self->rows == 0 ? "]\n" : "\n]\n");
    return output_flush(self->output, err);
}

static void take_abort(struct sink *sink)
{
    struct json *self = (struct json *) sink;
    if (!self->lines && self->keys != NULL)
        buf_add_char(output_buffer(self->output), '\n');
}

static struct sink *create(const struct render_options *options, struct output *output, bool lines)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    struct json *self = mem_calloc(1, sizeof(*self));
    self->sink.ops = &ops;
    self->output = output;
    self->lines = lines;
    self->terminal = options->terminal;
    return &self->sink;
}

struct sink *render_json_create(const struct render_options *options, struct output *output)
{
    return create(options, output, false);
}

struct sink *render_jsonl_create(const struct render_options *options, struct output *output)
{
    return create(options, output, true);
}

void render_json_destroy(struct sink *sink)
{
    if (sink != NULL)
        free_keys((struct json *) sink);
    free(sink);
}
