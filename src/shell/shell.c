#include "marsh/shell/shell.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "aside.h"
#include "keep.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/command/jobs.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/cancel.h"
#include "marsh/session/procedure.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"
#include "marsh/sql/comments.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/local_file.h"
#include "marsh/sql/placeholders.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"
#include "report.h"

bool shell_render(struct context *context, unsigned flags, shell_work work, void *data,
                  struct error *err)
{
    // Of the mariadb client's formats \G turns those alone that have lines to turn; what it makes
    // of them is the client's as well.
    bool markup = context->render.compatible && (strcmp(context->format->name, "html") == 0 ||
                                                 strcmp(context->format->name, "xml") == 0);
    bool vertical = (flags & SHELL_VERTICAL) != 0 && !markup;
    const char *nearest;
    const struct render_format *format = vertical ? render_format_find("vertical", &nearest)
                                                  : context->format;
    struct render_options options = context->render;
    options.compatible = options.compatible ||
                         (vertical && strcmp(context->format->name, "tsv") == 0);
    bool kept = context->tape != NULL;
    struct sink *renderer = kept ? context->tape : format->create(&options, context->output);
    struct report report;
    report_init(&report, renderer, context, clock_monotonic());
    report.changes = (flags & SHELL_CHANGES) != 0;
    bool pages = context->interactive && context->pager != NULL;
    if (pages)
        output_begin_page(context->output, context->pager, (flags & SHELL_READS) == 0);
    bool ok = work(data, &report.sink, err);
    report_end(&report);
    // What came before the failure is shown, too.
    struct error flushing = ERROR_INIT;
    if (!output_flush(context->output, ok ? err : &flushing))
        ok = false;
    error_finish(&flushing);
    context->warnings = report.warnings;
    if (pages)
        command_end_page(context);
    if (!kept)
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
    struct call_text call;
    bool is_call; // with places for values
    struct placeholders bound;
    struct value *values; // of bound
};

static bool send(void *data, struct sink *sink, struct error *err)
{
    const struct request *request = data;
    if (request->is_call)
        return procedure_run(request->session, request->text, request->len, &request->call,
                             request->values, sink, err);
    if (request->bound.named > 0)
        return session_execute(request->session, request->text, request->len, request->values,
                               request->bound.count, sink, err);
    return session_run(request->session, request->text, request->len, sink, err);
}

// Each :name becomes a place for a value. Where no variable was ever set, a colon is the server's.
static bool bind(struct context *context, struct request *request, struct error *err)
{
    struct lexer lexer;
    if (context->variables.count == 0 || memchr(request->text, ':', request->len) == NULL)
        return true;
    lexer_init(&lexer, request->text, request->len, session_dialect(request->session));
    placeholders_find(&lexer, &request->bound);
    if (request->bound.named == 0)
        return true;
    request->values = mem_calloc(request->bound.count, sizeof(*request->values));
    if (!variables_bind(&context->variables, request->bound.names, request->bound.count,
                        request->values, err))
        return false;
    request->text = request->bound.text.data;
    request->len = request->bound.text.len;
    return true;
}

// Without any variable a :name was the server's, which stopped there: most likely one was meant.
static void hint_at_name(const struct context *context, const struct split_item *item,
                         struct error *err)
{
    enum { ER_PARSE_ERROR = 1064 };
    struct lexer lexer;
    struct placeholders found;
    if (err->number != ER_PARSE_ERROR || context->variables.count > 0)
        return;
    lexer_init(&lexer, item->text, item->len, session_dialect(context->session));
    placeholders_find(&lexer, &found);
    for (size_t i = 0; i < found.count; i++) {
        const char *name = found.names[i];
        CLEANUP(mem_free_at) char *quoted = name == NULL ? NULL : mem_printf("near ':%s", name);
        if (quoted == NULL || strstr(err->message, quoted) == NULL)
            continue;
        error_append(err, " (:%s is not set: \\set %s VALUE, or --param %s=VALUE)", name, name,
                     name);
        break;
    }
    placeholders_finish(&found);
}

