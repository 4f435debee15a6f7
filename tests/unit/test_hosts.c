// The hosts of a target: their order, those that were dead, and what is asked of a server before
// the pool takes it. This is the pool's inside, hence the path.
#include "../../src/pool/hosts.h"

#include "fake.h"
#include "marsh/pool/pool.h"

struct bench {
    struct fake fake;
    struct fake_clock clock;
    struct target target;
    struct pool *pool;
};

static void begin(struct bench *bench, size_t hosts)
{
    static const char *const names[] = {"db1", "db2", "db3"};
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    bench->fake.clock = &bench->clock;
    target_init(&bench->target);
    for (size_t i = 0; i < hosts; i++)
        target_add_host(&bench->target, names[i], 3, 0);
    bench->pool = NULL;
}

static void end(struct bench *bench)
{
    pool_destroy(bench->pool);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
}

static void check_order(struct hosts *hosts, const struct target *target, int64_t now,
                        const char *expected, int line)
{
    struct buf text = BUF_INIT;
    size_t *order = hosts_order(hosts, target, now);
    for (size_t i = 0; i < hosts->count; i++)
        buf_printf(&text, "%zu", order[i] + 1);
    support_check_text(buf_cstr(&text), expected, __FILE__, line);
    buf_finish(&text);
    free(order);
}
#define ORDER(hosts, target, now, expected) check_order(hosts, target, now, expected, __LINE__)

static void test_socket_is_one_host(void **state)
{
    (void) state;
    struct bench bench;
    struct hosts hosts;
    begin(&bench, 0);
    hosts_init(&hosts, &bench.target, 1);
    assert_int_equal(hosts.count, 1);
    ORDER(&hosts, &bench.target, 0, "1");
    hosts_mark(&hosts, 0, true, 0);
    ORDER(&hosts, &bench.target, 0, "1");
    hosts_finish(&hosts);
    end(&bench);
}

// A dead one is tried behind the others, for 30 seconds or until it is seen alive.
static void test_dead_ones_last(void **state)
{
    (void) state;
    struct bench bench;
    struct hosts hosts;
    begin(&bench, 3);
    hosts_init(&hosts, &bench.target, 1);
    ORDER(&hosts, &bench.target, 0, "123");
    hosts_mark(&hosts, 0, true, 0);
    ORDER(&hosts, &bench.target, 0, "231");
    hosts_mark(&hosts, 1, true, 10 * CLOCK_SECOND);
    ORDER(&hosts, &bench.target, 10 * CLOCK_SECOND, "312");
    ORDER(&hosts, &bench.target, 30 * CLOCK_SECOND - 1, "312");
    ORDER(&hosts, &bench.target, 30 * CLOCK_SECOND, "132");
    ORDER(&hosts, &bench.target, 40 * CLOCK_SECOND, "123");
    hosts_mark(&hosts, 2, true, 0);
    hosts_mark(&hosts, 2, false, 1);
    ORDER(&hosts, &bench.target, 40 * CLOCK_SECOND, "123");
    for (size_t i = 0; i < 3; i++)
        hosts_mark(&hosts, i, true, 50 * CLOCK_SECOND);
    ORDER(&hosts, &bench.target, 50 * CLOCK_SECOND, "123");
    hosts_finish(&hosts);
    end(&bench);
}

// Each order comes about equally often; the dead one is last in all of them.
static void test_random_order(void **state)
{
    (void) state;
    enum { TIMES = 6000 };
    struct bench bench;
    struct hosts hosts;
    unsigned seen[3][3] = {{0}};
    unsigned firsts[3] = {0};
    begin(&bench, 3);
    bench.target.load_balance = BALANCE_RANDOM;
    hosts_init(&hosts, &bench.target, 42);
    for (size_t i = 0; i < TIMES; i++) {
        size_t *order = hosts_order(&hosts, &bench.target, 0);
        assert_int_equal(order[0] + order[1] + order[2], 3);
        assert_int_not_equal(order[0], order[1]);
        seen[order[0]][order[1]]++;
        free(order);
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            assert_true(i == j ? seen[i][j] == 0 : seen[i][j] > TIMES / 6 * 8 / 10);
    }
    hosts_mark(&hosts, 1, true, 0);
    for (size_t i = 0; i < TIMES; i++) {
        size_t *order = hosts_order(&hosts, &bench.target, 0);
        assert_int_equal(order[2], 1);
        firsts[order[0]]++;
        free(order);
    }
    assert_true(firsts[0] > TIMES * 4 / 10 && firsts[2] > TIMES * 4 / 10);
    hosts_finish(&hosts);
    end(&bench);
}

