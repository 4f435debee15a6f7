// What a session does when its connection is lost or its transaction is rolled back: what it sends
// again (almost nothing), what it says, and what it refuses until the user has taken note.

#include "session_bench.h"

#define LOST_TEXT "Lost connection to server during query"

#define REFUSED_LOST                                                                               \
    "not sent: what the statements before have left was lost with the connection; ROLLBACK or "    \
    "\\reconnect acknowledges that"

// Lost before the statement was sent whole.
static struct fake_plan unsent(void)
{
    struct fake_plan plan = FAKE_LOST;
    plan.unsent = true;
    return plan;
}

static void test_sent_again_when_unsent(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, unsent());
    RUNS(bench, "INSERT INTO t VALUES (1)");
    check_calls(&bench->fake, "open 1\nquery 1 INSERT INTO t VALUES (1)\nclose 1\n"
                              "open 2\nquery 2 INSERT INTO t VALUES (1)\n");
    NOTICE(bench, NULL);
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
}

static void test_sent_again_once(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, unsent());
    fake_plan(&bench->fake, FAKE_QUERY, unsent());
    FAILS(bench, "DO 1", ERROR_CONNECTION, LOST_TEXT);
    check_calls(&bench->fake, "open 1\nquery 1 DO 1\nclose 1\nopen 2\nquery 2 DO 1\nclose 2\n");
    NOTICE(bench, NULL); // it is known: it was not done
}

// Sent and not answered: it may have been carried out, so it is not sent again, whatever it is.
static void test_never_twice(void **state)
{
    struct bench *bench = *state;
    static const char *const texts[] = {"SELECT 1", "INSERT INTO t VALUES (1)", "BEGIN", "COMMIT",
                                        "CALL p()"};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        size_t before = fake_count(&bench->fake, FAKE_QUERY);
        fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
        FAILS(bench, texts[i], ERROR_CONNECTION, LOST_TEXT);
        assert_int_equal(fake_count(&bench->fake, FAKE_QUERY), before + 1);
        free(session_take_notice(bench->session));
    }
}

// Of what only reads nothing is unknown but its rows.
static void test_reads_leave_no_doubt(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "SELECT 1", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, NULL);
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "ROLLBACK", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, NULL);
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "WITH a AS (SELECT 1) DELETE FROM t", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the WITH is unknown: it may have been carried out or not.");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "'nonsense'", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the statement is unknown: it may have been carried out or not.");
}

// A lease that was seen to be dead is replaced without a word where it held nothing.
static void test_dead_while_idle(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "DO 1");
    fake_kill(&bench->fake, 1);
    RUNS(bench, "DO 2");
    check_calls(&bench->fake, "open 1\nquery 1 DO 1\nclose 1\nopen 2\nquery 2 DO 2\n");
    NOTICE(bench, NULL);
}

static void test_dead_while_idle_and_pinned(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "SET @total = 1");
    PINS(bench, "@total");
    fake_kill(&bench->fake, 1);
    FAILS(bench, "SELECT @total", ERROR_CONNECTION,
          "The server has closed the connection; the statement was not sent");
    NOTICE(bench, "The connection 1 is lost, and with it: @total.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_LOST);
    PINS(bench, "");
    check_calls(&bench->fake, "open 1\nquery 1 SET @total = 1\nclose 1\n");
}

static void lose_pinned(struct bench *bench)
{
    RUNS(bench, "CREATE TEMPORARY TABLE x (i int)");
    RUNS(bench, "SET @total = 1");
    RUNS(bench, "BEGIN");
    for (size_t i = 0; i < 3; i++)
        RUNS(bench, "INSERT INTO t VALUES (1)");
    PINS(bench, "transaction with 3 statements, 1 temporary table, @total");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "UPDATE t SET i = 2", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The connection 1 is lost, and with it: transaction with 3 statements, "
                  "1 temporary table, @total.");
    NOTICE(bench, NULL);
    assert_int_equal(session_transaction(bench->session), TRANSACTION_LOST);
    buf_clear(&bench->fake.log);
    FAILS(bench, "INSERT INTO t VALUES (4)", ERROR_USAGE, REFUSED_LOST);
    FAILS(bench, "SELECT 1", ERROR_USAGE, REFUSED_LOST);
    FAILS(bench, "COMMIT", ERROR_USAGE, REFUSED_LOST);
    FAILS(bench, "ROLLBACK TO a", ERROR_USAGE, REFUSED_LOST);
    check_calls(&bench->fake, "");
    assert_false(session_release_idle(bench->session));
}