// What is to be known of the statement beforehand, where anybody wants to know.
static unsigned flags_of(struct context *context, const struct split_item *item)
{
    struct effects effects;
    unsigned flags = item->end == SPLIT_END_VERTICAL ? SHELL_VERTICAL : 0;
    if (context->pager == NULL && !context->scoped_run)
        return flags;
    effects_read(item->text, item->len, session_dialect(context->session), &effects, NULL, NULL);
    if ((effects.flags & EFFECT_MAY_CALL) != 0)
        context->may_have_changed = true;
    if ((effects.flags & EFFECT_MAY_FIRE) != 0)
        flags |= SHELL_CHANGES;
    return flags | ((effects.flags & EFFECT_READS) != 0 ? SHELL_READS : 0);
}

struct many {
    struct session *session;
    const char *text;
    size_t len;
    size_t count;
    size_t *done;
};

static bool send_many(void *data, struct sink *sink, struct error *err)
{
    const struct many *many = data;
    return session_run_many(many->session, many->text, many->len, many->count, sink, many->done,
                            err);
}

bool shell_run_many(struct context *context, const char *text, size_t len, size_t count,
                    size_t *done, struct error *err)
{
    const struct split_item item = {.text = text, .len = len};
    struct many many = {context->session, text, len, count, done};
    context->used = true;
    bool ok = shell_render(context, flags_of(context, &item), send_many, &many, err);
    if (ok)
        message_notice(context);
    return ok;
}

// Finds what has to be sent in another way than as it stands.
static bool prepare(struct context *context, struct request *request, struct error *err)
{
    if (!bind(context, request, err))
        return false;
    if (memchr(request->text, '?', request->len) == NULL)
        return true;
    bool call = call_text_parse(request->text, request->len, session_dialect(request->session),
                                &request->call);
    request->is_call = call && request->call.placeholder_count > 0;
    size_t places = request->bound.count;
    if (!request->is_call && places > request->bound.named && request->bound.named > 0)
        return error_set(err, ERROR_USAGE, "a statement other than CALL has :name or ?, not both");
    // A literal ? has no value: it stands for one that comes back.
    if (request->is_call && request->values == NULL)
        request->values = mem_calloc(request->call.placeholder_count, sizeof(*request->values));
    return true;
}

// Its results go into variables instead of to the screen.
static bool run_set(struct context *context, const struct split_item *item, struct request *request,
                    struct error *err)
{
    struct keep keep;
    CLEANUP(mem_free_at) char *prefix = mem_strndup(item->args, item->args_len);
    keep_init(&keep);
    bool ok = send(request, &keep.sink, err) && keep_take(&keep, prefix, &context->variables, err);
    keep_finish(&keep);
    return ok;
}

static void request_finish(struct request *request)
{
    call_text_finish(&request->call);
    placeholders_finish(&request->bound);
    free(request->values);
}

bool shell_send(struct context *context, struct session *session, const char *text, size_t len,
                struct sink *sink, struct error *err)
{
    struct request request = {.session = session, .text = text, .len = len, .bound = {.count = 0}};
    bool ok = prepare(context, &request, err) && send(&request, sink, err);
    request_finish(&request);
    return ok;
}

// Both ways to read what is a comment to some servers: not every name that is found is one that
// the server would ask for.
static bool check_files_of(struct context *context, const struct split_item *item, bool cautious,
                           struct error *err)
{
    struct local_files files;
    char *name;
    bool ok = true;
    local_files_init(&files, item->text, item->len, session_dialect(context->session));
    files.lexer.cautious = cautious;
    while (ok && (name = local_files_next(&files)) != NULL) {
        struct stat st;
        if (context->sandbox)
            ok = error_set(err, ERROR_USAGE, "LOAD ... LOCAL INFILE is refused in sandbox mode");
        else if (stat(name, &st) == 0 && !S_ISREG(st.st_mode))
            ok = error_set(err, ERROR_USAGE, "%s: --retry needs files, which can be read again",
                           name);
        free(name);
    }
    return ok;
}

