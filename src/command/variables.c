#include "marsh/command/variables.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/data/value.h"

static void finish_item(struct variable *item)
{
    free(item->name);
    free(item->text);
}

void variables_finish(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        finish_item(&variables->items[i]);
    free(variables->items);
    *variables = (struct variables) VARIABLES_INIT;
}

bool variables_is_name(const char *name)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return strspn(name, first) > 0 && name[strspn(name, rest)] == '\0';
}

// Where the name is, or belongs.
static bool find(const struct variables *variables, const char *name, size_t *at)
{
    size_t low = 0;
    size_t high = variables->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(variables->items[middle].name, name);
        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

static void insert(struct variables *variables, size_t at, const char *name)
{
    if (variables->count == variables->cap) {
        variables->cap = variables->cap == 0 ? 8 : variables->cap * 2;
        variables->items = mem_realloc(variables->items,
                                       variables->cap * sizeof(*variables->items));
    }
    struct variable *item = &variables->items[at];
    memmove(item + 1, item, (variables->count - at) * sizeof(*item));
    *item = (struct variable){.name = mem_strdup(name)};
    variables->count++;
}

bool variables_set(struct variables *variables, const char *name, const char *text, size_t len,
                   struct error *err)
{
    size_t at;
    if (!variables_is_name(name))
        return error_set(err, ERROR_USAGE,
                         "'%s' can't be a variable's name: letters, digits and _, no digit first",
                         name);
    char *copy = NULL;
    if (text != NULL) {
        copy = mem_alloc(len + 1);
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    if (!find(variables, name, &at))
        insert(variables, at, name);
    free(variables->items[at].text);
    variables->items[at].text = copy;
    variables->items[at].len = text == NULL ? 0 : len;
    return true;
}

const struct variable *variables_get(const struct variables *variables, const char *name)
{
    size_t at;
    return find(variables, name, &at) ? &variables->items[at] : NULL;
}

bool variables_unset(struct variables *variables, const char *name)
{
    size_t at;
    if (!find(variables, name, &at))
        return false;
    struct variable *item = &variables->items[at];
    finish_item(item);
    variables->count--;
    memmove(item, item + 1, (variables->count - at) * sizeof(*item));
    return true;
}

static bool fail(const struct variables *variables, const char *name, struct error *err)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < variables->count; i++)
        nearest_offer(&nearest, variables->items[i].name);
    const char *known = nearest_get(&nearest);
    if (known == NULL)
        return error_set(err, ERROR_USAGE, "there is no variable ':%s'", name);
    return error_set(err, ERROR_USAGE, "there is no variable ':%s', did you mean ':%s'?", name,
                     known);
}

bool variables_bind(const struct variables *variables, char *const *names, size_t count,
                    struct value *values, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = (struct value){.text = NULL};
        const struct variable *variable = names[i] == NULL ? NULL
                                                           : variables_get(variables, names[i]);
        if (variable != NULL)
            values[i] = (struct value){variable->text, variable->len, false};
        else if (names[i] != NULL)
            return fail(variables, names[i], err);
    }
    return true;
}

void variables_copy(struct variables *to, const struct variables *from)
{
    *to = (struct variables){mem_calloc(from->count, sizeof(*to->items)), from->count, from->count};
    for (size_t i = 0; i < from->count; i++) {
        const struct variable *item = &from->items[i];
        char *text = item->text == NULL ? NULL : mem_alloc(item->len + 1);
        if (text != NULL)
            memcpy(text, item->text, item->len + 1);
        to->items[i] = (struct variable){mem_strdup(item->name), text, item->len};
    }
}