static void test_refuses_until_rollback(void **state)
{
    struct bench *bench = *state;
    lose_pinned(bench);
    RUNS(bench, "ROLLBACK");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
    RUNS(bench, "SELECT 1");
    check_calls(&bench->fake, "open 2\nquery 2 ROLLBACK\nquery 2 SELECT 1\n");
    NOTICE(bench, NULL);
}

static void test_refuses_until_acknowledged(void **state)
{
    struct bench *bench = *state;
    lose_pinned(bench);
    session_acknowledge(bench->session);
    RUNS(bench, "SELECT 1");
    check_calls(&bench->fake, "open 2\nquery 2 SELECT 1\n");
}

// Pinned, it is not sent again even where it was not sent at all.
static void test_pinned_is_not_sent_again(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    fake_plan(&bench->fake, FAKE_QUERY, unsent());
    FAILS(bench, "COMMIT", ERROR_CONNECTION, LOST_TEXT);
    // It was not sent, so its outcome is known.
    NOTICE(bench, "The connection 1 is lost, and with it: transaction with 0 statements.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_LOST);
    check_calls(&bench->fake, "open 1\nquery 1 BEGIN\nquery 1 COMMIT\nclose 1\n");
}

// It would have begun another, and counted anew.
static void test_failed_begin_ends_no_transaction(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1064, "42000", "You have an error"));
    FAILS(bench, "START TRANSACTION nonsense", ERROR_SQL, "You have an error");
    PINS(bench, "transaction with 1 statement");
}

static void test_failed_statement_leaves_nothing(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1064, "42000", "You have an error"));
    FAILS(bench, "SET @a = ", ERROR_SQL, "You have an error");
    PINS(bench, "");
    // A procedure may have got half way.
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1305, "42000", "no such function"));
    FAILS(bench, "CALL p(@out)", ERROR_SQL, "no such function");
    PINS(bench, "@out, what may be left of CALL");
}

// What was interrupted before it was sent has done nothing.
static void test_interrupted_before_it_was_sent(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    RUNS(bench, "INSERT INTO t VALUES (1)");
    assert_false(cancel_fire(bench->cancel));
    FAILS(bench, "CALL p(@out)", ERROR_CANCELLED, "interrupted before it was sent");
    PINS(bench, "transaction with 1 statement");
    NOTICE(bench, NULL);
    cancel_reset(bench->cancel);
    RUNS(bench, "COMMIT");
    check_calls(&bench->fake,
                "open 1\nquery 1 BEGIN\nquery 1 INSERT INTO t VALUES (1)\nquery 1 COMMIT\n");
}

static const struct connection_state over = {.autocommit = true, .backslash_escapes = true};

static void test_rolled_back_by_the_server(void **state)
{
    struct bench *bench = *state;
    struct fake_plan deadlock = FAKE_SQL(1213, "40001", "Deadlock found");
    deadlock.state = &over;
    RUNS(bench, "BEGIN");
    RUNS(bench, "INSERT INTO t VALUES (1)");
    RUNS(bench, "INSERT INTO t VALUES (2)");
    fake_plan(&bench->fake, FAKE_QUERY, deadlock);
    FAILS(bench, "UPDATE t SET i = 2", ERROR_SQL, "Deadlock found");
    NOTICE(bench, "The transaction with 2 statements has been rolled back.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_ROLLED_BACK);
    FAILS(bench, "INSERT INTO t VALUES (3)", ERROR_USAGE,
          "not sent: the transaction has been rolled back; ROLLBACK or \\reconnect acknowledges "
          "that");
    RUNS(bench, "ROLLBACK");
    RUNS(bench, "INSERT INTO t VALUES (3)");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
    assert_int_equal(fake_count(&bench->fake, FAKE_OPEN), 1);
}

// Giving the lease back behind the user's back is no acknowledgement.
static void test_rolled_back_is_not_released(void **state)
{
    struct bench *bench = *state;
    struct fake_plan deadlock = FAKE_SQL(1213, "40001", "Deadlock found");
    deadlock.state = &over;
    RUNS(bench, "BEGIN");
    fake_plan(&bench->fake, FAKE_QUERY, deadlock);
    FAILS(bench, "UPDATE t SET i = 2", ERROR_SQL, "Deadlock found");
    assert_false(session_release_idle(bench->session));
    assert_int_equal(session_transaction(bench->session), TRANSACTION_ROLLED_BACK);
    RUNS(bench, "ROLLBACK");
    assert_true(session_release_idle(bench->session));
}

// A failed statement that leaves its transaction open is just that, and a lock wait timeout too.
static void test_failed_but_still_open(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1205, "HY000", "Lock wait timeout exceeded"));
    FAILS(bench, "UPDATE t SET i = 2", ERROR_SQL, "Lock wait timeout exceeded");
    NOTICE(bench, NULL);
    assert_int_equal(session_transaction(bench->session), TRANSACTION_OPEN);
    RUNS(bench, "COMMIT");
}

