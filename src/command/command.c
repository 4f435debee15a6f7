#include "marsh/command/command.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

enum { ARGS_MAX = 4, NAME_MAX_LEN = 32 };

static int compare(const char *name, size_t len, const struct command *command)
{
    int order = text_compare_start_nocase(name, command->name, len);
    return order != 0 ? order : (command->name[len] == '\0' ? 0 : -1);
}

static const struct command *find_name(const char *name, size_t len)
{
    size_t low = 0;
    size_t high = command_count();
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(name, len, command_at(middle));
        if (order == 0)
            return command_at(middle);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct command *command_find(const char *name, size_t len, bool backslash)
{
    if (len == 0 || len > NAME_MAX_LEN)
        return NULL;
    const struct command *command;
    // A question mark is no word that SQL begins with.
    bool letter = len == 1 && (backslash || name[0] == '?');
    for (size_t i = 0; letter && (command = command_at(i)) != NULL; i++) {
        if (name[0] != '\0' && strchr(command->letters, name[0]) != NULL)
            return command;
    }
    command = find_name(name, len);
    return command != NULL && (backslash || (command->flags & COMMAND_WORD) != 0) ? command : NULL;
}

static const char *find_nearest(const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        nearest_offer(&nearest, command->name);
    return nearest_get(&nearest);
}

enum split_word command_lookup(const char *name, size_t len, bool backslash)
{
    const struct command *command = command_find(name, len, backslash);
    if (command != NULL)
        return command->kind;
    if (!backslash || len <= 1)
        return SPLIT_UNKNOWN;
    CLEANUP(mem_free_at) char *word = mem_strndup(name, len);
    return find_nearest(word) != NULL ? SPLIT_MISTYPED : SPLIT_UNKNOWN;
}

static bool fail_unknown(const struct split_item *item, struct error *err)
{
    CLEANUP(mem_free_at) char *name = mem_strndup(item->text, item->len);
    const char *near = find_nearest(name);
    return error_set(err, ERROR_USAGE, "unknown command '\\%s'%s%s%s", name,
                     near == NULL ? "" : ", did you mean '\\", near == NULL ? "" : near,
                     near == NULL ? ", see \\help" : "'?");
}

// Ends the argument that begins here; returns what follows. A doubled quote is one of its own.
static char *cut_arg(char *text, char quote)
{
    char *to = text;
    while (*text != '\0' &&
           (quote != '\0' ? *text != quote || text[1] == quote : !text_is_space(*text))) {
        text += quote != '\0' && *text == quote ? 1 : 0;
        *to++ = *text++;
    }
    char *rest = *text == '\0' ? text : text + 1;
    *to = '\0';
    return rest;
}

// Behind the arguments of the mariadb client's own commands, which reads no further than those.
static bool is_comment(const struct command *command, const char *text)
{
    return (command->flags & COMMAND_WORD) != 0 &&
           (text[0] == '#' || strncmp(text, "--", 2) == 0 || strncmp(text, "/*", 2) == 0);
}

// Cuts the arguments in place; returns how many there are, at most `max` + 1.
static size_t cut_args(const struct command *command, char *text, char **args)
{
    size_t count = 0;
    if (command->kind == SPLIT_LINE || command->kind == SPLIT_GO_BACKGROUND) {
        args[0] = text[0] == '\0' ? NULL : text;
        return args[0] == NULL ? 0 : 1;
    }
    while (*text != '\0' && count <= command->max_args && !is_comment(command, text)) {
        char quote = *text == '"' || *text == '\'' || *text == '`' ? *text++ : '\0';
        args[count++] = text;
        text = cut_arg(text, quote);
        while (text_is_space(*text))
            text++;
    }
    for (size_t i = count; i < ARGS_MAX; i++)
        args[i] = NULL;
    return count;
}

static bool check(const struct context *context, const struct command *command, size_t count,
                  struct error *err)
{
    // Without an argument they name no file and no program.
    if (context->sandbox && (command->flags & COMMAND_FILESYSTEM) != 0 &&
        (count > 0 || command->min_args > 0))
        return error_set(err, ERROR_USAGE, "\\%s is refused in sandbox mode", command->name);
    if (context->background && (command->flags & COMMAND_ALONE) != 0)
        return error_set(err, ERROR_USAGE, "\\%s can't be used in the background", command->name);
    if (count < command->min_args || count > command->max_args)
        return error_set(err, ERROR_USAGE, "usage: \\%s%s%s", command->name,
                         command->usage[0] == '\0' ? "" : " ", command->usage);
    return true;
}

bool command_may_leave_session(const struct context *context, const char *what, struct error *err)
{
    if (context->scoped_run || session_in_scope(context->session))
        return error_set(err, ERROR_USAGE, "%s would be outside of the scope", what);
    return context->resume == NULL ||
           error_set(err, ERROR_USAGE, "%s goes not with --checkpoint", what);
}

void command_end_page(struct context *context)
{
    cancel_lend_terminal(context->cancel, true);
    output_end_page(context->output);
    cancel_lend_terminal(context->cancel, false);
}

bool command_dispatch(struct context *context, const struct split_item *item, struct error *err)
{
    const struct command *command = command_find(item->text, item->len, item->backslash);
    if (command == NULL || command->run == NULL)
        return fail_unknown(item, err);
    CLEANUP(mem_free_at) char *text = mem_strndup(item->args, item->args_len);
    char *args[ARGS_MAX + 1] = {NULL};
    size_t count = cut_args(command, text, args);
    if (!check(context, command, count, err))
        return false;
    if ((command->flags & COMMAND_CONNECTS) != 0 && !session_connect(context->session, err))
        return false;
    bool pages = context->pager != NULL && (command->flags & COMMAND_PAGES) != 0;
    if (pages)
        output_begin_page(context->output, context->pager, true);
    bool ok = command->run(context, args, err) && output_flush(context->output, err);
    if (pages)
        command_end_page(context);
    return ok;
}
