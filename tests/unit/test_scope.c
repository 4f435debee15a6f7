// A scope over a fake server: one transaction that is committed or rolled back as a whole, whatever
// happens within.
#include "marsh/session/scope.h"

#include "session_bench.h"

#define LOST_TEXT "Lost connection to server during query"

static bool begin(struct bench *bench, struct error *err)
{
    return scope_begin(bench->session, &(struct scope_options){.isolation = NULL}, err);
}

static void begin_ok(struct bench *bench)
{
    struct error err = ERROR_INIT;
    check_ok(begin(bench, &err), &err);
    assert_true(session_in_scope(bench->session));
    check_calls(&bench->fake, "open 1\nquery 1 START TRANSACTION; SAVEPOINT marsh_scope\n");
}

static void test_commit(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    assert_false(session_in_scope(bench->session));
    begin_ok(bench);
    PINS(bench, "scope with 0 statements");
    RUNS(bench, "INSERT INTO t VALUES (1)");
    RUNS(bench, "INSERT INTO t VALUES (2)");
    PINS(bench, "scope with 2 statements");
    assert_false(session_release_idle(bench->session));
    check_ok(scope_commit(bench->session, &err), &err);
    check_calls(&bench->fake,
                "query 1 INSERT INTO t VALUES (1)\n"
                "query 1 INSERT INTO t VALUES (2)\nquery 1 RELEASE SAVEPOINT marsh_scope\n"
                "query 1 COMMIT\n");
    assert_false(session_in_scope(bench->session));
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
    PINS(bench, "");
    NOTICE(bench, NULL);
    assert_true(session_release_idle(bench->session));
}

static void test_rollback(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    begin_ok(bench);
    RUNS(bench, "DELETE FROM t");
    check_ok(scope_rollback(bench->session, &err), &err);
    check_calls(&bench->fake, "query 1 DELETE FROM t\nquery 1 RELEASE SAVEPOINT marsh_scope\n"
                              "query 1 ROLLBACK\n");
    assert_false(session_in_scope(bench->session));
    NOTICE(bench, NULL);
    // The next one is a new one.
    check_ok(begin(bench, &err), &err);
    check_ok(scope_commit(bench->session, &err), &err);
}

static void check_begin(struct bench *bench, const struct scope_options *options, const char *calls,
                        int line)
{
    struct error err = ERROR_INIT;
    check_ok(session_connect(bench->session, &err), &err);
    fake_check_calls(&bench->fake, "open 1\n", __FILE__, line);
    support_check_ok(scope_begin(bench->session, options, &err), &err, "scope_begin", __FILE__,
                     line);
    fake_check_calls(&bench->fake, calls, __FILE__, line);
    check_ok(scope_rollback(bench->session, &err), &err);
    // Nothing of it stays behind.
    support_check_ok(session_release_idle(bench->session), &err, "release", __FILE__, line);
    pool_close_idle(bench->pool, false);
    bench->fake.opened = 0;
    buf_clear(&bench->fake.log);
}
#define BEGINS(bench, calls, ...)                                                                  \
    check_begin(bench, &(struct scope_options){__VA_ARGS__}, calls, __LINE__)

static void test_options(void **state)
{
    struct bench *bench = *state;
    BEGINS(bench, "query 1 START TRANSACTION READ ONLY; SAVEPOINT marsh_scope\n",
           .read_only = true);
    BEGINS(bench, "query 1 START TRANSACTION WITH CONSISTENT SNAPSHOT; SAVEPOINT marsh_scope\n",
           .consistent_snapshot = true);
    BEGINS(bench,
           "query 1 START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY; SAVEPOINT marsh_scope\n",
           .consistent_snapshot = true, .read_only = true);
    BEGINS(bench,
           "query 1 SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION; "
           "SAVEPOINT marsh_scope\n",
           .isolation = "read-committed");
    BEGINS(bench,
           "query 1 SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; "
           "START TRANSACTION READ ONLY; SAVEPOINT marsh_scope\n",
           .isolation = "Serializable", .read_only = true);
}