static void test_unreachable(void **state)
{
    (void) state;
    static const unsigned others[] = {1040, 1053, 2002, 2003, 2005, 2006, 2013};
    static const unsigned same[] = {0, 1044, 1045, 1049, 1064, 1317, 2026};
    for (size_t i = 0; i < LENGTH(others); i++)
        assert_true(hosts_is_unreachable(&(struct error){.number = others[i]}));
    for (size_t i = 0; i < LENGTH(same); i++)
        assert_false(hosts_is_unreachable(&(struct error){.number = same[i]}));
}

// What the server answers to each question; NULL for no such variable.
struct answers {
    const char *wsrep_on;
    const char *wsrep_ready;
    const char *read_only;
};

static void plan_answer(struct fake *fake, const char *sql, const char *const *cells)
{
    static const char *const names[] = {"Variable_name", "Value"};
    static const struct fake_set nothing = {.names = names, .columns = 2};
    static struct fake_set sets[8]; // borrowed until the call
    static size_t used;
    struct fake_set *set = &sets[used++ % LENGTH(sets)];
    *set = nothing;
    if (cells[1] != NULL)
        set->cells = cells, set->rows = 1;
    fake_plan(fake, FAKE_QUERY, (struct fake_plan){.text = sql, .sets = set, .set_count = 1});
}

