// What a pool tells of itself: counts, and how long waits and leases took. Plain data.
#ifndef MARSH_POOL_STATS_H
#define MARSH_POOL_STATS_H

#include <stddef.h>
#include <stdint.h>

// Why a connection was closed.
enum close_reason {
    CLOSE_SURPLUS,   // more than pool_size, and nobody waits
    CLOSE_RECYCLED,  // older than pool_recycle or pool_max_age
    CLOSE_IDLE,      // idle for pool_idle_timeout
    CLOSE_DEAD,      // found dead before it was lent
    CLOSE_LOST,      // lost while it was lent
    CLOSE_UNCLEAN,   // could not be reset
    CLOSE_HUGE,      // its buffer grew and never shrinks
    CLOSE_DISCARDED, // its holder wanted it closed
    CLOSE_ASKED,     // by command, or with the pool
    CLOSE_REASONS
};
const char *close_reason_name(enum close_reason reason);

// Durations in microseconds, in buckets that grow by a quarter: what is told of them is right
// within that.
enum { HISTOGRAM_BUCKETS = 160 };
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    int64_t max;
};
void histogram_add(struct histogram *histogram, int64_t duration);
// The duration that `percent` of them did not exceed; 0 where there is none.
int64_t histogram_percentile(const struct histogram *histogram, unsigned percent);

struct pool_stats {
    size_t idle;
    size_t leased;   // with those that are being checked, connected or reset
    size_t overflow; // how many of all are beyond pool_size
    size_t waiting;
    uint64_t created;
    uint64_t failed; // connects that failed
    uint64_t closed[CLOSE_REASONS];
    uint64_t ping_failures;
    uint64_t leases;
    uint64_t timeouts;     // waits that were in vain
    struct histogram wait; // for a lease
    struct histogram hold; // of a lease
};

// One connection; the texts are borrowed for the call.
struct pool_entry {
    const char *state;
    unsigned long thread_id; // the server's; 0 while connecting
    int64_t age;             // microseconds
    int64_t in_state;        // for how long: idle, or leased
    uint64_t uses;
    const char *who;       // "" where nobody holds it
    const char *statement; // that runs; "" for none
};

#endif
