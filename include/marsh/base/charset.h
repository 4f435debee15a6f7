// What the connection's character set means for reading text byte by byte.
#ifndef MARSH_BASE_CHARSET_H
#define MARSH_BASE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

struct caller;

enum charset {
    CHARSET_UTF8,
    CHARSET_UTF8MB3, // the same, where a character of four bytes is none
    CHARSET_BYTES,   // no byte of a character is ASCII but where it is one
    CHARSET_UJIS,    // nor is one here, but not every byte takes a column
    // The second byte of a character may be a backslash, a backquote or a letter.
    CHARSET_SJIS,
    CHARSET_GBK,
    CHARSET_BIG5,
};

// By its name; "auto" is that of the caller's locale.
enum charset charset_find(const struct caller *caller, const char *name);

// Whether there are characters of which charset_leads and charset_step have to tell.
static inline bool charset_has_pairs(enum charset charset)
{
    return charset >= CHARSET_SJIS;
}

// Whether the byte may be the first of two.
bool charset_leads(enum charset charset, char byte);

// How many bytes the character at `text` has, of which `left` are there; 1 for what is none. UTF-8
// is not told apart: no byte of it is taken for another one.
size_t charset_step(enum charset charset, const char *text, size_t left);

#endif
