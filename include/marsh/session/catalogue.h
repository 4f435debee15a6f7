// The names that completion offers: schemas, tables, columns, routines. Asked for over a lease of
// its own, so that the user's session and transaction are left alone.
#ifndef MARSH_SESSION_CATALOGUE_H
#define MARSH_SESSION_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

struct catalogue;
struct cancel;
struct error;
struct pool;

enum name_kind { NAME_SCHEMA, NAME_TABLE, NAME_COLUMN, NAME_PROCEDURE, NAME_FUNCTION };

struct catalogue *catalogue_create(void);
// Takes NULL.
void catalogue_destroy(struct catalogue *catalogue);

// Learns the names anew: every schema, and what is in `schema` ("" for none). Gives up on what
// takes the server longer than two seconds; what was learned until then stays.
bool catalogue_load(struct catalogue *catalogue, struct pool *pool, struct cancel *cancel,
                    const char *schema, struct error *err);

// Calls back for each name of that kind that begins with `prefix`, ASCII case ignored. parent: for
// columns the table, NULL for any.
void catalogue_each(const struct catalogue *catalogue, enum name_kind kind, const char *parent,
                    const char *prefix, void (*each)(void *data, const char *name), void *data);

#endif
