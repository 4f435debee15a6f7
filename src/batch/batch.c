#include "marsh/batch/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gather.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"
#include "marsh/shell/place.h"
#include "marsh/shell/progress.h"
#include "marsh/shell/shell.h"
#include "marsh/sql/splitter.h"
#include "resume.h"

enum { CHUNK = 1 << 18 };

// The chain of files being read, for telling a cycle.
struct source {
    const struct source *parent;
    dev_t device;
    ino_t inode;
};

struct batch {
    struct context *context;
    const char *name;
    struct splitter *splitter;
    struct splitter *outer; // of the text that has sourced this one, or NULL
    struct gather gather;
    struct progress *own; // not sourced: the progress that is shown; else NULL
};

// Nor is there a use in statements whose output nobody gets.
static bool is_final(const struct context *context, const struct error *err)
{
    return output_has_failed(context->output) || resume_is_over(context) ||
           err->kind == ERROR_CONNECTION || err->kind == ERROR_CANCELLED ||
           err->kind == ERROR_PIPE || err->kind == ERROR_TIMEOUT;
}

// A statement failed: the script ends, or the error is shown and counted.
static bool go_on(struct batch *batch, struct mark failed, struct error *err)
{
    struct context *context = batch->context;
    if (!context->force || is_final(context, err))
        return false;
    message_error(context, err);
    error_finish(err);
    context->errors++;
    return resume_pass(context, failed, err);
}

static bool fail_open(struct batch *batch, const struct split_item *item, struct error *err)
{
    static const char *const names[] = {
        [OPEN_NOTHING] = "text",     [OPEN_STATEMENT] = "statement", [OPEN_SINGLE] = "' string",
        [OPEN_DOUBLE] = "\" string", [OPEN_NAME] = "` name",         [OPEN_COMMENT] = "/* comment",
    };
    error_set(err, ERROR_USAGE, "the %s that begins here, in column %zu, is never closed",
              names[splitter_open(batch->splitter)], item->begin.column);
    error_set_place(err, batch->name, item->begin.line);
    return false;
}

// Of statements that were run, whatever came of them.
static void note_progress(struct batch *batch, size_t count)
{
    struct progress *progress = batch->context->progress;
    if (progress == NULL || count == 0)
        return;
    progress->count += count;
    progress->failed = batch->context->errors;
    progress_show(progress);
}

static bool run_noted(struct context *context, const struct split_item *item, enum resume_step step,
                      struct error *err)
{
    if (cancel_was_fired(context->cancel))
        return error_set(err, ERROR_CANCELLED, "interrupted");
    if (step == RESUME_GO)
        return resume_before(context, item, err) &&
               resume_after(context, shell_run(context, item, err), err);
    if (shell_run(context, item, err))
        return true;
    resume_fail(context);
    return false;
}

static bool run_item(struct batch *batch, const struct split_item *item, enum resume_step step,
                     struct error *err)
{
    struct context *context = batch->context;
    struct mark mark = resume_now(context);
    context->open = splitter_text(batch->splitter, &context->open_len);
    context->script = batch->name;
    progress_hide(item->command ? context->progress : NULL);
    bool ok = run_noted(context, item, step, err);
    if (context->edited != NULL)
        splitter_replace(batch->splitter, context->edited, strlen(context->edited));
    mem_replace(&context->edited, NULL);
    splitter_set_backslash_escapes(batch->splitter, session_backslash_escapes(context->session));
    splitter_set_charset(batch->splitter, context->render.charset);
    note_progress(batch, item->command ? 0 : 1);
    if (ok)
        return true;
    place_error(err, batch->name, item);
    return go_on(batch, mark, err);
}

static bool run_gathered(struct batch *batch, size_t from, struct error *err);

static bool run_one(struct context *context, const struct gathered *gathered,
                    const struct split_item *item, struct error *err)
{
    const struct mark none = {0, 0};
    return resume_before_many(context, gathered->mark, err) &&
           resume_after_many(context, none, gathered->mark, shell_run(context, item, err), err);
}

