#include <stdlib.h>

#include "marsh/base/mem.h"
#include "splitter_internal.h"

// The bytes that stop the mode, for comparing many at once; none where they are too many for that.
static void make_blocks(struct splitter *s, enum mode mode)
{
    size_t count = 0;
    for (unsigned c = 0; c < 256; c++) {
        if (s->stops[mode][c] && count < STOPS_MAX)
            s->stop_blocks[mode][count] = (block){0} + (unsigned char) c;
        count += s->stops[mode][c];
    }
    s->stop_count[mode] = count <= STOPS_MAX ? count : 0;
}

void split_set_stops(struct splitter *s)
{
    static const char *const stops[MODE_COUNT] = {
        [MODE_CODE] = "'\"`#-/\\", [MODE_SINGLE] = "'",  [MODE_DOUBLE] = "\"",
        [MODE_NAME] = "`",         [MODE_COMMENT] = "*", [MODE_LINE] = "\n",
    };
    memset(s->stops, 0, sizeof(s->stops));
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        for (const char *c = stops[mode]; *c != '\0'; c++)
            s->stops[mode][(unsigned char) *c] = true;
    }
    s->stops[MODE_CODE][(unsigned char) s->delimiter[0]] = true;
    s->stops[MODE_CODE]['\n'] = s->named;
    s->stops[MODE_SINGLE]['\\'] = s->escapes;
    s->stops[MODE_DOUBLE]['\\'] = s->escapes;
    // No second byte of a character is one that ends a comment.
    for (int c = 0x80; c <= 0xff; c++) {
        bool leads = charset_leads(s->charset, (char) c);
        for (size_t mode = MODE_CODE; mode <= MODE_NAME; mode++)
            s->stops[mode][c] = s->stops[mode][c] || leads;
    }
    for (size_t mode = 0; mode < MODE_COUNT; mode++)
        make_blocks(s, (enum mode) mode);
}

struct splitter *splitter_create(splitter_lookup lookup)
{
    struct splitter *s = mem_calloc(1, sizeof(*s));
    s->lookup = lookup;
    s->at = (struct position){1, 1};
    s->fresh = true;
    s->first = true;
    s->escapes = true;
    s->delimiter[0] = ';';
    s->delimiter_len = 1;
    split_set_stops(s);
    return s;
}

void splitter_destroy(struct splitter *s)
{
    if (s == NULL)
        return;
    buf_finish(&s->buf);
    buf_finish(&s->command);
    free(s);
}

void splitter_set_backslash_escapes(struct splitter *s, bool escapes)
{
    if (s->escapes == escapes)
        return;
    s->escapes = escapes;
    split_set_stops(s);
}

void splitter_set_charset(struct splitter *s, enum charset charset)
{
    if (s->charset == charset)
        return;
    s->charset = charset;
    split_set_stops(s);
}

bool splitter_set_delimiter(struct splitter *s, const char *delimiter)
{
    return split_set_delimiter(s, delimiter, strlen(delimiter));
}

void splitter_copy_delimiter(struct splitter *s, const struct splitter *from)
{
    memcpy(s->delimiter, from->delimiter, sizeof(s->delimiter));
    s->delimiter_len = from->delimiter_len;
    split_set_stops(s);
}

void splitter_set_binary(struct splitter *s)
{
    s->binary = true;
}

void splitter_set_named(struct splitter *s)
{
    s->named = true;
    split_set_stops(s);
}

void splitter_set_comments(struct splitter *s)
{
    s->comments = true;
}

void splitter_set_typed(struct splitter *s)
{
    s->typed = true;
}

struct position split_position(struct splitter *s, size_t offset)
{
    const char *text = s->buf.data;
    size_t last = s->counted;
    size_t lines = 0;
    const char *p = text + s->counted;
    const char *end = text + (offset > s->counted ? offset : s->counted);
    while (p < end && (p = memchr(p, '\n', (size_t) (end - p))) != NULL) {
        lines++;
        p++;
    }
    if (lines > 0) {
        s->at.line += lines;
        s->at.column = 1;
        last = offset;
        while (text[last - 1] != '\n')
            last--;
    }
    s->at.column += offset - last;
    s->counted = offset;
    return s->at;
}

