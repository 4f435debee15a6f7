#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"
#include "options_internal.h"

static const struct front_spec fronts[] = {
    {"call", FRONT_CALL, "[TARGET] call [SCHEMA.]ROUTINE [ARGUMENT...]"},
    {"copy", FRONT_COPY, "copy [TARGET] FILE|TABLE|SELECT [TARGET] TABLE|FILE"},
    {"keeper", FRONT_KEEPER, "keeper start|status|stop|logs"},
    {"run", FRONT_RUN, "[TARGET] run FILE..."},
    {"scratch", FRONT_SCRATCH, "scratch list | start|stop|drop|demo [NAME]"},
    {"table", FRONT_TABLE, "[TARGET] table [SCHEMA.]TABLE"},
};

enum { FRONT_COUNT = sizeof(fronts) / sizeof(fronts[0]) };

const struct front_spec *option_front_at(size_t index)
{
    return index < FRONT_COUNT ? &fronts[index] : NULL;
}

bool option_same_name(const char *typed, size_t len, const char *name)
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
    size_t own = option_count();
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

bool option_has_name(const char *name)
{
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        if (strlen(spec->name) == strlen(name) && option_same_name(name, strlen(name), spec->name))
            return true;
    }
    return false;
}

static bool is_of_front(const struct option_spec *spec, enum front front)
{
    return spec->fronts == 0 || (spec->fronts & OF_FRONT(front)) != 0;
}

// Of two of one name the one that fits: the front's own, or else the one for all.
static bool is_other(const struct option_given *found, size_t index, enum front front)
{
    if (found->spec == NULL)
        return option_has_name(found->param->name);
    const struct option_spec *next = option_at(index + 1);
    const struct option_spec *last = index == 0 ? NULL : option_at(index - 1);
    bool own = found->spec->fronts != 0;
    const struct option_spec *twin = own ? last : next;
    if (twin == NULL || strcmp(twin->name, found->spec->name) != 0)
        return false;
    return own != is_of_front(own ? found->spec : twin, front);
}

// An exact name, or a prefix that only one has: one of all, or one of the mariadb client's.
static bool find_long(const char *typed, size_t len, enum front front, struct option_given *found,
                      struct error *err)
{
    struct option_given each;
    struct option_given client = {.spec = NULL};
    size_t prefixes = 0;
    size_t clients = 0;
    const char *name;
    for (size_t i = 0; (name = name_at(i, &each)) != NULL; i++) {
        if (!option_same_name(typed, len, name) || is_other(&each, i, front))
            continue;
        *found = each;
        prefixes++;
        if (name[len] == '\0')
            return true;
        if (each.spec == NULL || each.spec->like == LIKE_NONE)
            continue;
        client = each;
        clients++;
    }
    CLEANUP(mem_free_at) char *word = mem_strndup(typed, len);
    if (prefixes == 0)
        return options_fail_unknown(word, "--", err);
    if (prefixes > 1 && clients != 1)
        return error_set(err, ERROR_USAGE, "'--%s' may mean several options", word);
    if (prefixes > 1)
        *found = client;
    return true;
}

static const struct option_spec *find_letter(char letter)
{
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        if (strchr(spec->letters, letter) != NULL)
            return spec;
    }
    return NULL;
}

static bool give(struct options *options, struct option_given found, const char *value,
                 struct error *err)
{
    bool on = true;
    bool is_switch = found.spec != NULL && found.spec->value == VALUE_SWITCH;
    if (is_switch && !option_parse_switch(found.spec, value, &on, err))
        return false;
    size_t size = (options->given_count + 1) * sizeof(*options->given);
    options->given = mem_realloc(options->given, size);
    found.value = mem_strdup(value);
    options->given[options->given_count++] = found;
    if (found.spec != NULL)
        option_apply(options, found.spec, value, on && !found.off);
    return true;
}

static void hide(char *secret)
{
    for (char *c = secret; c != NULL && *c != '\0'; c++)
        *c = 'x';
}

static bool is_secret(const struct option_given *found)
{
    bool own = found->spec != NULL;
    const char *name = own ? found->spec->param : found->param->name;
    return name != NULL && (!own || found->spec->sets == SETS_PARAM) &&
           (strcmp(name, "password") == 0 || strcmp(name, "init_command") == 0 ||
            strcmp(name, "password_command") == 0);
}

// How argv is walked: `next` is the argument after the one in hand.
struct walk {
    int argc;
    char **argv;
    int next;
};

enum option_value option_value_kind(const struct option_given *found)
{
    if (found->spec != NULL)
        return found->spec->value;
    return strcmp(target_param_value_name(found->param), "BOOL") == 0 ? VALUE_OPTIONAL
                                                                      : VALUE_REQUIRED;
}

// True, and *len behind it, where the name begins with that word, - and _ being the same.
static bool begins(const char *name, const char *word, size_t *len)
{
    *len = strlen(word);
    return strlen(name) > *len && option_same_name(word, *len, name);
}

size_t option_negation(const char *name)
{
    size_t len;
    return begins(name, "skip-", &len) || begins(name, "disable-", &len) ? len : 0;
}

// Whether --skip-NAME means something.
static bool can_be_off(const struct option_given *found)
{
    enum option_value kind = option_value_kind(found);
    bool text = found->spec != NULL && found->spec->sets == SETS_TEXT && found->spec->fronts == 0;
    return kind == VALUE_SWITCH || kind == VALUE_OPTIONAL || text;
}

