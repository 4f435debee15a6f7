#include "marsh/fan/fan.h"

#include <stdlib.h>
#include <string.h>

#include "differ.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/command/crew.h"
#include "marsh/data/tape.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/manager.h"
#include "marsh/shell/message.h"
#include "marsh/shell/shell.h"
#include "merge.h"

struct fan {
    struct context *context;
    const struct fan_options *options;
    const struct fan_target *targets;
    size_t count;
    fan_work work;
    void *data;                // of the work
    struct branch *branches;   // one a target
    struct manager **managers; // each with a pool of its own
    struct crew *crew;
    struct merge merge;
    bool differs;
    size_t failed;
    enum error_kind kind; // of the first that failed
    struct buf failures;
};

struct branch {
    const struct fan *fan;
    const struct fan_target *target;
};

static bool run_branch(struct context *context, void *data, struct error *err)
{
    const struct branch *branch = data;
    if (branch->target->failure == NULL)
        return branch->fan->work(context, branch->fan->data, err);
    error_copy(err, branch->target->failure);
    return false;
}

static struct lane *open_lane(void *data, size_t index, void **work_data, struct error *err)
{
    struct fan *fan = data;
    const char *nearest;
    fan->managers[index] = manager_create_over(manager_pools(fan->context->manager));
    struct lane *lane = lane_create(fan->context, fan->managers[index], fan->targets[index].target,
                                    fan->targets[index].name, true, err);
    // A call's results are rows like any others.
    if (lane != NULL)
        lane_context(lane)->format = render_format_find("tsv", &nearest);
    fan->branches[index] = (struct branch){fan, &fan->targets[index]};
    *work_data = &fan->branches[index];
    return lane;
}

// Each line with the target in front.
static void say(const struct fan *fan, size_t index, const char *text, size_t len)
{
    struct buf lines = BUF_INIT;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end == NULL ? len - at : (size_t) (end - text) - at + 1;
        buf_printf(&lines, "%s: ", fan->targets[index].name);
        buf_add(&lines, text + at, line);
        at += line;
    }
    message_say(fan->context, lines.data, lines.len);
    buf_finish(&lines);
}

static void say_text(const struct fan *fan, size_t index, const char *text)
{
    say(fan, index, text, strlen(text));
}

static void say_failure(struct fan *fan, size_t index)
{
    struct buf text = BUF_INIT;
    struct error err = ERROR_INIT;
    error_copy(&err, lane_error(crew_lane(fan->crew, index)));
    // What it was at is in its place; what is not known of it was told already.
    if (crew_was_late(fan->crew, index) &&
        (err.kind == ERROR_CANCELLED || err.kind == ERROR_CONNECTION)) {
        char *place = err.place;
        err.place = NULL;
        error_finish(&err);
        error_set(&err, ERROR_DEADLINE, "cancelled after %.3g s",
                  (double) fan->options->timeout / CLOCK_SECOND);
        err.place = place;
    }
    message_add_error(&text, &err);
    say(fan, index, text.data, text.len);
    if (fan->failed++ == 0)
        fan->kind = err.kind;
    buf_printf(&fan->failures, "%s%s", fan->failures.len == 0 ? "" : ", ",
               fan->targets[index].name);
    error_finish(&err);
    buf_finish(&text);
}

// What one has to tell besides its rows.
static void conclude(struct fan *fan, size_t index)
{
    struct lane *lane = crew_lane(fan->crew, index);
    const struct buf *messages = lane_messages(lane);
    say(fan, index, messages->data, messages->len);
    fan->context->errors += lane_context(lane)->errors;
    if (!lane_went_well(lane))
        say_failure(fan, index);
    else if (crew_was_late(fan->crew, index))
        say_text(fan, index, "it went on to its end, though its time was over\n");
}

static bool show_all(struct fan *fan, struct error *err)
{
    size_t index;
    bool ok = true;
    for (size_t i = 0; ok && i < fan->count; i++) {
        if (!crew_next(fan->crew, &index, err))
            return false;
        struct tape *tape = lane_tape(crew_lane(fan->crew, index));
        fan->merge.target = fan->targets[index].name;
        // Of one that failed there may be sets from before.
        ok = tape_play(tape, &fan->merge.sink, err);
        tape_finish(tape);
        conclude(fan, index);
    }
    return ok;
}

