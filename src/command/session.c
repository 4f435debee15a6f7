// Commands about the session and what it runs, and about marsh itself.
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/process.h"
#include "marsh/command/context.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

bool command_use(struct context *context, char *const *args, struct error *err)
{
    struct buf text = BUF_INIT;
    // With --one-database another schema is not used: its statements are left out.
    context->elsewhere = context->home != NULL && strcmp(args[0], context->home) != 0;
    if (context->elsewhere)
        return true;
    buf_add_text(&text, "USE ");
    statement_add_name(&text, args[0]);
    bool ok = session_run(context->session, text.data, text.len, sink_discard(), err);
    buf_finish(&text);
    context->stale_names = true;
    if (ok && context->interactive)
        buf_add_text(output_buffer(context->output), "Database changed\n");
    return ok;
}

bool command_source(struct context *context, char *const *args, struct error *err)
{
    CLEANUP(mem_free_at) char *path = fs_expand_home(context->caller, args[0]);
    bool force = context->force;
    context->force = force && !context->abort_source;
    bool ok = context->source(context, path, err);
    // To quit in a file is to leave that file alone, as to the mariadb client.
    context->quit = false;
    context->force = force;
    return ok;
}

bool command_rehash(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    (void) err;
    context->stale_names = true;
    return true;
}

bool command_sandbox(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    (void) err;
    context->sandbox = true;
    return true;
}

bool command_system(struct context *context, char *const *args, struct error *err)
{
    int status;
    if (context->runs_again)
        return error_set(err, ERROR_USAGE, "--retry would run it again, which nothing could undo");
    if (!output_flush(context->output, err))
        return false;
    cancel_lend_terminal(context->cancel, true);
    bool ok = process_run(context->caller, args[0], &status, err);
    cancel_lend_terminal(context->cancel, false);
    if (!ok)
        return false;
    if (status != 0)
        return error_set(err, ERROR_SYSTEM, "the command exited with status %d", status);
    return true;
}

bool command_quit(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    (void) err;
    context->quit = true;
    return true;
}
