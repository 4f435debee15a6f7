// One object a line. The line's end is looked for first, and what it holds then read at once.
#include <string.h>

#include "feed_internal.h"
#include "marsh/base/error.h"
#include "marsh/base/json.h"

// As a field that is not counted: a string as it stands where it means that, else decoded.
static struct field string_field(struct feed *feed, const struct json_value *string)
{
    if (!string->escaped) {
        size_t begin = (size_t) (string->text + 1 - feed_bytes(feed));
        return (struct field){FIELD_RAW, begin, string->len - 2};
    }
    size_t begin = feed->text.len;
    json_decode_string(string, &feed->text);
    return (struct field){FIELD_TEXT, begin, feed->text.len - begin};
}

static struct field value_field(struct feed *feed, const struct json_value *value)
{
    switch (value->kind) {
    case JSON_KIND_NULL:
        return (struct field){FIELD_NULL, 0, 0};
    case JSON_KIND_FALSE:
    case JSON_KIND_TRUE:
        // As the server takes them.
        buf_add_char(&feed->text, value->kind == JSON_KIND_TRUE ? '1' : '0');
        return (struct field){FIELD_TEXT, feed->text.len - 1, 1};
    case JSON_KIND_STRING:
        return string_field(feed, value);
    case JSON_KIND_NUMBER:
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        break;
    }
    return (struct field){FIELD_RAW, (size_t) (value->text - feed_bytes(feed)), value->len};
}

static bool take_member(struct feed *feed, const struct json_member *member, struct error *err)
{
    struct field key = string_field(feed, &member->key);
    if (feed->header) {
        feed_add_field(feed, key.kind, key.begin, key.len);
        return true;
    }
    const char *name = feed_field_bytes(feed, &key);
    size_t column = feed_find_column(feed, name, key.len, feed->field_count);
    if (column < feed->column_count && feed->fields[column].kind == FIELD_ABSENT) {
        feed->fields[column] = value_field(feed, &member->value);
        feed->field_count = column + 1; // most likely the next member's
        return true;
    }
    struct buf shown = BUF_INIT;
    feed_add_shown(&shown, name, key.len);
    feed_bad(feed, err, 0,
             column < feed->column_count ? "key '%s' is there twice"
                                         : "key '%s' is not one of the first object's",
             buf_cstr(&shown));
    buf_finish(&shown);
    return false;
}

static enum scan take_line(struct feed *feed, size_t len, struct error *err)
{
    struct json_cursor cursor;
    struct json_member member;
    enum json_step step = JSON_STEP_BAD;
    for (size_t i = 0; i < feed->column_count; i++)
        feed->fields[i].kind = FIELD_ABSENT;
    if (!json_cursor_begin(&cursor, feed_bytes(feed), len, err))
        return feed_bad(feed, err, 0, "%s", err->message);
    while ((step = json_cursor_next(&cursor, &member, err)) == JSON_STEP_MEMBER) {
        if (!take_member(feed, &member, err))
            return SCAN_BAD;
    }
    if (step == JSON_STEP_BAD)
        return feed_bad(feed, err, 0, "%s", err->message);
    if (feed->header && feed->field_count == 0)
        return feed_bad(feed, err, 0, "the first object has no keys, to be the columns");
    return SCAN_ROW;
}

static bool is_blank(const char *line, size_t len)
{
    while (len > 0 && (*line == ' ' || *line == '\t' || *line == '\r')) {
        line++;
        len--;
    }
    return len == 0;
}

enum scan feed_scan_jsonl(struct feed *feed, struct error *err)
{
    size_t left = feed_len(feed) - feed->pos;
    const char *from = feed_bytes(feed) + feed->pos;
    const char *newline = left == 0 ? NULL : memchr(from, '\n', left);
    feed->pos += newline == NULL ? left : (size_t) (newline - from);
    if (newline == NULL && !feed->eof)
        return SCAN_MORE;
    size_t len = feed->pos;
    enum scan result = SCAN_BLANK;
    if (!is_blank(feed_bytes(feed), len))
        result = take_line(feed, len, err);
    feed->pos += newline == NULL ? 0 : 1;
    feed->newlines = newline == NULL ? 0 : 1;
    return result;
}
