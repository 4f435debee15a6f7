// A session over a fake server: when it takes its lease, what it puts back, what it says of a loss.
#include "marsh/session/session.h"

#include "marsh/data/recorder.h"
#include "marsh/session/manager.h"
#include "session_bench.h"

static size_t pool_leased(const struct bench *bench)
{
    struct pool_stats stats;
    pool_get_stats(bench->pool, &stats);
    return stats.leased;
}

static void test_leases_at_first_statement(void **state)
{
    (void) state;
    struct bench bench;
    struct connection_state seen;
    bench_open(&bench, "shop");
    check_text(session_name(bench.session), "main");
    check_text(session_schema(bench.session), "shop");
    assert_ptr_equal(session_pool(bench.session), bench.pool);
    assert_ptr_equal(session_target(bench.session), pool_target(bench.pool));
    assert_false(session_get_state(bench.session, &seen));
    assert_true(session_backslash_escapes(bench.session));
    assert_int_not_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    check_calls(&bench.fake, "");
    RUNS(&bench, "DO 1");
    RUNS(&bench, "DO 2");
    assert_true(session_get_state(bench.session, &seen));
    assert_int_equal(seen.thread_id, 1);
    check_calls(&bench.fake, "open 1\nquery 1 DO 1\nquery 1 DO 2\n");
    bench_close(&bench);
}

static void test_connect_leases_once(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, NULL);
    check_ok(session_connect(bench.session, &err), &err);
    check_ok(session_connect(bench.session, &err), &err);
    check_calls(&bench.fake, "open 1\n");
    bench_close(&bench);
}

// What can't connect fails the statement, and the next one tries again.
static void test_connect_fails(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, NULL);
    fake_plan(&bench.fake, FAKE_OPEN, FAKE_REFUSED);
    assert_false(bench_run(&bench, "DO 1", &err));
    check_error(&err, ERROR_CONNECTION, "Can't connect");
    NOTICE(&bench, NULL);
    RUNS(&bench, "DO 1");
    check_calls(&bench.fake, "open -\nopen 1\nquery 1 DO 1\n");
    bench_close(&bench);
}

static void test_sets_reach_the_sink(void **state)
{
    (void) state;
    static const char *const names[] = {"id", "name"};
    static const char *const cells[] = {"1", "one", "2", NULL};
    static const struct fake_set sets[] = {
        {.names = names, .columns = 2, .cells = cells, .rows = 2, .warnings = 3},
        {.kind = SET_OUT, .names = names, .columns = 1, .cells = cells, .rows = 1},
        {.affected = 7, .insert_id = 9},
    };
    struct bench bench;
    struct recorder recorder;
    struct error err = ERROR_INIT;
    struct value value = {"1", 1};
    bench_open(&bench, NULL);
    recorder_init(&recorder);
    fake_plan(&bench.fake, FAKE_EXECUTE, (struct fake_plan){.sets = sets, .set_count = 3});
    check_ok(session_execute(bench.session, "CALL p(?)", 9, &value, 1, &recorder.sink, &err), &err);
    assert_int_equal(recorder.count, 3);
    assert_int_equal(recorder.sets[0].rows, 2);
    assert_int_equal(recorder.sets[0].warnings, 3);
    check_text(recorder_cell(&recorder, 0, 1), "one");
    check_text(recorder_cell(&recorder, 1, 1), NULL);
    assert_int_equal(recorder.sets[1].kind, SET_OUT);
    assert_int_equal(recorder.sets[2].affected, 7);
    assert_int_equal(recorder.sets[2].insert_id, 9);
    check_calls(&bench.fake, "open 1\nexecute 1 CALL p(?)\n");
    recorder_finish(&recorder);
    bench_close(&bench);
}

// A failed statement is no reason to give the lease up.
static void test_sql_error_keeps_the_lease(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, NULL);
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_SQL(1064, "42000", "You have an error"));
    assert_false(bench_run(&bench, "NONSENSE", &err));
    assert_int_equal(err.number, 1064);
    check_text(err.sqlstate, "42000");
    check_error(&err, ERROR_SQL, "You have an error");
    NOTICE(&bench, NULL);
    RUNS(&bench, "DO 1");
    check_calls(&bench.fake, "open 1\nquery 1 NONSENSE\nquery 1 DO 1\n");
    bench_close(&bench);
}