// The statement at that place has failed, and those behind it were not run.
static bool fail_gathered(struct batch *batch, size_t at, struct error *err)
{
    enum { ER_PARSE_ERROR = 1064 };
    const struct gathered *gathered = &batch->gather.list[at];
    const struct split_item item = {.text = batch->gather.text.data + gathered->begin,
                                    .len = gathered->len,
                                    .begin = gathered->place};
    // Alone it gets the message without the others' text. It can't have done anything.
    if (err->number == ER_PARSE_ERROR) {
        error_finish(err);
        if (run_one(batch->context, gathered, &item, err))
            return run_gathered(batch, at + 1, err);
    }
    place_error(err, batch->name, &item);
    return go_on(batch, gathered->mark, err) && run_gathered(batch, at + 1, err);
}

static bool run_many(struct batch *batch, size_t from, size_t *done, struct error *err)
{
    struct gather *gather = &batch->gather;
    size_t begin = gather->list[from].begin;
    struct mark last = gather->list[gather->count - 1].mark;
    struct mark some = {0, 0};
    if (!resume_before_many(batch->context, last, err))
        return false;
    bool ok = shell_run_many(batch->context, gather->text.data + begin, gather->text.len - begin,
                             gather->count - from, done, err);
    if (*done > 0)
        some = gather->list[from + *done - 1].mark;
    return resume_after_many(batch->context, some, last, ok, err);
}

// Those from that place on.
static bool run_gathered(struct batch *batch, size_t from, struct error *err)
{
    struct gather *gather = &batch->gather;
    size_t done = 0;
    if (from >= gather->count) {
        gather_clear(gather);
        return true;
    }
    bool ok = !cancel_was_fired(batch->context->cancel)
                  ? run_many(batch, from, &done, err)
                  : error_set(err, ERROR_CANCELLED, "interrupted");
    bool all = from + done >= gather->count;
    note_progress(batch, ok || all ? gather->count - from : done + 1);
    // All went well, but what comes after: nothing more may be run.
    if (!ok && all)
        return false;
    if (!ok)
        return fail_gathered(batch, from + done, err);
    gather_clear(gather);
    return true;
}

// With another delimiter an item may be many statements, and has as many answers.
static bool is_one(const struct batch *batch, const struct split_item *item)
{
    return strcmp(splitter_delimiter(batch->splitter), ";") == 0 ||
           memchr(item->text, ';', item->len) == NULL;
}

// One that may wait is kept for others; any other one comes behind those that wait.
static bool take_item(struct batch *batch, const struct split_item *item, struct error *err)
{
    struct context *context = batch->context;
    enum resume_step step = resume_take(context, batch->name, item, err);
    if (step == RESUME_SKIP)
        return true;
    if (step == RESUME_FAIL) {
        place_error(err, batch->name, item);
        return false;
    }
    if (step == RESUME_GO && gather_takes(context, item) && is_one(batch, item) &&
        resume_gathers(context, item))
        return gather_add(&batch->gather, item, resume_now(context)) || run_gathered(batch, 0, err);
    return run_gathered(batch, 0, err) && run_item(batch, item, step, err);
}

// Runs every statement that is complete. *done: the text is at its end, or was quit; as in the
// mariadb client a statement that is open then runs all the same.
static bool run_complete(struct batch *batch, bool *done, struct error *err)
{
    struct split_item item = {.len = 0};
    *done = false;
    while (!*done) {
        enum split_result result = splitter_next(batch->splitter, &item);
        // Nothing waits for more of the script to be read.
        if (result != SPLIT_ITEM && !run_gathered(batch, 0, err))
            return false;
        switch (result) {
        case SPLIT_ITEM:
            if (!take_item(batch, &item, err))
                return false;
            if (batch->context->quit)
                splitter_stop(batch->splitter);
            break;
        case SPLIT_BAD_DELIMITER:
            error_set(err, ERROR_USAGE,
                      "DELIMITER needs a text without a backslash, of at most 15 bytes");
            error_set_place(err, batch->name, item.begin.line);
            if (!go_on(batch, resume_now(batch->context), err))
                return false;
            break;
        case SPLIT_UNTERMINATED:
            *done = true;
            fail_open(batch, &item, err);
            return go_on(batch, resume_now(batch->context), err);
        case SPLIT_MORE:
            return true;
        case SPLIT_DONE:
            *done = true;
            break;
        }
    }
    return true;
}