static void test_isolation_names(void **state)
{
    (void) state;
    static const char *const good[] = {"read-uncommitted", "READ COMMITTED", "Repeatable_Read",
                                       "serializable"};
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < LENGTH(good); i++)
        check_ok(scope_check_isolation(good[i], &err), &err);
    assert_false(scope_check_isolation("serialisable", &err));
    check_error(&err, ERROR_USAGE,
                "unknown isolation level 'serialisable', did you mean 'SERIALIZABLE'?");
    assert_false(scope_check_isolation("xyz", &err));
    check_error(&err, ERROR_USAGE,
                "unknown isolation level 'xyz': it is read-uncommitted, read-committed, "
                "repeatable-read or serializable");
    assert_false(scope_check_isolation("", &err));
    error_finish(&err);
}

static void test_no_begin(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    struct scope_options wrong = {.isolation = "xyz"};
    assert_false(scope_begin(bench->session, &wrong, &err));
    check_error_has(&err, ERROR_USAGE, "unknown isolation level 'xyz'");
    check_calls(&bench->fake, "");
    begin_ok(bench);
    assert_false(begin(bench, &err));
    check_error(&err, ERROR_USAGE, "a scope is open already");
    check_ok(scope_rollback(bench->session, &err), &err);
    RUNS(bench, "BEGIN");
    assert_false(begin(bench, &err));
    check_error(&err, ERROR_USAGE, "a transaction is open already");
    RUNS(bench, "COMMIT");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1047, "08S01", "WSREP is not ready"));
    assert_false(begin(bench, &err));
    check_error(&err, ERROR_SQL, "WSREP is not ready");
    assert_false(session_in_scope(bench->session));
}

// What would end the transaction otherwise is named and not sent.
static void test_refused(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    begin_ok(bench);
    FAILS(bench, "COMMIT", ERROR_USAGE,
          "not sent: within the scope COMMIT would end the transaction");
    FAILS(bench, "ROLLBACK", ERROR_USAGE,
          "not sent: within the scope ROLLBACK would end the transaction");
    FAILS(bench, "BEGIN", ERROR_USAGE,
          "not sent: within the scope BEGIN would commit what is done so far");
    FAILS(bench, "START TRANSACTION", ERROR_USAGE,
          "not sent: within the scope START TRANSACTION would commit what is done so far");
    FAILS(bench, "CREATE TABLE t (i int)", ERROR_USAGE,
          "not sent: within the scope CREATE TABLE would commit what is done so far");
    FAILS(bench, "CREATE OR REPLACE VIEW v AS SELECT 1", ERROR_USAGE,
          "not sent: within the scope CREATE VIEW would commit what is done so far");
    FAILS(bench, "LOCK TABLES t READ", ERROR_USAGE,
          "not sent: within the scope LOCK TABLES would commit what is done so far");
    FAILS(bench, "RELEASE SAVEPOINT `Marsh_Scope`", ERROR_USAGE,
          "not sent: the savepoint marsh_scope is the scope's own");
    FAILS(bench, "ROLLBACK TO marsh_scope", ERROR_USAGE,
          "not sent: the savepoint marsh_scope is the scope's own");
    FAILS(bench, "EXECUTE IMMEDIATE 'create table t (i int)'", ERROR_USAGE,
          "not sent: within the scope EXECUTE CREATE TABLE would commit what is done so far");
    FAILS(bench, "SET autocommit = 1", ERROR_USAGE,
          "not sent: within the scope SET would commit what is done so far");
    FAILS(bench, "SET STATEMENT a=1 FOR DROP TABLE t", ERROR_USAGE,
          "not sent: within the scope DROP TABLE would commit what is done so far");
    check_calls(&bench->fake, "");
    // These do not.
    RUNS(bench, "SAVEPOINT a");
    RUNS(bench, "ROLLBACK TO a");
    RUNS(bench, "CREATE TEMPORARY TABLE x (i int)");
    RUNS(bench, "SELECT 'COMMIT'");
    PINS(bench, "scope with 4 statements, 1 temporary table");
    assert_true(session_in_scope(bench->session));
    check_ok(scope_commit(bench->session, &err), &err);
    RUNS(bench, "CREATE TABLE t (i int)");
}