static void check_role(unsigned role, size_t count, const struct answers *answers,
                       const char *refusal, const char *calls, int line)
{
    struct bench bench;
    struct error err = ERROR_INIT;
    struct connection *connection = NULL;
    const char *cells[3][2] = {
        {"", answers->wsrep_on}, {"", answers->wsrep_ready}, {"", answers->read_only}};
    begin(&bench, count);
    bench.target.target_role = role;
    if (calls[0] != '\0') {
        plan_answer(&bench.fake, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'", cells[0]);
        if (strstr(calls, "wsrep_ready") != NULL)
            plan_answer(&bench.fake, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'", cells[1]);
        plan_answer(&bench.fake, "SHOW GLOBAL VARIABLES LIKE 'read_only'", cells[2]);
    }
    check_ok(connector_open(&bench.fake.connector, &bench.target, 0, 1, &connection, &err), &err);
    check_calls(&bench.fake, "open 1\n");
    bool ok = hosts_check_role(connection, &bench.target, &err);
    fake_check_calls(&bench.fake, calls, __FILE__, line);
    if (refusal == NULL)
        support_check_ok(ok, &err, "hosts_check_role", __FILE__, line);
    else
        support_check_error(&err, ERROR_CONNECTION, refusal, false, __FILE__, line);
    assert_int_equal(ok, refusal == NULL);
    connection_close(connection);
    end(&bench);
}

#define PLAIN                                                                                      \
    "query 1 SHOW GLOBAL VARIABLES LIKE 'wsrep_on'\n"                                              \
    "query 1 SHOW GLOBAL VARIABLES LIKE 'read_only'\n"
#define CLUSTER                                                                                    \
    "query 1 SHOW GLOBAL VARIABLES LIKE 'wsrep_on'\n"                                              \
    "query 1 SHOW GLOBAL STATUS LIKE 'wsrep_ready'\n"                                              \
    "query 1 SHOW GLOBAL VARIABLES LIKE 'read_only'\n"
#define ROLE(role, count, refusal, calls, ...)                                                     \
    check_role(role, count, &(struct answers){__VA_ARGS__}, refusal, calls, __LINE__)

static void test_roles(void **state)
{
    (void) state;
    // Of one host nothing is asked where any will do.
    ROLE(ROLE_ANY, 0, NULL, "", NULL, NULL, NULL);
    ROLE(ROLE_ANY, 1, NULL, "", NULL, NULL, NULL);
    ROLE(ROLE_ANY, 2, NULL, PLAIN, "OFF", NULL, "ON");
    ROLE(ROLE_PRIMARY, 1, NULL, PLAIN, "OFF", NULL, "OFF");
    ROLE(ROLE_PRIMARY, 1, "a fake is read-only, and a primary is wanted", PLAIN, NULL, NULL, "ON");
    ROLE(ROLE_PRIMARY, 1, "a fake is read-only, and a primary is wanted", PLAIN, NULL, NULL, "1");
    ROLE(ROLE_REPLICA, 1, "a fake is a primary, and a replica is wanted", PLAIN, "OFF", NULL,
         "OFF");
    ROLE(ROLE_REPLICA, 1, NULL, PLAIN, "OFF", NULL, "ON");
    // A server that does not have the variables is a primary of no cluster.
    ROLE(ROLE_PRIMARY, 1, NULL, PLAIN, NULL, NULL, NULL);
    ROLE(ROLE_ANY, 2, NULL, CLUSTER, "ON", "ON", "OFF");
    ROLE(ROLE_ANY, 2, "a fake is not ready: it is not part of its cluster", CLUSTER, "ON", "OFF",
         "OFF");
}

static struct lease *lease(struct bench *bench, struct error *err)
{
    struct lease *lease = NULL;
    if (bench->pool == NULL)
        bench->pool = pool_create(&bench->target, &bench->fake.connector, &bench->clock.clock);
    pool_lease(bench->pool, &(struct pool_request){.who = "test"}, &lease, err);
    return lease;
}

static struct lease *lease_ok(struct bench *bench)
{
    struct error err = ERROR_INIT;
    struct lease *got = lease(bench, &err);
    check_ok(got != NULL, &err);
    return got;
}

// Each host has its share of what is left of the time; the dead one is remembered.
static void test_shares_of_the_time(void **state)
{
    (void) state;
    struct bench bench;
    struct fake_plan slow = FAKE_REFUSED;
    begin(&bench, 3);
    slow.takes = 4 * CLOCK_SECOND;
    fake_plan(&bench.fake, FAKE_OPEN, slow);
    struct lease *first = lease_ok(&bench);
    check_hosts(&bench.fake, "db1 4\ndb2 3\n");
    struct lease *second = lease_ok(&bench);
    check_hosts(&bench.fake, "db2 4\n");
    // After a while it is the first again.
    fake_clock_turn(&bench.clock, 30 * CLOCK_SECOND);
    struct lease *third = lease_ok(&bench);
    check_hosts(&bench.fake, "db1 4\n");
    lease_return(first);
    lease_return(second);
    lease_return(third);
    end(&bench);
}

// All of them fail: the last failure is told, and no more than the time is spent.
static void test_all_are_dead(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    struct fake_plan other = FAKE_REFUSED;
    begin(&bench, 3);
    other.message = "Can't connect to db3";
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    fake_plan(&bench.fake, FAKE_OPEN, other);
    assert_null(lease(&bench, &err));
    check_error(&err, ERROR_CONNECTION, "Can't connect to db3");
    check_hosts(&bench.fake, "db1 4\ndb2 5\ndb3 10\n");
    // One that took more than its share leaves nothing to the others.
    other.takes = 10 * CLOCK_SECOND;
    fake_plan(&bench.fake, FAKE_OPEN, other);
    assert_null(lease(&bench, &err));
    check_error(&err, ERROR_CONNECTION, "Can't connect to db3");
    check_hosts(&bench.fake, "db1 4\n");
    end(&bench);
}

// A refused password is refused everywhere.
static void test_refusal_ends_it(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    begin(&bench, 3);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_SQL(1045, "28000", "Access denied"));
    assert_null(lease(&bench, &err));
    check_error(&err, ERROR_SQL, "Access denied");
    check_hosts(&bench.fake, "db1 4\n");
    // That is no sign of death.
    lease_return(lease_ok(&bench));
    check_hosts(&bench.fake, "db1 4\n");
    end(&bench);
}

// The wrong kind of server is closed, and the next one tried.
static void test_wrong_role_goes_on(void **state)
{
    (void) state;
    static const char *const on[] = {"read_only", "ON"};
    struct bench bench;
    begin(&bench, 2);
    bench.target.target_role = ROLE_PRIMARY;
    plan_answer(&bench.fake, "SHOW GLOBAL VARIABLES LIKE 'read_only'", on);
    struct lease *got = lease_ok(&bench);
    assert_int_equal(fake_number(lease_connection(got)), 2);
    check_hosts(&bench.fake, "db1 5\ndb2 10\n");
    assert_int_equal(fake_open_count(&bench.fake), 1);
    lease_discard(got);
    lease_discard(lease_ok(&bench));
    check_hosts(&bench.fake, "db2 5\n");
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_socket_is_one_host),
        cmocka_unit_test(test_dead_ones_last),
        cmocka_unit_test(test_random_order),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_shares_of_the_time),
        cmocka_unit_test(test_all_are_dead),
        cmocka_unit_test(test_refusal_ends_it),
        cmocka_unit_test(test_wrong_role_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
