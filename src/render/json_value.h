// Text and cells as JSON values: numbers keep every digit, BIT is a number, binary is base64.
#ifndef MARSH_RENDER_JSON_VALUE_H
#define MARSH_RENDER_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/charset.h"

struct buf;
struct column;
struct error;
struct row;

// Whether a set's names, or the cells of one of its rows, are UTF-8, as JSON has to be, or ASCII
// alone: it is not known how text of another character set reads.
bool json_fits_names(enum charset charset, const struct column *columns, size_t count,
                     struct error *err);
bool json_fits(enum charset charset, const struct column *columns, size_t count,
               const struct row *row, struct error *err);
// terminal: nothing that drives one is left as it is.
void json_add_string(struct buf *buf, const char *text, size_t len, bool terminal);
// A cell; NULL is null.
void json_add_value(struct buf *buf, const struct column *column, const char *cell, size_t len,
                    bool terminal);

#endif
