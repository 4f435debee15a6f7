#include "resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/hash.h"
#include "marsh/base/mem.h"
#include "marsh/batch/checkpoint.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/session/scope.h"
#include "marsh/session/session.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/settings.h"
#include "marsh/sql/splitter.h"
#include "replay.h"
#include "resume_internal.h"

#define ENDS (EFFECT_COMMITS | EFFECT_BEGINS | EFFECT_IMPLICIT_COMMIT)

bool resume_fail_note(struct resume *resume, struct error *err)
{
    resume->over = true;
    return error_set_errno(err, "%s", resume->path);
}

static bool check_unknown(const char *unknown, struct error *err)
{
    return unknown == NULL || strcmp(unknown, "run") == 0 || strcmp(unknown, "skip") == 0 ||
           (unknown[0] >= '1' && unknown[0] <= '9' && strlen(unknown) < 20 &&
            unknown[strspn(unknown, "0123456789")] == '\0') ||
           error_set(err, ERROR_USAGE, "--checkpoint-unknown is run, skip, or a number, not '%s'",
                     unknown);
}

bool batch_begin_checkpoint(struct context *context, const struct batch_checkpoint *options,
                            struct error *err)
{
    if (!check_unknown(options->unknown, err))
        return false;
    struct marks *marks = marks_open(options->path, options->identity, err);
    if (marks == NULL)
        return false;
    struct resume *resume = mem_calloc(1, sizeof(*resume));
    resume->marks = marks;
    resume->path = mem_strdup(options->path);
    resume->now.hash = HASH_INIT;
    resume->settled = marks_left(marks)->settled;
    resume->noted = resume->settled.number;
    resume->unseen = marks_left(marks)->unseen > 0;
    resume->replay = replay_create(context);
    context->resume = resume;
    // What a routine leaves shall be seen, and whether a statement commits by itself be known.
    session_set_watchful(context->session, true);
    if (!resume_choose(resume, options->unknown, err))
        return false;
    // All is to be run anew.
    bool told = marks_left(marks)->sent.number > resume->settled.number;
    if (told && !resume->skipping && !marks_settle(marks, resume->settled))
        return resume_fail_note(resume, err);
    return session_connect(context->session, err);
}

static void destroy(struct context *context)
{
    struct resume *resume = context->resume;
    context->resume = NULL;
    replay_destroy(resume->replay);
    marks_close(resume->marks);
    buf_finish(&resume->beginning);
    free(resume->place);
    free(resume->path);
    free(resume);
}

static void say_nothing_left(struct context *context)
{
    const struct resume *resume = context->resume;
    const struct marks_left *left = marks_left(resume->marks);
    uint64_t count = resume->now.number;
    struct buf text = BUF_INIT;
    buf_printf(&text, "Nothing left: ");
    if (count == 1)
        buf_add_text(&text, "the statement is done");
    else
        buf_printf(&text, "all %" PRIu64 " statements are done", count);
    if (left->passed > 0)
        buf_printf(&text, ", %" PRIu64 " of which failed", left->passed);
    buf_add_text(&text, ".\n");
    context->say(context, text.data, text.len);
    buf_finish(&text);
}

bool batch_end_checkpoint(struct context *context, bool ok, struct error *err)
{
    struct resume *resume = context->resume;
    bool all = false;
    if (resume == NULL)
        return ok;
    bool earlier = resume->skipping;
    if (ok && earlier)
        ok = resume_end_skipping(resume, &all, err);
    if (ok && all)
        say_nothing_left(context);
    bool whole = ok && resume->settled.number == resume->now.number;
    bool ended = all && marks_left(resume->marks)->ended;
    if (whole && !ended)
        ok = marks_end(resume->marks, resume->settled) || resume_fail_note(resume, err);
    else if (!earlier && !resume->sent && resume->settled.number > resume->noted)
        marks_settle(resume->marks, resume->settled); // else the next run begins further back
    destroy(context);
    return ok;
}

