// A storm over a real server: `storm SOCKET`, with a server of the test's own behind the socket and
// nobody else on it. 200 threads on a pool of 8 read, wait and write, while connections are killed
// in every state they have. No lease is lost, none is given twice, nobody waits for ever, the
// counts add up; what a thread knows to be committed is there once, what it knows to have failed is
// not there. It goes on for MARSH_STORM_SECONDS, or a few rounds.
#include <sched.h>

#include "../unit/storm.h"
#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"

enum { ROUNDS = 30, SEEN_MAX = 16, TEXT_MAX = 160, WAIT_MAX = 200 };

// Of the trouble's steps, every so many are a lull, the first one early.
enum { LULL_EVERY = 400, FIRST_LULL = 20 };

enum outcome { FAILED, COMMITTED, UNKNOWN, OUTCOMES };

// What a thread knows of the rows that it wrote; by their number.
struct ledger {
    char *outcomes;
    unsigned count;
};

enum { KILL_IDLE, KILL_LEASED, KILL_COMMIT, KILL_OTHER, KILL_UNSEEN, KILLS };

struct real {
    struct storm storm;
    struct target target;
    struct connection *control;
    struct ledger ledgers[STORM_THREADS];
    unsigned kills[KILLS];
    unsigned lulls;
    unsigned steps;
    unsigned long awaited;
};

// Only a kill makes a statement fail.
static bool run_into(struct connection *connection, const char *text, struct sink *sink)
{
    static const unsigned numbers[] = {1317, 1927, 2006, 2013, 2055};
    struct error err = ERROR_INIT;
    bool ok = connection_query(connection, text, strlen(text), sink, &err);
    bool killed = false;
    for (size_t i = 0; i < LENGTH(numbers); i++)
        killed = killed || err.number == numbers[i];
    if (!ok && !killed)
        fprintf(stderr, "%s: %u %s\n", text, err.number, err.message);
    HOLDS(ok || killed);
    error_finish(&err);
    return ok;
}

static bool run(struct connection *connection, const char *text)
{
    return run_into(connection, text, sink_discard());
}

static struct real *real_of(const struct storm_worker *worker)
{
    return (struct real *) worker->storm;
}

// Over a connection that the pool knows nothing of.
static void control(struct real *real, const char *text, struct recorder *recorder)
{
    struct error err = ERROR_INIT;
    struct sink *sink = recorder == NULL ? sink_discard() : &recorder->sink;
    if (!connection_query(real->control, text, strlen(text), sink, &err)) {
        // "Unknown thread id": it has ended by itself.
        if (err.number != 1094)
            fprintf(stderr, "%s: %s\n", text, err.message);
        HOLDS(err.number == 1094);
    }
    error_finish(&err);
}

// The answer is that of this connection to this statement, and nothing is left of who had it
// before.
static bool look(struct storm_worker *worker, struct connection *connection, unsigned long id)
{
    char text[TEXT_MAX];
    char mark[32];
    char own[32];
    struct recorder recorder;
    snprintf(mark, sizeof(mark), "%u.%u", worker->index, worker->asked);
    snprintf(text, sizeof(text), "SELECT CONNECTION_ID(), '%s', @left, @@in_transaction", mark);
    snprintf(own, sizeof(own), "%lu", id);
    recorder_init(&recorder);
    bool ok = run_into(connection, text, &recorder.sink);
    if (ok) {
        HOLDS(recorder_rows(&recorder) == 1);
        HOLDS(strcmp(recorder_cell(&recorder, 0, 0), own) == 0);
        HOLDS(strcmp(recorder_cell(&recorder, 0, 1), mark) == 0);
        HOLDS(recorder_cell(&recorder, 0, 2) == NULL);
        HOLDS(strcmp(recorder_cell(&recorder, 0, 3), "0") == 0);
        ok = run(connection, "SET @left = 1");
    }
    recorder_finish(&recorder);
    return ok;
}