static void test_commit_lost(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "COMMIT", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the COMMIT is unknown: the transaction may be committed or "
                  "rolled back.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
}

static void test_commit_lost_with_more(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "SET @a = 1");
    RUNS(bench, "BEGIN");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "COMMIT", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the COMMIT is unknown: the transaction may be committed or "
                  "rolled back.\nThe connection 1 is lost, and with it: @a.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_LOST);
}

// BEGIN and DDL commit what was open before them: that is not told as lost either.
static void test_implicit_commit_lost(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "BEGIN", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the BEGIN is unknown: the transaction may be committed or "
                  "rolled back.");
    RUNS(bench, "BEGIN");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "DROP TABLE u", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the DROP TABLE is unknown: it may have been carried out or not, "
                  "and the transaction be committed or rolled back.");
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "DROP TABLE u", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the DROP TABLE is unknown: it may have been carried out or not.");
}

static void test_rollback_lost(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "BEGIN");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "ROLLBACK", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The connection 1 is lost, and with it: transaction with 0 statements.");
}

static void test_face_put_back(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "USE `shop`");
    RUNS(bench, "SET NAMES latin1");
    RUNS(bench, "SET autocommit=0");
    fake_kill(&bench->fake, 1);
    buf_clear(&bench->fake.log);
    RUNS(bench, "DO 1");
    check_calls(&bench->fake, "close 1\nopen 2\nquery 2 USE `shop`\nquery 2 SET NAMES latin1\n"
                              "query 2 SET autocommit=0\nquery 2 DO 1\n");
    // What was lost in the midst of that is no loss of the user's, and the statement was not sent.
    fake_kill(&bench->fake, 2);
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.text = "USE `shop`"});
    fake_plan(&bench->fake, FAKE_QUERY,
              (struct fake_plan){.text = "SET NAMES latin1",
                                 .fails = true,
                                 .kind = ERROR_SQL,
                                 .number = 1115,
                                 .sqlstate = "42000",
                                 .message = "Unknown character set"});
    FAILS(bench, "DO 2", ERROR_SQL, "putting the character set back: Unknown character set");
    check_calls(&bench->fake,
                "close 2\nopen 3\nquery 3 USE `shop`\nquery 3 SET NAMES latin1\nreset 3\n");
    NOTICE(bench, NULL);
}

// Without autocommit any statement begins a transaction, and pins.
static void test_transaction_without_begin(void **state)
{
    struct bench *bench = *state;
    static const struct connection_state open = {.in_transaction = true, .backslash_escapes = true};
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &open});
    RUNS(bench, "INSERT INTO t VALUES (1)");
    PINS(bench, "transaction with 1 statement");
    RUNS(bench, "INSERT INTO t VALUES (2)");
    PINS(bench, "transaction with 2 statements");
    assert_int_equal(session_statements(bench->session), 2);
    RUNS(bench, "COMMIT");
    PINS(bench, "");
    assert_int_equal(session_statements(bench->session), 0);
}