static void test_follows_the_servers_state(void **state)
{
    (void) state;
    struct bench bench;
    struct connection_state flags = {.in_transaction = true, .schema = "other"};
    struct error err = ERROR_INIT;
    bench_open(&bench, "shop");
    RUNS(&bench, "BEGIN");
    assert_int_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    RUNS(&bench, "COMMIT");
    assert_int_not_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    RUNS(&bench, "USE `side`");
    check_text(session_schema(bench.session), "side");
    assert_true(session_backslash_escapes(bench.session));
    fake_plan(&bench.fake, FAKE_QUERY, (struct fake_plan){.state = &flags});
    RUNS(&bench, "CALL p()");
    assert_int_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    assert_false(session_backslash_escapes(bench.session));
    check_text(session_schema(bench.session), "other");
    // A deadlock: the statement fails, and the transaction is gone.
    struct fake_plan deadlock = FAKE_SQL(1213, "40001", "Deadlock found");
    deadlock.state = &(struct connection_state){.backslash_escapes = true};
    fake_plan(&bench.fake, FAKE_QUERY, deadlock);
    assert_false(bench_run(&bench, "UPDATE t", &err));
    check_error(&err, ERROR_SQL, "Deadlock found");
    assert_int_not_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    assert_true(session_backslash_escapes(bench.session));
    check_text(session_schema(bench.session), "");
    bench_close(&bench);
}

static void test_release_and_schema_put_back(void **state)
{
    (void) state;
    struct bench bench;
    bench_open(&bench, "shop");
    RUNS(&bench, "USE `a b`");
    RUNS(&bench, "BEGIN");
    session_release(bench.session);
    assert_int_not_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    check_text(session_schema(bench.session), "a b");
    NOTICE(&bench, NULL); // given back, not lost
    check_calls(&bench.fake, "open 1\nquery 1 USE `a b`\nquery 1 BEGIN\nreset 1\n");
    session_release(bench.session); // there is none to give back
    RUNS(&bench, "DO 1");
    check_calls(&bench.fake, "query 1 USE `a b`\nquery 1 DO 1\n");
    check_text(session_schema(bench.session), "a b");
    // The target's own schema needs no statement.
    RUNS(&bench, "USE `shop`");
    session_release(bench.session);
    RUNS(&bench, "DO 2");
    check_calls(&bench.fake, "query 1 USE `shop`\nreset 1\nquery 1 DO 2\n");
    bench_close(&bench);
}

static void test_schema_is_quoted(void **state)
{
    (void) state;
    struct bench bench;
    struct connection_state flags = {.backslash_escapes = true, .schema = "a`b"};
    bench_open(&bench, NULL);
    fake_plan(&bench.fake, FAKE_QUERY, (struct fake_plan){.state = &flags});
    RUNS(&bench, "USE x");
    session_release(bench.session);
    fake_plan(&bench.fake, FAKE_QUERY, (struct fake_plan){.text = "USE `a``b`", .state = &flags});
    RUNS(&bench, "DO 1");
    check_text(session_schema(bench.session), "a`b");
    bench_close(&bench);
}

// The statement does not run in a schema that it was not meant for.
static void test_schema_cannot_be_put_back(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, "shop");
    RUNS(&bench, "USE `side`");
    session_release(bench.session);
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_SQL(1049, "42000", "Unknown database 'side'"));
    assert_false(bench_run(&bench, "DROP TABLE t", &err));
    assert_int_equal(err.number, 1049);
    check_error(&err, ERROR_SQL, "putting the schema back: Unknown database 'side'");
    check_calls(&bench.fake, "open 1\nquery 1 USE `side`\nreset 1\nquery 1 USE `side`\nreset 1\n");
    // The lease is given back, and the session still wants to be where it was.
    check_text(session_schema(bench.session), "side");
    assert_int_equal(pool_leased(&bench), 0);
    bench_close(&bench);
}

