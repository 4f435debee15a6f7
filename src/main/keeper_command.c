#include "keeper_command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/command/pools.h"
#include "marsh/config/options.h"
#include "marsh/config/resolve.h"
#include "marsh/config/target.h"
#include "marsh/data/grid.h"
#include "marsh/db/connection.h"
#include "marsh/keeper/door.h"
#include "marsh/keeper/keeper.h"
#include "marsh/keeper/kept.h"
#include "marsh/keeper/launch.h"
#include "marsh/keeper/log.h"
#include "marsh/pool/pools.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "run.h"
#include "signals.h"

enum { LOG_MAX = 4 << 20, NOT_RUNNING = 1, PERSIST = 600, IDLE_MAX = 24 };

// What a keeper's runs share.
struct home {
    struct pools *pools;
    struct kept_sessions *sessions;
    int64_t persist;
};

// One run in it.
struct guest {
    struct run_host host;
    struct keeper_client *client;
};

static bool take_signal(void *data, int number)
{
    return signals_take(data, number);
}

static bool begin(void *data, struct signals *signals)
{
    const struct guest *guest = data;
    return keeper_client_begin(guest->client, take_signal, signals, signals_are_deaf(signals));
}

static void end(void *data, int status, bool declined)
{
    const struct guest *guest = data;
    if (declined)
        keeper_client_decline(guest->client);
    else
        keeper_client_end(guest->client, status);
}

static void run(struct keeper *keeper, struct keeper_client *client, struct caller *caller,
                int argc, char **argv, void *data)
{
    const struct home *home = data;
    struct guest guest = {.client = client};
    guest.host = (struct run_host){.pools = home->pools,
                                   .sessions = home->sessions,
                                   .keeper = keeper,
                                   .begun = begin,
                                   .ended = end,
                                   .data = &guest};
    keeper_client_end(client, run_for(caller, &guest.host, DOOR_NONE, argc, argv));
}

static void say_closed(void *data, const char *text)
{
    keeper_tell(data, text);
}

static void sweep(struct keeper *keeper, void *data, bool ending)
{
    const struct home *home = data;
    pools_sweep(home->pools, home->persist);
    kept_sweep(home->sessions, ending, say_closed, keeper);
}

static bool keeps(void *data)
{
    const struct home *home = data;
    return kept_any(home->sessions);
}

static void say_ready(void *data)
{
    (void) data;
    fs_write_all(STDOUT_FILENO, "ready\n", strlen("ready\n"));
    // A socket, which nobody can open by a name like /dev/stderr. A sanitizer's words are for the
    // log.
    dup2(STDIN_FILENO, STDOUT_FILENO);
#ifndef MARSH_SANITIZED
    dup2(STDIN_FILENO, STDERR_FILENO);
#endif
}

// The process itself, once it is away from the terminal.
static bool serve(struct app *app, struct error *err)
{
    struct home home = {.pools = pools_create(connector_mariadb(), clock_monotonic())};
    struct keeper_work work = {.run = run, .sweep = sweep, .keeps = keeps, .data = &home};
    bool taken = false;
    pools_share(home.pools, IDLE_MAX);
    home.sessions = kept_create(home.pools);
    work.persist = app->target.keeper_persist * CLOCK_SECOND;
    home.persist = work.persist > 0 ? work.persist : PERSIST * CLOCK_SECOND;
    bool ok = keeper_serve(&work, say_ready, &taken, err);
    if (ok && taken)
        fs_write_all(STDOUT_FILENO, "taken\n", strlen("taken\n"));
    kept_destroy(home.sessions);
    // A connection that is still being opened uses the library; where that is so, all went well.
    if (!pools_destroy(home.pools))
        _exit(EXIT_SUCCESS);
    return ok;
}

static bool start(struct app *app, struct buf *out, int *status, struct error *err)
{
    bool taken;
    (void) status;
    if (!keeper_launch(app->target.keeper_persist, &taken, err))
        return false;
    if (taken)
        buf_add_text(out, "A keeper runs already.\n");
    return true;
}

