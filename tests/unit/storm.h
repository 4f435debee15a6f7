// Many threads on a small pool while things go wrong: what the storms over a fake and over a real
// server share. Each thread leases, uses and gives back, again and again, while one thread makes
// trouble; what each says is counted, and at the end compared with what the pool says.
//
// It goes on for so many rounds of each thread, or for as long as a variable of the environment
// says, in seconds. Nothing here orders what the threads do, so that to TSan only the pool's own
// lock does.
#ifndef MARSH_TESTS_STORM_H
#define MARSH_TESTS_STORM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "marsh/pool/pool.h"
#include "support.h"

// STORM_HOLDERS: how many numbers of connections are told apart; later ones begin anew.
enum { STORM_THREADS = 200, STORM_SIZE = 8, STORM_OVERFLOW = 2, STORM_HOLDERS = 1 << 20 };

// A check that may fail in any thread.
#define HOLDS(condition) ((condition) ? (void) 0 : storm_failed(#condition, __FILE__, __LINE__))
_Noreturn void storm_failed(const char *condition, const char *file, int line);

struct storm;

struct storm_worker {
    struct storm *storm;
    pthread_t thread;
    unsigned index;
    uint32_t seed;
    unsigned asked;
    unsigned leases;
    unsigned refused;
};

struct storm {
    struct pool *pool;
    unsigned rounds;
    int64_t until; // where it goes by time; else 0
    // One lease, used and given back.
    void (*use)(struct storm_worker *worker, struct lease *lease);
    // Called again and again while threads run.
    void (*trouble)(struct storm *storm);
    uint32_t seed; // the trouble's
    struct storm_worker *workers;
    atomic_uint *holders; // of each connection, by its number
    atomic_uint leased;   // now
    atomic_uint most;     // ever at once
    atomic_uint running;  // threads
    pthread_mutex_t lock;
    pthread_cond_t lull_over;
    atomic_bool lull;
};

// The pool, the rounds, use and trouble are the caller's to fill in.
void storm_init(struct storm *storm);
void storm_finish(struct storm *storm);
// Goes by time from now on, where the variable is set.
void storm_time(struct storm *storm, const char *variable);

// From the moment in which a connection is leased until just before it is given back; `number` is
// its own.
void storm_hold(struct storm *storm, unsigned long number);
void storm_let_go(struct storm *storm, unsigned long number);

// During a lull no thread asks for a lease.
void storm_lull(struct storm *storm, bool on);

// From the first thread to the last.
void storm_run(struct storm *storm);
// That every lease was had, given back and counted once, and nobody waited in vain.
void storm_check(struct storm *storm, struct pool_stats *stats);

#endif