static void test_implicit_commit_allowed(void **state)
{
    struct bench *bench = *state;
    struct connection_state over = {.autocommit = true, .backslash_escapes = true};
    struct scope_options options = {.allow_implicit_commit = true};
    struct error err = ERROR_INIT;
    check_ok(scope_begin(bench->session, &options, &err), &err);
    FAILS(bench, "COMMIT", ERROR_USAGE,
          "not sent: within the scope COMMIT would end the transaction");
    FAILS(bench, "LOCK TABLES t READ", ERROR_USAGE,
          "not sent: LOCK TABLES and a scope's transaction end each other");
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &over});
    RUNS(bench, "CREATE TABLE t (i int)");
    NOTICE(bench, NULL);
    // What follows is a transaction again.
    check_ok(scope_commit(bench->session, &err), &err);
    check_calls(
        &bench->fake,
        "open 1\nquery 1 START TRANSACTION; SAVEPOINT marsh_scope\nquery 1 CREATE TABLE t (i int)\n"
        "query 1 START TRANSACTION; SAVEPOINT marsh_scope\nquery 1 COMMIT\n");
    assert_true(session_scope_is_partly_committed(bench->session));
}

// The server has rolled it back: nothing more of it is sent, and it can't be committed.
static void test_rolled_back_by_the_server(void **state)
{
    struct bench *bench = *state;
    struct connection_state over = {.autocommit = true, .backslash_escapes = true};
    struct fake_plan deadlock = FAKE_SQL(1213, "40001", "Deadlock found");
    struct error err = ERROR_INIT;
    deadlock.state = &over;
    for (size_t i = 0; i < 2; i++) {
        check_ok(begin(bench, &err), &err);
        RUNS(bench, "INSERT INTO t VALUES (1)");
        fake_plan(&bench->fake, FAKE_QUERY, deadlock);
        FAILS(bench, "UPDATE t SET i = 2", ERROR_SQL, "Deadlock found");
        NOTICE(bench, "The transaction with 1 statement has been rolled back.");
        check_calls(&bench->fake, i == 0
                                      ? "open 1\nquery 1 START TRANSACTION; SAVEPOINT marsh_scope\n"
                                        "query 1 INSERT INTO t VALUES (1)\n"
                                        "query 1 UPDATE t SET i = 2\nquery 1 SHOW WARNINGS\n"
                                      : "query 1 START TRANSACTION; SAVEPOINT marsh_scope\n"
                                        "query 1 INSERT INTO t VALUES (1)\n"
                                        "query 1 UPDATE t SET i = 2\nquery 1 SHOW WARNINGS\n");
        FAILS(bench, "INSERT INTO t VALUES (3)", ERROR_USAGE,
              "not sent: the transaction has been rolled back; \\scope rollback acknowledges that");
        assert_true(session_in_scope(bench->session));
        if (i == 0) {
            assert_false(scope_commit(bench->session, &err));
            check_error(&err, ERROR_SQL, "the scope can't be committed: it has been rolled back");
        } else {
            check_ok(scope_rollback(bench->session, &err), &err);
        }
        check_calls(&bench->fake, "");
        assert_false(session_in_scope(bench->session));
        assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
    }
}

// Lost while it is open: what follows does not run on its own, not even after a ROLLBACK.
static void test_lost_while_open(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    begin_ok(bench);
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_LOST);
    FAILS(bench, "INSERT INTO t VALUES (2)", ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The connection 1 is lost, and with it: scope with 1 statement.");
    static const char *const texts[] = {"INSERT INTO t VALUES (3)", "ROLLBACK", "COMMIT",
                                        "INSERT INTO t VALUES (4)"};
    for (size_t i = 0; i < LENGTH(texts); i++)
        FAILS(bench, texts[i], ERROR_USAGE,
              "not sent: what the statements before have left was lost with the connection; "
              "\\scope rollback acknowledges that");
    check_calls(&bench->fake,
                "query 1 INSERT INTO t VALUES (1)\nquery 1 INSERT INTO t VALUES (2)\nclose 1\n");
    assert_true(session_in_scope(bench->session));
    // The server rolls it back by itself.
    check_ok(scope_rollback(bench->session, &err), &err);
    check_calls(&bench->fake, "");
    RUNS(bench, "SELECT 1");
    check_calls(&bench->fake, "open 2\nquery 2 SELECT 1\n");
}

static void test_lost_cannot_be_committed(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    begin_ok(bench);
    fake_kill(&bench->fake, 1);
    FAILS(bench, "INSERT INTO t VALUES (1)", ERROR_CONNECTION,
          "The server has closed the connection; the statement was not sent");
    NOTICE(bench, "The connection 1 is lost, and with it: scope with 0 statements.");
    assert_false(scope_commit(bench->session, &err));
    check_error(&err, ERROR_SQL, "the scope can't be committed: it has been rolled back");
    assert_false(session_in_scope(bench->session));
    check_calls(&bench->fake, "close 1\n");
}

