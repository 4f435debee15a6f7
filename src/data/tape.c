#include "marsh/data/tape.h"

#include <stdlib.h>

#include "marsh/base/mem.h"

static struct tape_set *add_set(struct tape *tape, enum set_kind kind)
{
    tape->sets = mem_realloc(tape->sets, (tape->count + 1) * sizeof(*tape->sets));
    struct tape_set *set = &tape->sets[tape->count++];
    *set = (struct tape_set){.kind = kind};
    spool_init(&set->rows, tape->caller);
    return set;
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct tape_set *set = add_set((struct tape *) sink, kind);
    (void) err;
    set->columns = mem_calloc(count, sizeof(*set->columns));
    set->count = count;
    for (size_t i = 0; i < count; i++)
        set->columns[i] = column_copy(&columns[i]);
    return true;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct tape *tape = (struct tape *) sink;
    struct tape_set *set = &tape->sets[tape->count - 1];
    tape->rows++;
    return spool_add(&set->rows, row, set->count, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct tape *tape = (struct tape *) sink;
    (void) err;
    struct tape_set *set = summary->has_columns ? &tape->sets[tape->count - 1]
                                                : add_set(tape, summary->kind);
    set->summary = *summary;
    set->info = mem_strdup(summary->info);
    set->summary.info = set->info;
    set->whole = true;
    return true;
}

void tape_init(struct tape *tape, const struct caller *caller)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, NULL};
    *tape = (struct tape){.sink = {&ops}, .caller = caller};
}

void tape_finish(struct tape *tape)
{
    for (size_t i = 0; i < tape->count; i++) {
        struct tape_set *set = &tape->sets[i];
        for (size_t j = 0; j < set->count; j++)
            column_finish(&set->columns[j]);
        free(set->columns);
        free(set->info);
        spool_finish(&set->rows);
    }
    free(tape->sets);
    tape_init(tape, tape->caller);
}

bool tape_play_rows(struct tape *tape, size_t index, struct sink *sink, struct error *err)
{
    struct tape_set *set = &tape->sets[index];
    const char **cells = mem_calloc(set->count, sizeof(*cells));
    unsigned long *lengths = mem_calloc(set->count, sizeof(*lengths));
    const struct row row = {cells, lengths};
    bool ok = spool_rewind(&set->rows, false, err);
    while (ok && set->rows.rows > 0)
        ok = spool_take(&set->rows, cells, lengths, set->count, err) && sink_row(sink, &row, err);
    free(cells);
    free(lengths);
    return ok;
}

static bool play_set(struct tape *tape, size_t index, struct sink *sink, struct error *err)
{
    const struct tape_set *set = &tape->sets[index];
    if (set->columns != NULL && (!sink_columns(sink, set->kind, set->columns, set->count, err) ||
                                 !tape_play_rows(tape, index, sink, err)))
        return false;
    if (set->whole)
        return sink_summary(sink, &set->summary, err);
    sink_abort(sink);
    return true;
}

bool tape_play(struct tape *tape, struct sink *sink, struct error *err)
{
    for (size_t i = 0; i < tape->count; i++) {
        if (!play_set(tape, i, sink, err))
            return false;
    }
    return true;
}
