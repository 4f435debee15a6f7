// Commands that show something: help and status.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
#include "marsh/session/session.h"

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

bool command_help(struct context *context, char *const *args, struct error *err)
{
    struct buf *out = output_buffer(context->output);
    const struct command *command;
    if (args[0] != NULL) {
        const char *name = args[0][0] == '\\' ? args[0] + 1 : args[0];
        size_t len = strcspn(name, "; ");
        command = command_find(name, len, true);
        if (command == NULL)
            return error_set(err, ERROR_USAGE, "there is no command '%s', see \\help", name);
        add_command(out, command);
        if ((command->flags & COMMAND_WORD) != 0)
            buf_printf(out, "  Also as '%s' at the start of a line.\n", command->name);
        return true;
    }
    buf_add_text(out, "Statements end with ; or \\g (\\G: one line a value). Commands:\n");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        add_command(out, command);
    buf_add_text(out, "CALL p(1, ?) prints the value that comes back in the place of each '?'.\n");
    return true;
}

// One line of the status; the value may come from the server.
static void add_line(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%-14s", name);
    text_add_printable(out, value, strlen(value), false);
    buf_add_char(out, '\n');
}

bool command_status(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    (void) err;
    struct buf *out = output_buffer(context->output);
    struct connection_state state;
    if (!session_get_state(context->session, &state))
        return true;
    const struct target *target = session_target(context->session);
    CLEANUP(mem_free_at) char *name = target_describe(target);
    CLEANUP(mem_free_at) char *id = mem_printf("%lu", state.thread_id);
    add_line(out, "Target:", name);
    add_line(out, "User:", target->user);
    add_line(out, "Connection:", state.where);
    add_line(out, "Thread id:", id);
    add_line(out, "Server:", state.server_version);
    add_line(out, "TLS:", state.tls_cipher == NULL ? "not in use" : state.tls_cipher);
    add_line(out, "Session:", session_name(context->session));
    add_line(out, "Schema:",
             session_schema(context->session)[0] == '\0' ? "(none)"
                                                         : session_schema(context->session));
    add_line(out, "Transaction:",
             state.in_transaction ? "open"
             : state.autocommit   ? "none, autocommit is on"
                                  : "none, autocommit is off");
    add_line(out, "Charset:", target->charset);
    add_line(out, "Format:", context->format->name);
    add_line(out, "Pager:", context->pager == NULL ? "(none)" : context->pager);
    const char *tee = output_get_tee(context->output);
    add_line(out, "Tee:", tee == NULL ? "(none)" : tee);
    return true;
}
