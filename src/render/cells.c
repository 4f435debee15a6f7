#include "cells.h"

#include <stdbool.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"

// What takes two columns; read off the client's output, one code point after the other.
static const struct {
    unsigned first;
    unsigned last;
} wide[] = {
    {0x1100, 0x1159}, {0x115f, 0x115f}, {0x2329, 0x232a}, {0x2e80, 0x2e99}, {0x2e9b, 0x2ef3},
    {0x2f00, 0x2fd5}, {0x2ff0, 0x2ffb}, {0x3000, 0x303e}, {0x3041, 0x3096}, {0x3099, 0x30ff},
    {0x3105, 0x312c}, {0x3131, 0x318e}, {0x3190, 0x31b7}, {0x31f0, 0x321e}, {0x3220, 0x3243},
    {0x3250, 0x327d}, {0x327f, 0x32fe}, {0x3300, 0x4db5}, {0x4e00, 0x9fa5}, {0xa000, 0xa48c},
    {0xa490, 0xa4c6}, {0xac00, 0xd7a3}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a}, {0xfe30, 0xfe52},
    {0xfe54, 0xfe66}, {0xfe68, 0xfe6b}, {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x20000, 0x3fffd},
};

static size_t width_of(unsigned code)
{
    size_t from = 0;
    size_t to = sizeof(wide) / sizeof(wide[0]);
    if (code < wide[0].first)
        return 1;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (code > wide[middle].last)
            from = middle + 1;
        else if (code < wide[middle].first)
            to = middle;
        else
            return 2;
    }
    return 1;
}

static bool continues(char c)
{
    return ((unsigned char) c & 0xc0) == 0x80;
}

// Decodes a code point; returns its length, or 0. Surrogates are some, as the client has it.
static size_t decode(const unsigned char *text, size_t len, unsigned *code)
{
    if (text[0] < 0x80) {
        *code = text[0];
        return 1;
    }
    if (text[0] >= 0xc2 && text[0] < 0xe0 && len >= 2 && continues((char) text[1])) {
        *code = (text[0] & 0x1fU) << 6 | (text[1] & 0x3fU);
        return 2;
    }
    if (text[0] >= 0xf0)
        return text_decode((const char *) text, len, code);
    if (text[0] < 0xe0 || len < 3 || !continues((char) text[1]) || !continues((char) text[2]) ||
        (text[0] == 0xe0 && text[1] < 0xa0))
        return 0;
    *code = (text[0] & 0xfU) << 12 | (text[1] & 0x3fU) << 6 | (text[2] & 0x3fU);
    return 3;
}

static size_t count_utf8(const char *text, size_t len, bool four)
{
    const unsigned char *bytes = (const unsigned char *) text;
    size_t cells = 0;
    for (size_t i = 0; i < len;) {
        unsigned code = 0;
        size_t used = four || bytes[i] < 0xf0 ? decode(bytes + i, len - i, &code) : 0;
        cells += used == 0 ? 0 : width_of(code);
        i += used == 0 ? 1 : used;
    }
    return cells;
}

static bool is_between(char byte, unsigned first, unsigned last)
{
    return (unsigned char) byte >= first && (unsigned char) byte <= last;
}

// Kana of half a width are one byte, and all else that is not ASCII two.
static size_t count_sjis(const char *text, size_t len)
{
    size_t cells = 0;
    for (size_t i = 0; i < len;) {
        size_t used = is_between(text[i], 0, 0x7f) || is_between(text[i], 0xa1, 0xdf) ? 1 : 2;
        cells += used;
        i += used;
    }
    return cells;
}

// Here those are two bytes that begin with one, and another one begins three that are two columns.
static size_t count_ujis(const char *text, size_t len)
{
    size_t cells = 0;
    for (size_t i = 0; i < len;) {
        bool ascii = is_between(text[i], 0, 0x7f);
        cells += ascii || text[i] == '\x8e' ? 1 : 2;
        i += ascii ? 1 : text[i] == '\x8f' ? 3 : 2;
    }
    return cells;
}

size_t cells_count(enum charset charset, const char *text, size_t len)
{
    switch (charset) {
    case CHARSET_UTF8:
    case CHARSET_UTF8MB3:
        return count_utf8(text, len, charset == CHARSET_UTF8);
    case CHARSET_SJIS:
        return count_sjis(text, len);
    case CHARSET_UJIS:
        return count_ujis(text, len);
    default:
        return len;
    }
}

void cells_add(struct buf *buf, const char *text, size_t len)
{
    if (len == 0)
        return;
    buf_add(buf, text, len);
    const char *end = buf->data + buf->len;
    char *found = buf->data + buf->len - len;
    while ((found = memchr(found, '\0', (size_t) (end - found))) != NULL)
        *found++ = ' ';
}
