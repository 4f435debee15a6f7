// \pool: what the pools hold, how they fare, and closing what they hold.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/data/grid.h"
#include "marsh/data/sink.h"
#include "marsh/pool/pool.h"
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

// One row a pool.
static bool push_pools(const struct manager *manager, struct sink *sink, struct error *err)
{
    static const struct column columns[] = {
        GRID_COLUMN("target", COLUMN_TEXT),         GRID_COLUMN("size", COLUMN_NUMBER),
        GRID_COLUMN("max_overflow", COLUMN_NUMBER), GRID_COLUMN("idle", COLUMN_NUMBER),
        GRID_COLUMN("leased", COLUMN_NUMBER),       GRID_COLUMN("overflow", COLUMN_NUMBER),
        GRID_COLUMN("waiting", COLUMN_NUMBER),      GRID_COLUMN("opened", COLUMN_NUMBER),
        GRID_COLUMN("failed", COLUMN_NUMBER),       GRID_COLUMN("ping_failures", COLUMN_NUMBER),
        GRID_COLUMN("leases", COLUMN_NUMBER),       GRID_COLUMN("timeouts", COLUMN_NUMBER),
    };
    struct grid grid;
    grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
    struct pool *pool;
    for (size_t i = 0; (pool = manager_pool_at(manager, i)) != NULL; i++) {
        struct pool_stats stats;
        const struct target *target = pool_target(pool);
        CLEANUP(mem_free_at) char *name = target_describe(target);
        pool_get_stats(pool, &stats);
        grid_add(&grid, name);
        grid_printf(&grid, "%u", target->pool_size);
        grid_printf(&grid, "%u", target->max_overflow);
        const size_t now[] = {stats.idle, stats.leased, stats.overflow, stats.waiting};
        const uint64_t ever[] = {stats.created, stats.failed, stats.ping_failures, stats.leases,
                                 stats.timeouts};
        for (size_t j = 0; j < sizeof(now) / sizeof(now[0]); j++)
            grid_printf(&grid, "%zu", now[j]);
        for (size_t j = 0; j < sizeof(ever) / sizeof(ever[0]); j++)
            grid_printf(&grid, "%" PRIu64, ever[j]);
    }
    bool ok = grid_push(&grid, sink, err);
    grid_finish(&grid);
    return ok;
}

struct listing {
    struct grid grid;
    const char *target;
};

static void add_entry(void *data, const struct pool_entry *entry)
{
    struct listing *listing = data;
    struct grid *grid = &listing->grid;
    grid_add(grid, listing->target);
    grid_printf(grid, "%lu", entry->thread_id);
    grid_add(grid, entry->state);
    add_seconds(grid, entry->age);
    add_seconds(grid, entry->in_state);
    grid_printf(grid, "%" PRIu64, entry->uses);
    grid_add(grid, entry->who[0] == '\0' ? NULL : entry->who);
    grid_add(grid, entry->statement[0] == '\0' ? NULL : entry->statement);
}

// One row a connection.
static bool push_connections(const struct manager *manager, struct sink *sink, struct error *err)
{
    static const struct column columns[] = {
        GRID_COLUMN("target", COLUMN_TEXT),  GRID_COLUMN("thread_id", COLUMN_NUMBER),
        GRID_COLUMN("state", COLUMN_TEXT),   GRID_COLUMN("age", COLUMN_NUMBER),
        GRID_COLUMN("for", COLUMN_NUMBER),   GRID_COLUMN("uses", COLUMN_NUMBER),
        GRID_COLUMN("session", COLUMN_TEXT), GRID_COLUMN("statement", COLUMN_TEXT),
    };
    struct listing listing;
    grid_init(&listing.grid, columns, sizeof(columns) / sizeof(columns[0]));
    struct pool *pool;
    for (size_t i = 0; (pool = manager_pool_at(manager, i)) != NULL; i++) {
        CLEANUP(mem_free_at) char *name = target_describe(pool_target(pool));
        listing.target = name;
        pool_each(pool, add_entry, &listing);
    }
    bool ok = grid_push(&listing.grid, sink, err);
    grid_finish(&listing.grid);
    return ok;
}

// One row for each reason why connections were closed, and two for what leases took.
static bool push_closings(const struct manager *manager, struct sink *sink, struct error *err)
{
    static const struct column columns[] = {GRID_COLUMN("target", COLUMN_TEXT),
                                            GRID_COLUMN("closed_because", COLUMN_TEXT),
                                            GRID_COLUMN("connections", COLUMN_NUMBER)};
    struct grid grid;
    grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
    struct pool *pool;
    for (size_t i = 0; (pool = manager_pool_at(manager, i)) != NULL; i++) {
        struct pool_stats stats;
        CLEANUP(mem_free_at) char *name = target_describe(pool_target(pool));
        pool_get_stats(pool, &stats);
        for (unsigned j = 0; j < CLOSE_REASONS; j++) {
            if (stats.closed[j] == 0)
                continue;
            grid_add(&grid, name);
            grid_add(&grid, close_reason_name(j));
            grid_printf(&grid, "%" PRIu64, stats.closed[j]);
        }
    }
    bool ok = grid.cell_count == 0 || grid_push(&grid, sink, err);
    grid_finish(&grid);
    return ok;
}

static bool push_times(const struct manager *manager, struct sink *sink, struct error *err)
{
    static const struct column columns[] = {
        GRID_COLUMN("target", COLUMN_TEXT),  GRID_COLUMN("milliseconds", COLUMN_TEXT),
        GRID_COLUMN("count", COLUMN_NUMBER), GRID_COLUMN("p50", COLUMN_NUMBER),
        GRID_COLUMN("p99", COLUMN_NUMBER),   GRID_COLUMN("max", COLUMN_NUMBER),
    };
    struct grid grid;
    grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
    struct pool *pool;
    for (size_t i = 0; (pool = manager_pool_at(manager, i)) != NULL; i++) {
        struct pool_stats stats;
        CLEANUP(mem_free_at) char *name = target_describe(pool_target(pool));
        pool_get_stats(pool, &stats);
        const struct histogram *histograms[] = {&stats.wait, &stats.hold};
        for (size_t j = 0; j < 2; j++) {
            grid_add(&grid, name);
            grid_add(&grid, j == 0 ? "wait for a lease" : "hold of a lease");
            grid_printf(&grid, "%" PRIu64, histograms[j]->count);
            add_milliseconds(&grid, histogram_percentile(histograms[j], 50));
            add_milliseconds(&grid, histogram_percentile(histograms[j], 99));
            add_milliseconds(&grid, histograms[j]->max);
        }
    }
    bool ok = grid_push(&grid, sink, err);
    grid_finish(&grid);
    return ok;
}

static bool show(struct context *context, const struct render_format *format, struct error *err)
{
    struct sink *sink = format->create(&context->render, context->output);
    const struct manager *manager = context->manager;
    bool ok = push_pools(manager, sink, err) && push_connections(manager, sink, err) &&
              push_closings(manager, sink, err) && push_times(manager, sink, err);
    format->destroy(sink);
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