// Also behind "skip-", "disable-", "enable-", and "loose-", with which one that is unknown is none.
static bool find_any(const char *name, size_t len, enum front front, struct option_given *found,
                     struct error *err)
{
    struct error ignored = ERROR_INIT;
    size_t skip = option_negation(name);
    bool off = skip > 0;
    bool loose = !off && begins(name, "loose-", &skip);
    if (!off && !loose && !begins(name, "enable-", &skip))
        skip = 0;
    // As it stands, if it is so called: "skip-column-names".
    if (find_long(name, len, front, found, skip > 0 && skip < len ? &ignored : err))
        return true;
    if (skip == 0 || skip >= len)
        return false;
    error_finish(&ignored);
    *found = (struct option_given){.off = off};
    bool known = find_long(name + skip, len - skip, front, found, loose ? &ignored : err);
    error_finish(&ignored);
    found->off = off;
    if (known && (loose || can_be_off(found)))
        return true;
    *found = (struct option_given){.off = off};
    if (loose)
        return true;
    CLEANUP(mem_free_at) char *word = mem_strndup(name, len);
    return options_fail_unknown(word, "--", err);
}

// Of the argument behind an option's name, or the next one.
static bool take_value(struct walk *walk, const struct option_given *found, const char *name,
                       size_t len, char **value, struct error *err)
{
    enum option_value kind = option_value_kind(found);
    if ((kind == VALUE_NONE || found->off) && *value != NULL)
        return error_set(err, ERROR_USAGE, "option '--%.*s' takes no value", (int) len, name);
    if (found->off || kind != VALUE_REQUIRED || *value != NULL)
        return true;
    if (walk->next >= walk->argc)
        return error_set(err, ERROR_USAGE, "option '--%.*s' needs a value", (int) len, name);
    *value = walk->argv[walk->next++];
    return true;
}

static bool parse_long(struct options *options, struct walk *walk, char *arg, struct error *err)
{
    size_t len = strcspn(arg, "=");
    struct option_given found = {.spec = NULL};
    if (!find_any(arg, len, options->front, &found, err))
        return false;
    if (found.spec == NULL && found.param == NULL)
        return true; // loose
    char *value = arg[len] == '=' ? arg + len + 1 : NULL;
    if (!take_value(walk, &found, arg, len, &value, err))
        return false;
    bool secret = is_secret(&found);
    bool is_param = found.spec == NULL || found.spec->sets == SETS_PARAM;
    // Without a password is an empty one.
    const char *none = secret ? "" : "0";
    if (!give(options, found, found.off && is_param ? none : value, err))
        return false;
    if (secret)
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
        if (spec->value != VALUE_NONE && spec->value != VALUE_SWITCH && *arg != '\0') {
            value = arg;
            arg += strlen(arg);
        } else if (spec->value == VALUE_REQUIRED) {
            if (walk->next >= walk->argc)
                return error_set(err, ERROR_USAGE, "option '-%c' needs a value", letter);
            value = walk->argv[walk->next++];
        }
        struct option_given found = {.spec = spec};
        if (!give(options, found, value, err))
            return false;
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
                         (options->front != FRONT_SCRATCH && options->front != FRONT_KEEPER &&
                          is_target(word)));
    if (wants_target) {
        mem_replace(&options->target, word);
        if (url_is(word))
            url_hide_password(word);
        return true;
    }
    bool fans = options->front == FRONT_SHELL || options->front == FRONT_RUN ||
                options->front == FRONT_CALL;
    if (fans && is_target(word) && options->target != NULL && is_target(options->target) &&
        options->arg_count == 0) {
        option_add_text(&options->more_targets, &options->more_count, word);
        if (url_is(word))
            url_hide_password(word);
        return true;
    }
    if (options->front == FRONT_SHELL)
        return fail_two_words(options, word, err);
    // Taken for a file it would be named in an error, password and all.
    if (options->front == FRONT_RUN && url_is(word))
        return error_set(err, ERROR_USAGE, "a URL stands in front of the files, and is one");
    option_add_text(&options->args, &options->arg_count, word);
    if (options->front == FRONT_COPY && url_is(word))
        url_hide_password(word);
    return true;
}

// In a call, -5 and -.5 are values.
static bool is_option(const struct options *options, const char *arg)
{
    if (arg[0] != '-' || arg[1] == '\0')
        return false;
    return options->front != FRONT_CALL || options->arg_count == 0 ||
           (!text_is_digit(arg[1]) && arg[1] != '.');
}

static bool fail_front(const struct option_spec *spec, struct error *err)
{
    struct buf names = BUF_INIT;
    for (size_t i = 0; i < FRONT_COUNT; i++) {
        if ((spec->fronts & OF_FRONT(fronts[i].front)) != 0)
            buf_printf(&names, "%s'marsh %s'", names.len == 0 ? "" : ", ", fronts[i].name);
    }
    error_set(err, ERROR_USAGE, "option '--%s' belongs to %s", spec->name, buf_cstr(&names));
    buf_finish(&names);
    return false;
}

// What only some fronts have a use for.
static bool check_front(const struct options *options, struct error *err)
{
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_spec *spec = options->given[i].spec;
        if (spec != NULL && !is_of_front(spec, options->front))
            return fail_front(spec, err);
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
