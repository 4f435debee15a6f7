#include "marsh/copy/copy.h"

#include "ends.h"
#include "marsh/base/error.h"
#include "marsh/command/context.h"
#include "run.h"

// What has no meaning for rows that go into a file.
static bool check_unload(const struct copy_options *options, struct error *err)
{
    const struct {
        const char *name;
        bool given;
    } loads[] = {
        {"--map", options->map_count > 0},
        {"--batch", options->batch > 0},
        {"--rejects", options->rejects != NULL},
        {"--on-error", options->skips},
        {"--scope", options->scope},
    };
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        if (loads[i].given)
            return error_set(err, ERROR_USAGE, "%s is for copying into a table", loads[i].name);
    }
    return true;
}

static bool check_load(const struct copy_options *options, const struct end *from,
                       struct error *err)
{
    if (from->kind != END_FILE || (options->where == NULL && options->columns == NULL))
        return true;
    return error_set(err, ERROR_USAGE, "%s is for copying from a table%s",
                     options->where != NULL ? "--where" : "--columns",
                     options->where != NULL ? "" : "; --map COLUMN= leaves a file's column out");
}

static bool check_sandbox(const struct context *context, const struct copy_options *options,
                          const struct ends *ends, struct error *err)
{
    bool files = ends->from.kind == END_FILE || ends->to.kind == END_FILE ||
                 options->rejects != NULL;
    return !context->sandbox || !files ||
           error_set(err, ERROR_USAGE, "files are refused in sandbox mode");
}

bool copy_run(struct context *context, const struct copy_options *options, char *const *words,
              size_t count, struct error *err)
{
    struct ends ends;
    bool ok = ends_open(&ends, context, options->jobs, words, count, err) &&
              check_sandbox(context, options, &ends, err);
    if (ok && ends.to.kind == END_FILE)
        ok = check_unload(options, err) && unload_run(context, options, &ends, err);
    else if (ok)
        ok = check_load(options, &ends.from, err) && load_run(context, options, &ends, err);
    ends_finish(&ends);
    return ok;
}

bool copy_print_table(struct context *context, const struct copy_options *options,
                      char *const *words, size_t count, struct error *err)
{
    struct end from = {.kind = END_TABLE};
    if (count != 1)
        return error_set(err, ERROR_USAGE, "table takes the name of one table");
    bool ok = end_read_table(&from, words[0], err);
    if (ok) {
        from.session = context->session;
        ok = unload_print(context, options, &from, err);
    }
    end_finish(&from);
    return ok;
}