// The answer to COMMIT is lost: neither done nor undone.
static void test_commit_lost(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    begin_ok(bench);
    RUNS(bench, "INSERT INTO t VALUES (1)");
    struct fake_plan lost = FAKE_LOST;
    lost.text = "COMMIT";
    fake_plan(&bench->fake, FAKE_QUERY, lost);
    assert_false(scope_commit(bench->session, &err));
    check_error(&err, ERROR_CONNECTION, LOST_TEXT);
    NOTICE(bench, "The outcome of the COMMIT is unknown: the transaction may be committed or "
                  "rolled back.");
    assert_false(session_in_scope(bench->session));
    assert_int_equal(fake_count(&bench->fake, FAKE_OPEN), 1);
    check_calls(&bench->fake,
                "query 1 INSERT INTO t VALUES (1)\nquery 1 RELEASE SAVEPOINT marsh_scope\n"
                "query 1 COMMIT\nclose 1\n");
}

// The connection was seen to be gone before COMMIT was sent: then it was not.
static void test_commit_not_sent(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    begin_ok(bench);
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_kill(&bench->fake, 1);
    assert_false(scope_commit(bench->session, &err));
    check_error(&err, ERROR_CONNECTION,
                "The server has closed the connection; the statement was not sent");
    NOTICE(bench, "The connection 1 is lost, and with it: transaction with 1 statement.");
    check_calls(&bench->fake, "query 1 INSERT INTO t VALUES (1)\nclose 1\n");
}

static void test_commit_fails(void **state)
{
    struct bench *bench = *state;
    struct connection_state over = {.autocommit = true, .backslash_escapes = true};
    struct fake_plan refused = FAKE_SQL(1213, "40001", "Deadlock found");
    struct error err = ERROR_INIT;
    refused.state = &over;
    refused.text = "COMMIT";
    begin_ok(bench);
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, refused);
    assert_false(scope_commit(bench->session, &err));
    assert_true(scope_is_retryable(&err));
    check_error(&err, ERROR_SQL, "Deadlock found");
    assert_false(session_in_scope(bench->session));
    assert_int_equal(session_transaction(bench->session), TRANSACTION_NONE);
}

// What a routine commits by itself can't be refused before it is sent: then the scope is over, and
// what follows must not run outside of it as if it were within.
static void test_committed_by_a_routine(void **state)
{
    struct bench *bench = *state;
    struct connection_state over = {.autocommit = true, .backslash_escapes = true};
    struct error err = ERROR_INIT;
    begin_ok(bench);
    RUNS(bench, "INSERT INTO t VALUES (1)");
    fake_plan(&bench->fake, FAKE_QUERY, (struct fake_plan){.state = &over});
    RUNS(bench, "CALL p()");
    assert_false(bench_run(bench, "INSERT INTO t VALUES (2)", &err));
    error_finish(&err);
    assert_false(scope_rollback(bench->session, &err));
    error_finish(&err);
    free(session_take_notice(bench->session));
}

static void test_retryable(void **state)
{
    (void) state;
    static const unsigned yes[] = {1020, 1205, 1213};
    static const unsigned no[] = {0, 1047, 1062, 1064, 1317, 2006, 2013};
    for (size_t i = 0; i < LENGTH(yes); i++)
        assert_true(scope_is_retryable(&(struct error){.kind = ERROR_SQL, .number = yes[i]}));
    for (size_t i = 0; i < LENGTH(no); i++)
        assert_false(scope_is_retryable(&(struct error){.kind = ERROR_SQL, .number = no[i]}));
}

int main(void)
{
#define SCOPE_TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        SCOPE_TEST(test_commit),
        SCOPE_TEST(test_rollback),
        SCOPE_TEST(test_options),
        cmocka_unit_test(test_isolation_names),
        SCOPE_TEST(test_no_begin),
        SCOPE_TEST(test_refused),
        SCOPE_TEST(test_implicit_commit_allowed),
        SCOPE_TEST(test_rolled_back_by_the_server),
        SCOPE_TEST(test_lost_while_open),
        SCOPE_TEST(test_lost_cannot_be_committed),
        SCOPE_TEST(test_commit_lost),
        SCOPE_TEST(test_commit_not_sent),
        SCOPE_TEST(test_commit_fails),
        SCOPE_TEST(test_committed_by_a_routine),
        cmocka_unit_test(test_retryable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
