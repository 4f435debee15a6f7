#include "marsh/base/text.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "marsh/base/buf.h"

bool text_is_plain(const char *text, size_t len)
{
    unsigned char bad = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) text[i];
        bad |= (unsigned char) ((c < 0x20) | (c >= 0x7f));
    }
    return bad == 0;
}

size_t text_decode(const char *text, size_t len, unsigned *code)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *) text,
                                             (utf8proc_ssize_t) len, &point);
    if (used <= 0)
        return 0;
    *code = (unsigned) point;
    return (size_t) used;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned code;
        size_t used = (unsigned char) text[i] < 0x80 ? 1 : text_decode(text + i, len - i, &code);
        if (used == 0)
            return false;
        i += used;
    }
    return true;
}

// Walks the text cluster by cluster. A cluster is as wide as its widest code point; U+FE0F asks
// for the emoji form of what it follows, and two regional indicators make one flag: both are wide.
// The half-width voicing marks join a cluster, but take a column of their own.
struct clusters {
    const char *text;
    size_t len;
    size_t pos;
};

static size_t next_cluster(struct clusters *it, size_t *width)
{
    size_t start = it->pos;
    utf8proc_int32_t state = 0;
    unsigned last = 0;
    *width = 0;
    while (it->pos < it->len) {
        unsigned code;
        size_t used = text_decode(it->text + it->pos, it->len - it->pos, &code);
        if (used == 0) {
            code = '?';
            used = 1;
        }
        if (it->pos > start && utf8proc_grapheme_break_stateful((utf8proc_int32_t) last,
                                                                (utf8proc_int32_t) code, &state))
            break;
        size_t columns = (size_t) utf8proc_charwidth((utf8proc_int32_t) code);
        bool widens = code == 0xfe0f || (code >= 0x1f1e6 && code <= 0x1f1ff);
        if (widens && it->pos > start)
            columns = 2;
        if (code == 0xff9e || code == 0xff9f)
            *width += columns;
        else if (columns > *width)
            *width = columns;
        last = code;
        it->pos += used;
    }
    return it->pos - start;
}

size_t text_width(const char *text, size_t len)
{
    if (text_is_plain(text, len))
        return len;
    struct clusters it = {.text = text, .len = len, .pos = 0};
    size_t total = 0;
    size_t width;
    while (next_cluster(&it, &width) > 0)
        total += width;
    return total;
}

bool text_is_hidden(unsigned code)
{
    return (code >= 0x80 && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029 ||
           code == 0xfeff || code == 0x200e || code == 0x200f || code == 0x061c;
}

static void add_control(struct buf *buf, unsigned char c)
{
    static const char letters[] = {['\0'] = '0', ['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r'};
    if (c < sizeof(letters) && letters[c] != 0)
        buf_printf(buf, "\\%c", letters[c]);
    else
        buf_printf(buf, "\\x%02x", c);
}

void text_add_printable(struct buf *buf, const char *text, size_t len, bool keep_newlines)
{
    if (text_is_plain(text, len)) {
        buf_add(buf, text, len);
        return;
    }
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char) text[i];
        unsigned code;
        size_t used = text_decode(text + i, len - i, &code);
        if (c == '\n' && keep_newlines)
            buf_add_char(buf, '\n');
        else if (c < 0x20 || c == 0x7f || used == 0)
            add_control(buf, c);
        else if (text_is_hidden(code))
            buf_printf(buf, "\\u%04x", code);
        else
            buf_add(buf, text + i, used);
        i += used == 0 ? 1 : used;
    }
}

int text_hex_digit(char c)
{
    if (!text_is_xdigit(c))
        return -1;
    return text_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

char text_lower(char c)
{
    return (char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

char text_upper(char c)
{
    return (char) (c >= 'a' && c <= 'z' ? c & ~0x20 : c);
}

int text_compare_start_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char x = (unsigned char) text_lower(a[i]);
        unsigned char y = (unsigned char) text_lower(b[i]);
        if (x != y || x == '\0')
            return x - y;
    }
    return 0;
}

int text_compare_nocase(const char *a, const char *b)
{
    return text_compare_start_nocase(a, b, SIZE_MAX);
}

bool text_equals_nocase(const char *a, const char *b)
{
    return text_compare_nocase(a, b) == 0;
}

bool text_same_start_nocase(const char *a, const char *b, size_t len)
{
    return text_compare_start_nocase(a, b, len) == 0;
}