// Files that a statement has sent to the server: some are not to be read, or not a second time.
static bool check_files(struct context *context, const struct split_item *item, struct error *err)
{
    if (!context->sandbox && !context->runs_again)
        return true;
    // Which server it is for says how it is read.
    return session_connect(context->session, err) && check_files_of(context, item, true, err) &&
           check_files_of(context, item, false, err);
}

// What -X names: the text as the mariadb client holds it, to its very end.
static bool render_asked(struct context *context, const struct split_item *item, unsigned flags,
                         struct request *request, struct error *err)
{
    struct buf asked = BUF_INIT;
    if (context->render.xml_too || strcmp(context->format->name, "xml") == 0) {
        size_t len = item->whole > item->len ? item->whole : item->len;
        if (context->keeps_comments)
            buf_add(&asked, item->text, len);
        else
            comments_strip(item->text, len, session_backslash_escapes(context->session),
                           context->render.charset, &asked);
        if (item->end == SPLIT_END_INPUT && (len == 0 || item->text[len - 1] != '\n'))
            buf_add_char(&asked, '\n'); // its last line has an end, whether it was there or not
        if (context->verbose > 0)       // as what is echoed is held
            comments_trim(&asked);
        context->render.statement = asked.data;
        context->render.statement_len = asked.len;
    }
    bool ok = shell_render(context, flags, send, request, err);
    context->render.statement = NULL;
    buf_finish(&asked);
    return ok;
}

// typed: the same with all that the user has written.
static bool run_statement(struct context *context, const struct split_item *item,
                          const struct split_item *typed, struct error *err)
{
    struct request request = {
        .session = context->session, .text = item->text, .len = item->len, .bound = {.count = 0}};
    unsigned flags = flags_of(context, item);
    bool ok = check_files(context, item, err) && prepare(context, &request, err);
    if (ok && item->end == SPLIT_END_SET)
        ok = run_set(context, item, &request, err);
    else if (ok)
        ok = render_asked(context, typed, flags, &request, err);
    if (!ok)
        hint_at_name(context, item, err);
    request_finish(&request);
    ok = aside_after(context, item->text, item->len, err) && ok;
    if (context->interactive && statement_changes_names(item->text, item->len))
        context->stale_names = true;
    if (ok)
        message_notice(context);
    return ok;
}

static bool run_in_background(struct context *context, const struct split_item *item,
                              struct error *err)
{
    unsigned number;
    if (!jobs_start(context, item, &number, err))
        return false;
    if (context->interactive)
        buf_printf(output_buffer(context->output), "[%u] runs\n", number);
    return output_flush(context->output, err);
}

bool shell_run(struct context *context, const struct split_item *item, struct error *err)
{
    context->begin = item->begin;
    if (item->command) {
        bool ok = command_dispatch(context, item, err);
        // To quit at once is a script of nothing, which still tells whether there is a server.
        context->used = context->used || !context->quit;
        return ok;
    }
    context->used = true;
    if (item->end == SPLIT_END_BACKGROUND)
        return run_in_background(context, item, err);
    // The mariadb client sends no comments, and therefore shows none, unless it is asked to keep
    // them.
    struct split_item shown = *item;
    struct buf text = BUF_INIT;
    if (context->no_comments || (context->verbose > 0 && !context->keeps_comments)) {
        comments_strip(item->text, item->len, session_backslash_escapes(context->session),
                       context->render.charset, &text);
        comments_trim(&text);
        shown.text = buf_cstr(&text);
        shown.len = shown.whole = text.len;
    }
    struct split_item bare = context->no_comments ? shown : *item;
    bool ok = true;
    // What ran before it is gone, and isn't run again behind the user's back.
    if (bare.len == 0 && item->end == SPLIT_END_SET)
        ok = error_set(err, ERROR_USAGE,
                       "\\gset without a statement: it stands behind one, in place of its ;");
    else if (bare.len > 0 && aside_before(context, &bare, &shown))
        ok = run_statement(context, &bare, item, err);
    else if (bare.len > 0)
        ok = output_flush(context->output, err);
    buf_finish(&text);
    return ok;
}
