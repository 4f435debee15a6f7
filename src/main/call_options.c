#include "call_options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "marsh/call/call.h"
#include "marsh/call/each.h"
#include "marsh/config/options.h"
#include "marsh/copy/copy.h"
#include "marsh/fan/fan.h"

bool call_options_count(const char *text, size_t max, size_t *count)
{
    char *end;
    unsigned long value = text_is_digit(text[0]) ? strtoul(text, &end, 10) : 0;
    if (value == 0 || *end != '\0' || value > max)
        return false;
    *count = value;
    return true;
}

static bool read_timeout(const struct options *options, int64_t *timeout, struct error *err)
{
    return options->timeout == NULL || clock_parse(options->timeout, timeout) ||
           error_set(err, ERROR_USAGE, "--timeout takes a time, as 5s, 500ms or 2m");
}

static bool read_jobs(const struct options *options, size_t *jobs, struct error *err)
{
    return options->jobs == NULL || call_options_count(options->jobs, 1000, jobs) ||
           error_set(err, ERROR_USAGE, "--jobs takes a number from 1 to 1000");
}

// What can't go together, as each wants the output for itself.
static bool check_alone(const struct options *options, struct error *err)
{
    const struct {
        const char *name;
        bool given;
    } outputs[] = {
        {"--out", options->out != NULL},
        {"--set", options->set != NULL},
        {"--sets", options->sets != NULL},
        {"--explain", options->explain},
        {"--each", options->each != NULL},
        {"--format env", options->format != NULL && strcmp(options->format, "env") == 0},
    };
    const char *first = NULL;
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        bool sets = strcmp(outputs[i].name, "--explain") == 0;
        if (!outputs[i].given || (sets && first == NULL))
            continue;
        if (first != NULL)
            return error_set(err, ERROR_USAGE, "%s and %s do not go together", first,
                             outputs[i].name);
        first = outputs[i].name;
    }
    return true;
}

bool call_options_read(const struct options *options, struct call_options *call, struct error *err)
{
    call->out = options->out;
    call->exit_from = options->exit_from;
    call->sets = options->sets;
    call->explain = options->explain;
    call->asks = isatty(caller_in(options->caller)) == 1 &&
                 isatty(caller_err(options->caller)) == 1;
    if (!read_timeout(options, &call->timeout, err))
        return false;
    if (options->set != NULL && !call_options_count(options->set, 1000000, &call->set))
        return error_set(err, ERROR_USAGE, "--set takes a number from 1");
    return check_alone(options, err);
}

// Options that mean something only for rows, and those that can't be meant for them.
static bool check_each(const struct options *options, struct error *err)
{
    const struct {
        const char *name;
        bool given;
        bool of_each;
    } others[] = {
        {"--jobs", options->jobs != NULL, true},
        {"--map", options->map_count > 0, true},
        {"--unordered", options->unordered, true},
        {"--rejects", options->rejects != NULL, true},
        {"--on-error", options->on_error != NULL, true},
        {"--batch", options->batch_rows != NULL, true},
        {"--checkpoint", options->checkpoint != NULL && options->front == FRONT_CALL, true},
        {"--exit-from", options->exit_from != NULL, false},
        {"--explain", options->explain, false},
        {"--scope", options->scope, false},
        {"--dry-run", options->dry_run, false},
        {"--isolation", options->isolation != NULL, false},
        {"--read-only", options->read_only, false},
        {"--consistent-snapshot", options->consistent_snapshot, false},
    };
    bool each = options->each != NULL;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i].given && others[i].of_each != each)
            return error_set(err, ERROR_USAGE, "%s goes %s --each%s", others[i].name,
                             each ? "not with" : "only with",
                             each ? "; --batch N commits N rows together" : "");
    }
    const char *format = options->format;
    if (each && format != NULL && strcmp(format, "jsonl") != 0)
        return error_set(err, ERROR_USAGE, "the output of --each is jsonl, not %s", format);
    return true;
}

// What is the same for rows that are called with and rows that are copied. Who collects the rows
// that failed wants all of them.
static bool read_rows(const struct options *options, bool *skips, size_t *jobs, size_t *batch,
                      struct error *err)
{
    const char *on_error = options->on_error;
    *skips = on_error != NULL ? strcmp(on_error, "skip") == 0 : options->rejects != NULL;
    if (on_error != NULL && !*skips && strcmp(on_error, "stop") != 0)
        return error_set(err, ERROR_USAGE, "--on-error is stop or skip, not '%s'", on_error);
    if (!read_jobs(options, jobs, err))
        return false;
    if (options->batch_rows != NULL && !call_options_count(options->batch_rows, 100000, batch))
        return error_set(err, ERROR_USAGE, "--batch takes a number from 1 to 100000");
    return true;
}

bool each_options_read(const struct options *options, struct each_options *each, struct error *err)
{
    if (options->front != FRONT_CALL)
        return true;
    each->path = options->each;
    each->maps = options->maps;
    each->map_count = options->map_count;
    each->unordered = options->unordered;
    each->rejects = options->rejects;
    each->checkpoint = options->checkpoint;
    return read_rows(options, &each->skips, &each->jobs, &each->batch, err) &&
           read_timeout(options, &each->timeout, err) && check_each(options, err);
}

static bool check_copy(const struct options *options, struct error *err)
{
    const struct {
        const char *name;
        bool given;
    } others[] = {
        {"--dry-run", options->dry_run},
        {"--retry", options->retry != NULL},
        {"--isolation", options->isolation != NULL},
        {"--read-only", options->read_only},
        {"--consistent-snapshot", options->consistent_snapshot},
        {"--format", options->format != NULL && options->front == FRONT_COPY},
        {"--tee", options->tee != NULL && options->front == FRONT_COPY},
        {"--skip-column-names", options->no_column_names && options->front == FRONT_COPY},
        {"--execute", options->execute_count > 0},
        {"--checkpoint", options->checkpoint != NULL},
        {"--checkpoint-unknown", options->checkpoint_unknown != NULL},
        {"--scope", options->scope && options->front == FRONT_TABLE},
    };
    const char *front = options->front == FRONT_COPY ? "copy" : "table";
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i].given)
            return error_set(err, ERROR_USAGE, "%s goes not with 'marsh %s'", others[i].name,
                             front);
    }
    if (options->scope && options->jobs != NULL && strcmp(options->jobs, "1") != 0)
        return error_set(err, ERROR_USAGE,
                         "--scope is one transaction, which is on one connection: not with --jobs");
    return true;
}

bool copy_options_read(const struct options *options, struct copy_options *copy, struct error *err)
{
    if (options->front != FRONT_COPY && options->front != FRONT_TABLE)
        return true;
    copy->where = options->where;
    copy->columns = options->columns;
    copy->maps = options->maps;
    copy->map_count = options->map_count;
    copy->rejects = options->rejects;
    copy->progress = options->progress;
    copy->scope = options->scope;
    return read_rows(options, &copy->skips, &copy->jobs, &copy->batch, err) &&
           check_copy(options, err);
}

bool call_options_fan(const struct options *options, struct fan_options *fan, struct error *err)
{
    *fan = (struct fan_options){
        .bare = options->no_target_column, .diff = options->diff, .unordered = options->unordered};
    return read_jobs(options, &fan->most, err) && read_timeout(options, &fan->timeout, err);
}
