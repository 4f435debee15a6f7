#include "json_check.h"

#include <stdbool.h>
#include <string.h>

#include "marsh/base/text.h"

struct reader {
    const char *pos;
    const char *end;
};

static bool read_value(struct reader *reader, size_t *elements);

static void skip_space(struct reader *reader)
{
    while (reader->pos < reader->end && *reader->pos != '\0' &&
           strchr(" \t\r\n", *reader->pos) != NULL)
        reader->pos++;
}

static bool take(struct reader *reader, const char *text)
{
    size_t len = strlen(text);
    if ((size_t) (reader->end - reader->pos) < len || memcmp(reader->pos, text, len) != 0)
        return false;
    reader->pos += len;
    return true;
}

static size_t take_all_of(struct reader *reader, const char *set)
{
    const char *start = reader->pos;
    while (reader->pos < reader->end && *reader->pos != '\0' && strchr(set, *reader->pos) != NULL)
        reader->pos++;
    return (size_t) (reader->pos - start);
}

static bool read_escape(struct reader *reader)
{
    if (!take(reader, "u")) {
        bool known = reader->pos < reader->end && *reader->pos != '\0' &&
                     strchr("\"\\/bfnrt", *reader->pos) != NULL;
        reader->pos++;
        return known;
    }
    struct reader digits = {reader->pos, reader->pos + 4};
    reader->pos += 4;
    return reader->pos <= reader->end && take_all_of(&digits, "0123456789abcdefABCDEF") == 4;
}

static bool read_string(struct reader *reader)
{
    if (!take(reader, "\""))
        return false;
    while (reader->pos < reader->end) {
        unsigned code;
        size_t used = text_decode(reader->pos, (size_t) (reader->end - reader->pos), &code);
        if (take(reader, "\""))
            return true;
        if (used == 0 || code < 0x20)
            return false;
        reader->pos += used;
        if (code == '\\' && !read_escape(reader))
            return false;
    }
    return false;
}

static bool read_number(struct reader *reader)
{
    static const char digits[] = "0123456789";
    take(reader, "-");
    if (!take(reader, "0") && take_all_of(reader, digits) == 0)
        return false;
    if (take(reader, ".") && take_all_of(reader, digits) == 0)
        return false;
    if (!take(reader, "e") && !take(reader, "E"))
        return true;
    if (!take(reader, "+"))
        take(reader, "-");
    return take_all_of(reader, digits) > 0;
}

static bool read_members(struct reader *reader, const char *close, size_t *elements)
{
    size_t inner;
    skip_space(reader);
    if (take(reader, close))
        return true;
    do {
        skip_space(reader);
        if (close[0] == '}') {
            if (!read_string(reader))
                return false;
            skip_space(reader);
            if (!take(reader, ":"))
                return false;
        }
        if (!read_value(reader, &inner))
            return false;
        ++*elements;
    } while (take(reader, ","));
    return take(reader, close);
}

static bool read_value(struct reader *reader, size_t *elements)
{
    bool ok;
    *elements = 0;
    skip_space(reader);
    if (take(reader, "{"))
        ok = read_members(reader, "}", elements);
    else if (take(reader, "["))
        ok = read_members(reader, "]", elements);
    else if (reader->pos < reader->end && *reader->pos == '"')
        ok = read_string(reader);
    else
        ok = take(reader, "null") || take(reader, "true") || take(reader, "false") ||
             read_number(reader);
    skip_space(reader);
    return ok;
}

size_t json_check(const char *text, size_t len, size_t *elements)
{
    struct reader reader = {text, text + len};
    return read_value(&reader, elements) ? (size_t) (reader.pos - text) : 0;
}
