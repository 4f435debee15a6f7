// Help: on marsh's own commands, and on SQL in the words of the server's help tables.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/data/recorder.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

static void add_command(struct buf *out, const struct command *command)
{
    size_t start = out->len;
    buf_printf(out, "  \\%s %s", command->name, command->usage);
    size_t width = out->len - start;
    buf_add_repeat(out, ' ', width < 32 ? 32 - width : 2);
    start = out->len;
    for (const char *letter = command->letters; *letter != '\0'; letter++)
        buf_printf(out, "\\%c ", *letter);
    buf_add_repeat(out, ' ', 6 - (out->len - start));
    buf_printf(out, "%s\n", command->summary);
}

static void list_commands(struct buf *out)
{
    const struct command *command;
    buf_add_text(out, "Statements end with ; or \\g (\\G: one line a value). Commands:\n");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        add_command(out, command);
    buf_add_text(out, "CALL p(1, ?) prints the value that comes back in the place of each '?'.\n"
                      "\\help contents begins with what the server's own help has.\n");
}

static bool explain_command(struct buf *out, const char *topic)
{
    const char *name = topic[0] == '\\' ? topic + 1 : topic;
    const struct command *command = command_find(name, strlen(name), true);
    if (command == NULL)
        return false;
    add_command(out, command);
    if ((command->flags & COMMAND_WORD) != 0)
        buf_printf(out, "  Also as '%s' at the start of a line.\n", command->name);
    buf_printf(out, "  \\help '%s' asks the server.\n", command->name);
    return true;
}

// What was typed behind the word: what is in quotes, where a doubled one is one of the text, or all
// but what ends it.
static char *clean_topic(const char *typed, bool *quoted)
{
    size_t len = strlen(typed);
    char quote = typed[0];
    *quoted = quote != '\0' && strchr("'\"`", quote) != NULL;
    if (*quoted) {
        struct buf text = BUF_INIT;
        for (const char *c = typed + 1; *c != '\0' && (*c != quote || *++c == quote); c++)
            buf_add_char(&text, *c);
        return buf_steal(&text);
    }
    while (len > 0 && strchr("; \t\r", typed[len - 1]) != NULL)
        len--;
    return mem_strndup(typed, len);
}

// The server takes a word or a string there, but no expression. What is longer than a name is no
// topic, and would be an error.
static bool ask_server(struct context *context, const char *topic, struct recorder *found,
                       struct error *err)
{
    enum { NAME_MAX_BYTES = 64 };
    struct buf query = BUF_INIT;
    if (strlen(topic) > NAME_MAX_BYTES)
        return true;
    buf_add_text(&query, "HELP ");
    statement_add_name(&query, topic);
    bool ok = session_ask(context->session, query.data, query.len, &found->sink, err);
    buf_finish(&query);
    return ok;
}

static void add_text(const struct context *context, struct buf *out, const char *text)
{
    if (text == NULL)
        return;
    render_add_text(out, &context->render, text, strlen(text), true);
    if (text[0] != '\0' && text[strlen(text) - 1] != '\n')
        buf_add_char(out, '\n');
}

// The server answers with the topic itself; with what is in a category, where a row begins with its
// name; or with the topics that a pattern matches.
static void show_answer(const struct context *context, struct buf *out,
                        const struct recorder *found)
{
    const struct recorded_set *set = &found->sets[0];
    if (set->columns == 3 && strcmp(set->names[1], "description") == 0) {
        add_text(context, out, recorder_cell(found, 0, 0));
        buf_add_char(out, '\n');
        add_text(context, out, recorder_cell(found, 0, 1));
        add_text(context, out, recorder_cell(found, 0, 2));
        return;
    }
    size_t column = set->columns - 2;
    buf_add_text(out, "The server's help has (\\help NAME tells more):\n");
    for (size_t row = 0; row < set->rows; row++) {
        const char *group = recorder_cell(found, row, column + 1);
        buf_add_text(out, group != NULL && group[0] == 'Y' ? "  + " : "  - ");
        add_text(context, out, recorder_cell(found, row, column));
    }
}

// No error: a script of the mariadb client goes on.
static void say_nothing_found(struct context *context, const char *topic)
{
    struct buf text = BUF_INIT;
    buf_add_text(&text, "There is no command, and no help of the server, on '");
    text_add_printable(&text, topic, strlen(topic), false);
    buf_add_text(&text, "'; see \\help.\n");
    context->say(context, text.data, text.len);
    buf_finish(&text);
}

bool command_help(struct context *context, char *const *args, struct error *err)
{
    struct buf *out = output_buffer(context->output);
    bool quoted;
    CLEANUP(mem_free_at) char *topic = clean_topic(args[0] == NULL ? "" : args[0], &quoted);
    struct recorder found;
    if (topic[0] == '\0') {
        list_commands(out);
        return true;
    }
    // Nobody waits for a server to hear about a command.
    if (!quoted && explain_command(out, topic))
        return true;
    if (!quoted && topic[0] == '\\')
        return error_set(err, ERROR_USAGE, "there is no command '%s', see \\help", topic);
    recorder_init(&found);
    bool ok = ask_server(context, topic, &found, err);
    if (ok && found.count > 0 && found.sets[0].columns >= 2 && found.sets[0].rows > 0)
        show_answer(context, out, &found);
    else if (ok)
        say_nothing_found(context, topic);
    recorder_finish(&found);
    return ok;
}
