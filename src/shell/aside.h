// What the mariadb client's options show beside a statement's results: its text, why it was left
// out, its warnings.
#ifndef MARSH_SHELL_ASIDE_H
#define MARSH_SHELL_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;
struct split_item;

// Before it is sent; shown: as it is echoed. False: it is not sent, as another schema than that of
// --one-database is in use.
bool aside_before(struct context *context, const struct split_item *item,
                  const struct split_item *shown);
// After it; `err` is what went wrong, with kind ERROR_NONE where nothing did. False, and *err,
// where the output fails.
bool aside_after(struct context *context, const char *text, size_t len, struct error *err);

#endif
