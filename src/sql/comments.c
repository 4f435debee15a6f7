#include "marsh/sql/comments.h"

#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"

struct strip {
    const char *at;
    const char *end;
    bool escapes;
    enum charset charset;
    bool need_space; // a comment ended here
    struct buf *out;
};

static size_t step(const struct strip *strip, const char *p)
{
    return charset_has_pairs(strip->charset)
               ? charset_step(strip->charset, p, (size_t) (strip->end - p))
               : 1;
}

static char byte_at(const struct strip *strip, size_t offset)
{
    return offset < (size_t) (strip->end - strip->at) ? strip->at[offset] : '\0';
}

static void keep(struct strip *strip, size_t len)
{
    if (strip->need_space && !text_is_space(*strip->at))
        buf_add_char(strip->out, ' ');
    strip->need_space = false;
    buf_add(strip->out, strip->at, len);
    strip->at += len;
}

// A string or a name, up to its quote; a doubled one begins the next.
static void keep_quoted(struct strip *strip)
{
    char quote = *strip->at;
    const char *p = strip->at + 1;
    bool escapes = strip->escapes && quote != '`';
    while (p < strip->end && *p != quote)
        p += escapes && *p == '\\' && p + 1 < strip->end ? 2 : step(strip, p);
    keep(strip, (size_t) (p - strip->at) + (p < strip->end ? 1 : 0));
}

static bool at_line_comment(const struct strip *strip)
{
    char next = byte_at(strip, 2);
    bool dashes = *strip->at == '-' && byte_at(strip, 1) == '-' &&
                  (next == '\0' || text_is_space(next));
    return *strip->at == '#' || dashes;
}

static bool at_comment(const struct strip *strip)
{
    bool opens = *strip->at == '/' && byte_at(strip, 1) == '*';
    bool runs = byte_at(strip, 2) == '!' || (byte_at(strip, 2) == 'M' && byte_at(strip, 3) == '!');
    return opens && !runs;
}

static void skip_line(struct strip *strip)
{
    const char *newline = memchr(strip->at, '\n', (size_t) (strip->end - strip->at));
    strip->at = newline == NULL ? strip->end : newline;
}

static void skip_comment(struct strip *strip)
{
    strip->at += 2;
    while (strip->at < strip->end && !(*strip->at == '*' && byte_at(strip, 1) == '/'))
        strip->at++;
    strip->at += strip->at < strip->end ? 2 : 0;
    strip->need_space = true;
}

void comments_strip(const char *text, size_t len, bool escapes, enum charset charset,
                    struct buf *out)
{
    struct strip strip = {
        .at = text, .end = text + len, .escapes = escapes, .charset = charset, .out = out};
    while (strip.at < strip.end) {
        if (at_line_comment(&strip))
            skip_line(&strip);
        else if (at_comment(&strip))
            skip_comment(&strip);
        else if (*strip.at == '\'' || *strip.at == '"' || *strip.at == '`')
            keep_quoted(&strip);
        else
            keep(&strip, step(&strip, strip.at));
    }
}

void comments_trim(struct buf *out)
{
    while (out->len > 0 && !text_is_graph(out->data[out->len - 1]) &&
           (unsigned char) out->data[out->len - 1] < 0x80)
        out->len--;
}
