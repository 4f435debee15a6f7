#include "marsh/base/charset.h"
#include "marsh/base/caller.h"

#include <string.h>

#include "marsh/base/text.h"

struct range {
    unsigned char first;
    unsigned char last;
};

// As the server has them, each with two ranges.
static const struct {
    struct range lead[2];
    struct range trail[2];
} pairs[] = {
    [CHARSET_SJIS] = {{{0x81, 0x9f}, {0xe0, 0xfc}}, {{0x40, 0x7e}, {0x80, 0xfc}}},
    [CHARSET_GBK] = {{{0x81, 0xfe}, {0x81, 0xfe}}, {{0x40, 0x7e}, {0x80, 0xfe}}},
    [CHARSET_BIG5] = {{{0xa1, 0xf9}, {0xa1, 0xf9}}, {{0x40, 0x7e}, {0xa1, 0xfe}}},
};

enum charset charset_find(const struct caller *caller, const char *name)
{
    static const struct {
        const char *name;
        enum charset charset;
    } known[] = {
        {"utf8", CHARSET_UTF8MB3}, {"utf8mb3", CHARSET_UTF8MB3}, {"utf8mb4", CHARSET_UTF8},
        {"ujis", CHARSET_UJIS},    {"eucjpms", CHARSET_UJIS},    {"sjis", CHARSET_SJIS},
        {"cp932", CHARSET_SJIS},   {"gbk", CHARSET_GBK},         {"big5", CHARSET_BIG5},
    };
    if (strcmp(name, "auto") == 0)
        name = caller_is_utf8(caller) ? "utf8" : "latin1";
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (text_equals_nocase(name, known[i].name))
            return known[i].charset;
    }
    return CHARSET_BYTES;
}

static bool is_in(const struct range ranges[2], char byte)
{
    unsigned char c = (unsigned char) byte;
    return (c >= ranges[0].first && c <= ranges[0].last) ||
           (c >= ranges[1].first && c <= ranges[1].last);
}

bool charset_leads(enum charset charset, char byte)
{
    return charset_has_pairs(charset) && is_in(pairs[charset].lead, byte);
}

size_t charset_step(enum charset charset, const char *text, size_t left)
{
    return left >= 2 && charset_leads(charset, text[0]) && is_in(pairs[charset].trail, text[1]) ? 2
                                                                                                : 1;
}
