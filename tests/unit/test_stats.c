// What a pool tells of durations: percentiles are right within a quarter, whatever was put in.
#include "marsh/pool/stats.h"

#include "support.h"

enum { SAMPLES = 2000 };

static struct histogram *fresh(void)
{
    struct histogram *histogram = calloc(1, sizeof(*histogram));
    assert_non_null(histogram);
    return histogram;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *) a;
    int64_t right = *(const int64_t *) b;
    return (left > right) - (left < right);
}

// Sorts the samples, and holds every percentile against the one that stands there.
static void check_percentiles(int64_t *samples, size_t count, int line)
{
    struct histogram *histogram = fresh();
    for (size_t i = 0; i < count; i++)
        histogram_add(histogram, samples[i]);
    qsort(samples, count, sizeof(*samples), compare);
    assert_int_equal(histogram->count, count);
    assert_true(histogram->max == samples[count - 1]);
    for (unsigned percent = 1; percent <= 100; percent++) {
        int64_t exact = samples[(count * percent + 99) / 100 - 1];
        int64_t told = histogram_percentile(histogram, percent);
        if (told >= exact && told <= exact + exact / 4 && told <= histogram->max)
            continue;
        print_error("p%u of %zu: %lld, exactly %lld\n", percent, count, (long long) told,
                    (long long) exact);
        _fail(__FILE__, line);
    }
    free(histogram);
}

static void test_nothing(void **state)
{
    (void) state;
    struct histogram *histogram = fresh();
    assert_int_equal(histogram_percentile(histogram, 50), 0);
    assert_int_equal(histogram_percentile(histogram, 100), 0);
    assert_int_equal(histogram->max, 0);
    histogram_add(histogram, 7);
    assert_int_equal(histogram_percentile(histogram, 0), 0);
    free(histogram);
}

// Every value that a bucket begins or ends with, alone: told as itself.
static void test_single(void **state)
{
    (void) state;
    for (unsigned power = 0; power < 62; power++) {
        for (int64_t quarter = 4; quarter < 8; quarter++) {
            int64_t begin = (int64_t) (((uint64_t) quarter << power) / 4);
            int64_t values[] = {begin > 0 ? begin - 1 : 0, begin, begin + 1};
            for (size_t i = 0; i < LENGTH(values); i++) {
                struct histogram *histogram = fresh();
                histogram_add(histogram, values[i]);
                if (power < 41)
                    assert_true(histogram_percentile(histogram, 50) == values[i]);
                assert_true(histogram->max == values[i]);
                free(histogram);
            }
        }
    }
}

static void test_buckets_grow_by_a_quarter(void **state)
{
    (void) state;
    // Two values, one of them far away, so that the end of the lower one's bucket is told.
    static const int64_t pairs[][2] = {
        {0, 0},       {1, 1},       {2, 2},       {3, 3},
        {4, 4},       {7, 7},       {8, 9},       {9, 9},
        {10, 11},     {16, 19},     {20, 23},     {1000, 1023},
        {1024, 1279}, {1279, 1279}, {1280, 1535}, {1000000, 1048575}};
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        struct histogram *histogram = fresh();
        histogram_add(histogram, pairs[i][0]);
        histogram_add(histogram, 1LL << 40);
        assert_int_equal(histogram_percentile(histogram, 50), pairs[i][1]);
        assert_true(histogram_percentile(histogram, 51) >= 1LL << 40);
        free(histogram);
    }
}

static void test_even(void **state)
{
    (void) state;
    int64_t samples[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (int64_t) (SAMPLES - i);
    for (size_t count = 1; count < 130; count++)
        check_percentiles(samples, count, __LINE__);
    check_percentiles(samples, SAMPLES, __LINE__);
}

// From microseconds to days.
static void test_random(void **state)
{
    (void) state;
    int64_t samples[SAMPLES];
    uint32_t seed = 20;
    for (unsigned bits = 1; bits < 40; bits++) {
        for (size_t i = 0; i < SAMPLES; i++) {
            uint64_t wide = (uint64_t) support_random(&seed) << 32 | support_random(&seed);
            samples[i] = (int64_t) (wide >> (63 - support_random(&seed) % bits));
        }
        check_percentiles(samples, SAMPLES, __LINE__);
    }
}

// Of a clock that stood still, or a wait for ever: kept, and nothing is written beside its place.
static void test_extremes(void **state)
{
    (void) state;
    struct histogram *histogram = fresh();
    histogram_add(histogram, -5);
    assert_int_equal(histogram->counts[0], 1);
    assert_int_equal(histogram->max, 0);
    assert_int_equal(histogram_percentile(histogram, 100), 0);
    histogram_add(histogram, INT64_MAX);
    assert_int_equal(histogram->counts[HISTOGRAM_BUCKETS - 1], 1);
    assert_int_equal(histogram->count, 2);
    assert_true(histogram->max == INT64_MAX);
    free(histogram);
}

static void test_names(void **state)
{
    (void) state;
    for (unsigned i = 0; i < CLOSE_REASONS; i++) {
        assert_non_null(close_reason_name(i));
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(close_reason_name(i), close_reason_name(j));
    }
    check_text(close_reason_name(CLOSE_DEAD), "found dead");
    check_text(close_reason_name(CLOSE_ASKED), "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_buckets_grow_by_a_quarter),
        cmocka_unit_test(test_even),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
