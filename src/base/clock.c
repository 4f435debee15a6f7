#include "marsh/base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "marsh/base/text.h"

static int64_t now_monotonic(const struct clock *clock)
{
    (void) clock;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * CLOCK_SECOND + ts.tv_nsec / 1000;
}

static bool wait_monotonic(const struct clock *clock, pthread_cond_t *condition,
                           pthread_mutex_t *mutex, int64_t deadline)
{
    (void) clock;
    struct timespec ts = {.tv_sec = deadline / CLOCK_SECOND,
                          .tv_nsec = deadline % CLOCK_SECOND * 1000};
    return pthread_cond_timedwait(condition, mutex, &ts) == 0;
}

void clock_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

const struct clock *clock_monotonic(void)
{
    static const struct clock monotonic = {now_monotonic, wait_monotonic};
    return &monotonic;
}

bool clock_parse(const char *text, int64_t *micros)
{
    static const struct {
        const char *unit;
        double micros;
    } units[] = {{"", 1e6}, {"s", 1e6}, {"ms", 1e3}, {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}};
    char *end;
    double value = strtod(text, &end);
    bool number = text_is_digit(text[0]) || text[0] == '.';
    for (size_t i = 0; number && i < sizeof(units) / sizeof(units[0]); i++) {
        double found = value * units[i].micros;
        if (strcmp(end, units[i].unit) != 0 || found < 1 || found > 1e15)
            continue;
        *micros = (int64_t) found;
        return true;
    }
    return false;
}