static struct batch begin(struct context *context, const char *name)
{
    struct batch batch = {
        .context = context, .name = name, .splitter = splitter_create(command_lookup)};
    splitter_set_backslash_escapes(batch.splitter, session_backslash_escapes(context->session));
    splitter_set_charset(batch.splitter, context->render.charset);
    if (context->reader != NULL)
        splitter_copy_delimiter(batch.splitter, context->reader);
    else if (context->delimiter != NULL)
        splitter_set_delimiter(batch.splitter, context->delimiter);
    if (context->binary)
        splitter_set_binary(batch.splitter);
    if (context->named_commands)
        splitter_set_named(batch.splitter);
    if (context->keeps_comments)
        splitter_set_comments(batch.splitter);
    batch.outer = context->reader;
    context->reader = batch.splitter;
    return batch;
}

// As in the mariadb client there is one delimiter, whichever file sets it.
static void end(struct batch *batch)
{
    if (batch->outer != NULL)
        splitter_copy_delimiter(batch->outer, batch->splitter);
    batch->context->reader = batch->outer;
    splitter_destroy(batch->splitter);
    gather_finish(&batch->gather);
}

bool batch_run_text(struct context *context, const char *name, const char *text, size_t len,
                    struct error *err)
{
    struct batch batch = begin(context, name);
    bool done;
    splitter_feed(batch.splitter, text, len);
    splitter_end(batch.splitter);
    bool ok = run_complete(&batch, &done, err);
    end(&batch);
    return ok;
}

// Feeds the script to its end.
static bool read_script(struct batch *batch, int fd, struct error *err)
{
    struct context *context = batch->context;
    char *chunk = mem_alloc(CHUNK);
    bool ok = true;
    bool done = false;
    while (ok && !done) {
        // One that was late for a statement shall not be forgotten while more text is awaited.
        if (cancel_was_fired(context->cancel)) {
            ok = error_set(err, ERROR_CANCELLED, "interrupted");
            break;
        }
        ssize_t got = caller_read(context->caller, fd, chunk, CHUNK);
        if (got < 0) {
            ok = error_set_errno(err, "%s", batch->name);
            break;
        }
        if (got > 0)
            splitter_feed(batch->splitter, chunk, (size_t) got);
        else
            splitter_end(batch->splitter);
        ok = run_complete(batch, &done, err);
        // A script within counts its statements here, but not its bytes.
        if (batch->own != NULL)
            batch->own->bytes += (uint64_t) got;
    }
    free(chunk);
    return ok;
}

bool batch_run_fd(struct context *context, const char *name, int fd, struct error *err)
{
    struct batch batch = begin(context, name);
    struct progress progress;
    if (context->progress == NULL && !context->interactive)
        batch.own = &progress;
    if (batch.own != NULL) {
        progress_begin_script(&progress, context->caller, fd, context->asked_progress);
        context->progress = &progress;
    }
    bool ok = read_script(&batch, fd, err);
    if (batch.own != NULL) {
        progress.failed = context->errors;
        progress_end(&progress);
        context->progress = NULL;
    }
    end(&batch);
    return ok;
}

static bool run_opened(struct context *context, const char *path, int fd, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "%s", path);
    if (S_ISDIR(st.st_mode))
        return error_set(err, ERROR_SYSTEM, "%s: is a directory", path);
    if (context->runs_again && !S_ISREG(st.st_mode))
        return error_set(err, ERROR_USAGE, "%s: --retry needs files, which can be read again",
                         path);
    const struct source *parent = context->sources;
    for (const struct source *each = parent; each != NULL; each = each->parent) {
        if (each->device == st.st_dev && each->inode == st.st_ino)
            return error_set(err, ERROR_USAGE, "%s: is being read already: it sources itself",
                             path);
    }
    struct source self = {parent, st.st_dev, st.st_ino};
    context->sources = &self;
    bool ok = batch_run_fd(context, path, fd, err);
    context->sources = parent;
    return ok;
}

bool batch_run_file(struct context *context, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, "%s", path);
    bool ok = run_opened(context, path, fd, err);
    close(fd);
    return ok;
}