static void count(struct resume *resume, const struct split_item *item)
{
    const char kind[] = {item->command ? 'c' : 's', (char) ('0' + item->end)};
    resume->before = resume->now;
    resume->now.number++;
    hash_add(&resume->now.hash, kind, sizeof(kind));
    hash_add(&resume->now.hash, item->text, item->len);
    if (item->command || item->end == SPLIT_END_SET)
        hash_add(&resume->now.hash, item->args, item->args_len);
}

enum resume_step resume_take(struct context *context, const char *name,
                             const struct split_item *item, struct error *err)
{
    struct resume *resume = context->resume;
    if (resume == NULL)
        return RESUME_GO;
    count(resume, item);
    return resume->skipping ? resume_skip(context, name, item, err) : RESUME_GO;
}

bool resume_gathers(const struct context *context, const struct split_item *item)
{
    const unsigned asks = EFFECT_ASKS_ID | EFFECT_ASKS_NUMBER | EFFECT_ASKS_RESULT;
    struct effects effects;
    if (context->resume == NULL || !session_misses_answers(context->session))
        return true;
    effects_read(item->text, item->len, session_dialect(context->session), &effects, NULL, NULL);
    // Behind the one that gives the answer it is not refused, but in one text with it.
    return (effects.flags & asks) == 0;
}

struct mark resume_now(const struct context *context)
{
    const struct mark none = {0, 0};
    return context->resume == NULL ? none : context->resume->now;
}

bool resume_is_over(const struct context *context)
{
    return context->resume != NULL && context->resume->over;
}

void resume_fail(struct context *context)
{
    if (context->resume != NULL && context->resume->skipping)
        context->resume->over = true;
}

static bool is_open(const struct context *context)
{
    return session_transaction(context->session) == TRANSACTION_OPEN ||
           session_in_scope(context->session);
}

static bool send(struct resume *resume, struct mark last, bool whole, struct error *err)
{
    if (!marks_send(resume->marks, resume->settled, last, whole))
        return resume_fail_note(resume, err);
    resume->noted = resume->settled.number;
    resume->sent = true;
    resume->whole = whole;
    return true;
}

// The file is told where it says that something is under way; else it learns that with what is sent
// next.
static bool settle(struct resume *resume, struct mark mark, struct error *err)
{
    resume->settled = mark;
    if (!resume->sent)
        return true;
    if (!marks_settle(resume->marks, mark))
        return resume_fail_note(resume, err);
    resume->noted = mark.number;
    resume->sent = false;
    return true;
}

// The effects of a command, as far as they are the server's.
static unsigned command_flags(const char *name, const struct split_item *item)
{
    if (strcmp(name, "call") == 0)
        return EFFECT_CALLS;
    if (strcmp(name, "scope") == 0 && item->args_len == strlen("commit"))
        return EFFECT_COMMITS;
    return strcmp(name, "system") == 0 ? EFFECT_MAY_FIRE : EFFECT_READS;
}

static bool check_command(const char *name, const struct split_item *item, struct error *err)
{
    static const char *const refused[] = {"close", "edit", "session"};
    bool ok = true;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok = ok && strcmp(name, refused[i]) != 0;
    // \connect SCHEMA HOST
    bool host = strcmp(name, "connect") == 0 && memchr(item->args, ' ', item->args_len) != NULL;
    return (ok && !host) || error_set(err, ERROR_USAGE, "\\%s%s goes not with --checkpoint", name,
                                      host ? " to another host" : "");
}

static bool is_lock(const char *verb)
{
    return strncmp(verb, "LOCK TABLE", strlen("LOCK TABLE")) == 0 ||
           strncmp(verb, "UNLOCK TABLE", strlen("UNLOCK TABLE")) == 0;
}

