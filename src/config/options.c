#include "marsh/config/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"

static const struct {
    const char *name;
    enum front front;
    const char *usage;
} fronts[] = {
    {"call", FRONT_CALL, "[TARGET] call [SCHEMA.]ROUTINE [ARGUMENT...]"},
    {"run", FRONT_RUN, "[TARGET] run FILE..."},
    {"scratch", FRONT_SCRATCH, "scratch list | start|stop|drop|demo [NAME]"},
};

enum { FRONT_COUNT = sizeof(fronts) / sizeof(fronts[0]) };

static void add_text(char ***list, size_t *count, const char *text)
{
    *list = mem_realloc(*list, (*count + 1) * sizeof(**list));
    (*list)[(*count)++] = mem_strdup(text);
}

static bool same_name(const char *typed, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++) {
        if ((typed[i] == '_' ? '-' : typed[i]) != (name[i] == '_' ? '-' : name[i]))
            return false;
    }
    return true;
}

// Walks the options of the table, then the parameters that are not in it.
static const char *name_at(size_t index, struct option_given *found)
{
    size_t own = 0;
    while (option_at(own) != NULL)
        own++;
    *found = (struct option_given){.spec = option_at(index)};
    if (index >= own)
        found->param = target_param_at(index - own);
    return found->spec != NULL ? found->spec->name
                               : (found->param != NULL ? found->param->name : NULL);
}

bool options_fail_unknown(const char *name, const char *dashes, struct error *err)
{
    struct nearest nearest;
    struct option_given each;
    // In a file "password x" has its secret in what is taken for the name.
    if (dashes[0] == '\0' && strpbrk(name, " \t:/@") != NULL)
        return error_set(err, ERROR_USAGE, "an option is a name, then '=' and its value");
    nearest_init(&nearest, name);
    const char *known;
    for (size_t i = 0; (known = name_at(i, &each)) != NULL; i++)
        nearest_offer(&nearest, known);
    known = nearest_get(&nearest);
    CLEANUP(mem_free_at) char *near = mem_strdup(known);
    // Parameters are known with _, and are options with -.
    for (char *c = near; c != NULL && *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    return error_set(err, ERROR_USAGE, "unknown option '%s%s'%s%s%s%s", dashes, name,
                     near == NULL ? "" : ", did you mean '", near == NULL ? "" : dashes,
                     near == NULL ? "" : near, near == NULL ? "" : "'?");
}

// Of two of one name the one that fits: call's own, or the one for all.
static bool is_other(const struct option_given *found, bool call)
{
    return found->spec != NULL && found->spec->id == (call ? OPTION_BATCH : OPTION_BATCH_ROWS);
}

// An exact name, or a prefix that only one has.
static bool find_long(const char *typed, size_t len, bool call, struct option_given *found,
                      struct error *err)
{
    struct option_given each;
    size_t prefixes = 0;
    const char *name;
    for (size_t i = 0; (name = name_at(i, &each)) != NULL; i++) {
        if (!same_name(typed, len, name) || is_other(&each, call))
            continue;
        bool exact = name[len] == '\0';
        bool known = found->spec != NULL && prefixes > 0 &&
                     strcmp(found->spec->name, name) == 0; // a parameter that has an option
        if (known)
            continue;
        *found = each;
        prefixes = exact ? 1 : prefixes + 1;
        if (exact)
            return true;
    }
    CLEANUP(mem_free_at) char *word = mem_strndup(typed, len);
    if (prefixes == 0)
        return options_fail_unknown(word, "--", err);
    if (prefixes > 1)
        return error_set(err, ERROR_USAGE, "'--%s' may mean several options", word);
    return true;
}

static const struct option_spec *find_letter(char letter)
{
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        if (spec->letter == letter)
            return spec;
    }
    return NULL;
}

static void set_format(struct options *options, const char *format, bool compatible)
{
    mem_replace(&options->format, format);
    options->compatible = compatible;
}

// Of the mariadb client's own formats the first in this list wins, in whatever order they stand.
static void set_client_format(struct options *options, const char *format)
{
    static const char *const ranks[] = {"html", "xml", "vertical", "table", "tsv"};
    bool keeps = false;
    for (size_t i = 0; options->compatible && strcmp(ranks[i], format) != 0; i++)
        keeps = keeps || strcmp(ranks[i], options->format) == 0;
    if (!keeps)
        set_format(options, format, true);
}

