#include "marsh/batch/scope.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/scope.h"
#include "marsh/session/session.h"

// The pause doubles with each try, and half of it is random, so that two that met once do not meet
// again.
static bool pause_before(unsigned attempt, struct context *context)
{
    const struct clock *clock = clock_monotonic();
    unsigned doublings = attempt < 6 ? attempt : 6;
    int64_t longest = (CLOCK_SECOND / 50) << doublings;
    int64_t now = clock_now(clock);
    int64_t random = (int64_t) ((uint64_t) now * 0x5851f42d4c957f2dU >> 33 & 0xffff);
    return cancel_wait(context->cancel, now + longest / 2 + (longest / 2 * random >> 16));
}

static void say(struct context *context, const char *text)
{
    context->say(context, text, strlen(text));
    context->say(context, "\n", 1);
}

static void say_dry(struct context *context)
{
    CLEANUP(mem_free_at)
    char *text = mem_printf(
        "Dry run: %llu statement%s would have changed %llu row%s%s; rolled back.",
        context->changing, context->changing == 1 ? "" : "s", context->changed_rows,
        context->changed_rows == 1 ? "" : "s",
        context->may_have_changed ? ", and functions may have changed more" : "");
    say(context, text);
}

// Ends the scope as it went. What the rollback itself says is of no more use.
static bool end(struct context *context, struct session *session, const struct scoped_run *run,
                const struct scope_counts *before, bool ok, struct error *err)
{
    struct error ignored = ERROR_INIT;
    if (ok && cancel_was_fired(context->cancel))
        ok = error_set(err, ERROR_CANCELLED, "interrupted");
    if (ok && !run->dry)
        return scope_commit(session, err);
    // The interruption was of the work; ROLLBACK has to go through.
    if (!ok && err->kind == ERROR_CANCELLED)
        cancel_reset(context->cancel);
    bool over = session_transaction(session) != TRANSACTION_OPEN;
    bool lost = session_transaction(session) == TRANSACTION_LOST;
    bool rolled_back = scope_rollback(session, ok ? err : &ignored);
    if (!ok && run->retries > 0)
        scope_settle_doubt(session, before, err);
    bool partly = session_scope_is_partly_committed(session);
    error_finish(&ignored);
    if (ok && !rolled_back)
        return false;
    // A CALL with a COMMIT in it, an implicit commit that was allowed: nothing undoes that.
    if (ok && partly)
        return error_set(err, ERROR_SQL,
                         "the dry run is not rolled back: a statement in it has committed");
    if (ok && rolled_back)
        say_dry(context);
    else if (partly && rolled_back)
        say(context,
            "The scope is rolled back from where a statement in it has, or may have, committed.");
    else if (partly)
        say(context,
            "The scope is not rolled back: a statement in it has, or may have, committed.");
    else if (!ok && lost)
        say(context, "The server rolls the scope back, but for what it did in tables that know no "
                     "transactions.");
    else if (!ok && (over || rolled_back))
        say(context, "The scope is rolled back.");
    return ok && rolled_back;
}

static bool run_once(struct context *context, const struct scoped_run *run, struct error *err)
{
    // The work may switch to another, and leave it at that.
    struct session *session = context->session;
    struct scope_counts before = {.commits = 0};
    if (!scope_begin(session, &context->scope, err))
        return false;
    if (run->retries > 0 && !scope_count(session, &before, err))
        return end(context, session, run, &before, false, err);
    context->changing = context->changed_rows = 0;
    context->may_have_changed = false;
    context->scoped_run = true;
    context->runs_again = run->retries > 0;
    bool ok = run->work(run->data, err);
    context->scoped_run = false;
    // Errors that --force has shown and passed over are errors of the scope.
    if (ok && context->errors > 0)
        ok = error_set(err, ERROR_SQL, "%zu error%s in the scope", context->errors,
                       context->errors == 1 ? "" : "s");
    return end(context, session, run, &before, ok, err);
}

static void show_held(struct output *output)
{
    struct error ignored = ERROR_INIT;
    output_let_go(output, &ignored);
    error_finish(&ignored);
}

bool batch_run_scope(struct context *context, const struct scoped_run *run, struct error *err)
{
    for (unsigned attempt = 0;; attempt++) {
        if (run->retries > 0 && !output_hold(context->output, err))
            return false;
        if (run_once(context, run, err)) {
            if (cancel_was_fired(context->cancel) && !run->dry)
                say(context, "The scope is committed.");
            return output_let_go(context->output, err);
        }
        if (attempt >= run->retries || !scope_is_retryable(err) ||
            session_scope_is_partly_committed(context->session)) {
            if (run->tells)
                show_held(context->output);
            output_drop(context->output);
            return false;
        }
        output_drop(context->output);
        CLEANUP(mem_free_at)
        char *text = mem_printf("%s; running the scope again, %u of %u.", err->message, attempt + 1,
                                run->retries);
        say(context, text);
        free(session_take_notice(context->session));
        error_finish(err);
        session_start_over(context->session);
        if (!pause_before(attempt, context))
            return error_set(err, ERROR_CANCELLED, "interrupted");
    }
}
