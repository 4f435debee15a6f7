// A pool over a fake connector and a clock turned by hand, for the tests of the pool in one thread.
#ifndef MARSH_TESTS_POOL_BENCH_H
#define MARSH_TESTS_POOL_BENCH_H

#include "fake.h"
#include "marsh/pool/pool.h"

enum { BENCH_LEASES = 8 };

struct bench {
    struct fake fake;
    struct fake_clock clock; // a wait turns it to its end
    struct target target;    // changed between bench_begin and the first use of bench_pool
    struct pool *pool;
    struct lease *leases[BENCH_LEASES];
};

// pool_size 2 and max_overflow 1.
void bench_begin(struct bench *bench);
// Fails the test where a lease was not given back.
void bench_end(struct bench *bench);

struct pool *bench_pool(struct bench *bench);
struct pool_stats bench_stats(struct bench *bench);

void bench_lease(struct bench *bench, size_t index, const char *who);
void bench_give_back(struct bench *bench, size_t index);
// The connection is lost under a statement; its lease stays.
void bench_lose(struct bench *bench, size_t index);

#endif
