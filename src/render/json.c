// json and jsonl. Numbers keep every digit, BIT is a number, binary is base64, NULL is null, and a
// second column of the same name becomes name_2. A set that a failure cuts off stays unfinished, so
// that no reader takes it for whole.
#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "json_value.h"
#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"

// Keys are copied so many bytes at a time.
enum { KEY_STEP = 16 };

struct key {
    char *text; // `,"name":`, or with { the first, and room for its last step
    size_t len;
    size_t room;
    size_t number; // of those with that name
};

struct json {
    struct sink sink;
    struct output *output;
    bool lines;  // jsonl
    bool tagged; // each line tells its set
    size_t sets;
    bool terminal;
    enum charset charset;
    enum set_kind kind;
    const struct column *columns;
    size_t count;
    size_t rows;
    struct key *keys;
};

static void free_keys(struct json *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->keys[i].text);
    free(self->keys);
    self->keys = NULL;
    self->count = 0;
}

static bool key_is_taken(const struct json *self, size_t before, const char *key)
{
    for (size_t i = 0; i < before; i++) {
        if (strcmp(self->keys[i].text + 1, key + 1) == 0)
            return true;
    }
    return false;
}

// A key is sought from the number on that the last column of that name has taken.
static size_t last_number(const struct json *self, size_t index)
{
    const struct column *column = &self->columns[index];
    for (size_t i = index; i > 0; i--) {
        const struct column *other = &self->columns[i - 1];
        if (other->name_len == column->name_len &&
            memcmp(other->name, column->name, column->name_len) == 0)
            return self->keys[i - 1].number;
    }
    return 0;
}

static struct key make_key(const struct json *self, size_t index)
{
    const struct column *column = &self->columns[index];
    struct buf key = BUF_INIT;
    struct buf name = BUF_INIT;
    size_t number = last_number(self, index);
    do {
        buf_clear(&key);
        buf_clear(&name);
        buf_add_char(&key, index == 0 ? '{' : ',');
        buf_add(&name, column->name, column->name_len);
        if (++number > 1)
            buf_printf(&name, "_%zu", number);
        json_add_string(&key, buf_cstr(&name), name.len, self->terminal);
        buf_add_char(&key, ':');
    } while (key_is_taken(self, index, buf_cstr(&key)));
    buf_finish(&name);
    struct key made = {.len = key.len, .number = number};
    buf_add_repeat(&key, '\0', KEY_STEP - key.len % KEY_STEP);
    made.room = key.len;
    made.text = buf_steal(&key);
    return made;
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct json *self = (struct json *) sink;
    if (!json_fits_names(self->charset, columns, count, err))
        return false;
    free_keys(self);
    self->kind = kind;
    self->columns = columns;
    self->rows = 0;
    self->sets += kind == SET_ROWS;
    self->keys = mem_calloc(count, sizeof(*self->keys));
    for (size_t i = 0; i < count; i++) {
        self->keys[i] = make_key(self, i);
        self->count = i + 1;
    }
    if (!self->lines && kind == SET_ROWS)
        buf_add_char(output_buffer(self->output), '[');
    return true;
}

static void add_key(struct buf *buf, const struct key *key)
{
    buf_reserve(buf, key->room);
    char *to = buf->data + buf->len;
    for (size_t i = 0; i < key->room; i += KEY_STEP)
        memcpy(to + i, key->text + i, KEY_STEP);
    buf->len += key->len;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct json *self = (struct json *) sink;
    struct buf *buf = output_buffer(self->output);
    if (!json_fits(self->charset, self->columns, self->count, row, err))
        return false;
    if (self->kind == SET_OUT)
        buf_add_text(buf, "{\"out\":");
    else if (!self->lines)
        buf_add_text(buf, self->rows == 0 ? "\n" : ",\n");
    else if (self->tagged)
        buf_printf(buf, "{\"set\":%zu,\"row\":", self->sets);
    self->rows++;
    for (size_t i = 0; i < self->count; i++) {
        add_key(buf, &self->keys[i]);
        json_add_value(buf, &self->columns[i], row->cells[i], row->lengths[i], self->terminal);
    }
    buf_add_char(buf, '}');
    if (self->kind == SET_OUT || (self->lines && self->tagged))
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
    self->tagged = options->tagged;
    self->terminal = options->terminal;
    self->charset = options->charset;
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
