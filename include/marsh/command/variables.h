// marsh's own variables, which `:name` in a statement binds: bytes, or NULL. Names are letters,
// digits and _, begin with no digit, and differ by case. Sorted by name. Not thread-safe.
#ifndef MARSH_COMMAND_VARIABLES_H
#define MARSH_COMMAND_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct value;

struct variable {
    char *name;
    char *text; // NUL-terminated, though there may be more in it; NULL for SQL NULL
    size_t len;
};

struct variables {
    struct variable *items;
    size_t count;
    size_t cap;
};

#define VARIABLES_INIT                                                                             \
    {                                                                                              \
        .items = NULL, .count = 0, .cap = 0                                                        \
    }

void variables_finish(struct variables *variables);
void variables_copy(struct variables *to, const struct variables *from);

bool variables_is_name(const char *name);

// Copies the bytes, which may be the variable's own; text NULL is SQL NULL. ERROR_USAGE where the
// name can't be one.
bool variables_set(struct variables *variables, const char *name, const char *text, size_t len,
                   struct error *err);
// NULL where there is none; good until the next change.
const struct variable *variables_get(const struct variables *variables, const char *name);
// False where there was none.
bool variables_unset(struct variables *variables, const char *name);

// A value for each name, borrowed from the variables, and none where the name is NULL; ERROR_USAGE
// for one that is not set, with the nearest that is.
bool variables_bind(const struct variables *variables, char *const *names, size_t count,
                    struct value *values, struct error *err);

#endif
