#include "pool_bench.h"

void bench_begin(struct bench *bench)
{
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    bench->clock.jumps = true;
    bench->fake.clock = &bench->clock;
    target_init(&bench->target);
    bench->target.pool_size = 2;
    bench->target.max_overflow = 1;
    bench->pool = NULL;
}

void bench_end(struct bench *bench)
{
    pool_destroy(bench->pool);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
}

struct pool *bench_pool(struct bench *bench)
{
    if (bench->pool == NULL)
        bench->pool = pool_create(&bench->target, &bench->fake.connector, &bench->clock.clock);
    return bench->pool;
}

struct pool_stats bench_stats(struct bench *bench)
{
    struct pool_stats stats;
    pool_get_stats(bench_pool(bench), &stats);
    return stats;
}

void bench_lease(struct bench *bench, size_t index, const char *who)
{
    struct error err = ERROR_INIT;
    check_ok(pool_lease(bench_pool(bench), &(struct pool_request){.who = who},
                        &bench->leases[index], &err),
             &err);
}

void bench_give_back(struct bench *bench, size_t index)
{
    lease_return(bench->leases[index]);
}

void bench_lose(struct bench *bench, size_t index)
{
    struct error err = ERROR_INIT;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    assert_false(
        connection_query(lease_connection(bench->leases[index]), "DO 1", 4, sink_discard(), &err));
    error_finish(&err);
}
