#include "marsh/shell/message.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/session/session.h"
#include "marsh/shell/progress.h"

void message_add_error(struct buf *out, const struct error *err)
{
    buf_add_text(out, "ERROR");
    if (err->number != 0)
        buf_printf(out, " %u", err->number);
    if (err->sqlstate[0] != '\0')
        buf_printf(out, " (%s)", err->sqlstate);
    if (err->place != NULL) {
        buf_add_text(out, " at ");
        text_add_printable(out, err->place, strlen(err->place), false);
    }
    buf_add_text(out, ": ");
    const char *message = err->message == NULL ? "" : err->message;
    text_add_printable(out, message, strlen(message), true);
    buf_add_char(out, '\n');
    if (err->excerpt != NULL)
        buf_add_text(out, err->excerpt);
}

void message_add_plain(struct buf *out, const struct error *err)
{
    const char *message = err->message == NULL ? "" : err->message;
    buf_add_text(out, "marsh: ");
    text_add_printable(out, message, strlen(message), true);
    buf_add_char(out, '\n');
}

void message_say(struct context *context, const char *text, size_t len)
{
    if (len == 0)
        return;
    progress_hide(context->progress);
    if (context->messages != NULL)
        buf_add(context->messages, text, len);
    else
        caller_say(context->caller, text, len);
}

void message_error(struct context *context, const struct error *err)
{
    struct buf text = BUF_INIT;
    struct error shown = *err;
    if (context->no_line_numbers)
        shown.place = NULL;
    if (err->kind != ERROR_PIPE)
        message_add_error(&text, &shown);
    CLEANUP(mem_free_at)
    char *notice = context->session == NULL ? NULL : session_take_notice(context->session);
    if (notice != NULL)
        buf_printf(&text, "%s\n", notice);
    message_say(context, text.data, text.len);
    buf_finish(&text);
}

void message_notice(struct context *context)
{
    CLEANUP(mem_free_at) char *notice = session_take_notice(context->session);
    CLEANUP(mem_free_at) char *line = notice == NULL ? NULL : mem_printf("%s\n", notice);
    if (line != NULL)
        message_say(context, line, strlen(line));
}

enum exit_status message_status(const struct error *err)
{
    static const enum exit_status statuses[] = {
        [ERROR_NONE] = EXIT_OK,           [ERROR_SQL] = EXIT_STATEMENT,
        [ERROR_USAGE] = EXIT_STATEMENT,   [ERROR_CONNECTION] = EXIT_CONNECTION,
        [ERROR_TIMEOUT] = EXIT_NO_LEASE,  [ERROR_CANCELLED] = EXIT_INTERRUPTED,
        [ERROR_SYSTEM] = EXIT_STATEMENT,  [ERROR_PIPE] = EXIT_BROKEN_PIPE,
        [ERROR_DEADLINE] = EXIT_DEADLINE,
    };
    return statuses[err->kind];
}
