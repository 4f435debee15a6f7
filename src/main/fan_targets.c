#include "fan_targets.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "call_options.h"
#include "client_options.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/batch/batch.h"
#include "marsh/config/resolve.h"
#include "marsh/config/url.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"

// A script that is read from a pipe is kept for all of them.
enum { INPUT_MAX = 1 << 30 };

struct words {
    char **list;
    size_t count;
};

static void add_word(void *data, const char *word)
{
    struct words *words = data;
    words->list = mem_realloc(words->list, (words->count + 1) * sizeof(char *));
    words->list[words->count++] = mem_strdup(word);
}

static void free_words(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        mem_free_secret(words->list[i]);
    free(words->list);
    *words = (struct words){.count = 0};
}

// *group: it stood for others.
static bool expand(const struct caller *caller, struct words *words, const char *word, bool *group,
                   struct error *err)
{
    bool known = false;
    if (word[0] == '@' && !resolve_group(caller, word + 1, add_word, words, &known, err))
        return false;
    if (!known)
        add_word(words, word);
    *group = *group || known;
    return true;
}

static bool check_front(const struct app *app, struct error *err)
{
    const struct options *options = &app->options;
    bool fits = options->front == FRONT_SHELL || options->front == FRONT_RUN ||
                (options->front == FRONT_CALL && options->each == NULL);
    if (!fits)
        return error_set(err, ERROR_USAGE, "one target, not several, goes with 'marsh %s'",
                         options->front == FRONT_CALL    ? "call --each"
                         : options->front == FRONT_TABLE ? "table"
                                                         : "copy");
    if (options->checkpoint != NULL || options->parallel != NULL)
        return error_set(err, ERROR_USAGE, "%s goes not with several targets",
                         options->parallel != NULL ? "--parallel" : "--checkpoint");
    return true;
}

// Options that mean something for several targets alone.
static bool check_single(const struct options *options, struct error *err)
{
    bool call = options->front == FRONT_CALL;
    const struct {
        const char *name;
        bool given;
    } others[] = {
        {"--diff", options->diff},
        {"--no-target-column", options->no_target_column},
        {"--jobs", options->jobs != NULL && options->front != FRONT_COPY &&
                       options->front != FRONT_TABLE && !call},
        {"--timeout", options->timeout != NULL && !call},
        {"--unordered", options->unordered && !call},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i].given)
            return error_set(err, ERROR_USAGE, "%s is for several targets", others[i].name);
    }
    return true;
}

bool fan_targets_expand(struct app *app, struct error *err)
{
    struct options *options = &app->options;
    struct words words = {.count = 0};
    bool group = false;
    bool ok = options->target == NULL ||
              expand(options->caller, &words, options->target, &group, err);
    for (size_t i = 0; ok && i < options->more_count; i++)
        ok = expand(options->caller, &words, options->more_targets[i], &group, err);
    bool fans = ok && (words.count > 1 || group);
    if (ok && group && words.count == 0)
        ok = error_set(err, ERROR_USAGE, "%s: the group has no targets", options->target);
    if (!ok || !fans) {
        free_words(&words);
        return ok && check_single(options, err);
    }
    app->fan_names = words.list;
    app->fan_count = words.count;
    mem_replace(&options->target, words.list[0]);
    return check_front(app, err) && call_options_fan(options, &app->fan_options, err);
}

bool fan_targets_resolve(struct app *app, struct error *err)
{
    if (app->fan_count == 0)
        return true;
    app->fan = mem_calloc(app->fan_count, sizeof(*app->fan));
    app->fan_failures = mem_calloc(app->fan_count, sizeof(*app->fan_failures));
    for (size_t i = 0; i < app->fan_count; i++) {
        struct target *target = &app->fan[i];
        bool ok = resolve_one_of(&app->options, app->fan_names[i], target, err);
        app->fan_resolved++;
        if (!ok || !client_options_add_init(&app->options, target, err))
            return false;
        // A URL may have a password in it.
        char *name = app->fan_names[i][0] == '@' ? mem_strdup(app->fan_names[i])
                                                 : target_describe(target);
        mem_free_secret(app->fan_names[i]);
        app->fan_names[i] = name;
        struct error *failure = &app->fan_failures[i];
        if (!app_finish_target(app, target, name, failure) && failure->kind == ERROR_CANCELLED) {
            error_move(err, failure);
            return false;
        }
    }
    bool reads = app->options.front == FRONT_SHELL && app->options.execute_count == 0 &&
                 !app->context.interactive;
    struct buf input = BUF_INIT;
    if (reads && !fs_read_fd(app->context.caller, caller_in(app->context.caller), "stdin",
                             INPUT_MAX, &input, err)) {
        buf_finish(&input);
        return false;
    }
    app->input_len = input.len;
    app->input = reads ? buf_steal(&input) : NULL;
    return true;
}