// What it means that a transaction is open behind it.
static void note_verb(struct resume *resume, unsigned flags, const char *verb)
{
    bool alone = (flags & EFFECT_CALLS) == 0;
    bool locks = strncmp(verb, "LOCK TABLE", strlen("LOCK TABLE")) == 0;
    resume->opens = alone && (locks || (flags & EFFECT_BEGINS) != 0);
    resume->may_commit = alone && (strcmp(verb, "SET") == 0 ||
                                   strncmp(verb, "UNLOCK TABLE", strlen("UNLOCK TABLE")) == 0);
}

// What a statement does that lasts; EFFECT_READS: nothing.
static bool statement_flags(const struct context *context, const struct split_item *item,
                            unsigned *flags, struct error *err)
{
    const struct dialect *dialect = session_dialect(context->session);
    struct effects effects;
    effects_read(item->text, item->len, dialect, &effects, NULL, NULL);
    *flags = effects.flags;
    // With another delimiter a text may have many: what they do together only their end shows.
    if (effects.statements > 1 && (effects.flags & EFFECT_READS) == 0)
        *flags = EFFECT_CALLS;
    // The sequence goes on.
    if ((effects.flags & EFFECT_TAKES_NUMBER) != 0)
        *flags &= ~(unsigned) EFFECT_READS;
    note_verb(context->resume, *flags, effects.verb);
    if (strncmp(effects.verb, "XA ", 3) == 0 && (effects.flags & EFFECT_READS) == 0)
        return error_set(err, ERROR_USAGE, "XA transactions go not with --checkpoint");
    if (is_open(context))
        return true;
    enum settings settings = strncmp(effects.verb, "SET", 3) == 0
                                 ? settings_read(item->text, item->len, dialect, NULL, NULL)
                                 : SETTINGS_NONE;
    if (settings == SETTINGS_SAME || settings == SETTINGS_NEXT || is_lock(effects.verb))
        *flags = EFFECT_READS;
    return true;
}

bool resume_before(struct context *context, const struct split_item *item, struct error *err)
{
    struct resume *resume = context->resume;
    if (resume == NULL)
        return true;
    bool open = is_open(context);
    unsigned flags = EFFECT_READS;
    const struct command *command = NULL;
    resume->opens = resume->may_commit = false;
    if (item->command)
        command = command_find(item->text, item->len, item->backslash);
    if (command != NULL && !check_command(command->name, item, err))
        return false;
    if (command != NULL)
        flags = command_flags(command->name, item);
    else if (!item->command && !statement_flags(context, item, &flags, err))
        return false;
    resume->flags = flags;
    resume->chains = !item->command && (flags & EFFECT_COMMITS) != 0 &&
                     replay_is_chain(context, item);
    bool lasts = open ? resume->tainted || (flags & (ENDS | EFFECT_CALLS)) != 0
                      : (flags & (EFFECT_READS | EFFECT_COMMITS | EFFECT_BEGINS |
                                  EFFECT_ROLLS_BACK)) == 0 &&
                            (session_autocommits(context->session) ||
                             (flags & (EFFECT_IMPLICIT_COMMIT | EFFECT_CALLS)) != 0);
    return !lasts || send(resume, resume->now, open, err);
}

// The server, or marsh before it was sent, has said that it failed.
static bool is_known(const struct context *context, const struct error *err)
{
    return !session_outcome_is_unknown(context->session) && err->kind != ERROR_PIPE &&
           !output_has_failed(context->output);
}

static bool note_unseen(struct context *context, struct error *err)
{
    struct resume *resume = context->resume;
    if (resume->unseen || !session_has_unseen(context->session))
        return true;
    resume->unseen = true;
    return marks_leave(resume->marks, resume->now.number) || resume_fail_note(resume, err);
}