static void test_release_idle(void **state)
{
    struct bench *bench = *state;
    assert_false(session_release_idle(bench->session)); // there is none
    RUNS(bench, "DO 1");
    assert_true(session_release_idle(bench->session));
    check_calls(&bench->fake, "open 1\nquery 1 DO 1\nreset 1\n");
    static const char *const pins[][2] = {{"BEGIN", "ROLLBACK"},
                                          {"LOCK TABLES t READ", "UNLOCK TABLES"},
                                          {"DO GET_LOCK('a', 1)", "DO RELEASE_LOCK('a')"},
                                          {"PREPARE p FROM 'DO 1'", "DEALLOCATE PREPARE p"},
                                          {"CREATE TEMPORARY TABLE x (i int)", "DROP TABLE x"}};
    for (size_t i = 0; i < LENGTH(pins); i++) {
        RUNS(bench, pins[i][0]);
        assert_false(session_release_idle(bench->session));
        RUNS(bench, pins[i][1]);
        assert_true(session_release_idle(bench->session));
    }
    RUNS(bench, "SET @a = 1");
    assert_false(session_release_idle(bench->session));
    // Given up on purpose it is no loss.
    session_release(bench->session);
    NOTICE(bench, NULL);
    RUNS(bench, "DO 1");
    PINS(bench, "");
    assert_true(session_release_idle(bench->session));
}

static void test_raw(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    check_ok(session_make_raw(bench->session, &err), &err);
    PINS(bench, "raw");
    assert_false(session_release_idle(bench->session));
    RUNS(bench, "BEGIN");
    PINS(bench, "transaction with 0 statements, raw");
    session_release(bench->session);
    check_calls(&bench->fake, "open 1\nquery 1 BEGIN\nreset 1\n");
    RUNS(bench, "DO 1");
    assert_true(session_release_idle(bench->session));
    // It is lost like anything else.
    check_ok(session_make_raw(bench->session, &err), &err);
    fake_kill(&bench->fake, 1);
    FAILS(bench, "DO 1", ERROR_CONNECTION,
          "The server has closed the connection; the statement was not sent");
    NOTICE(bench, "The connection 1 is lost, and with it: raw.");
    session_acknowledge(bench->session);
    fake_plan(&bench->fake, FAKE_OPEN, FAKE_REFUSED);
    assert_false(session_make_raw(bench->session, &err));
    check_error(&err, ERROR_CONNECTION, "Can't connect");
    PINS(bench, "");
}

// A watchful session asks what a CALL has left, once a lease and only for what calls.
static void test_watchful(void **state)
{
    struct bench *bench = *state;
    static const struct connection_state changed = {
        .autocommit = true, .backslash_escapes = true, .state_changed = true};
    session_set_watchful(bench->session, true);
    RUNS(bench, "DO 1");
    RUNS(bench, "CALL p()");
    RUNS(bench, "CALL p()");
    check_calls(&bench->fake,
                "open 1\nquery 1 DO 1\ntrack 1\nquery 1 CALL p()\nquery 1 CALL p()\n");
    PINS(bench, "");
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &changed});
    RUNS(bench, "CALL p()");
    PINS(bench, "what may be left of CALL");
    session_release(bench->session);
    check_calls(&bench->fake, "query 1 CALL p()\nreset 1\n");
    RUNS(bench, "EXECUTE p");
    check_calls(&bench->fake, "track 1\nquery 1 EXECUTE p\n");
    // One that is not watchful pays nothing for it.
    session_set_watchful(bench->session, false);
    session_release(bench->session);
    RUNS(bench, "CALL p()");
    check_calls(&bench->fake, "reset 1\nquery 1 CALL p()\n");
}

// What is no function of the server's own may have written anything.
static void test_function_lost(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "SELECT fw()", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the SELECT is unknown: it may have been carried out or not.");
    RUNS(bench, "SELECT fw()");
    PINS(bench, "what may be left of SELECT");
}

static void test_watchful_of_functions_and_triggers(void **state)
{
    struct bench *bench = *state;
    static const struct connection_state changed = {
        .autocommit = true, .backslash_escapes = true, .state_changed = true};
    session_set_watchful(bench->session, true);
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &changed});
    RUNS(bench, "INSERT INTO t VALUES (1)");
    PINS(bench, ""); // nobody has asked the server to tell
    RUNS(bench, "SELECT f()");
    check_calls(&bench->fake,
                "open 1\nquery 1 INSERT INTO t VALUES (1)\ntrack 1\nquery 1 SELECT f()\n");
    PINS(bench, "");
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &changed});
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &changed});
    RUNS(bench, "SELECT f()");
    PINS(bench, "what may be left of INSERT, what may be left of SELECT");
}

