// What the microbenchmarks share: a clock and the count of bytes that they work on.
#ifndef MARSH_TESTS_BENCH_H
#define MARSH_TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// Seconds of processor time, which the neighbours on a shared machine disturb less.
static inline double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

// Seconds of the wall's clock.
static inline double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

// The first argument as a number, or what is usual.
static inline size_t bench_size(int argc, char **argv, size_t usual)
{
    return argc > 1 ? strtoul(argv[1], NULL, 10) : usual;
}

#endif
