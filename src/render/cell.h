// How one value is written, shared by the formats.
#ifndef MARSH_RENDER_CELL_H
#define MARSH_RENDER_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct column;
struct render_options;

// 0x and hexadecimal digits, as the server reads a binary literal.
void cell_add_hex(struct buf *buf, const char *bytes, size_t len);
void cell_add_base64(struct buf *buf, const char *bytes, size_t len);
// A BIT value, at most eight bytes, big-endian.
uint64_t cell_bit(const char *bytes, size_t len);

// Whether the mariadb client's --binary-as-hex is given and means this column. NULL, too, is 0x
// then, but in the formats that tell it by something else than a word.
bool cell_is_hex(const struct column *column, const struct render_options *options);

// For people: what a terminal would act on is made visible, binary is hexadecimal, NULL is NULL and
// a string that reads NULL is put in quotes. Newlines stay.
void cell_add_shown(struct buf *buf, const struct column *column, const char *cell, size_t len);

#endif