// With rows the server does not say what has changed.
static void test_watchful_with_rows(void **state)
{
    struct bench *bench = *state;
    static const char *const names[] = {"f()"};
    static const char *const cells[] = {"1"};
    static const struct fake_set set = {.names = names, .columns = 1, .cells = cells, .rows = 1};
    session_set_watchful(bench->session, true);
    RUNS(bench, "DO f()");
    PINS(bench, "");
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.sets = &set, .set_count = 1});
    RUNS(bench, "SELECT f()");
    PINS(bench, "what may be left of SELECT");
}

// Before it is connected nobody knows which comments the server will run.
static void test_first_statement_is_read_for_its_server(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "SELECT 1 /*M!999999 INTO @a */ /*M!110400 INTO @b */");
    PINS(bench, "@b");
}

// A function that is not there has left nothing; one that failed may have.
static void test_function_failed(void **state)
{
    struct bench *bench = *state;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1305, "42000", "FUNCTION f does not exist"));
    FAILS(bench, "SELECT f()", ERROR_SQL, "FUNCTION f does not exist");
    PINS(bench, "");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1644, "45000", "no"));
    FAILS(bench, "SELECT f()", ERROR_SQL, "no");
    PINS(bench, "what may be left of SELECT");
}

static void find_statement(void *data, const struct pool_entry *entry)
{
    buf_printf(data, "%s: %s\n", entry->who, entry->statement);
}

static void *run_blocked(void *data)
{
    struct error err = ERROR_INIT;
    void **args = data;
    check_ok(bench_run(args[0], args[1], &err), &err);
    return NULL;
}

static void check_shown(struct bench *bench, const char *text, const char *expected, int line)
{
    pthread_t thread;
    struct buf shown = BUF_INIT;
    void *args[] = {bench, (void *) (uintptr_t) text};
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_BLOCKS(NULL));
    assert_int_equal(pthread_create(&thread, NULL, run_blocked, args), 0);
    fake_await_blocked(&bench->fake, 1);
    pool_each(bench->pool, find_statement, &shown);
    fake_release(&bench->fake, FAKE_QUERY);
    assert_int_equal(pthread_join(thread, NULL), 0);
    support_check_text(buf_cstr(&shown), expected, __FILE__, line);
    buf_clear(&shown);
    pool_each(bench->pool, find_statement, &shown);
    support_check_text(buf_cstr(&shown), "main: \n", __FILE__, line);
    buf_finish(&shown);
}

// Who looks at the pool sees what runs, but no secrets.
static void test_running_statement_is_shown(void **state)
{
    struct bench *bench = *state;
    check_shown(bench, "SELECT sleep(9)", "main: SELECT sleep(9)\n", __LINE__);
    check_shown(bench, "SET PASSWORD = 'geheim'", "main: (hidden)\n", __LINE__);
}

int main(void)
{
#define LOSS_TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        LOSS_TEST(test_sent_again_when_unsent),
        LOSS_TEST(test_sent_again_once),
        LOSS_TEST(test_never_twice),
        LOSS_TEST(test_reads_leave_no_doubt),
        LOSS_TEST(test_dead_while_idle),
        LOSS_TEST(test_dead_while_idle_and_pinned),
        LOSS_TEST(test_refuses_until_rollback),
        LOSS_TEST(test_refuses_until_acknowledged),
        LOSS_TEST(test_pinned_is_not_sent_again),
        LOSS_TEST(test_failed_begin_ends_no_transaction),
        LOSS_TEST(test_failed_statement_leaves_nothing),
        LOSS_TEST(test_interrupted_before_it_was_sent),
        LOSS_TEST(test_rolled_back_by_the_server),
        LOSS_TEST(test_rolled_back_is_not_released),
        LOSS_TEST(test_failed_but_still_open),
        LOSS_TEST(test_commit_lost),
        LOSS_TEST(test_commit_lost_with_more),
        LOSS_TEST(test_implicit_commit_lost),
        LOSS_TEST(test_rollback_lost),
        LOSS_TEST(test_face_put_back),
        LOSS_TEST(test_transaction_without_begin),
        LOSS_TEST(test_release_idle),
        LOSS_TEST(test_raw),
        LOSS_TEST(test_watchful),
        LOSS_TEST(test_function_lost),
        LOSS_TEST(test_watchful_of_functions_and_triggers),
        LOSS_TEST(test_watchful_with_rows),
        LOSS_TEST(test_first_statement_is_read_for_its_server),
        LOSS_TEST(test_function_failed),
        LOSS_TEST(test_running_statement_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
