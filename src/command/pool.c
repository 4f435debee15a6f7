// \pool: what the pools hold, how they fare, and closing what they hold.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/command/pools.h"
#include "marsh/config/target.h"
#include "marsh/data/grid.h"
#include "marsh/data/sink.h"
#include "marsh/pool/pool.h"
#include "marsh/pool/pools.h"
#include "marsh/render/output.h"
#include "marsh/session/manager.h"

static void add_seconds(struct grid *grid, int64_t duration)
{
    grid_printf(grid, "%.3f", (double) duration / CLOCK_SECOND);
}

static void add_milliseconds(struct grid *grid, int64_t duration)
{
    grid_printf(grid, "%.3f", (double) duration * 1000 / CLOCK_SECOND);
}

// A pool by its number, which it keeps for marsh's life: several may have the same target, with
// different settings.
struct shown {
    size_t number;
    const char *target;
    struct pool *pool;
};

// The first cells of every row of every table.
static void add_pool_name(struct grid *grid, const struct shown *shown)
{
    grid_printf(grid, "%zu", shown->number);
    grid_add(grid, shown->target);
}

#define POOL_NAME_COLUMNS GRID_COLUMN("pool", COLUMN_NUMBER), GRID_COLUMN("target", COLUMN_TEXT)

// One table, to which each pool adds its rows.
typedef void (*add_rows)(struct grid *grid, const struct shown *shown);

static bool push(struct pool *const *pools, size_t pool_count, const struct column *columns,
                 size_t count, add_rows add, struct sink *sink, struct error *err)
{
    struct grid grid;
    grid_init(&grid, columns, count);
    for (size_t i = 0; i < pool_count; i++) {
        CLEANUP(mem_free_at) char *name = target_describe(pool_target(pools[i]));
        add(&grid, &(struct shown){i + 1, name, pools[i]});
    }
    bool ok = grid_push(&grid, sink, err);
    grid_finish(&grid);
    return ok;
}

static const struct column pool_columns[] = {
    POOL_NAME_COLUMNS,
    GRID_COLUMN("size", COLUMN_NUMBER),
    GRID_COLUMN("max_overflow", COLUMN_NUMBER),
    GRID_COLUMN("idle", COLUMN_NUMBER),
    GRID_COLUMN("leased", COLUMN_NUMBER),
    GRID_COLUMN("overflow", COLUMN_NUMBER),
    GRID_COLUMN("waiting", COLUMN_NUMBER),
    GRID_COLUMN("opened", COLUMN_NUMBER),
    GRID_COLUMN("failed", COLUMN_NUMBER),
    GRID_COLUMN("ping_failures", COLUMN_NUMBER),
    GRID_COLUMN("leases", COLUMN_NUMBER),
    GRID_COLUMN("timeouts", COLUMN_NUMBER),
};

static void add_pool(struct grid *grid, const struct shown *shown)
{
    struct pool_stats stats;
    const struct target *target = pool_target(shown->pool);
    pool_get_stats(shown->pool, &stats);
    add_pool_name(grid, shown);
    grid_printf(grid, "%u", target->pool_size);
    grid_printf(grid, "%u", target->max_overflow);
    const size_t now[] = {stats.idle, stats.leased, stats.overflow, stats.waiting};
    const uint64_t ever[] = {stats.created, stats.failed, stats.ping_failures, stats.leases,
                             stats.timeouts};
    for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++)
        grid_printf(grid, "%zu", now[i]);
    for (size_t i = 0; i < sizeof(ever) / sizeof(ever[0]); i++)
        grid_printf(grid, "%" PRIu64, ever[i]);
}

static const struct column connection_columns[] = {
    POOL_NAME_COLUMNS,
    GRID_COLUMN("thread_id", COLUMN_NUMBER),
    GRID_COLUMN("state", COLUMN_TEXT),
    GRID_COLUMN("age", COLUMN_NUMBER),
    GRID_COLUMN("for", COLUMN_NUMBER),
    GRID_COLUMN("uses", COLUMN_NUMBER),
    GRID_COLUMN("session", COLUMN_TEXT),
    GRID_COLUMN("statement", COLUMN_TEXT),
};

struct listing {
    struct grid *grid;
    const struct shown *shown;
};

static void add_entry(void *data, const struct pool_entry *entry)
{
    const struct listing *listing = data;
    struct grid *grid = listing->grid;
    add_pool_name(grid, listing->shown);
    grid_printf(grid, "%lu", entry->thread_id);
    grid_add(grid, entry->state);
    add_seconds(grid, entry->age);
    add_seconds(grid, entry->in_state);
    grid_printf(grid, "%" PRIu64, entry->uses);
    grid_add(grid, entry->who[0] == '\0' ? NULL : entry->who);
    grid_add(grid, entry->statement[0] == '\0' ? NULL : entry->statement);
}

static void add_connections(struct grid *grid, const struct shown *shown)
{
    struct listing listing = {grid, shown};
    pool_each(shown->pool, add_entry, &listing);
}

