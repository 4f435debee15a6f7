#include "marsh/data/recorder.h"

#include <stdlib.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"

enum { CELLS_MAX = 4 << 20 };

static struct recorded_set *add_set(struct recorder *recorder)
{
    size_t size = (recorder->count + 1) * sizeof(*recorder->sets);
    recorder->sets = mem_realloc(recorder->sets, size);
    struct recorded_set *set = &recorder->sets[recorder->count++];
    *set = (struct recorded_set){.kind = SET_ROWS};
    return set;
}

static bool record_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                           size_t count, struct error *err)
{
    (void) err;
    struct recorded_set *set = add_set((struct recorder *) sink);
    set->kind = kind;
    set->columns = count;
    set->names = mem_calloc(count, sizeof(*set->names));
    for (size_t i = 0; i < count; i++)
        set->names[i] = mem_strndup(columns[i].name, columns[i].name_len);
    return true;
}

static bool record_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct recorder *recorder = (struct recorder *) sink;
    struct recorded_set *set = &recorder->sets[recorder->count - 1];
    recorder->cells += set->columns;
    if (recorder->cells > CELLS_MAX)
        return error_set(err, ERROR_SYSTEM, "a result of more than %d cells", CELLS_MAX);
    size_t used = set->rows * set->columns;
    // Room doubles whenever the number of rows reaches a power of two.
    if ((set->rows & (set->rows - 1)) == 0) {
        size_t room = (set->rows == 0 ? 1 : set->rows * 2) * set->columns;
        set->cells = mem_realloc(set->cells, room * sizeof(*set->cells));
        set->lengths = mem_realloc(set->lengths, room * sizeof(*set->lengths));
    }
    for (size_t i = 0; i < set->columns; i++) {
        set->cells[used + i] = mem_strndup(row->cells[i], row->lengths[i]);
        set->lengths[used + i] = row->lengths[i];
    }
    set->rows++;
    return true;
}

static bool record_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) err;
    struct recorder *recorder = (struct recorder *) sink;
    struct recorded_set *set = summary->has_columns ? &recorder->sets[recorder->count - 1]
                                                    : add_set(recorder);
    set->affected = summary->affected;
    set->insert_id = summary->insert_id;
    set->warnings = summary->warnings;
    set->finished = true;
    return true;
}

static void record_abort(struct sink *sink)
{
    ((struct recorder *) sink)->aborts++;
}

void recorder_init(struct recorder *recorder)
{
    static const struct sink_ops ops = {record_columns, record_row, record_summary, record_abort};
    *recorder = (struct recorder){.sink = {&ops}};
}

void recorder_finish(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->count; i++) {
        struct recorded_set *set = &recorder->sets[i];
        for (size_t j = 0; j < set->columns; j++)
            free(set->names[j]);
        for (size_t j = 0; j < set->rows * set->columns; j++)
            free(set->cells[j]);
        free(set->names);
        free(set->cells);
        free(set->lengths);
    }
    free(recorder->sets);
    recorder_init(recorder);
}

const char *recorder_cell(const struct recorder *recorder, size_t row, size_t column)
{
    if (recorder->count == 0 || row >= recorder->sets[0].rows ||
        column >= recorder->sets[0].columns)
        return NULL;
    return recorder->sets[0].cells[row * recorder->sets[0].columns + column];
}

size_t recorder_rows(const struct recorder *recorder)
{
    return recorder->count == 0 ? 0 : recorder->sets[0].rows;
}