static bool stop(struct app *app, struct buf *out, int *status, struct error *err)
{
    (void) app, (void) err;
    if (door_stop())
        return true;
    buf_add_text(out, "No keeper runs.\n");
    *status = NOT_RUNNING;
    return true;
}

static bool show_logs(struct app *app, struct buf *out, int *status, struct error *err)
{
    (void) app, (void) status;
    CLEANUP(mem_free_at) char *path = NULL;
    struct error ignored = ERROR_INIT;
    if (!keeper_log_path(&path, err))
        return false;
    CLEANUP(mem_free_at) char *old = mem_printf("%s.old", path);
    // There may be none yet.
    fs_read_file(old, LOG_MAX, out, &ignored);
    error_finish(&ignored);
    fs_read_file(path, LOG_MAX, out, &ignored);
    error_finish(&ignored);
    return true;
}

static bool ask_status(struct app *app, struct buf *out, int *status, struct error *err)
{
    (void) err;
    if (door_hand_over(app->raw, app->raw_count, true, status) == DOOR_DONE)
        return true;
    buf_add_text(out, "No keeper runs.\n");
    *status = NOT_RUNNING;
    return true;
}

static const struct verb {
    const char *name;
    bool (*run)(struct app *app, struct buf *out, int *status, struct error *err);
} verbs[] = {{"start", start}, {"status", ask_status}, {"stop", stop}, {"logs", show_logs}};

static bool fail_verb(const char *verb, struct error *err)
{
    struct nearest nearest;
    nearest_init(&nearest, verb);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        nearest_offer(&nearest, verbs[i].name);
    const char *near = nearest_get(&nearest);
    return error_set(err, ERROR_USAGE, "keeper is followed by start, status, stop or logs%s%s%s",
                     near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                     near == NULL ? "" : "'?");
}

bool keeper_command(struct app *app, struct buf *out, int *status, struct error *err)
{
    const struct options *options = &app->options;
    const char *verb = options->arg_count > 0 ? options->args[0] : "";
    if (options->arg_count > 1)
        return error_set(err, ERROR_USAGE, "keeper %s takes nothing more", verb);
    if (!resolve_target(&app->options, &app->target, err))
        return false;
    if (strcmp(verb, "serve") == 0)
        return serve(app, err);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verb, verbs[i].name) == 0)
            return verbs[i].run(app, out, status, err);
    }
    return fail_verb(verb, err);
}

static const struct column keeper_columns[] = {
    GRID_COLUMN("pid", COLUMN_NUMBER), GRID_COLUMN("version", COLUMN_TEXT),
    GRID_COLUMN("age", COLUMN_NUMBER), GRID_COLUMN("callers", COLUMN_NUMBER)};
static const struct column caller_columns[] = {GRID_COLUMN("caller", COLUMN_NUMBER),
                                               GRID_COLUMN("elapsed", COLUMN_NUMBER),
                                               GRID_COLUMN("command", COLUMN_TEXT)};
static const struct column session_columns[] = {
    GRID_COLUMN("session", COLUMN_TEXT), GRID_COLUMN("target", COLUMN_TEXT),
    GRID_COLUMN("idle", COLUMN_NUMBER), GRID_COLUMN("pinned_by", COLUMN_TEXT)};

static void add_keeper(const struct run_host *host, struct grid *grid)
{
    int64_t age;
    uint64_t callers;
    keeper_age(host->keeper, &age, &callers);
    grid_printf(grid, "%ld", (long) getpid());
    grid_add(grid, MARSH_VERSION);
    grid_printf(grid, "%.3f", (double) age / CLOCK_SECOND);
    grid_printf(grid, "%" PRIu64, callers);
}

static void add_caller(void *data, const struct keeper_entry *entry)
{
    struct grid *grid = data;
    grid_printf(grid, "%d", entry->pid);
    grid_printf(grid, "%.3f", (double) entry->since / CLOCK_SECOND);
    grid_add(grid, entry->what);
}

