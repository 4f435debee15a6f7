#include "aside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/data/recorder.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/session.h"
#include "marsh/sql/splitter.h"

bool aside_before(struct context *context, const struct split_item *item,
                  const struct split_item *shown)
{
    static const char set[] = "SET ";
    if (context->interactive) {
        free(context->last);
        context->last = mem_strndup(item->text, item->len);
    }
    if (context->verbose > 0)
        command_add_statement(output_buffer(context->output), shown->text, shown->len);
    return !context->elsewhere ||
           (item->len >= strlen(set) && text_same_start_nocase(item->text, set, strlen(set)));
}

// An error that is the only one was shown already.
static bool is_told(const struct recorder *warnings, const struct error *err)
{
    return recorder_rows(warnings) == 1 && err->number != 0 &&
           strtoul(recorder_cell(warnings, 0, 1), NULL, 10) == err->number;
}

static bool show_warnings(struct context *context, const struct error *err, struct error *failure)
{
    static const char question[] = "SHOW WARNINGS";
    struct buf *out = output_buffer(context->output);
    struct recorder warnings;
    recorder_init(&warnings);
    bool ok = session_ask(context->session, question, strlen(question), &warnings.sink, failure);
    bool told = !ok || is_told(&warnings, err);
    for (size_t i = 0; !told && i < recorder_rows(&warnings); i++) {
        const char *message = recorder_cell(&warnings, i, 2);
        buf_printf(out, "%s (Code %s): ", recorder_cell(&warnings, i, 0),
                   recorder_cell(&warnings, i, 1));
        render_add_text(out, &context->render, message, strlen(message), true);
        buf_add_char(out, '\n');
    }
    recorder_finish(&warnings);
    return ok && output_flush(context->output, failure);
}

bool aside_after(struct context *context, const char *text, size_t len, struct error *err)
{
    bool failed = err->kind != ERROR_NONE;
    struct error failure = ERROR_INIT;
    if (err->kind == ERROR_SQL && context->print_query && !context->interactive) {
        struct buf shown = BUF_INIT;
        command_add_statement(&shown, text, len);
        caller_say(context->caller, shown.data, shown.len);
        buf_finish(&shown);
    }
    bool ask = context->show_warnings && (failed ? err->kind == ERROR_SQL : context->warnings > 0);
    bool ok = !ask || show_warnings(context, err, &failure);
    if (!ok && !failed)
        error_move(err, &failure);
    error_finish(&failure);
    return ok && !failed;
}
