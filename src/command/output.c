// Commands about where output goes and what it looks like.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"

static void say(struct context *context, const char *what, const char *value)
{
    if (context->interactive)
        buf_printf(output_buffer(context->output), "%s%s\n", what, value);
}

// What the mariadb client tells scripts, too.
static void say_ended(struct context *context, const char *what, const char *to_script)
{
    if (context->interactive)
        say(context, what, "(none)");
    else
        buf_add_text(output_buffer(context->output), to_script);
}

bool command_format(struct context *context, char *const *args, struct error *err)
{
    struct buf *out = output_buffer(context->output);
    const struct render_format *format;
    if (args[0] == NULL) {
        for (size_t i = 0; (format = render_format_at(i)) != NULL; i++)
            buf_printf(out, "%c %-10s%s\n", format == context->format ? '*' : ' ', format->name,
                       format->summary);
        return true;
    }
    format = render_format_need(args[0], err);
    if (format == NULL)
        return false;
    context->format = format;
    context->render.compatible = false;
    say(context, "Format: ", format->name);
    return true;
}

bool command_pager(struct context *context, char *const *args, struct error *err)
{
    const char *command = args[0];
    if (command == NULL)
        command = caller_getenv(context->caller, "PAGER");
    if (command == NULL || command[0] == '\0')
        command = "less -SFX";
    if (!context->interactive)
        return true; // a script's output goes where it was sent
    (void) err;
    mem_replace(&context->pager, command);
    say(context, "Pager: ", command);
    return true;
}

bool command_nopager(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    (void) err;
    mem_replace(&context->pager, NULL);
    say_ended(context, "Pager: ", "PAGER set to stdout\n");
    return true;
}

bool command_tee(struct context *context, char *const *args, struct error *err)
{
    if (args[0] == NULL) {
        const char *tee = output_get_tee(context->output);
        buf_printf(output_buffer(context->output), "Tee: %s\n", tee == NULL ? "(none)" : tee);
        return true;
    }
    CLEANUP(mem_free_at) char *path = fs_expand_home(context->caller, args[0]);
    if (!output_flush(context->output, err) || !output_set_tee(context->output, path, err))
        return false;
    say(context, "Tee: ", path);
    return true;
}

bool command_notee(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    if (!output_flush(context->output, err) || !output_set_tee(context->output, NULL, err))
        return false;
    say_ended(context, "Tee: ", "Outfile disabled.\n");
    return true;
}