// A schema that was dropped while in use leaves none, and none can't be put back.
static void test_no_schema_is_not_put_back(void **state)
{
    (void) state;
    struct bench bench;
    struct connection_state none = {.autocommit = true, .backslash_escapes = true, .schema = NULL};
    bench_open(&bench, "shop");
    fake_plan(&bench.fake, FAKE_QUERY, (struct fake_plan){.state = &none});
    RUNS(&bench, "DROP SCHEMA shop");
    check_text(session_schema(bench.session), "");
    session_release(bench.session);
    RUNS(&bench, "DO 1");
    check_calls(&bench.fake, "open 1\nquery 1 DROP SCHEMA shop\nreset 1\nquery 1 DO 1\n");
    check_text(session_schema(bench.session), "shop");
    bench_close(&bench);
}

static void test_loss_is_told_once(void **state)
{
    (void) state;
    struct bench bench;
    struct connection_state seen;
    struct error err = ERROR_INIT;
    bench_open(&bench, "shop");
    RUNS(&bench, "USE `side`");
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_LOST);
    assert_false(bench_run(&bench, "INSERT", &err));
    assert_int_equal(err.number, 2013);
    check_error(&err, ERROR_CONNECTION, "Lost connection to server during query");
    assert_false(session_get_state(bench.session, &seen));
    NOTICE(&bench, "The outcome of the INSERT is unknown: it may have been carried out or not.");
    NOTICE(&bench, NULL);
    // It was closed at once, and the statement not sent again.
    check_calls(&bench.fake, "open 1\nquery 1 USE `side`\nquery 1 INSERT\nclose 1\n");
    check_text(session_schema(bench.session), "side");
    RUNS(&bench, "DO 1");
    check_calls(&bench.fake, "open 2\nquery 2 USE `side`\nquery 2 DO 1\n");
    NOTICE(&bench, NULL);
    bench_close(&bench);
}

static void test_loss_names_the_transaction(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    struct value value = {NULL, 0};
    bench_open(&bench, NULL);
    RUNS(&bench, "BEGIN");
    fake_plan(&bench.fake, FAKE_EXECUTE, FAKE_LOST);
    assert_false(session_execute(bench.session, "CALL p(?)", 9, &value, 1, sink_discard(), &err));
    check_error_has(&err, ERROR_CONNECTION, "Lost connection");
    assert_int_not_equal(session_transaction(bench.session), TRANSACTION_OPEN);
    // The procedure may have committed it.
    NOTICE(&bench,
           "The outcome of the CALL is unknown: it may have been carried out or not, and the "
           "transaction be committed or rolled back.");
    assert_int_equal(session_transaction(bench.session), TRANSACTION_LOST);
    // The second loss has no transaction to speak of.
    session_acknowledge(bench.session);
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_LOST);
    assert_false(bench_run(&bench, "DO 1", &err));
    check_error_has(&err, ERROR_CONNECTION, "Lost connection");
    NOTICE(&bench, "The outcome of the DO is unknown: it may have been carried out or not.");
    bench_close(&bench);
}

// The connection goes while the schema is being put back: the statement was not sent.
static void test_loss_while_putting_back(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, "shop");
    RUNS(&bench, "USE `side`");
    session_release(bench.session);
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_LOST);
    assert_false(bench_run(&bench, "INSERT", &err));
    check_error(&err, ERROR_CONNECTION,
                "putting the schema back: Lost connection to server during query");
    check_text(session_schema(bench.session), "side");
    check_calls(&bench.fake, "open 1\nquery 1 USE `side`\nreset 1\nquery 1 USE `side`\nclose 1\n");
    bench_close(&bench);
}

// The rows that came before it broke off are the sink's, and it is told that there are no more.
static void test_loss_in_the_middle_of_a_set(void **state)
{
    (void) state;
    static const char *const names[] = {"id"};
    static const char *const cells[] = {"1", "2"};
    static const struct fake_set set = {.names = names, .columns = 1, .cells = cells, .rows = 2};
    struct bench bench;
    struct recorder recorder;
    struct error err = ERROR_INIT;
    struct fake_plan plan = FAKE_LOST;
    plan.sets = &set;
    plan.set_count = 1;
    bench_open(&bench, NULL);
    recorder_init(&recorder);
    fake_plan(&bench.fake, FAKE_QUERY, plan);
    assert_false(session_run(bench.session, "SELECT", 6, &recorder.sink, &err));
    check_error_has(&err, ERROR_CONNECTION, "Lost connection");
    assert_int_equal(recorder_rows(&recorder), 2);
    assert_false(recorder.sets[0].finished);
    assert_int_equal(recorder.aborts, 1);
    recorder_finish(&recorder);
    bench_close(&bench);
}

