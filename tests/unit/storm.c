#include "storm.h"

#include <limits.h>
#include <sched.h>

#include "marsh/base/clock.h"
#include "marsh/config/target.h"

void storm_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

void storm_init(struct storm *storm)
{
    *storm = (struct storm){.seed = 7};
    storm->holders = calloc(STORM_HOLDERS, sizeof(*storm->holders));
    storm->workers = calloc(STORM_THREADS, sizeof(*storm->workers));
    HOLDS(storm->holders != NULL && storm->workers != NULL);
    pthread_mutex_init(&storm->lock, NULL);
    pthread_cond_init(&storm->lull_over, NULL);
}

void storm_finish(struct storm *storm)
{
    pthread_cond_destroy(&storm->lull_over);
    pthread_mutex_destroy(&storm->lock);
    free(storm->holders);
    free(storm->workers);
}

void storm_time(struct storm *storm, const char *variable)
{
    const char *text = getenv(variable);
    long seconds = text == NULL ? 0 : strtol(text, NULL, 10);
    if (seconds > 0)
        storm->until = clock_now(clock_monotonic()) + seconds * CLOCK_SECOND;
}

static void go_up(atomic_uint *most, unsigned value)
{
    unsigned seen = atomic_load_explicit(most, memory_order_relaxed);
    while (seen < value && !atomic_compare_exchange_weak_explicit(
                               most, &seen, value, memory_order_relaxed, memory_order_relaxed))
        ;
}

static unsigned add(atomic_uint *to, unsigned value)
{
    return atomic_fetch_add_explicit(to, value, memory_order_relaxed);
}

void storm_hold(struct storm *storm, unsigned long number)
{
    HOLDS(add(&storm->holders[number % STORM_HOLDERS], 1) == 0);
    go_up(&storm->most, add(&storm->leased, 1) + 1);
}

void storm_let_go(struct storm *storm, unsigned long number)
{
    add(&storm->leased, -1U);
    HOLDS(add(&storm->holders[number % STORM_HOLDERS], -1U) == 1);
}

void storm_lull(struct storm *storm, bool on)
{
    pthread_mutex_lock(&storm->lock);
    atomic_store_explicit(&storm->lull, on, memory_order_relaxed);
    pthread_cond_broadcast(&storm->lull_over);
    pthread_mutex_unlock(&storm->lock);
}

static void sit_out_lull(struct storm *storm)
{
    if (!atomic_load_explicit(&storm->lull, memory_order_relaxed))
        return;
    pthread_mutex_lock(&storm->lock);
    while (atomic_load_explicit(&storm->lull, memory_order_relaxed))
        pthread_cond_wait(&storm->lull_over, &storm->lock);
    pthread_mutex_unlock(&storm->lock);
}

// Where it goes by time every thread is to have a lease all the same.
static bool goes_on(const struct storm_worker *worker)
{
    const struct storm *storm = worker->storm;
    if (storm->until == 0)
        return worker->asked < storm->rounds;
    return worker->leases == 0 || clock_now(clock_monotonic()) < storm->until;
}

static void *work(void *data)
{
    struct storm_worker *worker = data;
    struct storm *storm = worker->storm;
    while (goes_on(worker)) {
        struct lease *lease = NULL;
        struct error err = ERROR_INIT;
        sit_out_lull(storm);
        worker->asked++;
        if (pool_lease(storm->pool, &(struct pool_request){.who = "storm"}, &lease, &err)) {
            worker->leases++;
            storm->use(worker, lease);
            continue;
        }
        // A wait in vain would say that somebody was passed over.
        if (err.kind != ERROR_CONNECTION)
            fprintf(stderr, "no lease: %s\n", err.message);
        HOLDS(err.kind == ERROR_CONNECTION);
        worker->refused++;
        error_finish(&err);
    }
    add(&storm->running, -1U);
    return NULL;
}

void storm_run(struct storm *storm)
{
    atomic_init(&storm->running, STORM_THREADS);
    for (unsigned i = 0; i < STORM_THREADS; i++) {
        struct storm_worker *worker = &storm->workers[i];
        *worker = (struct storm_worker){.storm = storm, .index = i, .seed = i + 1};
        HOLDS(pthread_create(&worker->thread, NULL, work, worker) == 0);
    }
    while (atomic_load_explicit(&storm->running, memory_order_relaxed) > 0) {
        struct pool_stats stats;
        pool_get_stats(storm->pool, &stats);
        HOLDS(stats.idle + stats.leased <= STORM_SIZE + STORM_OVERFLOW);
        storm->trouble(storm);
        sched_yield();
    }
    for (unsigned i = 0; i < STORM_THREADS; i++)
        HOLDS(pthread_join(storm->workers[i].thread, NULL) == 0);
}

// The pool's own thread may still be at work; after that it has nothing to do.
static void settle(struct storm *storm, struct pool_stats *stats)
{
    int64_t deadline = clock_now(clock_monotonic()) + 60 * CLOCK_SECOND;
    do {
        HOLDS(clock_now(clock_monotonic()) < deadline);
        sched_yield();
        pool_maintain(storm->pool);
        pool_get_stats(storm->pool, stats);
    } while (stats->leased > 0 || stats->idle < pool_target(storm->pool)->pool_min_idle);
}

// Who waits is served in turn, so that in a long time all get about the same.
static void check_fairness(const struct storm *storm, uint64_t leases)
{
    unsigned least = UINT_MAX;
    for (unsigned i = 0; i < STORM_THREADS; i++) {
        const struct storm_worker *worker = &storm->workers[i];
        least = worker->leases < least ? worker->leases : least;
    }
    uint64_t average = leases / STORM_THREADS;
    printf("leases of a thread: %u at least, %llu on average\n", least,
           (unsigned long long) average);
    HOLDS(least > 0 && least + 5 >= average / 4);
}

void storm_check(struct storm *storm, struct pool_stats *stats)
{
    uint64_t leases = 0;
    uint64_t refused = 0;
    uint64_t closed = 0;
    settle(storm, stats);
    for (size_t i = 0; i < CLOSE_REASONS; i++)
        closed += stats->closed[i];
    for (unsigned i = 0; i < STORM_THREADS; i++) {
        const struct storm_worker *worker = &storm->workers[i];
        HOLDS(worker->leases + worker->refused == worker->asked);
        HOLDS(storm->until != 0 || worker->asked == storm->rounds);
        leases += worker->leases;
        refused += worker->refused;
    }
    check_fairness(storm, leases);
    HOLDS(stats->leases == leases);
    HOLDS(stats->wait.count == leases);
    HOLDS(stats->hold.count == leases);
    // The pool itself fails to connect too.
    HOLDS(stats->failed >= refused);
    HOLDS(stats->timeouts == 0);
    HOLDS(stats->leased == 0);
    HOLDS(stats->waiting == 0);
    HOLDS(stats->idle <= STORM_SIZE);
    HOLDS(stats->created - closed == stats->idle);
    HOLDS(atomic_load(&storm->leased) == 0);
    HOLDS(atomic_load(&storm->most) >= 1);
    HOLDS(atomic_load(&storm->most) <= STORM_SIZE + STORM_OVERFLOW);
    HOLDS(closed > 0);
}