static void apply(struct options *options, const struct option_spec *spec, const char *value)
{
    char **texts[] = {
        [OPTION_BATCH_ROWS] = &options->batch_rows,
        [OPTION_BORDER] = &options->border,
        [OPTION_CHECKPOINT] = &options->checkpoint,
        [OPTION_DEFAULTS_EXTRA_FILE] = &options->defaults_extra_file,
        [OPTION_DEFAULTS_FILE] = &options->defaults_file,
        [OPTION_DEFAULTS_GROUP_SUFFIX] = &options->defaults_group_suffix,
        [OPTION_EACH] = &options->each,
        [OPTION_EXIT_FROM] = &options->exit_from,
        [OPTION_ISOLATION] = &options->isolation,
        [OPTION_JOBS] = &options->jobs,
        [OPTION_ON_ERROR] = &options->on_error,
        [OPTION_OUT] = &options->out,
        [OPTION_PAGER] = &options->pager,
        [OPTION_REJECTS] = &options->rejects,
        [OPTION_RETRY] = &options->retry,
        [OPTION_SET] = &options->set,
        [OPTION_SETS] = &options->sets,
        [OPTION_TEE] = &options->tee,
        [OPTION_TIMEOUT] = &options->timeout,
        [OPTION_XML] = NULL,
    };
    bool *flags[] = {
        [OPTION_ALLOW_IMPLICIT_COMMIT] = &options->allow_implicit_commit,
        [OPTION_BINARY_AS_HEX] = &options->binary_as_hex,
        [OPTION_CONSISTENT_SNAPSHOT] = &options->consistent_snapshot,
        [OPTION_DRY_RUN] = &options->dry_run,
        [OPTION_EXPLAIN] = &options->explain,
        [OPTION_FORCE] = &options->force,
        [OPTION_HELP] = &options->help,
        [OPTION_NO_DEFAULTS] = &options->no_defaults,
        [OPTION_RAW] = &options->raw,
        [OPTION_READ_ONLY] = &options->read_only,
        [OPTION_SCOPE] = &options->scope,
        [OPTION_SKIP_COLUMN_NAMES] = &options->no_column_names,
        [OPTION_UNORDERED] = &options->unordered,
        [OPTION_VERSION] = &options->version,
        [OPTION_XML] = NULL,
    };
    if (texts[spec->id] != NULL)
        mem_replace(texts[spec->id], value);
    else if (flags[spec->id] != NULL)
        *flags[spec->id] = true;
    else if (spec->id == OPTION_FORMAT)
        set_format(options, value, false);
    else if (spec->id == OPTION_BATCH)
        set_client_format(options, "tsv");
    else if (spec->id == OPTION_TABLE)
        set_client_format(options, "table");
    else if (spec->id == OPTION_VERTICAL)
        set_client_format(options, "vertical");
    else if (spec->id == OPTION_HTML)
        set_client_format(options, "html");
    else if (spec->id == OPTION_XML) {
        options->xml = true;
        set_client_format(options, "xml");
    } else if (spec->id == OPTION_SILENT)
        options->silent++;
    else if (spec->id == OPTION_EXECUTE)
        add_text(&options->execute, &options->execute_count, value);
    else if (spec->id == OPTION_VALUE)
        add_text(&options->values, &options->value_count, value);
    else if (spec->id == OPTION_MAP)
        add_text(&options->maps, &options->map_count, value);
}

bool options_may_stand_in_file(const struct option_spec *spec)
{
    return spec->id != OPTION_PARAM && spec->id != OPTION_EXECUTE && spec->id != OPTION_VALUE &&
           !spec->call;
}

static const struct option_spec *find_own(const char *name)
{
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        bool own = spec->id == OPTION_EXECUTE || options_may_stand_in_file(spec);
        if (own && strlen(name) == strlen(spec->name) && same_name(name, strlen(name), spec->name))
            return spec;
    }
    return NULL;
}

// A switch in a file: "force" as well as "force=on" and "force=off".
static bool set_switch(struct options *options, const struct option_spec *spec, const char *value,
                       struct error *err)
{
    static const char *const words[] = {"0", "off", "false", "no", "1", "on", "true", "yes"};
    size_t word = 0;
    while (word < 8 && !text_equals_nocase(value, words[word]))
        word++;
    if (word == 8)
        return error_set(err, ERROR_USAGE, "%s is on or off", spec->name);
    if (word >= 4)
        apply(options, spec, NULL);
    else if (spec->id == OPTION_FORCE)
        options->force = false;
    else if (spec->id == OPTION_SKIP_COLUMN_NAMES)
        options->no_column_names = false;
    return true;
}

bool options_set(struct options *options, const char *name, const char *value, bool *known,
                 struct error *err)
{
    const struct option_spec *spec = find_own(name);
    *known = spec != NULL;
    if (spec == NULL)
        return true;
    if (spec->value == VALUE_NONE && value != NULL)
        return set_switch(options, spec, value, err);
    if (spec->value == VALUE_REQUIRED && value == NULL)
        return error_set(err, ERROR_USAGE, "%s needs a value", spec->name);
    apply(options, spec, value);
    return true;
}