static bool compare(struct fan *fan, struct differ *differ, struct error *err)
{
    size_t index;
    for (size_t i = 0; i < fan->count; i++) {
        if (!crew_next(fan->crew, &index, err))
            return false;
        struct lane *lane = crew_lane(fan->crew, index);
        conclude(fan, index);
        if (lane_went_well(lane) && !differ_add(differ, lane_tape(lane), err))
            return false;
    }
    for (size_t i = 0; i < fan->count; i++) {
        struct lane *lane = crew_lane(fan->crew, i);
        fan->merge.target = fan->targets[i].name;
        if (lane_went_well(lane) &&
            !differ_play(differ, lane_tape(lane), &fan->merge.sink, &fan->differs, err))
            return false;
    }
    return true;
}

// Those that went well are compared when all are over.
static bool show_differences(struct fan *fan, struct error *err)
{
    struct differ *differ = differ_create();
    bool ok = compare(fan, differ, err);
    differ_destroy(differ);
    return ok;
}

static bool render(void *data, struct sink *sink, struct error *err)
{
    struct fan *fan = data;
    merge_init(&fan->merge, sink, fan->options->bare, fan->context->verbose > 1);
    bool ok = fan->options->diff ? show_differences(fan, err) : show_all(fan, err);
    ok = ok && merge_close(&fan->merge, err);
    // Behind the rows of all, which are one document.
    for (size_t i = 0; ok && i < fan->count; i++)
        ok = output_give(lane_context(crew_lane(fan->crew, i))->output, fan->context->output, err);
    if (!ok)
        sink_abort(sink);
    merge_finish(&fan->merge);
    return ok;
}

// It was interrupted: what became of those that nothing was told of.
static void tell_all(struct fan *fan)
{
    for (size_t i = 0; i < fan->count; i++) {
        struct lane *lane = crew_lane(fan->crew, i);
        if (lane == NULL) {
            say_text(fan, i, "not begun\n");
        } else if (!crew_was_told(fan->crew, i)) {
            conclude(fan, i);
            if (lane_went_well(lane))
                say_text(fan, i, "done; its rows are not shown\n");
        }
    }
}

// The kind of the first failure tells the exit status.
static bool sum_up(struct fan *fan, struct error *err)
{
    if (fan->failed > 0)
        return error_set(err, fan->kind, "%zu of %zu targets failed: %s", fan->failed, fan->count,
                         buf_cstr(&fan->failures));
    if (fan->differs)
        fan->context->exit_status = EXIT_STATEMENT;
    return true;
}

bool fan_run(struct context *context, const struct fan_target *targets, size_t count,
             const struct fan_options *options, fan_work work, void *data, struct error *err)
{
    struct fan fan = {.context = context,
                      .options = options,
                      .targets = targets,
                      .count = count,
                      .work = work,
                      .data = data};
    const struct crew_plan plan = {.count = count,
                                   .most = options->most > 0 ? options->most : FAN_MOST,
                                   .unordered = options->unordered,
                                   .timeout = options->timeout,
                                   .open = open_lane,
                                   .work = run_branch,
                                   .data = &fan};
    fan.managers = mem_calloc(count, sizeof(struct manager *));
    fan.branches = mem_calloc(count, sizeof(*fan.branches));
    context->used = true;
    fan.crew = crew_create(context, &plan);
    bool ok = shell_render(context, SHELL_READS, render, &fan, err);
    crew_end(fan.crew);
    if (crew_was_interrupted(fan.crew))
        tell_all(&fan);
    crew_destroy(fan.crew);
    for (size_t i = 0; i < count; i++)
        manager_destroy(fan.managers[i]);
    ok = ok && sum_up(&fan, err);
    free(fan.managers);
    free(fan.branches);
    buf_finish(&fan.failures);
    return ok;
}
