#include "marsh/shell/shell.h"

#include <string.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/cancel.h"
#include "marsh/session/procedure.h"
#include "marsh/session/session.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"
#include "report.h"

bool shell_render(struct context *context, unsigned flags, shell_work work, void *data,
                  struct error *err)
{
    bool vertical = (flags & SHELL_VERTICAL) != 0;
    const char *nearest;
    const struct render_format *format = vertical ? render_format_find("vertical", &nearest)
                                                  : context->format;
    struct sink *renderer = format->create(&context->render, context->output);
    struct report report;
    report_init(&report, renderer, context, clock_monotonic());
    bool pages = context->interactive && context->pager != NULL;
    if (pages)
        output_begin_page(context->output, context->pager, (flags & SHELL_READS) == 0);
    bool ok = work(data, &report.sink, err);
    // What came before the failure is shown, too.
    struct error flushing = ERROR_INIT;
    if (!output_flush(context->output, ok ? err : &flushing))
        ok = false;
    error_finish(&flushing);
    if (pages)
        command_end_page(context);
    format->destroy(renderer);
    // A pager that was left early is no failure, unless Ctrl-C ended it with the statement.
    if (pages && !ok && err->kind == ERROR_PIPE) {
        ok = !cancel_was_fired(context->cancel);
        error_finish(err);
        if (!ok)
            error_set(err, ERROR_CANCELLED, "interrupted");
    }
    return ok;
}

// A statement on its way to the session.
struct request {
    struct session *session;
    const char *text;
    size_t len;
    const struct call_text *call; // NULL: plain SQL
};

static bool send(void *data, struct sink *sink, struct error *err)
{
    const struct request *request = data;
    if (request->call != NULL)
        return procedure_run(request->session, request->text, request->len, request->call, sink,
                             err);
    return session_run(request->session, request->text, request->len, sink, err);
}

static bool only_reads(const struct session *session, const struct split_item *item)
{
    struct effects effects;
    effects_read(item->text, item->len, session_dialect(session), &effects, NULL, NULL);
    return (effects.flags & EFFECT_READS) != 0;
}

bool shell_run(struct context *context, const struct split_item *item, struct error *err)
{
    context->used = true;
    if (item->command)
        return command_dispatch(context, item, err);
    struct call_text call;
    bool is_call = memchr(item->text, '?', item->len) != NULL &&
                   call_text_parse(item->text, item->len, session_dialect(context->session), &call);
    bool places = is_call && call.placeholder_count > 0;
    struct request request = {context->session, item->text, item->len, places ? &call : NULL};
    unsigned flags = item->end == SPLIT_END_VERTICAL ? SHELL_VERTICAL : 0;
    if (context->pager != NULL)
        flags |= only_reads(context->session, item) ? SHELL_READS : 0;
    bool ok = shell_render(context, flags, send, &request, err);
    if (is_call)
        call_text_finish(&call);
    if (context->interactive && statement_changes_names(item->text, item->len))
        context->stale_names = true;
    return ok;
}