void fan_targets_finish(struct app *app)
{
    struct words words = {app->fan_names, app->fan_count};
    for (size_t i = 0; i < app->fan_resolved; i++) {
        target_finish(&app->fan[i]);
        error_finish(&app->fan_failures[i]);
    }
    free(app->fan);
    free(app->fan_failures);
    free(app->input);
    free_words(&words);
}

static const struct error *failure_of(const struct app *app, size_t index)
{
    const struct error *failure = &app->fan_failures[index];
    return failure->kind == ERROR_NONE ? NULL : failure;
}

bool fan_targets_run(struct app *app, fan_work work, void *data, struct error *err)
{
    struct fan_target *targets = mem_calloc(app->fan_count, sizeof(*targets));
    for (size_t i = 0; i < app->fan_count; i++)
        targets[i] = (struct fan_target){app->fan_names[i], &app->fan[i], failure_of(app, i)};
    bool ok = fan_run(&app->context, targets, app->fan_count, &app->fan_options, work, data, err);
    free(targets);
    return ok;
}

// What \\all runs on each.
struct statements {
    const char *text;
};

static bool run_statements(struct context *context, void *data, struct error *err)
{
    const struct statements *statements = data;
    return batch_run_text(context, "\\all", statements->text, strlen(statements->text), err);
}

// Targets that were typed; the caller finishes those that are counted.
struct typed {
    struct words words;
    struct target *targets;
    size_t count;
};

static bool resolve_words(struct context *context, struct typed *typed, struct error *err)
{
    typed->targets = mem_calloc(typed->words.count, sizeof(*typed->targets));
    for (size_t i = 0; i < typed->words.count; i++) {
        char *word = typed->words.list[i];
        if (!context->resolve(context, word, &typed->targets[i], err))
            return false;
        // A URL may have a password in it.
        if (word[0] != '@') {
            typed->words.list[i] = target_describe(&typed->targets[i]);
            mem_free_secret(word);
        }
        typed->count++;
    }
    return true;
}

// Those of all sessions, each once.
static void take_sessions(const struct context *context, struct typed *typed)
{
    const struct session *session;
    size_t i = 0;
    while (manager_session_at(context->manager, i) != NULL)
        i++;
    typed->targets = mem_calloc(i, sizeof(*typed->targets));
    for (i = 0; (session = manager_session_at(context->manager, i)) != NULL; i++) {
        bool known = false;
        for (size_t j = 0; j < typed->count && !known; j++)
            known = target_equals(&typed->targets[j], session_target(session));
        if (known)
            continue;
        CLEANUP(mem_free_at) char *name = target_describe(session_target(session));
        target_copy(&typed->targets[typed->count++], session_target(session));
        add_word(&typed->words, name);
    }
}

static bool is_target(const char *word)
{
    return word[0] == '@' || url_is(word) || strncmp(word, "scratch:", strlen("scratch:")) == 0;
}

// The words in front that are targets; returns what follows.
static const char *cut_targets(const struct caller *caller, struct typed *typed, const char *text,
                               bool *ok, struct error *err)
{
    *ok = true;
    while (*ok) {
        while (text_is_space(*text))
            text++;
        size_t len = strcspn(text, " \t\n");
        CLEANUP(mem_free_at) char *word = mem_strndup(text, len);
        bool group = false;
        if (len == 0 || !is_target(word))
            break;
        *ok = expand(caller, &typed->words, word, &group, err);
        text += len;
    }
    return text;
}

static bool run_typed(struct context *context, struct typed *typed, const char *text,
                      struct error *err)
{
    const struct app *app = context->resolver;
    struct fan_options options = app->fan_options;
    struct fan_target *targets = mem_calloc(typed->count, sizeof(*targets));
    for (size_t i = 0; i < typed->count; i++)
        targets[i] = (struct fan_target){typed->words.list[i], &typed->targets[i], NULL};
    struct statements statements = {text};
    bool ok = fan_run(context, targets, typed->count, &options, run_statements, &statements, err);
    free(targets);
    return ok;
}

bool fan_targets_run_text(struct context *context, const char *text, struct error *err)
{
    struct app *app = context->resolver;
    struct typed typed = {.count = 0};
    bool ok;
    text = cut_targets(context->caller, &typed, text, &ok, err);
    if (ok && text[0] == '\0')
        ok = error_set(err, ERROR_USAGE, "usage: \\all [TARGET...] STATEMENT");
    if (ok && typed.words.count == 0 && app->fan_count > 0) {
        struct statements statements = {text};
        return fan_targets_run(app, run_statements, &statements, err);
    }
    if (ok && typed.words.count > 0)
        ok = resolve_words(context, &typed, err);
    else if (ok)
        take_sessions(context, &typed);
    ok = ok && run_typed(context, &typed, text, err);
    for (size_t i = 0; i < typed.count; i++)
        target_finish(&typed.targets[i]);
    free(typed.targets);
    free_words(&typed.words);
    return ok;
}