// It went well.
static bool take_success(struct context *context, struct error *err)
{
    struct resume *resume = context->resume;
    if (session_transaction(context->session) == TRANSACTION_NONE &&
        !session_in_scope(context->session)) {
        resume->tainted = false;
        return settle(resume, resume->now, err);
    }
    if (!resume->sent || !is_open(context))
        return true;
    if (resume->whole && (resume->opens || resume->chains)) {
        resume->tainted = false;
        return settle(resume, resume->opens ? resume->before : resume->now, err);
    }
    // What did not commit this time: UNLOCK TABLES without a lock, SET autocommit = 0.
    if (resume->may_commit && !resume->tainted)
        return settle(resume, resume->settled, err);
    // A routine may have committed, or begun a transaction that goes on.
    resume->tainted = true;
    return true;
}

// It failed, and did nothing itself.
static bool take_failure(struct context *context, const struct error *failure, struct error *err)
{
    struct resume *resume = context->resume;
    enum { ER_ERROR_DURING_COMMIT = 1180 };
    if (!resume->sent || resume->tainted)
        return true;
    if (!resume->whole)
        return settle(resume, resume->settled, err);
    // Of a routine nobody knows what it had committed by then.
    if ((resume->flags & EFFECT_CALLS) != 0) {
        resume->tainted = true;
        return true;
    }
    // What commits before it begins has committed, if there is no transaction any more.
    bool committed = (resume->flags & (EFFECT_IMPLICIT_COMMIT | EFFECT_BEGINS)) != 0 &&
                     session_transaction(context->session) == TRANSACTION_NONE &&
                     !scope_is_retryable(failure) && failure->number != ER_ERROR_DURING_COMMIT;
    return settle(resume, committed ? resume->before : resume->settled, err);
}

bool resume_after(struct context *context, bool ok, struct error *err)
{
    struct resume *resume = context->resume;
    if (resume == NULL || resume->over)
        return ok;
    struct error failure = ERROR_INIT;
    bool noted = note_unseen(context, &failure);
    if (noted && ok)
        noted = take_success(context, &failure);
    else if (noted && is_known(context, err))
        noted = take_failure(context, err, &failure);
    // A failure that there is already is the one to tell.
    if (ok && !noted)
        error_move(err, &failure);
    error_finish(&failure);
    return ok && noted;
}

bool resume_before_many(struct context *context, struct mark last, struct error *err)
{
    struct resume *resume = context->resume;
    if (resume == NULL)
        return true;
    resume->flags = EFFECT_MAY_FIRE;
    bool lasts = is_open(context) ? resume->tainted : session_autocommits(context->session);
    return !lasts || send(resume, last, is_open(context), err);
}

bool resume_after_many(struct context *context, struct mark done, struct mark last, bool ok,
                       struct error *err)
{
    struct resume *resume = context->resume;
    if (resume == NULL || resume->over)
        return ok;
    struct error failure = ERROR_INIT;
    bool noted = note_unseen(context, &failure);
    if (!noted || resume->tainted) {
        // Nothing more is known.
    } else if (is_open(context) || !resume->sent) {
        // It lasts with the transaction's end; but one that nobody saw begin is a doubt.
        resume->tainted = resume->sent;
    } else if (ok || is_known(context, err)) {
        bool some = done.number > resume->settled.number;
        noted = settle(resume, ok ? last : some ? done : resume->settled, &failure);
    } else if (done.number > resume->settled.number) {
        resume->settled = done;
        noted = send(resume, last, false, &failure);
    }
    if (ok && !noted)
        error_move(err, &failure);
    error_finish(&failure);
    return ok && noted;
}

bool resume_pass(struct context *context, struct mark failed, struct error *err)
{
    struct resume *resume = context->resume;
    if (resume == NULL || resume->over || resume->sent ||
        session_transaction(context->session) != TRANSACTION_NONE ||
        session_in_scope(context->session) || failed.number <= resume->settled.number)
        return true;
    resume->settled = failed;
    resume->noted = failed.number;
    return marks_pass(resume->marks, failed) || resume_fail_note(resume, err);
}
