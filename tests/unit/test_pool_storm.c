// Many threads on a small pool while connections are killed, lost and can't be cleaned: no lease is
// lost, none is given twice, nobody waits for ever, and at the end the counts add up. Rounds say
// how long it goes on, ten times as many with MARSH_LONG_TESTS set; with MARSH_STORM_SECONDS time
// does.
#include <sched.h>

#include "fake.h"
#include "storm.h"

enum { ROUNDS = 600 };

struct bad_weather {
    struct storm storm;
    struct fake fake;
    unsigned kills;
};

// Used and given back in one of the ways in which a session does that.
static void use(struct storm_worker *worker, struct lease *lease)
{
    struct connection *connection = lease_connection(lease);
    unsigned number = fake_number(connection);
    uint32_t dice = support_random(&worker->seed) % 100;
    struct error err = ERROR_INIT;
    storm_hold(worker->storm, number);
    lease_note(lease, "DO 1", 4);
    bool ok = connection_query(connection, "DO 1", 4, sink_discard(), &err);
    error_finish(&err);
    if (dice < 5)
        sched_yield();
    storm_let_go(worker->storm, number);
    if (!ok || dice == 99)
        lease_discard(lease);
    else if (dice == 98)
        lease_return_reset(lease);
    else
        lease_return(lease);
}

// What goes wrong: about one connection in so many uses is killed, lost, not to be cleaned, or not
// to be had.
static void trouble(struct storm *storm)
{
    struct bad_weather *weather = (struct bad_weather *) storm;
    struct fake *fake = &weather->fake;
    uint32_t dice = support_random(&storm->seed) % 16;
    pthread_mutex_lock(&fake->lock);
    bool room = fake->plan_count < 8;
    unsigned opened = fake->opened;
    pthread_mutex_unlock(&fake->lock);
    if (dice < 8 && opened > 0) {
        fake_kill(fake, opened - support_random(&storm->seed) %
                                     (STORM_SIZE < opened ? STORM_SIZE : opened));
        weather->kills++;
    } else if (dice == 8) {
        pool_close_idle(storm->pool, support_random(&storm->seed) % 2 == 0);
    } else if (dice == 9) {
        pool_maintain(storm->pool);
    } else if (room && dice < 12) {
        fake_plan(fake, FAKE_RESET, FAKE_SQL(1047, "08S01", "Unknown command"));
    } else if (room && dice < 14) {
        fake_plan(fake, FAKE_QUERY, FAKE_LOST);
    } else if (room) {
        fake_plan(fake, FAKE_OPEN, FAKE_REFUSED);
    }
}

static void test_storm(void **state)
{
    (void) state;
    struct bad_weather weather = {.kills = 0};
    struct storm *storm = &weather.storm;
    struct target target;
    struct pool_stats stats;
    fake_init(&weather.fake);
    storm_init(storm);
    target_init(&target);
    target.pool_size = STORM_SIZE;
    target.max_overflow = STORM_OVERFLOW;
    target.pool_min_idle = 2;
    target.pool_timeout = 300; // nobody has to wait that long: it would be for ever
    storm->rounds = getenv("MARSH_LONG_TESTS") == NULL ? ROUNDS : ROUNDS * 10;
    storm->use = use;
    storm->trouble = trouble;
    storm->pool = pool_create(&target, &weather.fake.connector, clock_monotonic());
    pool_maintain_itself(storm->pool);
    storm_time(storm, "MARSH_STORM_SECONDS");
    storm_run(storm);
    pthread_mutex_lock(&weather.fake.lock);
    weather.fake.plan_count = 0; // what was still to go wrong
    pthread_mutex_unlock(&weather.fake.lock);
    storm_check(storm, &stats);
    assert_true(weather.kills > 0);
    assert_int_equal(stats.idle, fake_open_count(&weather.fake));
    assert_int_equal(stats.created, weather.fake.opened);
    pool_destroy(storm->pool);
    fake_finish(&weather.fake);
    target_finish(&target);
    storm_finish(storm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_storm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
