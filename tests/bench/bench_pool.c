// What a lease costs, and many sessions on a small pool, on a real server:
//     ninja -C build/release tests/bench/bench_pool
//     build/release/tests/bench/bench_pool SOCKET        root's, without a password; see
//                                                        `marsh scratch start`
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

enum { SESSIONS = 5000, POOL = 10, THREADS = 16 };

static void stop(struct error *err)
{
    fprintf(stderr, "bench_pool: %s\n", err->message);
    exit(1);
}

static void set(struct target *target, const char *name, const char *value)
{
    struct error err = ERROR_INIT;
    if (!target_set(target, name, value, &err))
        stop(&err);
}

static void make_target(struct target *target, const char *socket, const char *reset)
{
    target_init(target);
    set(target, "socket", socket);
    set(target, "user", "root");
    set(target, "pool_reset_on_return", reset);
    target->pool_size = POOL;
    target->max_overflow = 0;
    target_settle(target);
}

// Lease and return, uncontended; with a reset it is a round trip.
static void bench_lease(const char *socket, const char *reset, size_t rounds)
{
    struct target target;
    struct error err = ERROR_INIT;
    struct lease *lease;
    make_target(&target, socket, reset);
    struct pool *pool = pool_create(&target, connector_mariadb(), clock_monotonic());
    pool_maintain_itself(pool);
    if (!pool_lease(pool, &(struct pool_request){.who = "bench"}, &lease, &err))
        stop(&err);
    lease_return(lease);
    double begin = bench_now();
    for (size_t i = 0; i < rounds; i++) {
        if (!pool_lease(pool, &(struct pool_request){.who = "bench"}, &lease, &err))
            stop(&err);
        lease_return(lease);
    }
    double took = bench_now() - begin;
    printf("lease and return, reset on return: %-9s %9.3f us\n", reset,
           took * 1e6 / (double) rounds);
    pool_destroy(pool);
    target_finish(&target);
}

struct crowd {
    struct session **sessions;
    size_t next;
    pthread_mutex_t lock;
};

// Each session runs one statement and gives its lease back.
static void *work(void *data)
{
    struct crowd *crowd = data;
    for (;;) {
        pthread_mutex_lock(&crowd->lock);
        size_t mine = crowd->next++;
        pthread_mutex_unlock(&crowd->lock);
        if (mine >= SESSIONS)
            return NULL;
        struct error err = ERROR_INIT;
        if (!session_run(crowd->sessions[mine], "DO 1", 4, sink_discard(), &err))
            stop(&err);
        session_release_idle(crowd->sessions[mine]);
    }
}

static long resident_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
    return kib;
}

static void bench_sessions(const char *socket)
{
    struct target target;
    make_target(&target, socket, "reset");
    struct pool *pool = pool_create(&target, connector_mariadb(), clock_monotonic());
    struct crowd crowd = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct cancel **tokens = mem_calloc(SESSIONS, sizeof(*tokens));
    crowd.sessions = mem_calloc(SESSIONS, sizeof(struct session *));
    long before = resident_kib();
    for (size_t i = 0; i < SESSIONS; i++) {
        tokens[i] = cancel_create();
        crowd.sessions[i] = session_create("crowd", pool, tokens[i]);
    }
    pthread_t threads[THREADS];
    double begin = bench_now();
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, &crowd);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    double took = bench_now() - begin;
    struct pool_stats stats;
    pool_get_stats(pool, &stats);
    printf("%d sessions on a pool of %d, %d threads, a statement each: %.3f s, %llu connections, "
           "%ld bytes a session\n",
           SESSIONS, POOL, THREADS, took, (unsigned long long) stats.created,
           (resident_kib() - before) * 1024 / SESSIONS);
    for (size_t i = 0; i < SESSIONS; i++) {
        session_destroy(crowd.sessions[i]);
        cancel_destroy(tokens[i]);
    }
    free(crowd.sessions);
    free(tokens);
    pool_destroy(pool);
    target_finish(&target);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_pool SOCKET\n");
        return 2;
    }
    bench_lease(argv[1], "none", 2000000);
    bench_lease(argv[1], "rollback", 50000);
    bench_lease(argv[1], "reset", 50000);
    bench_sessions(argv[1]);
    connector_mariadb_end();
    return 0;
}