// What is returned already leaves the buffer when more comes, so that each piece moves once.
static void drop_returned(struct splitter *s)
{
    size_t done = s->start;
    if (done == 0)
        return;
    split_position(s, done > s->counted ? done : s->counted);
    buf_drop_front(&s->buf, done);
    s->start = 0;
    s->scan -= done;
    s->counted -= done;
    s->opened -= s->opened < done ? s->opened : done;
    s->closed -= s->closed < done ? s->closed : done;
    s->looked -= s->looked < done ? s->looked : done;
}

// A byte order mark goes; until there are bytes enough to tell, nothing is read.
static void drop_mark(struct splitter *s)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t len = s->buf.len < 3 ? s->buf.len : 3;
    bool same = memcmp(s->buf.data, mark, len) == 0;
    if (same && len < 3)
        return;
    s->first = false;
    if (same)
        buf_drop_front(&s->buf, 3);
}

void splitter_feed(struct splitter *s, const char *bytes, size_t len)
{
    drop_returned(s);
    if (len == 0)
        return;
    if (s->binary) {
        buf_add(&s->buf, bytes, len);
        if (s->first)
            drop_mark(s);
        return;
    }
    if (s->held_cr && bytes[0] != '\n')
        buf_add_char(&s->buf, '\r');
    s->held_cr = bytes[len - 1] == '\r';
    if (s->held_cr)
        len--;
    const char *end = bytes + len;
    const char *cr;
    while (bytes < end && (cr = memchr(bytes, '\r', (size_t) (end - bytes))) != NULL) {
        size_t keep = (size_t) (cr - bytes) + (cr + 1 < end && cr[1] == '\n' ? 0 : 1);
        buf_add(&s->buf, bytes, keep);
        bytes = cr + 1;
    }
    buf_add(&s->buf, bytes, (size_t) (end - bytes));
    if (s->first && s->buf.len > 0)
        drop_mark(s);
}

void splitter_end(struct splitter *s)
{
    if (s->held_cr)
        buf_add_char(&s->buf, '\r');
    s->held_cr = false;
    s->ended = true;
}

void splitter_stop(struct splitter *s)
{
    s->buf.len = s->scan;
    s->looked = s->looked < s->scan ? s->looked : s->scan;
    s->ended = true;
}

void splitter_clear(struct splitter *s)
{
    if (s->buf.len > 0)
        split_position(s, s->buf.len);
    s->start = s->scan = s->counted = s->buf.len;
    s->mode = MODE_CODE;
    s->begun = false;
    s->fresh = true;
    drop_returned(s);
}

enum split_open splitter_open(const struct splitter *s)
{
    static const enum split_open opens[MODE_COUNT] = {
        [MODE_SINGLE] = OPEN_SINGLE,
        [MODE_DOUBLE] = OPEN_DOUBLE,
        [MODE_NAME] = OPEN_NAME,
        [MODE_COMMENT] = OPEN_COMMENT,
    };
    if (opens[s->mode] != OPEN_NOTHING)
        return opens[s->mode];
    return s->begun ? OPEN_STATEMENT : OPEN_NOTHING;
}

const char *splitter_text(const struct splitter *s, size_t *len)
{
    *len = s->begun ? s->scan - s->start : 0;
    return s->begun ? s->buf.data + s->start : NULL;
}

void splitter_replace(struct splitter *s, const char *text, size_t len)
{
    struct buf whole = BUF_INIT;
    split_position(s, s->scan);
    buf_add(&whole, text, len);
    buf_add(&whole, s->buf.data + s->scan, s->buf.len - s->scan);
    buf_finish(&s->buf);
    s->buf = whole;
    s->start = s->scan = s->counted = s->opened = s->closed = s->looked = 0;
    s->mode = MODE_CODE;
    s->begun = false;
    s->fresh = true;
}

const char *splitter_delimiter(const struct splitter *s)
{
    return s->delimiter;
}