static void give(struct options *options, struct option_given found, const char *value)
{
    size_t size = (options->given_count + 1) * sizeof(*options->given);
    options->given = mem_realloc(options->given, size);
    found.value = mem_strdup(value);
    options->given[options->given_count++] = found;
    if (found.spec != NULL)
        apply(options, found.spec, value);
}

static void hide(char *secret)
{
    for (char *c = secret; c != NULL && *c != '\0'; c++)
        *c = 'x';
}

static bool is_secret(const struct option_given *found)
{
    const char *name = found->spec != NULL ? found->spec->param : found->param->name;
    return name != NULL && (strcmp(name, "password") == 0 || strcmp(name, "init_command") == 0 ||
                            strcmp(name, "password_command") == 0);
}

// How argv is walked: `next` is the argument after the one in hand.
struct walk {
    int argc;
    char **argv;
    int next;
};

static enum option_value value_kind(const struct option_given *found)
{
    if (found->spec != NULL)
        return found->spec->value;
    return strcmp(target_param_value_name(found->param), "BOOL") == 0 ? VALUE_OPTIONAL
                                                                      : VALUE_REQUIRED;
}

static bool parse_long(struct options *options, struct walk *walk, char *arg, struct error *err)
{
    size_t len = strcspn(arg, "=");
    struct option_given found = {.spec = NULL};
    if (!find_long(arg, len, options->front == FRONT_CALL, &found, err))
        return false;
    char *value = arg[len] == '=' ? arg + len + 1 : NULL;
    enum option_value kind = value_kind(&found);
    if (kind == VALUE_NONE && value != NULL)
        return error_set(err, ERROR_USAGE, "option '--%.*s' takes no value", (int) len, arg);
    if (kind == VALUE_REQUIRED && value == NULL && walk->next < walk->argc)
        value = walk->argv[walk->next++];
    if (kind == VALUE_REQUIRED && value == NULL)
        return error_set(err, ERROR_USAGE, "option '--%.*s' needs a value", (int) len, arg);
    give(options, found, value);
    if (is_secret(&found))
        hide(value);
    return true;
}

static bool parse_letters(struct options *options, struct walk *walk, char *arg, struct error *err)
{
    while (*arg != '\0') {
        char letter = *arg++;
        const struct option_spec *spec = find_letter(letter);
        if (spec == NULL)
            return error_set(err, ERROR_USAGE, "unknown option '-%c', see --help", letter);
        char *value = NULL;
        if (spec->value != VALUE_NONE && *arg != '\0') {
            value = arg;
            arg += strlen(arg);
        } else if (spec->value == VALUE_REQUIRED) {
            if (walk->next >= walk->argc)
                return error_set(err, ERROR_USAGE, "option '-%c' needs a value", letter);
            value = walk->argv[walk->next++];
        }
        struct option_given found = {.spec = spec};
        give(options, found, value);
        if (is_secret(&found))
            hide(value);
    }
    return true;
}

// A word that can only be meant as a target.
static bool is_target(const char *text)
{
    return url_is(text) || text[0] == '@' || strncmp(text, "scratch:", 8) == 0;
}

static bool take_verb(struct options *options, const char *word)
{
    for (size_t i = 0; i < FRONT_COUNT; i++) {
        if (strcmp(word, fronts[i].name) != 0)
            continue;
        options->front = fronts[i].front;
        return true;
    }
    return false;
}

// Two words, of which the first may have been meant as a verb.
static bool fail_two_words(const struct options *options, const char *word, struct error *err)
{
    struct nearest nearest;
    nearest_init(&nearest, options->target);
    for (size_t i = 0; i < FRONT_COUNT; i++)
        nearest_offer(&nearest, fronts[i].name);
    const char *near = nearest_get(&nearest);
    if (near != NULL)
        return error_set(err, ERROR_USAGE, "unknown command '%s', did you mean '%s'?",
                         options->target, near);
    return error_set(err, ERROR_USAGE, "one target, not also '%s' (a file is run with 'run')",
                     url_is(word) ? "another URL" : word);
}

static bool take_word(struct options *options, char *word, bool *first, struct error *err)
{
    // "marsh run @prod FILE" and "marsh @prod run FILE" are the same.
    bool may_be_verb = *first || (options->front == FRONT_SHELL && options->target != NULL);
    *first = false;
    if (may_be_verb && take_verb(options, word))
        return true;
    bool wants_target = options->target == NULL && options->arg_count == 0 &&
                        (options->front == FRONT_SHELL ||
                         (options->front != FRONT_SCRATCH && is_target(word)));
    if (wants_target) {
        mem_replace(&options->target, word);
        if (url_is(word))
            url_hide_password(word);
        return true;
    }
    if (options->front == FRONT_SHELL)
        return fail_two_words(options, word, err);
    // Taken for a file it would be named in an error, password and all.
    if (options->front == FRONT_RUN && url_is(word))
        return error_set(err, ERROR_USAGE, "a URL stands in front of the files, and is one");
    add_text(&options->args, &options->arg_count, word);
    return true;
}

