// What an option sets, wherever it was given.
#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "options_internal.h"

static void *field_of(struct options *options, const struct option_spec *spec)
{
    return (char *) options + spec->field;
}

void option_add_text(char ***list, size_t *count, const char *text)
{
    *list = mem_realloc(*list, (*count + 1) * sizeof(**list));
    (*list)[(*count)++] = mem_strdup(text);
}

bool option_parse_switch(const struct option_spec *spec, const char *value, bool *on,
                         struct error *err)
{
    static const char *const words[] = {"0", "off", "false", "no", "1", "on", "true", "yes"};
    size_t word = 0;
    *on = true;
    if (value == NULL)
        return true;
    while (word < 8 && !text_equals_nocase(value, words[word]))
        word++;
    *on = word >= 4;
    return word < 8 || error_set(err, ERROR_USAGE, "%s is on or off", spec->name);
}

static void set_format(struct options *options, const char *format, bool compatible, bool on)
{
    bool current = options->format != NULL && strcmp(options->format, format) == 0;
    // That it may be vertical leaves what was asked for by name.
    bool other = options->compatible && strcmp(format, "auto") == 0;
    if ((!on && !current) || other)
        return;
    mem_replace(&options->format, on ? format : NULL);
    options->compatible = on && compatible;
}

// Of the mariadb client's own formats the first in this list wins, in whatever order they stand.
static void set_client_format(struct options *options, const char *format, bool on)
{
    static const char *const ranks[] = {"html", "xml", "vertical", "table", "tsv"};
    bool keeps = false;
    for (size_t i = 0; on && options->compatible && strcmp(ranks[i], format) != 0; i++)
        keeps = keeps || strcmp(ranks[i], options->format) == 0;
    if (!keeps)
        set_format(options, format, true, on);
    if (strcmp(format, "xml") == 0)
        options->xml = on;
}

static void set_text(char **slot, const struct option_spec *spec, const char *value, bool on)
{
    if (spec->value == VALUE_SWITCH)
        value = on ? "1" : "0";
    else if (!on)
        value = NULL;
    else if (value == NULL)
        value = "";
    mem_replace(slot, value);
}

void option_apply(struct options *options, const struct option_spec *spec, const char *value,
                  bool on)
{
    void *field = field_of(options, spec);
    switch (spec->sets) {
    case SETS_TEXT:
        set_text(field, spec, value, on);
        break;
    case SETS_FLAG:
    case SETS_UNFLAG:
        *(bool *) field = on == (spec->sets == SETS_FLAG);
        break;
    case SETS_COUNT:
        *(unsigned *) field = on ? *(unsigned *) field + 1 : 0;
        break;
    case SETS_LIST:
        option_add_text(field, (size_t *) (void *) ((char *) field + sizeof(char **)), value);
        break;
    case SETS_FORMAT:
        set_format(options, spec->param != NULL ? spec->param : value, false, on);
        break;
    case SETS_CLIENTS:
        set_client_format(options, spec->param, on);
        break;
    case SETS_PARAM:
    case SETS_SCRATCH:
    case SETS_NOTHING:
        break;
    }
}

bool options_may_stand_in_file(const struct option_spec *spec)
{
    return spec->sets != SETS_PARAM && !spec->alone && spec->fronts == 0;
}

static const struct option_spec *find_own(const char *name)
{
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        bool own = strcmp(spec->name, "execute") == 0 || options_may_stand_in_file(spec);
        if (own && strlen(name) == strlen(spec->name) &&
            option_same_name(name, strlen(name), spec->name))
            return spec;
    }
    return NULL;
}

// Also behind "skip-" and "disable-", where *off says so.
static const struct option_spec *find_in_file(const char *name, bool *off)
{
    const struct option_spec *spec = find_own(name);
    size_t skipped = option_negation(name);
    *off = spec == NULL && skipped > 0;
    if (*off)
        spec = find_own(name + skipped);
    return spec != NULL && (!*off || spec->value == VALUE_SWITCH) ? spec : NULL;
}

bool options_is_clients(const char *name)
{
    bool off;
    const struct option_spec *spec = find_in_file(name, &off);
    return spec != NULL && spec->like != LIKE_NONE;
}

bool options_set(struct options *options, const char *name, const char *value, bool *known,
                 struct error *err)
{
    bool off;
    bool on = true;
    const struct option_spec *spec = find_in_file(name, &off);
    *known = spec != NULL;
    if (!*known)
        return true;
    if (spec->value == VALUE_REQUIRED && value == NULL)
        return error_set(err, ERROR_USAGE, "%s needs a value", spec->name);
    if ((spec->value == VALUE_NONE || spec->value == VALUE_SWITCH) &&
        !option_parse_switch(spec, value, &on, err))
        return false;
    option_apply(options, spec, value, on != off);
    return true;
}

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void options_finish(struct options *options)
{
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        char **text = field_of(options, spec);
        if (spec->sets != SETS_TEXT)
            continue;
        free(*text);
        *text = NULL; // two may set the same
    }
    free_list(options->args, options->arg_count);
    for (size_t i = 0; i < options->more_count; i++)
        mem_free_secret(options->more_targets[i]);
    free(options->more_targets);
    free_list(options->execute, options->execute_count);
    free_list(options->values, options->value_count);
    free_list(options->maps, options->map_count);
    for (size_t i = 0; i < options->given_count; i++)
        mem_free_secret(options->given[i].value);
    free(options->given);
    mem_free_secret(options->target);
    free(options->format);
    *options = (struct options){.front = FRONT_SHELL};
}
