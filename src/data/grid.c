#include "marsh/data/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/data/sink.h"

void grid_init(struct grid *grid, const struct column *columns, size_t count)
{
    *grid = (struct grid){.columns = columns, .count = count};
}

void grid_finish(struct grid *grid)
{
    for (size_t i = 0; i < grid->cell_count; i++)
        free(grid->cells[i]);
    free(grid->cells);
    *grid = (struct grid){.count = 0};
}

static void take(struct grid *grid, char *text)
{
    grid->cells = mem_realloc(grid->cells, (grid->cell_count + 1) * sizeof(*grid->cells));
    grid->cells[grid->cell_count++] = text;
}

void grid_add(struct grid *grid, const char *text)
{
    take(grid, mem_strdup(text));
}

void grid_printf(struct grid *grid, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    take(grid, mem_vprintf(format, args));
    va_end(args);
}

bool grid_push(const struct grid *grid, struct sink *sink, struct error *err)
{
    assert(grid->cell_count % grid->count == 0);
    unsigned long *lengths = mem_calloc(grid->count, sizeof(*lengths));
    bool ok = sink_columns(sink, SET_ROWS, grid->columns, grid->count, err);
    uint64_t rows = 0;
    for (size_t i = 0; ok && i < grid->cell_count; i += grid->count) {
        for (size_t j = 0; j < grid->count; j++)
            lengths[j] = grid->cells[i + j] == NULL ? 0 : strlen(grid->cells[i + j]);
        struct row row = {(const char *const *) grid->cells + i, lengths};
        ok = sink_row(sink, &row, err);
        rows++;
    }
    struct summary summary = {.has_columns = true, .kind = SET_ROWS, .rows = rows};
    ok = ok && sink_summary(sink, &summary, err);
    if (!ok)
        sink_abort(sink);
    free(lengths);
    return ok;
}