// In a call, -5 and -.5 are values.
static bool is_option(const struct options *options, const char *arg)
{
    if (arg[0] != '-' || arg[1] == '\0')
        return false;
    return options->front != FRONT_CALL || options->arg_count == 0 ||
           (isdigit((unsigned char) arg[1]) == 0 && arg[1] != '.');
}

// What only a call has a use for.
static bool check_front(const struct options *options, struct error *err)
{
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_spec *spec = options->given[i].spec;
        if (spec != NULL && spec->call && options->front != FRONT_CALL)
            return error_set(err, ERROR_USAGE, "option '--%s' belongs to 'marsh call'", spec->name);
    }
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct error *err)
{
    *options = (struct options){.front = FRONT_SHELL};
    struct walk walk = {.argc = argc, .argv = argv, .next = 1};
    bool first = true;
    bool only_words = false;
    bool ok = true;
    while (ok && walk.next < argc) {
        char *arg = argv[walk.next++];
        if (!only_words && strcmp(arg, "--") == 0)
            only_words = true;
        else if (only_words || !is_option(options, arg))
            ok = take_word(options, arg, &first, err);
        else if (arg[1] == '-')
            ok = parse_long(options, &walk, arg + 2, err);
        else
            ok = parse_letters(options, &walk, arg + 1, err);
    }
    return ok && check_front(options, err);
}

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void options_finish(struct options *options)
{
    free_list(options->args, options->arg_count);
    free_list(options->execute, options->execute_count);
    free_list(options->values, options->value_count);
    free_list(options->maps, options->map_count);
    for (size_t i = 0; i < options->given_count; i++)
        mem_free_secret(options->given[i].value);
    free(options->given);
    mem_free_secret(options->target);
    free(options->format);
    free(options->border);
    free(options->pager);
    free(options->tee);
    free(options->isolation);
    free(options->retry);
    char *of_call[] = {options->out,      options->exit_from,  options->set,       options->sets,
                       options->timeout,  options->each,       options->jobs,      options->rejects,
                       options->on_error, options->batch_rows, options->checkpoint};
    for (size_t i = 0; i < sizeof(of_call) / sizeof(of_call[0]); i++)
        free(of_call[i]);
    free(options->defaults_file);
    free(options->defaults_extra_file);
    free(options->defaults_group_suffix);
    *options = (struct options){.front = FRONT_SHELL};
}

static void usage_line(struct buf *out, char letter, const char *name, enum option_value value,
                       const char *value_name, const char *summary)
{
    size_t start = out->len;
    if (letter != '\0')
        buf_printf(out, "  -%c, --", letter);
    else
        buf_add_text(out, "      --");
    for (const char *c = name; *c != '\0'; c++)
        buf_add_char(out, *c == '_' ? '-' : *c);
    if (value != VALUE_NONE)
        buf_printf(out, value == VALUE_REQUIRED ? " %s" : "[=%s]", value_name);
    size_t width = out->len - start;
    buf_add_repeat(out, ' ', width < 33 ? 34 - width : 2);
    buf_printf(out, "%s\n", summary);
}

void options_usage(struct buf *out)
{
    buf_add_text(out, "Usage: marsh [OPTION...] [TARGET]\n");
    for (size_t i = 0; i < FRONT_COUNT; i++)
        buf_printf(out, "       marsh [OPTION...] %s\n", fronts[i].usage);
    buf_add_text(out, "\nTARGET is a URL (mysql://USER@HOST:PORT/SCHEMA), @BIND from marsh.conf, "
                      "scratch:[NAME],\nor a schema on the default server.\n\nOptions:\n");
    const struct option_spec *spec;
    for (int call = 0; call <= 1; call++) {
        buf_add_text(out, call == 0 ? "" : "\nOptions of marsh call:\n");
        for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
            if (spec->call == (call == 1))
                usage_line(out, spec->letter, spec->name, spec->value, spec->value_name,
                           spec->summary);
        }
    }
    buf_add_text(out, "\nParameters of the target, in a URL as name_with_underscores=value:\n");
    const struct target_param *param;
    for (size_t i = 0; (param = target_param_at(i)) != NULL; i++) {
        struct option_given listed = {.spec = NULL};
        struct error ignored = ERROR_INIT;
        bool own = find_long(param->name, strlen(param->name), false, &listed, &ignored) &&
                   listed.spec != NULL;
        error_finish(&ignored);
        struct option_given itself = {.param = param};
        if (param->summary != NULL && !own)
            usage_line(out, '\0', param->name, value_kind(&itself), target_param_value_name(param),
                       param->summary);
    }
}
