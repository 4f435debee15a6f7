#include "merge.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"

static void forget(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        column_finish(&merge->columns[i]);
    free(merge->columns);
    free(merge->cells);
    free(merge->lengths);
    merge->columns = NULL;
    merge->cells = NULL;
    merge->lengths = NULL;
    merge->count = 0;
}

bool merge_close(struct merge *merge, struct error *err)
{
    const struct summary summary = {.has_columns = true, .kind = merge->kind, .rows = merge->rows};
    bool open = merge->open;
    merge->open = false;
    return !open || sink_summary(merge->next, &summary, err);
}

static bool is_same(const struct merge *merge, enum set_kind kind, const struct column *columns,
                    size_t count)
{
    size_t front = merge->bare ? 0 : 1;
    bool same = merge->open && merge->kind == kind && merge->count == count + front;
    for (size_t i = 0; same && i < count; i++) {
        const struct column *own = &merge->columns[i + front];
        same = own->kind == columns[i].kind && own->name_len == columns[i].name_len &&
               memcmp(own->name, columns[i].name, own->name_len) == 0;
    }
    return same;
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    static const char name[] = "target";
    struct merge *merge = (struct merge *) sink;
    size_t front = merge->bare ? 0 : 1;
    if (is_same(merge, kind, columns, count))
        return true;
    if (!merge_close(merge, err))
        return false;
    forget(merge);
    merge->count = count + front;
    merge->columns = mem_calloc(merge->count, sizeof(*merge->columns));
    merge->cells = mem_calloc(merge->count, sizeof(*merge->cells));
    merge->lengths = mem_calloc(merge->count, sizeof(*merge->lengths));
    if (front > 0)
        merge->columns[0] = column_copy(
            &(struct column){name, strlen(name), COLUMN_TEXT, true, 0, NULL});
    for (size_t i = 0; i < count; i++) {
        merge->columns[i + front] = column_copy(&columns[i]);
        merge->columns[i + front].declared = 0; // another target's may be wider
    }
    merge->kind = kind;
    merge->rows = 0;
    merge->open = true;
    return sink_columns(merge->next, kind, merge->columns, merge->count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct merge *merge = (struct merge *) sink;
    merge->rows++;
    if (merge->bare)
        return sink_row(merge->next, row, err);
    merge->cells[0] = merge->target;
    merge->lengths[0] = strlen(merge->target);
    memcpy(&merge->cells[1], row->cells, (merge->count - 1) * sizeof(*merge->cells));
    memcpy(&merge->lengths[1], row->lengths, (merge->count - 1) * sizeof(*merge->lengths));
    const struct row longer = {merge->cells, merge->lengths};
    return sink_row(merge->next, &longer, err);
}

// A set with rows goes on with the next target.
static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct merge *merge = (struct merge *) sink;
    // One without rows would end it for nothing where nobody tells of it.
    return summary->has_columns || !merge->tells ||
           (merge_close(merge, err) && sink_summary(merge->next, summary, err));
}

void merge_init(struct merge *merge, struct sink *next, bool bare, bool tells)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, NULL};
    *merge = (struct merge){.sink = {&ops}, .next = next, .bare = bare, .tells = tells};
}

void merge_finish(struct merge *merge)
{
    forget(merge);
}
