#include "call_options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/call/call.h"
#include "marsh/config/options.h"

// "5s", "500ms", "2m", "1h"; a number alone is seconds.
static bool parse_time(const char *text, int64_t *micros)
{
    static const struct {
        const char *unit;
        double micros;
    } units[] = {{"", 1e6}, {"s", 1e6}, {"ms", 1e3}, {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}};
    char *end;
    double value = strtod(text, &end);
    bool number = (text[0] >= '0' && text[0] <= '9') || text[0] == '.';
    for (size_t i = 0; number && i < sizeof(units) / sizeof(units[0]); i++) {
        double found = value * units[i].micros;
        if (strcmp(end, units[i].unit) != 0 || found < 1 || found > 1e15)
            continue;
        *micros = (int64_t) found;
        return true;
    }
    return false;
}

static bool parse_count(const char *text, size_t max, size_t *count)
{
    char *end;
    unsigned long value = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (value == 0 || *end != '\0' || value > max)
        return false;
    *count = value;
    return true;
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
    call->asks = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    if (options->timeout != NULL && !parse_time(options->timeout, &call->timeout))
        return error_set(err, ERROR_USAGE, "--timeout takes a time, as 5s, 500ms or 2m");
    if (options->set != NULL && !parse_count(options->set, 1000000, &call->set))
        return error_set(err, ERROR_USAGE, "--set takes a number from 1");
    return check_alone(options, err);
}
