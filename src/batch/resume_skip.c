// Going on with what an earlier run has noted: what is done is skipped, and what nobody knows of is
// told.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"
#include "replay.h"
#include "resume_internal.h"

// So much of a statement is shown.
enum { BEGINNING_MAX = 60 };

static bool fail_other(struct resume *resume, struct error *err)
{
    resume->over = true;
    return error_set(err, ERROR_USAGE,
                     "%s: is of other scripts: the statements up to here are not those that it "
                     "knows to be done",
                     resume->path);
}

bool resume_choose(struct resume *resume, const char *unknown, struct error *err)
{
    const struct marks_left *left = marks_left(resume->marks);
    uint64_t first = left->settled.number + 1;
    uint64_t last = left->sent.number;
    resume->target = left->settled.number;
    resume->skipping = left->settled.number > 0;
    if (last < first)
        return true;
    resume->skipping = true;
    resume->asks = unknown == NULL;
    if (unknown == NULL || strcmp(unknown, "skip") == 0) {
        resume->target = last;
    } else if (strcmp(unknown, "run") != 0) {
        uint64_t number = strtoull(unknown, NULL, 10);
        if (number < first || number > last + 1)
            return error_set(err, ERROR_USAGE,
                             "--checkpoint-unknown is from %" PRIu64 " to %" PRIu64
                             " here: those before are known to be done",
                             first, last + 1);
        if (left->whole && number > first && number <= last)
            return error_set(err, ERROR_USAGE,
                             "--checkpoint-unknown is run or skip here: the statements %" PRIu64
                             " to %" PRIu64 " are of one transaction",
                             first, last);
        resume->target = number - 1;
    }
    resume->skipping = resume->target > 0;
    return true;
}

static void remember_first(struct resume *resume, const char *name, const struct split_item *item)
{
    if (resume->place != NULL)
        return;
    resume->place = mem_printf("%s:%zu", name, item->begin.line);
    if (statement_is_secret(item->text, item->len)) {
        buf_add_text(&resume->beginning, "(it may hold a secret, and is not shown)");
        return;
    }
    const char *end = memchr(item->text, '\n', item->len);
    size_t len = end == NULL ? item->len : (size_t) (end - item->text);
    size_t shown = len < BEGINNING_MAX ? len : BEGINNING_MAX;
    while (shown < len && shown > 0 && ((unsigned char) item->text[shown] & 0xc0) == 0x80)
        shown--;
    text_add_printable(&resume->beginning, item->text, shown, false);
    buf_add_text(&resume->beginning, shown < item->len ? "..." : "");
}

static bool fail_unknown(struct resume *resume, const char *last, struct error *err)
{
    const struct marks_left *left = marks_left(resume->marks);
    uint64_t first = left->settled.number + 1;
    const char *place = resume->place == NULL ? "the end" : resume->place;
    resume->over = true;
    const char *text = buf_cstr(&resume->beginning);
    if (left->sent.number == first)
        error_set(err, ERROR_CONNECTION,
                  "nobody knows whether statement %" PRIu64
                  " was carried out, which an earlier run has sent; look, and go on with "
                  "--checkpoint-unknown=skip or =run: %s",
                  first, text);
    else if (left->whole)
        error_set(err, ERROR_CONNECTION,
                  "nobody knows whether the transaction of the statements %" PRIu64 " to %" PRIu64
                  ", up to %s, was committed; look, and go on with --checkpoint-unknown=skip or "
                  "=run: %s",
                  first, left->sent.number, last, text);
    else
        error_set(err, ERROR_CONNECTION,
                  "nobody knows how many of the statements %" PRIu64 " to %" PRIu64
                  ", up to %s, were carried out, which an earlier run has sent; look, and go on "
                  "with --checkpoint-unknown=skip, =run, or the number of the first that was not: "
                  "%s",
                  first, left->sent.number, last, text);
    err->place = mem_strdup(place);
    return false;
}

static void say(struct context *context, const char *name, size_t line)
{
    struct resume *resume = context->resume;
    const struct marks_left *left = marks_left(resume->marks);
    struct buf text = BUF_INIT;
    uint64_t count = resume->target;
    buf_printf(&text, "Going on at %s:%zu, after %" PRIu64 " statement%s", name, line, count,
               count == 1 ? "" : "s");
    if (left->passed > 0)
        buf_printf(&text, ", %" PRIu64 " of which failed", left->passed);
    buf_add_text(&text, ".\n");
    context->say(context, text.data, text.len);
    buf_finish(&text);
}

// The first that is not skipped.
static enum resume_step go_on(struct context *context, const char *name,
                              const struct split_item *item, struct error *err)
{
    struct resume *resume = context->resume;
    const struct marks_left *left = marks_left(resume->marks);
    resume->skipping = false;
    if (left->unseen > 0 && left->unseen <= resume->target)
        replay_add_unseen(resume->replay);
    if (!replay_put_back(resume->replay, err)) {
        resume->over = true;
        return RESUME_FAIL;
    }
    say(context, name, item->begin.line);
    resume->settled = resume->before;
    bool told = left->sent.number > left->settled.number;
    if (told && !marks_settle(resume->marks, resume->settled)) {
        resume_fail_note(resume, err);
        return RESUME_FAIL;
    }
    resume->noted = resume->settled.number;
    resume->sent = false;
    return RESUME_GO;
}

// It is the one up to which the file knows the text, and the text is another one.
static bool is_other(const struct resume *resume, const struct mark *mark)
{
    return mark->number == resume->now.number && mark->hash != resume->now.hash;
}

enum resume_step resume_skip(struct context *context, const char *name,
                             const struct split_item *item, struct error *err)
{
    struct resume *resume = context->resume;
    const struct marks_left *left = marks_left(resume->marks);
    uint64_t number = resume->now.number;
    if (number > resume->target)
        return go_on(context, name, item, err);
    bool settled = number <= left->settled.number;
    if (is_other(resume, &left->settled) ||
        (!settled && !resume->asks && is_other(resume, &left->sent))) {
        fail_other(resume, err);
        return RESUME_FAIL;
    }
    if (settled || !resume->asks)
        return replay_take(resume->replay, item) ? RESUME_AGAIN : RESUME_SKIP;
    remember_first(resume, name, item);
    if (number < left->sent.number)
        return RESUME_SKIP;
    CLEANUP(mem_free_at) char *last = mem_printf("%s:%zu", name, item->begin.line);
    fail_unknown(resume, last, err);
    return RESUME_FAIL;
}

bool resume_end_skipping(struct resume *resume, bool *all, struct error *err)
{
    const struct marks_left *left = marks_left(resume->marks);
    if (resume->now.number < left->settled.number)
        return fail_other(resume, err);
    if (resume->asks)
        return fail_unknown(resume, "the end", err);
    if (resume->now.number < resume->target)
        return fail_other(resume, err);
    *all = true;
    resume->settled = resume->now;
    return true;
}
