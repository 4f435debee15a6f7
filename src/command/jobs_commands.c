// Commands about jobs: beginning one, listing, waiting, fetching, cancelling.
#include <inttypes.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/command/jobs.h"
#include "marsh/data/grid.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/sql/splitter.h"

static bool need_jobs(const struct context *context, struct error *err)
{
    return context->jobs != NULL ||
           error_set(err, ERROR_USAGE, "there are no jobs in the background");
}

// \bg COMMAND ...: a statement is ended by it instead.
bool command_bg(struct context *context, char *const *args, struct error *err)
{
    unsigned number;
    if (args[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "\\bg stands behind a statement, in place of its ;, or before a command");
    const char *name = args[0][0] == '\\' ? args[0] + 1 : args[0];
    size_t len = strcspn(name, " \t");
    const char *rest = name + len;
    while (text_is_space(*rest))
        rest++;
    const struct command *command = command_find(name, len, true);
    if (command == NULL || command->run == NULL)
        return error_set(err, ERROR_USAGE, "there is no command '%s', see \\help", args[0]);
    if ((command->flags & COMMAND_ALONE) != 0)
        return error_set(err, ERROR_USAGE, "\\%s can't be used in the background", command->name);
    const struct split_item item = {.command = true,
                                    .backslash = true,
                                    .text = command->name,
                                    .len = strlen(command->name),
                                    .args = rest,
                                    .args_len = strlen(rest),
                                    .begin = context->begin};
    if (!jobs_start(context, &item, &number, err))
        return false;
    if (context->interactive)
        buf_printf(output_buffer(context->output), "[%u] runs\n", number);
    return true;
}

static void add_job(struct grid *grid, struct job *job)
{
    static const char *const states[] = {[JOB_RUNNING] = "running",
                                         [JOB_DONE] = "done",
                                         [JOB_FAILED] = "failed",
                                         [JOB_CANCELLED] = "cancelled"};
    struct job_facts facts;
    job_describe(job, &facts);
    grid_printf(grid, "%u", facts.number);
    grid_add(grid, facts.target);
    grid_add(grid, facts.text);
    grid_add(grid, states[facts.state]);
    grid_printf(grid, "%.3f", (double) facts.elapsed / CLOCK_SECOND);
    grid_printf(grid, "%" PRIu64, facts.rows);
    if (facts.thread_id == 0)
        grid_add(grid, NULL);
    else
        grid_printf(grid, "%lu", facts.thread_id);
}

bool command_jobs(struct context *context, char *const *args, struct error *err)
{
    static const struct column columns[] = {
        GRID_COLUMN("job", COLUMN_NUMBER),       GRID_COLUMN("target", COLUMN_TEXT),
        GRID_COLUMN("statement", COLUMN_TEXT),   GRID_COLUMN("state", COLUMN_TEXT),
        GRID_COLUMN("elapsed", COLUMN_NUMBER),   GRID_COLUMN("rows", COLUMN_NUMBER),
        GRID_COLUMN("thread_id", COLUMN_NUMBER),
    };
    struct grid grid;
    struct job *job;
    (void) args;
    if (!need_jobs(context, err))
        return false;
    grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; (job = jobs_at(context->jobs, i)) != NULL; i++)
        add_job(&grid, job);
    struct sink *sink = context->format->create(&context->render, context->output);
    bool ok = grid_push(&grid, sink, err);
    context->format->destroy(sink);
    grid_finish(&grid);
    return ok;
}

// "1 3": waits for each; in a script their results are shown then.
static bool wait_for(struct context *context, struct job *job, struct error *err)
{
    return context->interactive ? job_wait(job, context, false, err)
                                : job_settle(job, context, err);
}

bool command_wait(struct context *context, char *const *args, struct error *err)
{
    if (!need_jobs(context, err))
        return false;
    if (args[0] == NULL && !context->interactive)
        return jobs_settle(context, err);
    struct job *job;
    bool ok = true;
    for (size_t i = 0; ok && args[0] == NULL && (job = jobs_at(context->jobs, i)) != NULL; i++)
        ok = wait_for(context, job, err);
    CLEANUP(mem_free_at) char *numbers = mem_strdup(args[0] == NULL ? "" : args[0]);
    char *next = NULL;
    for (char *number = strtok_r(numbers, " \t,", &next); ok && number != NULL;
         number = strtok_r(NULL, " \t,", &next)) {
        job = jobs_need(context->jobs, number, err);
        ok = job != NULL && wait_for(context, job, err);
    }
    return ok;
}

static bool show(struct context *context, struct job *job, struct error *err)
{
    bool ok = job_show(job, context, err) && job_take_error(job, err);
    return ok;
}

bool command_fetch(struct context *context, char *const *args, struct error *err)
{
    const struct render_format *kept = context->format;
    struct job_facts facts;
    if (!need_jobs(context, err))
        return false;
    struct job *job = jobs_need(context->jobs, args[0], err);
    if (job == NULL)
        return false;
    job_describe(job, &facts);
    if (facts.state == JOB_RUNNING)
        return error_set(err, ERROR_USAGE, "job %u is running: \\wait %u or \\fg %u", facts.number,
                         facts.number, facts.number);
    bool named = args[1] != NULL && strcmp(args[1], "--format") == 0;
    const char *name = named ? args[2] : args[1];
    if (named && name == NULL)
        return error_set(err, ERROR_USAGE, "--format needs a format");
    if (!named && args[2] != NULL)
        return error_set(err, ERROR_USAGE, "usage: \\fetch JOB [--format FORMAT]");
    const struct render_format *format = name == NULL ? kept : render_format_need(name, err);
    if (format == NULL)
        return false;
    context->format = format;
    bool ok = show(context, job, err);
    context->format = kept;
    return ok;
}

bool command_cancel(struct context *context, char *const *args, struct error *err)
{
    if (!need_jobs(context, err))
        return false;
    struct job *job = jobs_need(context->jobs, args[0], err);
    if (job == NULL)
        return false;
    job_cancel(job);
    return true;
}

bool command_fg(struct context *context, char *const *args, struct error *err)
{
    if (!need_jobs(context, err))
        return false;
    struct job *job = args[0] != NULL ? jobs_need(context->jobs, args[0], err)
                                      : jobs_last(context->jobs, err);
    if (job == NULL || !job_wait(job, context, true, err))
        return false;
    bool ok = show(context, job, err);
    jobs_drop(context->jobs, job);
    return ok;
}

bool command_all(struct context *context, char *const *args, struct error *err)
{
    return command_may_leave_session(context, "another target", err) &&
           context->all(context, args[0], err);
}