static const struct column closing_columns[] = {POOL_NAME_COLUMNS,
                                                GRID_COLUMN("closed_because", COLUMN_TEXT),
                                                GRID_COLUMN("connections", COLUMN_NUMBER)};

static void add_closings(struct grid *grid, const struct shown *shown)
{
    struct pool_stats stats;
    pool_get_stats(shown->pool, &stats);
    for (unsigned i = 0; i < CLOSE_REASONS; i++) {
        if (stats.closed[i] == 0)
            continue;
        add_pool_name(grid, shown);
        grid_add(grid, close_reason_name(i));
        grid_printf(grid, "%" PRIu64, stats.closed[i]);
    }
}

static const struct column time_columns[] = {
    POOL_NAME_COLUMNS,
    GRID_COLUMN("milliseconds", COLUMN_TEXT),
    GRID_COLUMN("count", COLUMN_NUMBER),
    GRID_COLUMN("p50", COLUMN_NUMBER),
    GRID_COLUMN("p99", COLUMN_NUMBER),
    GRID_COLUMN("max", COLUMN_NUMBER),
};

static void add_times(struct grid *grid, const struct shown *shown)
{
    struct pool_stats stats;
    pool_get_stats(shown->pool, &stats);
    const struct histogram *histograms[] = {&stats.wait, &stats.hold};
    for (size_t i = 0; i < 2; i++) {
        add_pool_name(grid, shown);
        grid_add(grid, i == 0 ? "wait for a lease" : "hold of a lease");
        grid_printf(grid, "%" PRIu64, histograms[i]->count);
        add_milliseconds(grid, histogram_percentile(histograms[i], 50));
        add_milliseconds(grid, histogram_percentile(histograms[i], 99));
        add_milliseconds(grid, histograms[i]->max);
    }
}

static bool show_all(struct pool *const *pools, size_t pool_count, struct sink *sink,
                     struct buf *json, struct error *err)
{
    static const struct {
        const char *key;
        const struct column *columns;
        size_t count;
        add_rows add;
    } tables[] = {
        {"pools", pool_columns, sizeof(pool_columns) / sizeof(pool_columns[0]), add_pool},
        {"connections", connection_columns,
         sizeof(connection_columns) / sizeof(connection_columns[0]), add_connections},
        {"closed", closing_columns, sizeof(closing_columns) / sizeof(closing_columns[0]),
         add_closings},
        {"times", time_columns, sizeof(time_columns) / sizeof(time_columns[0]), add_times},
    };
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (json != NULL)
            buf_printf(json, "%s\"%s\": ", i == 0 ? "" : ",", tables[i].key);
        ok = push(pools, pool_count, tables[i].columns, tables[i].count, tables[i].add, sink, err);
    }
    return ok;
}

bool pools_show(struct pools *pools, struct sink *sink, struct buf *json, struct error *err)
{
    struct pool **list = NULL;
    struct pool *pool;
    size_t count = 0;
    while ((pool = pools_take_at(pools, count)) != NULL) {
        list = mem_realloc(list, (count + 1) * sizeof(struct pool *));
        list[count++] = pool;
    }
    bool ok = show_all(list, count, sink, json, err);
    while (count > 0)
        pool_destroy(list[--count]);
    free(list);
    return ok;
}

// As JSON they are one document, with a key for each table. A run shows what it has used itself.
static bool show(struct context *context, const struct render_format *format, struct error *err)
{
    struct sink *sink = format->create(&context->render, context->output);
    struct buf *out = output_buffer(context->output);
    const struct manager *manager = context->manager;
    bool json = strcmp(format->name, "json") == 0;
    struct pool **pools = NULL;
    struct pool *pool;
    size_t count = 0;
    while ((pool = manager_pool_at(manager, count)) != NULL) {
        pools = mem_realloc(pools, (count + 1) * sizeof(struct pool *));
        pools[count++] = pool;
    }
    if (json)
        buf_add_char(out, '{');
    bool ok = show_all(pools, count, sink, json ? out : NULL, err);
    if (json)
        buf_add_text(out, "}\n");
    format->destroy(sink);
    free(pools);
    return ok;
}

static void close_all(const struct manager *manager, bool those_leased)
{
    struct pool *pool;
    for (size_t i = 0; (pool = manager_pool_at(manager, i)) != NULL; i++)
        pool_close_idle(pool, those_leased);
}

bool command_pool(struct context *context, char *const *args, struct error *err)
{
    const char *verb = args[0];
    const struct render_format *format = context->format;
    if (verb != NULL && strcmp(verb, "--format") == 0) {
        if (args[1] == NULL)
            return error_set(err, ERROR_USAGE, "--format needs a format");
        format = render_format_need(args[1], err);
        return format != NULL && show(context, format, err);
    }
    if (verb == NULL)
        return show(context, format, err);
    bool recycle = strcmp(verb, "recycle") == 0;
    if ((!recycle && strcmp(verb, "close") != 0) || args[1] != NULL)
        return error_set(err, ERROR_USAGE, "usage: \\pool [recycle | close | --format FORMAT]");
    close_all(context->manager, recycle);
    return true;
}
