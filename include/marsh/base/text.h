// Text as a terminal shows it: how many columns it takes, and bytes that can't drive the terminal.
// UTF-8 throughout; bytes that are not UTF-8 are shown as \xNN. Stateless.
#ifndef MARSH_BASE_TEXT_H
#define MARSH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

// Columns that the text takes on a terminal, by grapheme cluster: wide CJK and emoji two,
// combining marks none. The text must be printable, as text_add_printable makes it.
size_t text_width(const char *text, size_t len);

// True if every byte is printable ASCII: then the width is the length and nothing needs escaping.
bool text_is_plain(const char *text, size_t len);

// A code point that shows nothing but may change how others are shown: C1 controls, marks that turn
// the direction of writing, line separators.
bool text_is_hidden(unsigned code);

// Appends text with everything a terminal would act on made visible: C0 and C1 controls and
// DEL as \n, \t, \xNN; bidirectional overrides as \uNNNN; invalid UTF-8 as \xNN. With
// keep_newlines, '\n' stays as it is.
void text_add_printable(struct buf *buf, const char *text, size_t len, bool keep_newlines);

// Decodes one code point of at most len bytes (len > 0) into *code; returns its length in bytes,
// or 0 where the bytes are not UTF-8.
size_t text_decode(const char *text, size_t len, unsigned *code);
// Whether it could all be decoded.
bool text_is_utf8(const char *text, size_t len);

// What a byte is in ASCII, whatever the locale; the names are C's.
static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool text_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool text_is_alpha(char c)
{
    return text_is_lower((char) (c | 0x20));
}

static inline bool text_is_alnum(char c)
{
    return text_is_alpha(c) || text_is_digit(c);
}

static inline bool text_is_xdigit(char c)
{
    char lower = (char) (c | 0x20);
    return text_is_digit(c) || (lower >= 'a' && lower <= 'f');
}

static inline bool text_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool text_is_graph(char c)
{
    return c > ' ' && c < 0x7f;
}

static inline bool text_is_cntrl(char c)
{
    return (unsigned char) c < 0x20 || c == 0x7f;
}

// What the digit is worth; -1 for what is none.
int text_hex_digit(char c);

// The case of ASCII letters alone, whatever the locale: in some a capital i has a dot, in SQL none.
char text_lower(char c);
char text_upper(char c);
bool text_equals_nocase(const char *a, const char *b);
// Both end there, or have the same so many characters.
bool text_same_start_nocase(const char *a, const char *b, size_t len);
// Which of them comes first, as of small letters: below 0, 0, above 0.
int text_compare_nocase(const char *a, const char *b);
int text_compare_start_nocase(const char *a, const char *b, size_t len);

#endif