static void add_callers(const struct run_host *host, struct grid *grid)
{
    keeper_each(host->keeper, add_caller, grid);
}

static void add_session(void *data, const struct kept_entry *entry)
{
    struct grid *grid = data;
    grid_add(grid, entry->name);
    grid_add(grid, entry->target);
    if (entry->idle < 0)
        grid_add(grid, NULL);
    else
        grid_printf(grid, "%.3f", (double) entry->idle / CLOCK_SECOND);
    grid_add(grid, entry->pins[0] == '\0' ? NULL : entry->pins);
}

static void add_sessions(const struct run_host *host, struct grid *grid)
{
    kept_each(host->sessions, add_session, grid);
}

#define COLUMNS(list) list, sizeof(list) / sizeof((list)[0])

bool keeper_command_status(struct app *app, struct error *err)
{
    static const struct {
        const char *key;
        const struct column *columns;
        size_t count;
        void (*add)(const struct run_host *host, struct grid *grid);
    } tables[] = {{"keeper", COLUMNS(keeper_columns), add_keeper},
                  {"callers", COLUMNS(caller_columns), add_callers},
                  {"sessions", COLUMNS(session_columns), add_sessions}};
    struct context *context = &app->context;
    const struct render_format *format = context->format;
    struct sink *sink = format->create(&context->render, context->output);
    struct buf *out = output_buffer(context->output);
    bool json = strcmp(format->name, "json") == 0;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct grid grid;
        if (json)
            buf_printf(out, "%c\"%s\": ", i == 0 ? '{' : ',', tables[i].key);
        grid_init(&grid, tables[i].columns, tables[i].count);
        tables[i].add(app->host, &grid);
        ok = grid_push(&grid, sink, err);
        grid_finish(&grid);
    }
    if (json)
        buf_add_char(out, ',');
    ok = ok && pools_show(app->host->pools, sink, json ? out : NULL, err);
    if (json)
        buf_add_text(out, "}\n");
    format->destroy(sink);
    return ok && output_flush(context->output, err);
}

// A new one in an older one's place, or the first.
static bool launch(const struct app *app, enum door_result found, struct error *err)
{
    unsigned persist = app->target.keeper_persist;
    bool taken;
    if (found == DOOR_OLDER && !door_retire())
        return false;
    return keeper_launch(persist > 0 ? persist : PERSIST, &taken, err);
}

bool keeper_command_hand_over(struct app *app, bool *done, int *status, struct error *err)
{
    const char *session = app->options.session;
    bool needs = session != NULL;
    bool wants = app->target.keeper == KEEPER_AUTO || needs || app->found == DOOR_OLDER;
    *done = false;
    if (!wants || app->found == DOOR_DECLINED || app->target.keeper == KEEPER_OFF ||
        app->context.interactive || app->target.ask_password)
        return !needs || error_set(err, ERROR_USAGE,
                                   "--session is kept by a keeper, which does one-shot commands "
                                   "alone, asks for no password, and has no /dev/stdin of ours");
    struct error launching = ERROR_INIT;
    enum door_result found = door_hand_over(app->raw, app->raw_count, false, status);
    if ((found == DOOR_NONE || found == DOOR_OLDER) && launch(app, found, &launching))
        found = door_hand_over(app->raw, app->raw_count, false, status);
    // One that keeps sessions stays where it is, and is the one to ask for them.
    if (found == DOOR_OLDER && needs)
        found = door_hand_over(app->raw, app->raw_count, true, status);
    *done = found == DOOR_DONE;
    bool ok = *done || !needs;
    if (!ok && launching.kind != ERROR_NONE)
        error_move(err, &launching);
    else if (!ok)
        error_set(err, ERROR_SYSTEM, "no keeper can be had for the session");
    error_finish(&launching);
    return ok;
}
