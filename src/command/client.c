// Commands of the mariadb client: the statement in hand, warnings, the prompt, the character set.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/charset.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/process.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

enum { EDITED_MAX = 1 << 26 }; // bytes

static const char line[] = "--------------\n";

void command_add_statement(struct buf *out, const char *text, size_t len)
{
    buf_add_text(out, line);
    buf_add(out, text, len);
    if (len == 0 || text[len - 1] != '\n')
        buf_add_char(out, '\n');
    buf_printf(out, "%s\n", line);
}

bool command_print(struct context *context, char *const *args, struct error *err)
{
    (void) args, (void) err;
    command_add_statement(output_buffer(context->output),
                          context->open == NULL ? "" : context->open, context->open_len);
    return true;
}

static bool set_warnings(struct context *context, bool show)
{
    context->show_warnings = show;
    if (context->interactive)
        buf_printf(output_buffer(context->output), "Show warnings %s.\n",
                   show ? "enabled" : "disabled");
    return true;
}

bool command_warnings(struct context *context, char *const *args, struct error *err)
{
    (void) args, (void) err;
    return set_warnings(context, true);
}

bool command_nowarning(struct context *context, char *const *args, struct error *err)
{
    (void) args, (void) err;
    return set_warnings(context, false);
}

bool command_prompt(struct context *context, char *const *args, struct error *err)
{
    (void) err;
    mem_replace(&context->prompt,
                args[0] != NULL ? args[0] : caller_getenv(context->caller, "MYSQL_PS1"));
    if (args[0] != NULL)
        buf_printf(output_buffer(context->output), "PROMPT set to '%s'\n", args[0]);
    else
        buf_printf(output_buffer(context->output), "Returning to default PROMPT of %s\n",
                   context->prompt == NULL ? "marsh" : context->prompt);
    return true;
}

static bool set_names(struct context *context, const char *charset, struct error *err)
{
    CLEANUP(mem_free_at) char *text = mem_printf("SET NAMES %s", charset);
    return session_run(context->session, text, strlen(text), sink_discard(), err);
}

bool command_charset(struct context *context, char *const *args, struct error *err)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (args[0][0] == '\0' || args[0][strspn(args[0], good)] != '\0')
        return error_set(err, ERROR_USAGE, "a character set is a word of letters and digits");
    if (!set_names(context, args[0], err))
        return false;
    mem_replace(&context->charset, args[0]);
    context->render.charset = charset_find(context->caller, args[0]);
    if (context->interactive)
        buf_add_text(output_buffer(context->output), "Charset changed\n");
    return true;
}

static bool use_schema(struct context *context, const char *schema, struct error *err)
{
    struct buf text = BUF_INIT;
    buf_add_text(&text, "USE ");
    statement_add_name(&text, schema);
    bool ok = session_run(context->session, text.data, text.len, sink_discard(), err);
    buf_finish(&text);
    return ok;
}

// The character set that was asked for stays, as in the mariadb client.
static bool start_over(struct context *context, struct error *err)
{
    return command_start_over(context, err) &&
           (context->charset == NULL || set_names(context, context->charset, err));
}

bool command_reset(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    CLEANUP(mem_free_at) char *schema = mem_strdup(session_schema(context->session));
    return start_over(context, err) &&
           (schema[0] == '\0' || strcmp(schema, session_schema(context->session)) == 0 ||
            use_schema(context, schema, err));
}

bool command_connect(struct context *context, char *const *args, struct error *err)
{
    if (args[0] == NULL)
        return command_reset(context, args, err);
    // On a socket one is on localhost already.
    bool here = args[1] == NULL || (strcmp(args[1], "localhost") == 0 &&
                                    session_target(context->session)->protocol == PROTOCOL_SOCKET);
    if (here)
        return start_over(context, err) && use_schema(context, args[0], err);
    return command_open_host(context, args[1], err) &&
           (context->charset == NULL || set_names(context, context->charset, err)) &&
           use_schema(context, args[0], err);
}

static bool write_file(int fd, const char *text, size_t len, struct error *err)
{
    bool ok = fs_write_all(fd, text, len);
    return (close(fd) == 0 && ok) || error_set_errno(err, "writing the statement");
}

static bool run_editor(struct context *context, const char *path, struct error *err)
{
    const char *editor = caller_getenv(context->caller, "EDITOR");
    int status = 0;
    if (editor == NULL)
        editor = caller_getenv(context->caller, "VISUAL");
    CLEANUP(mem_free_at) char *command = mem_printf("%s %s", editor == NULL ? "vi" : editor, path);
    cancel_lend_terminal(context->cancel, true);
    bool ok = process_run(context->caller, command, &status, err);
    cancel_lend_terminal(context->cancel, false);
    if (ok && status != 0)
        return error_set(err, ERROR_SYSTEM, "the editor exited with status %d", status);
    return ok;
}

bool command_edit(struct context *context, char *const *args, struct error *err)
{
    (void) args;
    const char *folder = caller_getenv(context->caller, "TMPDIR");
    CLEANUP(mem_free_at)
    char *path = mem_printf("%s/marsh-XXXXXX.sql", folder == NULL ? "/tmp" : folder);
    const char *text = context->open != NULL ? context->open : context->last;
    size_t len = context->open != NULL ? context->open_len : text == NULL ? 0 : strlen(text);
    if (!output_flush(context->output, err))
        return false;
    int fd = mkostemps(path, (int) strlen(".sql"), O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, "%s", path);
    struct buf edited = BUF_INIT;
    bool ok = write_file(fd, text == NULL ? "" : text, len, err) &&
              run_editor(context, path, err) && fs_read_file(path, EDITED_MAX, &edited, err);
    unlink(path);
    if (ok)
        mem_replace(&context->edited, buf_cstr(&edited));
    buf_finish(&edited);
    return ok;
}