// A KILL that meets the end of a SLEEP may hold up every SLEEP of the server for 2 s; that is the
// server's own doing, and shows in the longest wait.
static bool wait_in_server(struct storm_worker *worker, struct connection *connection)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof(text), "DO SLEEP(0.%03u)", support_random(&worker->seed) % 30);
    return run(connection, text);
}

// A transaction with one row, and what is known of it then. One in so many is left open: giving the
// connection back rolls it back.
static bool put_down(struct storm_worker *worker, struct lease *lease)
{
    struct connection *connection = lease_connection(lease);
    char text[TEXT_MAX];
    struct ledger *ledger = &real_of(worker)->ledgers[worker->index];
    ledger->outcomes = mem_realloc(ledger->outcomes, ledger->count + 1);
    snprintf(text, sizeof(text), "INSERT INTO storm.t VALUES (%u, %u)", worker->index,
             ledger->count);
    enum outcome outcome = FAILED;
    bool ok = run(connection, "BEGIN") && run(connection, text);
    if (ok && support_random(&worker->seed) % 10 > 0) {
        struct connection_state state;
        lease_note(lease, "COMMIT", strlen("COMMIT"));
        // The second one lasts beyond its commit, so that more of these are done but not answered.
        ok = run(connection, ledger->count % 2 == 0 ? "COMMIT" : "COMMIT; DO SLEEP(0.003)");
        connection_get_state(connection, &state);
        outcome = ok ? COMMITTED : state.lost && state.unsent ? FAILED : UNKNOWN;
    }
    ledger->outcomes[ledger->count++] = (char) outcome;
    return ok;
}

static void use(struct storm_worker *worker, struct lease *lease)
{
    struct connection *connection = lease_connection(lease);
    struct connection_state state;
    connection_get_state(connection, &state);
    unsigned long id = state.thread_id;
    uint32_t dice = support_random(&worker->seed) % 100;
    storm_hold(worker->storm, id);
    lease_note(lease, "storm", strlen("storm"));
    bool ok = look(worker, connection, id);
    if (ok && dice < 30)
        ok = wait_in_server(worker, connection);
    else if (ok && dice < 80)
        ok = put_down(worker, lease);
    storm_let_go(worker->storm, id);
    if (dice % 20 == 19)
        lease_discard(lease);
    else if (dice % 20 == 18)
        lease_return_reset(lease);
    else
        lease_return(lease);
}

// What pool_each says.
struct seen {
    size_t count;
    struct {
        unsigned long id;
        unsigned kind;
    } each[SEEN_MAX];
};

static void see(void *data, const struct pool_entry *entry)
{
    struct seen *seen = data;
    HOLDS(seen->count < SEEN_MAX);
    seen->each[seen->count].id = entry->thread_id;
    seen->each[seen->count].kind = strcmp(entry->statement, "COMMIT") == 0 ? KILL_COMMIT
                                   : strcmp(entry->state, "idle") == 0     ? KILL_IDLE
                                   : strcmp(entry->state, "leased") == 0   ? KILL_LEASED
                                                                           : KILL_OTHER;
    seen->count++;
}

static bool is_seen(const struct seen *seen, unsigned long id)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->each[i].id == id)
            return true;
    }
    return false;
}

static void kill_one(struct real *real, unsigned long id, unsigned kind)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof(text), "KILL CONNECTION %lu", id);
    control(real, text, NULL);
    real->kills[kind]++;
}

static void kill_any_seen(struct real *real)
{
    struct seen seen = {.count = 0};
    pool_each(real->storm.pool, see, &seen);
    if (seen.count == 0)
        return;
    size_t which = support_random(&real->storm.seed) % seen.count;
    if (seen.each[which].id != 0)
        kill_one(real, seen.each[which].id, seen.each[which].kind);
}

// Whoever commits just now is not told how that came out.
static void kill_commit(struct real *real)
{
    struct seen seen = {.count = 0};
    pool_each(real->storm.pool, see, &seen);
    for (size_t i = 0; i < seen.count; i++) {
        if (seen.each[i].kind == KILL_COMMIT) {
            kill_one(real, seen.each[i].id, KILL_COMMIT);
            return;
        }
    }
}

