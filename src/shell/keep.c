#include "keep.h"

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/variables.h"

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct keep *self = (struct keep *) sink;
    self->passes = kind == SET_OUT || self->sets == 0;
    self->sets += kind == SET_ROWS;
    if (kind == SET_OUT) {
        recorder_finish(&self->recorder);
        recorder_init(&self->recorder);
        self->out = true;
        self->rows = 0;
    }
    return !self->passes || sink_columns(&self->recorder.sink, kind, columns, count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct keep *self = (struct keep *) sink;
    if (!self->passes)
        return true;
    return self->rows++ > 0 || sink_row(&self->recorder.sink, row, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) sink;
    (void) summary;
    (void) err;
    return true;
}

void keep_init(struct keep *keep)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, NULL};
    *keep = (struct keep){.sink = {&ops}};
    recorder_init(&keep->recorder);
}

void keep_finish(struct keep *keep)
{
    recorder_finish(&keep->recorder);
}

static bool check(const struct keep *keep, const char *prefix, struct error *err)
{
    if (!keep->out && keep->sets == 0)
        return error_set(err, ERROR_USAGE, "\\gset needs a row, and the statement has none");
    if (!keep->out && keep->sets > 1)
        return error_set(err, ERROR_USAGE, "\\gset needs one result set, not %zu", keep->sets);
    if (keep->rows != 1)
        return error_set(err, ERROR_USAGE, "\\gset needs one row, not %zu", keep->rows);
    const struct recorded_set *set = &keep->recorder.sets[0];
    for (size_t i = 0; i < set->columns; i++) {
        CLEANUP(mem_free_at) char *name = mem_printf("%s%s", prefix, set->names[i]);
        if (!variables_is_name(name))
            return error_set(err, ERROR_USAGE, "'%s' is no name of a variable: give the column one",
                             name);
    }
    return true;
}

bool keep_take(const struct keep *keep, const char *prefix, struct variables *variables,
               struct error *err)
{
    if (!check(keep, prefix, err))
        return false;
    const struct recorded_set *set = &keep->recorder.sets[0];
    for (size_t i = 0; i < set->columns; i++) {
        CLEANUP(mem_free_at) char *name = mem_printf("%s%s", prefix, set->names[i]);
        size_t len = set->cells[i] == NULL ? 0 : set->lengths[i];
        if (!variables_set(variables, name, set->cells[i], len, err))
            return false;
    }
    return true;
}
