// A table or query into a file, or into the context's output.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ends.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/copy/copy.h"
#include "marsh/data/sink.h"
#include "marsh/feed/source.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/cancel.h"
#include "marsh/shell/progress.h"
#include "marsh/shell/shell.h"
#include "query.h"
#include "run.h"

// A sink in front of the renderer: counts rows, and shows how many there are.
struct unload {
    struct sink sink;
    struct sink *next;
    struct query *query;
    struct progress progress;
    bool begun; // it has rows
};

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct unload *unload = (struct unload *) sink;
    unload->begun = true;
    return sink_columns(((struct unload *) sink)->next, kind, columns, count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct unload *unload = (struct unload *) sink;
    // The clock costs more than a row.
    if (++unload->progress.count % 1024 == 0)
        progress_show(&unload->progress);
    return sink_row(unload->next, row, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    return sink_summary(((struct unload *) sink)->next, summary, err);
}

static void take_abort(struct sink *sink)
{
    sink_abort(((struct unload *) sink)->next);
}

static bool work(void *data, struct sink *sink, struct error *err)
{
    struct unload *unload = data;
    unload->next = sink;
    return query_run(unload->query, &unload->sink, err);
}

static void interrupt(void *data)
{
    query_interrupt(data);
}

// The rows of `from` into the context's output.
static bool print(struct context *context, const struct copy_options *options,
                  const struct end *from, bool files, uint64_t *rows, struct error *err)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    struct unload unload = {.sink = {&ops}};
    unload.query = query_create(context, from, options, files ? QUERY_FILED : QUERY_PRINTED, err);
    if (unload.query == NULL)
        return false;
    progress_begin(&unload.progress, context->caller, -1);
    unload.progress.asked = options->progress;
    unload.progress.on = (!context->render.terminal && unload.progress.terminal) ||
                         options->progress;
    bool ok = cancel_begin_leaving(context->cancel, interrupt, unload.query) ||
              error_set(err, ERROR_CANCELLED, "interrupted");
    if (ok) {
        ok = shell_render(context, SHELL_READS, work, &unload, err);
        cancel_end_leaving(context->cancel);
        ok = ok && (unload.begun || error_set(err, ERROR_USAGE, "what is copied has no rows"));
    }
    progress_end(&unload.progress);
    query_destroy(unload.query);
    *rows = unload.progress.count;
    return ok;
}

bool unload_print(struct context *context, const struct copy_options *options,
                  const struct end *from, struct error *err)
{
    uint64_t rows;
    return print(context, options, from, false, &rows, err);
}

// A file that is to be whole or not there: written under another name beside it.
struct draft {
    char *path;      // where it is to be, links followed
    char *temporary; // NULL: written in place, as it is no regular file
    int fd;
};

static bool draft_open(struct draft *draft, const struct caller *caller, const char *path,
                       struct error *err)
{
    struct stat st;
    *draft = (struct draft){.fd = -1};
    bool there = stat(path, &st) == 0;
    if (strcmp(path, "-") == 0) {
        draft->fd = dup(caller_out(caller));
        return draft->fd >= 0 || error_set_errno(err, "standard output");
    }
    if (there && !S_ISREG(st.st_mode)) {
        draft->fd = open(path, O_WRONLY | O_CLOEXEC);
        return draft->fd >= 0 || error_set_errno(err, "%s", path);
    }
    char *real = there ? realpath(path, NULL) : NULL;
    draft->path = mem_strdup(real != NULL ? real : path);
    free(real);
    draft->temporary = mem_printf("%s.XXXXXX", draft->path);
    draft->fd = mkostemp(draft->temporary, O_CLOEXEC);
    if (draft->fd < 0)
        return error_set_errno(err, "%s", path);
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(draft->fd, there ? st.st_mode & 07777 : 0666 & ~mask) == 0 ||
           error_set_errno(err, "%s", path);
}

// Takes its place where all went well; leaves nothing behind otherwise.
static bool draft_end(struct draft *draft, bool ok, struct error *err)
{
    if (draft->fd >= 0 && close(draft->fd) != 0 && ok)
        ok = error_set_errno(err, "%s", draft->path == NULL ? "standard output" : draft->path);
    if (draft->temporary != NULL && draft->fd >= 0) {
        if (ok && rename(draft->temporary, draft->path) != 0)
            ok = error_set_errno(err, "%s", draft->path);
        if (!ok)
            unlink(draft->temporary);
    }
    free(draft->temporary);
    free(draft->path);
    return ok;
}

// Another output and format for as long as that takes.
static bool print_to(struct context *context, const struct copy_options *options,
                     const struct ends *ends, int fd, enum feed_format format, uint64_t *rows,
                     struct error *err)
{
    static const char *const names[] = {
        [FEED_CSV] = "csv", [FEED_TSV] = "tsv", [FEED_JSONL] = "jsonl"};
    const struct render_format *old_format = context->format;
    struct render_options old_render = context->render;
    struct output *old_output = context->output;
    context->format = render_format_need(names[format], err);
    context->render = (struct render_options){.headers = true, .terminal = isatty(fd) == 1};
    context->output = output_create(context->caller, fd);
    bool ok = print(context, options, &ends->from, true, rows, err);
    output_destroy(context->output);
    context->output = old_output;
    context->render = old_render;
    context->format = old_format;
    return ok;
}

bool unload_run(struct context *context, const struct copy_options *options,
                const struct ends *ends, struct error *err)
{
    struct source to;
    struct draft draft;
    uint64_t rows = 0;
    if (!source_parse(&to, ends->to.text, err))
        return false;
    bool ok = draft_open(&draft, context->caller, to.path, err) &&
              print_to(context, options, ends, draft.fd, to.format, &rows, err);
    ok = draft_end(&draft, ok, err);
    if (ok && isatty(caller_err(context->caller)) == 1 &&
        isatty(caller_out(context->caller)) == 1) {
        CLEANUP(mem_free_at)
        char *line = mem_printf("%" PRIu64 " row%s copied.\n", rows, rows == 1 ? "" : "s");
        caller_say(context->caller, line, strlen(line));
    }
    return ok;
}
