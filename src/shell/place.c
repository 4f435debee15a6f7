#include "marsh/shell/place.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"

enum {
    ER_PARSE_ERROR = 1064,
    NEAR_MAX = 70, // what the server shortens is longer
    AROUND = 60,   // bytes of a line that are shown before and behind the place
};

// What the server has said: "... near 'TEXT' at line LINE".
struct hint {
    const char *near; // NULL: not known
    size_t len;
    size_t line; // from the statement's first, which is 1
};

static struct hint read_hint(const char *message)
{
    static const char before[] = " near '";
    static const char behind[] = " at line ";
    struct hint hint = {.line = 1};
    const char *last = NULL;
    const char *begin = strstr(message, before);
    for (const char *p = message; (p = strstr(p, behind)) != NULL; p++)
        last = p;
    if (last == NULL)
        return hint;
    unsigned long line = strtoul(last + strlen(behind), NULL, 10);
    hint.line = line > 0 ? line : 1;
    if (begin != NULL && begin + strlen(before) < last && last[-1] == '\'') {
        hint.near = begin + strlen(before);
        hint.len = (size_t) (last - 1 - hint.near);
    }
    return hint;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 0;
    const char *end = text + len;
    for (const char *p = text; (p = memchr(p, '\n', (size_t) (end - p))) != NULL; p++)
        lines++;
    return lines;
}

// The one place on the server's line where the text goes on as the server has quoted it.
static const char *find_quoted(const char *text, size_t len, const struct hint *hint, size_t quoted)
{
    const char *end = text + len;
    const char *found = NULL;
    for (size_t line = 1; line < hint->line && text != NULL; line++) {
        text = memchr(text, '\n', (size_t) (end - text));
        text += text != NULL;
    }
    const char *line_end = text == NULL ? NULL : memchr(text, '\n', (size_t) (end - text));
    line_end = line_end == NULL ? end : line_end;
    for (const char *p = text; p != NULL && p < line_end; p++) {
        p = memmem(p, (size_t) (end - p), hint->near, quoted);
        if (p == NULL || p >= line_end)
            break;
        if (found != NULL)
            return NULL;
        found = p;
    }
    return found;
}

// It quotes all that is left of the statement, or its beginning and three points.
static const char *find_place(const char *text, size_t len, const struct hint *hint)
{
    while (len > 0 && strchr("; \t\r\n\v\f", text[len - 1]) != NULL)
        len--;
    if (hint->near == NULL)
        return NULL;
    // At the very end.
    if (hint->len == 0)
        return count_lines(text, len) + 1 == hint->line ? text + len : NULL;
    if (hint->len <= len && memcmp(text + len - hint->len, hint->near, hint->len) == 0)
        return text + len - hint->len;
    bool shortened = hint->len > NEAR_MAX;
    if (!shortened)
        return NULL;
    bool points = memcmp(hint->near + hint->len - 3, "...", 3) == 0;
    return find_quoted(text, len, hint, hint->len - (points ? 3 : 0));
}

static bool is_inside_letter(const char *p)
{
    return ((unsigned char) *p & 0xc0) == 0x80;
}

// "  3:8 | SELECT FROM t" and a caret below what is wrong.
static char *show(const char *text, size_t len, const char *place, size_t line, size_t column)
{
    struct buf out = BUF_INIT;
    struct buf shown = BUF_INIT;
    const char *begin = place;
    const char *end = place;
    while (begin > text && begin[-1] != '\n' && place - begin < AROUND)
        begin--;
    while (begin < place && is_inside_letter(begin))
        begin++;
    while (end < text + len && *end != '\n' && end - place < AROUND)
        end++;
    while (end > place && end < text + len && is_inside_letter(end))
        end--;
    bool left_out = begin > text && begin[-1] != '\n';
    text_add_printable(&shown, left_out ? "..." : "", left_out ? 3 : 0, false);
    text_add_printable(&shown, begin, (size_t) (place - begin), false);
    size_t width = text_width(shown.data, shown.len);
    text_add_printable(&shown, place, (size_t) (end - place), false);
    buf_printf(&out, "  %zu:%zu", line, column);
    size_t margin = out.len;
    buf_add_text(&out, " | ");
    buf_add(&out, shown.data, shown.len);
    buf_add_text(&out, end < text + len && *end != '\n' ? "...\n" : "\n");
    buf_add_repeat(&out, ' ', margin);
    buf_add_text(&out, " | ");
    buf_add_repeat(&out, ' ', width);
    buf_add_text(&out, "^\n");
    buf_finish(&shown);
    return buf_steal(&out);
}

// The line of a syntax error, of which the excerpt is made where its very spot is found.
static size_t mark_spot(struct error *err, const struct split_item *item)
{
    struct hint hint = read_hint(err->message);
    const char *place = find_place(item->text, item->len, &hint);
    if (place == NULL)
        return item->begin.line + hint.line - 1;
    // Of a text with many statements the server counts each one's lines.
    const char *begin = place;
    while (begin > item->text && begin[-1] != '\n')
        begin--;
    size_t lines = count_lines(item->text, (size_t) (place - item->text));
    size_t line = item->begin.line + lines;
    size_t column = (size_t) (place - begin) + (lines == 0 ? item->begin.column : 1);
    if (!statement_is_secret(item->text, item->len))
        err->excerpt = show(item->text, item->len, place, line, column);
    return line;
}

void place_error(struct error *err, const char *name, const struct split_item *item)
{
    if (err->place != NULL)
        return;
    bool syntax = !item->command && err->number == ER_PARSE_ERROR;
    error_set_place(err, name, syntax ? mark_spot(err, item) : item->begin.line);
}

void place_excerpt(struct error *err, const struct split_item *item)
{
    struct split_item typed = *item;
    typed.begin.line = 1;
    if (err->place == NULL && !item->command && err->number == ER_PARSE_ERROR)
        mark_spot(err, &typed);
}
