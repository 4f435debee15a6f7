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
