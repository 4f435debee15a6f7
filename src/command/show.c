// What the shell is connected to, and how it is set.
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
