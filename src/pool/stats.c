#include "marsh/pool/stats.h"

const char *close_reason_name(enum close_reason reason)
{
    static const char *const names[CLOSE_REASONS] = {
        [CLOSE_SURPLUS] = "surplus", [CLOSE_RECYCLED] = "recycled",   [CLOSE_IDLE] = "idle",
        [CLOSE_DEAD] = "found dead", [CLOSE_LOST] = "lost",           [CLOSE_UNCLEAN] = "unclean",
        [CLOSE_HUGE] = "huge",       [CLOSE_DISCARDED] = "discarded", [CLOSE_ASKED] = "closed",
    };
    return names[reason];
}

// Four buckets for each power of two.
static unsigned bucket_of(uint64_t value)
{
    if (value < 4)
        return (unsigned) value;
    unsigned power = 63U - (unsigned) __builtin_clzll(value);
    unsigned bucket = power * 4 - 4 + (unsigned) (value >> (power - 2) & 3);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

// The largest value that falls into it.
static uint64_t bucket_end(unsigned bucket)
{
    if (bucket < 4)
        return bucket;
    unsigned power = bucket / 4 + 1;
    return ((uint64_t) (4 + bucket % 4 + 1) << (power - 2)) - 1;
}

void histogram_add(struct histogram *histogram, int64_t duration)
{
    uint64_t value = duration < 0 ? 0 : (uint64_t) duration;
    histogram->counts[bucket_of(value)]++;
    histogram->count++;
    if (duration > histogram->max)
        histogram->max = duration;
}

int64_t histogram_percentile(const struct histogram *histogram, unsigned percent)
{
    uint64_t wanted = (histogram->count * percent + 99) / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && wanted > 0; i++) {
        seen += histogram->counts[i];
        if (seen < wanted)
            continue;
        int64_t end = (int64_t) bucket_end(i);
        return end < histogram->max ? end : histogram->max;
    }
    return 0;
}
