// Time, handed to whoever needs it, so that tests can turn it by hand.
#ifndef MARSH_BASE_CLOCK_H
#define MARSH_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct clock {
    // Microseconds since some fixed moment; never goes back.
    int64_t (*now)(const struct clock *clock);
    // Waits for the condition, with the mutex held, until `deadline`; false once that has passed.
    // The condition is one that clock_condition_init made.
    bool (*wait)(const struct clock *clock, pthread_cond_t *condition, pthread_mutex_t *mutex,
                 int64_t deadline);
};

// CLOCK_MONOTONIC; static, thread-safe.
const struct clock *clock_monotonic(void);

static inline int64_t clock_now(const struct clock *clock)
{
    return clock->now(clock);
}

static inline bool clock_wait(const struct clock *clock, pthread_cond_t *condition,
                              pthread_mutex_t *mutex, int64_t deadline)
{
    return clock->wait(clock, condition, mutex, deadline);
}

void clock_condition_init(pthread_cond_t *condition);

// "5s", "500ms", "2m", "1h" in microseconds; a number alone is seconds. False for anything else.
bool clock_parse(const char *text, int64_t *micros);

#define CLOCK_SECOND ((int64_t) 1000000)

#endif
