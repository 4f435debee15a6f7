// What a session says of a lost connection that pinned nothing: what LAST_INSERT_ID() would have
// answered is not asked of another, and a prepared XA transaction is kept by the server.

#include "session_bench.h"

#include "marsh/base/mem.h"

#define LOST_TEXT "Lost connection to server during query"

// Lost before the statement was sent whole.
static struct fake_plan unsent(void)
{
    struct fake_plan plan = FAKE_LOST;
    plan.unsent = true;
    return plan;
}

static const struct fake_set inserted = {.affected = 1, .insert_id = 7};
#define NO_ID "not sent: LAST_INSERT_ID() was lost with the connection"
#define NO_RESULT                                                                                  \
    "not sent: what the server had to say of the statement before was lost with the connection"

static void insert(struct bench *bench)
{
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.sets = &inserted, .set_count = 1});
    RUNS(bench, "INSERT INTO t VALUES (1)");
}

// Another connection would say 0.
static void test_insert_id_lost(void **state)
{
    struct bench *bench = *state;
    insert(bench);
    RUNS(bench, "SELECT LAST_INSERT_ID()");
    PINS(bench, "");
    fake_kill(&bench->fake, 1);
    FAILS(bench, "INSERT INTO u VALUES (LAST_INSERT_ID())", ERROR_CONNECTION, NO_ID);
    NOTICE(bench, NULL);
    // It was said.
    RUNS(bench, "SELECT LAST_INSERT_ID()");
    check_calls(&bench->fake, "open 1\nquery 1 INSERT INTO t VALUES (1)\n"
                              "query 1 SELECT LAST_INSERT_ID()\nclose 1\nopen 2\n"
                              "query 2 SELECT LAST_INSERT_ID()\n");
}

static void test_insert_id_released(void **state)
{
    struct bench *bench = *state;
    insert(bench);
    assert_true(session_release_idle(bench->session));
    RUNS(bench, "DO 1");
    FAILS(bench, "SELECT @@identity", ERROR_CONNECTION, NO_ID);
    // One that is generated anew is not lost.
    insert(bench);
    assert_true(session_release_idle(bench->session));
    insert(bench);
    RUNS(bench, "SELECT LAST_INSERT_ID()");
    // What is given up on purpose is no loss, nor is what was not there.
    session_release(bench->session);
    RUNS(bench, "SELECT LAST_INSERT_ID()");
    assert_true(session_release_idle(bench->session));
    RUNS(bench, "SELECT LAST_INSERT_ID()");
}

// The statement that was lost may have been given one.
static void test_insert_id_of_a_lost_statement(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "INSERT INTO t VALUES (1)", ERROR_CONNECTION, LOST_TEXT);
    free(session_take_notice(bench->session));
    FAILS(bench, "SELECT LAST_INSERT_ID()", ERROR_CONNECTION, NO_ID);
    fake_plan(&bench->fake, FAKE_QUERY, unsent());
    RUNS(bench, "INSERT INTO t VALUES (LAST_INSERT_ID())");
}

static void test_result_lost(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "DELETE FROM t");
    assert_true(session_release_idle(bench->session));
    FAILS(bench, "SELECT ROW_COUNT()", ERROR_CONNECTION, NO_RESULT);
    RUNS(bench, "SHOW WARNINGS");
    assert_true(session_release_idle(bench->session));
    RUNS(bench, "DO 1");
    RUNS(bench, "SHOW WARNINGS"); // of the DO
}

static const struct connection_state in_xa = {
    .in_transaction = true, .autocommit = true, .backslash_escapes = true};

static void prepare_xa(struct bench *bench)
{
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &in_xa});
    RUNS(bench, "XA START 'x'");
    RUNS(bench, "XA END 'x'");
    PINS(bench, "transaction with 2 statements");
    RUNS(bench, "XA PREPARE 'x'");
}

static void test_prepared_xa_is_kept(void **state)
{
    struct bench *bench = *state;
    prepare_xa(bench);
    fake_kill(&bench->fake, 1);
    FAILS(bench, "XA COMMIT 'x'", ERROR_CONNECTION,
          "The server has closed the connection; the statement was not sent");
    NOTICE(bench, "The XA transaction 'x' is prepared and is kept by the server.");
    RUNS(bench, "XA COMMIT 'x'");
    NOTICE(bench, NULL);
    check_calls(&bench->fake, "open 1\nquery 1 XA START 'x'\nquery 1 XA END 'x'\n"
                              "query 1 XA PREPARE 'x'\nclose 1\nopen 2\nquery 2 XA COMMIT 'x'\n");
}

static void test_xa_lost(void **state)
{
    struct bench *bench = *state;
    prepare_xa(bench);
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "XA COMMIT 'x'", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the XA COMMIT is unknown: the XA transaction 'x' may be "
                  "committed, or still be prepared and kept by the server.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &in_xa});
    RUNS(bench, "XA START 'y'");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "XA PREPARE 'y'", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the XA PREPARE is unknown: the XA transaction 'y' may be "
                  "prepared and kept by the server, or rolled back.");
    // Not prepared, it goes with its connection.
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &in_xa});
    RUNS(bench, "XA START 'z'");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "XA ROLLBACK 'z'", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The connection 3 is lost, and with it: transaction with 1 statement.");
}

// A text of several statements has an answer for each; where some are missing they were not run.
static void test_as_many_answers_as_statements(void **state)
{
    static const char text[] = "INSERT INTO t VALUES (1) /*!99999\n;\nINSERT INTO t VALUES (2)";
    static const struct fake_set answers[] = {{.affected = 1}, {.affected = 1}, {.affected = 1}};
    struct bench *bench = *state;
    for (size_t count = 1; count <= 3; count++) {
        struct error err = ERROR_INIT;
        size_t done = 99;
        fake_plan(&bench->fake, FAKE_QUERY,
                  (struct fake_plan){.sets = answers, .set_count = count});
        bool ok = session_run_many(bench->session, text, sizeof(text) - 1, 2, sink_discard(), &done,
                                   &err);
        assert_int_equal(ok, count == 2);
        assert_int_equal(done, 1);
        CLEANUP(mem_free_at)
        char *expected = mem_printf("the server has answered %zu times to 2 statements", count);
        assert_true(ok || (err.kind == ERROR_SQL && strcmp(err.message, expected) == 0));
        error_finish(&err);
    }
}

int main(void)
{
#define ANSWERS_TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        ANSWERS_TEST(test_insert_id_lost),
        ANSWERS_TEST(test_insert_id_released),
        ANSWERS_TEST(test_insert_id_of_a_lost_statement),
        ANSWERS_TEST(test_result_lost),
        ANSWERS_TEST(test_prepared_xa_is_kept),
        ANSWERS_TEST(test_xa_lost),
        ANSWERS_TEST(test_as_many_answers_as_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