// The server's connections but for the control's; of those the first that the pool does not have
// yet (it is logging in, or being prepared), or no more, or 0.
static unsigned long find_unseen(struct real *real)
{
    struct seen seen = {.count = 0};
    struct recorder recorder;
    unsigned long found = 0;
    pool_each(real->storm.pool, see, &seen);
    recorder_init(&recorder);
    control(real,
            "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND"
            " user NOT IN ('system user', 'event_scheduler') ORDER BY id DESC",
            &recorder);
    for (size_t i = 0; i < recorder_rows(&recorder) && found == 0; i++) {
        unsigned long id = strtoul(recorder_cell(&recorder, i, 0), NULL, 10);
        if (!is_seen(&seen, id))
            found = id;
    }
    recorder_finish(&recorder);
    return found;
}

static void await(struct real *real, bool (*condition)(struct real *real))
{
    int64_t deadline = clock_now(clock_monotonic()) + WAIT_MAX * CLOCK_SECOND;
    while (!condition(real)) {
        HOLDS(clock_now(clock_monotonic()) < deadline);
        sched_yield();
    }
}

static bool is_quiet(struct real *real)
{
    struct pool_stats stats;
    pool_get_stats(real->storm.pool, &stats);
    return stats.leased == 0 && stats.waiting == 0;
}

static bool is_gone(struct real *real)
{
    char text[TEXT_MAX];
    struct recorder recorder;
    snprintf(text, sizeof(text), "SELECT 1 FROM information_schema.processlist WHERE id = %lu",
             real->awaited);
    recorder_init(&recorder);
    control(real, text, &recorder);
    bool gone = recorder_rows(&recorder) == 0;
    recorder_finish(&recorder);
    return gone;
}

// Nobody asks for a lease until all connections are idle and half of them killed; then all do.
static void trouble_in_lull(struct real *real)
{
    struct seen seen = {.count = 0};
    storm_lull(&real->storm, true);
    await(real, is_quiet);
    pool_each(real->storm.pool, see, &seen);
    for (size_t i = 0; i < seen.count; i += 2) {
        kill_one(real, seen.each[i].id, seen.each[i].kind);
        real->awaited = seen.each[i].id;
        await(real, is_gone);
    }
    storm_lull(&real->storm, false);
    real->lulls++;
}

static void trouble(struct storm *storm)
{
    struct real *real = (struct real *) storm;
    uint32_t dice = support_random(&storm->seed) % 400;
    if (real->steps++ % LULL_EVERY == FIRST_LULL) {
        trouble_in_lull(real);
    } else if (dice < 20) {
        kill_any_seen(real);
    } else if (dice < 40) {
        kill_commit(real);
    } else if (dice < 60) {
        unsigned long id = find_unseen(real);
        if (id != 0)
            kill_one(real, id, KILL_UNSEEN);
    } else if (dice < 62) {
        pool_close_idle(storm->pool, dice == 60);
    } else {
        // What paces all this.
        control(real, "DO SLEEP(0.001)", NULL);
    }
}

static void set_up(struct real *real, const char *socket)
{
    struct error err = ERROR_INIT;
    target_init(&real->target);
    if (!target_set(&real->target, "socket", socket, &err) ||
        !target_set(&real->target, "user", "root", &err))
        HOLDS(false);
    target_settle(&real->target);
    HOLDS(connector_open(connector_mariadb(), &real->target, 0, 10, &real->control, &err));
    control(real, "CREATE DATABASE storm", NULL);
    control(real, "CREATE TABLE storm.t (worker INT, n INT, KEY (worker)) ENGINE=InnoDB", NULL);
    real->target.pool_size = STORM_SIZE;
    real->target.max_overflow = STORM_OVERFLOW;
    real->target.pool_min_idle = 2;
    real->target.pool_recycle = 2;
    real->target.pool_timeout = 300; // nobody has to wait that long: it would be for ever
    // So that connecting and resetting take a while, in which they are killed as well.
    if (!target_set(&real->target, "init_command", "DO SLEEP(0.002)", &err))
        HOLDS(false);
}

struct totals {
    unsigned of[OUTCOMES];
    unsigned unknown_done;
};

