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
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
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
    return true;
}

// What was typed behind the word: what is in quotes, or all but what ends it.
static char *clean_topic(const char *typed)
{
    size_t len = strlen(typed);
    bool quoted = len > 0 && strchr("'\"`", typed[0]) != NULL;
    const char *closing = quoted ? strchr(typed + 1, typed[0]) : NULL;
    if (closing != NULL)
        return mem_strndup(typed + 1, (size_t) (closing - typed) - 1);
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
    if (context->render.terminal)
        text_add_printable(out, text, strlen(text), true);
    else
        buf_add_text(out, text);
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

bool command_help(struct context *context, char *const *args, struct error *err)
{
    struct buf *out = output_buffer(context->output);
    CLEANUP(mem_free_at) char *topic = clean_topic(args[0] == NULL ? "" : args[0]);
    struct connection_state state;
    struct recorder found;
    if (topic[0] == '\0') {
        list_commands(out);
        return true;
    }
    bool known = explain_command(out, topic);
    // Nobody waits for a server to hear about a command.
    if (topic[0] == '\\' || (known && !session_get_state(context->session, &state)))
        return known || error_set(err, ERROR_USAGE, "there is no command '%s', see \\help", topic);
    recorder_init(&found);
    bool ok = ask_server(context, topic, &found, err);
    bool any = ok && found.count > 0 && found.sets[0].columns >= 2 && found.sets[0].rows > 0;
    if (any && known)
        buf_add_char(out, '\n');
    if (any)
        show_answer(context, out, &found);
    else if (ok && !known)
        ok = error_set(err, ERROR_USAGE,
                       "there is no command '%s', and no help of the server on that; see \\help",
                       topic);
    recorder_finish(&found);
    if (!ok && known)
        error_finish(err);
    return ok || known;
}