// Ending a session costs no reset: its connection is closed, and a transaction with it.
static void test_end_closes(void **state)
{
    (void) state;
    struct bench bench;
    bench_open(&bench, NULL);
    RUNS(&bench, "BEGIN");
    session_destroy(bench.session);
    bench.session = NULL;
    check_calls(&bench.fake, "open 1\nquery 1 BEGIN\nclose 1\n");
    bench_close(&bench);
}

// Equal targets share a pool, which stays when its last session goes; another one has its own.
static void test_manager_shares_pools(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, "shop");
    struct manager *manager = manager_create(&bench.fake.connector, &bench.clock.clock);
    struct session *one = manager_open(manager, "one", &bench.target, bench.cancel);
    check_ok(target_set(&bench.target, "schema", "other", &err), &err);
    struct session *two = manager_open(manager, "two", &bench.target, bench.cancel);
    assert_ptr_not_equal(session_pool(one), session_pool(two));
    check_text(session_schema(two), "other");
    struct pool *kept = session_pool(one);
    check_ok(session_run(one, "DO 1", 4, sink_discard(), &err), &err);
    manager_close(manager, one);
    check_ok(target_set(&bench.target, "schema", "shop", &err), &err);
    one = manager_open(manager, "one", &bench.target, bench.cancel);
    assert_ptr_equal(session_pool(one), kept);
    assert_ptr_equal(manager_pool_at(manager, 0), kept);
    assert_ptr_equal(manager_pool_at(manager, 1), session_pool(two));
    assert_null(manager_pool_at(manager, 2));
    check_ok(session_run(one, "DO 2", 4, sink_discard(), &err), &err);
    check_calls(&bench.fake, "open 1\nquery 1 DO 1\nreset 1\nquery 1 DO 2\n");
    manager_destroy(manager);
    bench_close(&bench);
}

static void test_manager(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    bench_open(&bench, "shop");
    struct manager *manager = manager_create(&bench.fake.connector, &bench.clock.clock);
    struct session *one = manager_open(manager, "one", &bench.target, bench.cancel);
    struct session *two = manager_open(manager, "two", &bench.target, bench.cancel);
    assert_ptr_equal(manager_find(manager, "one"), one);
    assert_ptr_equal(manager_find(manager, "two"), two);
    assert_null(manager_find(manager, "thr"));
    check_ok(session_run(one, "DO 1", 4, sink_discard(), &err), &err);
    check_ok(session_run(two, "DO 2", 4, sink_discard(), &err), &err);
    manager_close(manager, one);
    assert_null(manager_find(manager, "one"));
    assert_ptr_equal(manager_find(manager, "two"), two);
    manager_close(manager, bench.session); // not one of its own
    assert_ptr_equal(manager_session_at(manager, 0), two);
    assert_null(manager_session_at(manager, 1));
    assert_ptr_equal(manager_pool_at(manager, 0), session_pool(two));
    assert_null(manager_pool_at(manager, 1));
    manager_destroy(manager);
    // A session that is closed gives its connection back to a pool that stays.
    check_calls(&bench.fake, "open 1\nquery 1 DO 1\nopen 2\nquery 2 DO 2\nreset 1\n"
                             "close 2\nclose 1\n");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leases_at_first_statement),
        cmocka_unit_test(test_connect_leases_once),
        cmocka_unit_test(test_connect_fails),
        cmocka_unit_test(test_sets_reach_the_sink),
        cmocka_unit_test(test_sql_error_keeps_the_lease),
        cmocka_unit_test(test_follows_the_servers_state),
        cmocka_unit_test(test_release_and_schema_put_back),
        cmocka_unit_test(test_schema_is_quoted),
        cmocka_unit_test(test_schema_cannot_be_put_back),
        cmocka_unit_test(test_no_schema_is_not_put_back),
        cmocka_unit_test(test_loss_is_told_once),
        cmocka_unit_test(test_loss_names_the_transaction),
        cmocka_unit_test(test_loss_while_putting_back),
        cmocka_unit_test(test_loss_in_the_middle_of_a_set),
        cmocka_unit_test(test_end_closes),
        cmocka_unit_test(test_manager_shares_pools),
        cmocka_unit_test(test_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