// What a thread knows against what the table says.
static void check_ledger(struct real *real, unsigned worker, struct totals *totals)
{
    char text[TEXT_MAX];
    struct recorder recorder;
    const struct ledger *ledger = &real->ledgers[worker];
    CLEANUP(mem_free_at) char *found = mem_calloc(ledger->count + 1, 1);
    snprintf(text, sizeof(text), "SELECT n FROM storm.t WHERE worker = %u", worker);
    recorder_init(&recorder);
    control(real, text, &recorder);
    for (size_t i = 0; i < recorder_rows(&recorder); i++) {
        unsigned long n = strtoul(recorder_cell(&recorder, i, 0), NULL, 10);
        HOLDS(n < ledger->count);
        HOLDS(found[n]++ == 0);
    }
    recorder_finish(&recorder);
    for (unsigned n = 0; n < ledger->count; n++) {
        HOLDS(ledger->outcomes[n] != COMMITTED || found[n] == 1);
        HOLDS(ledger->outcomes[n] != FAILED || found[n] == 0);
        totals->of[(unsigned) ledger->outcomes[n]]++;
        totals->unknown_done += ledger->outcomes[n] == UNKNOWN && found[n] == 1;
    }
}

static void report(const struct real *real, const struct pool_stats *stats,
                   const struct totals *totals)
{
    printf("leases %llu, created %llu, failed to connect %llu, most at once %u\n",
           (unsigned long long) stats->leases, (unsigned long long) stats->created,
           (unsigned long long) stats->failed, atomic_load(&real->storm.most));
    printf("killed: idle %u, leased %u, committing %u, checking or resetting %u, unseen %u;"
           " lulls %u\n",
           real->kills[KILL_IDLE], real->kills[KILL_LEASED], real->kills[KILL_COMMIT],
           real->kills[KILL_OTHER], real->kills[KILL_UNSEEN], real->lulls);
    printf("rows: committed %u, failed %u, unknown %u, of these there %u\nclosed:",
           totals->of[COMMITTED], totals->of[FAILED], totals->of[UNKNOWN], totals->unknown_done);
    for (unsigned i = 0; i < CLOSE_REASONS; i++)
        printf(" %s %llu", close_reason_name(i), (unsigned long long) stats->closed[i]);
    printf("\nlongest wait %.1f s\n", (double) stats->wait.max / CLOCK_SECOND);
}

static bool is_none_unseen(struct real *real)
{
    return find_unseen(real) == 0;
}

static void check(struct real *real)
{
    struct pool_stats stats;
    struct totals totals = {.unknown_done = 0};
    storm_check(&real->storm, &stats);
    // The server takes a moment to see that one was closed.
    await(real, is_none_unseen);
    for (unsigned i = 0; i < STORM_THREADS; i++)
        check_ledger(real, i, &totals);
    report(real, &stats, &totals);
    HOLDS(totals.of[COMMITTED] > 0 && totals.of[FAILED] > 0);
    HOLDS(stats.closed[CLOSE_LOST] > 0 && stats.closed[CLOSE_DEAD] > 0);
    HOLDS(real->kills[KILL_IDLE] > 0 && real->kills[KILL_LEASED] > 0);
}

int main(int argc, char **argv)
{
    HOLDS(argc == 2);
    struct real *real = mem_calloc(1, sizeof(*real));
    struct storm *storm = &real->storm;
    storm_init(storm);
    set_up(real, argv[1]);
    storm->rounds = ROUNDS;
    storm->use = use;
    storm->trouble = trouble;
    storm->pool = pool_create(&real->target, connector_mariadb(), clock_monotonic());
    pool_maintain_itself(storm->pool);
    storm_time(storm, "MARSH_STORM_SECONDS");
    storm_run(storm);
    check(real);
    pool_destroy(storm->pool);
    connection_close(real->control);
    connector_mariadb_end();
    for (unsigned i = 0; i < STORM_THREADS; i++)
        free(real->ledgers[i].outcomes);
    target_finish(&real->target);
    storm_finish(storm);
    free(real);
    return 0;
}
