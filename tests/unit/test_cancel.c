// The cancel token: it reaches the statement that runs, and never another.
#include "marsh/session/cancel.h"

#include <pthread.h>
#include <sched.h>

#include "fake.h"
#include "marsh/pool/pool.h"
#include "marsh/session/session.h"

struct bench {
    struct fake fake;
    struct fake_clock clock;
    struct target target;
    struct pool *pool;
    struct cancel *cancel;
    struct session *session;
    pthread_t thread;
    const char *text; // what the thread runs
    bool ok;
    struct error err;
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){.err = ERROR_INIT};
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    target_init(&bench->target);
    bench->pool = pool_create(&bench->target, &bench->fake.connector, &bench->clock.clock);
    bench->cancel = cancel_create();
    bench->session = session_create("main", bench->pool, bench->cancel);
}

static void end(struct bench *bench)
{
    session_destroy(bench->session);
    cancel_destroy(bench->cancel);
    pool_destroy(bench->pool);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
}

static void *run(void *data)
{
    struct bench *bench = data;
    bench->ok = session_run(bench->session, bench->text, strlen(bench->text), sink_discard(),
                            &bench->err);
    return NULL;
}

// Starts a statement that hangs, and comes back when it does.
static void start(struct bench *bench, const char *text)
{
    bench->text = text;
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_BLOCKS(text));
    assert_int_equal(pthread_create(&bench->thread, NULL, run, bench), 0);
    fake_await_blocked(&bench->fake, 1);
}

static void join(struct bench *bench)
{
    assert_int_equal(pthread_join(bench->thread, NULL), 0);
}

static void test_nothing_runs(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    begin(&bench);
    assert_false(cancel_was_fired(bench.cancel));
    assert_false(cancel_fire(bench.cancel));
    assert_true(cancel_was_fired(bench.cancel));
    // It holds until it is reset: no statement starts.
    assert_false(session_run(bench.session, "DO 1", 4, sink_discard(), &err));
    check_error(&err, ERROR_CANCELLED, "interrupted before it was sent");
    assert_false(session_execute(bench.session, "DO 1", 4, NULL, 0, sink_discard(), &err));
    check_error(&err, ERROR_CANCELLED, "interrupted before it was sent");
    assert_int_equal(fake_count(&bench.fake, FAKE_QUERY), 0);
    assert_int_equal(fake_count(&bench.fake, FAKE_EXECUTE), 0);
    cancel_reset(bench.cancel);
    assert_false(cancel_was_fired(bench.cancel));
    check_ok(session_run(bench.session, "DO 2", 4, sink_discard(), &err), &err);
    check_calls(&bench.fake, "open 1\nquery 1 DO 2\n");
    end(&bench);
}

static void test_statement_is_over(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    begin(&bench);
    check_ok(session_run(bench.session, "DO 1", 4, sink_discard(), &err), &err);
    assert_false(cancel_fire(bench.cancel));
    cancel_reset(bench.cancel);
    check_ok(session_run(bench.session, "DO 2", 4, sink_discard(), &err), &err);
    check_calls(&bench.fake, "open 1\nquery 1 DO 1\nquery 1 DO 2\n");
    end(&bench);
}

static void test_first_ends_the_statement(void **state)
{
    (void) state;
    struct bench bench;
    struct error err = ERROR_INIT;
    begin(&bench);
    start(&bench, "SELECT SLEEP(9)");
    assert_true(cancel_fire(bench.cancel));
    join(&bench);
    assert_false(bench.ok);
    assert_int_equal(bench.err.number, 1317);
    check_error(&bench.err, ERROR_CANCELLED, "Query execution was interrupted");
    assert_true(cancel_was_fired(bench.cancel));
    // The session is as good as before.
    assert_null(session_take_notice(bench.session));
    cancel_reset(bench.cancel);
    check_ok(session_run(bench.session, "DO 1", 4, sink_discard(), &err), &err);
    // On a slow machine the kill may have been repeated, but that is all.
    assert_true(fake_count(&bench.fake, FAKE_INTERRUPT) >= 1);
    assert_int_equal(fake_count(&bench.fake, FAKE_CUT), 0);
    assert_int_equal(fake_count(&bench.fake, FAKE_OPEN), 1);
    end(&bench);
}

static void test_second_ends_the_socket(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    fake_plan(&bench.fake, FAKE_INTERRUPT,
              (struct fake_plan){.blocks = true, .ignored = true}); // a server that hangs
    start(&bench, "SELECT SLEEP(9)");
    assert_true(cancel_fire(bench.cancel));
    fake_await_blocked(&bench.fake, 2);
    assert_true(cancel_fire(bench.cancel));
    // The statement ends, and the session waits for the answer to its kill.
    fake_release(&bench.fake, FAKE_INTERRUPT);
    join(&bench);
    assert_false(bench.ok);
    check_error_has(&bench.err, ERROR_CONNECTION, "Lost connection");
    // Where the statement would go on without its client, the server is told.
    check_calls(&bench.fake,
                "open 1\nquery 1 SELECT SLEEP(9)\ninterrupt 1\ncut 1\nkill 1\nclose 1\n");
    end(&bench);
}

// Without a second connection to be had, the first one goes.
static void test_kill_cannot_be_sent(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    fake_plan(&bench.fake, FAKE_INTERRUPT, FAKE_REFUSED);
    start(&bench, "SELECT SLEEP(9)");
    assert_true(cancel_fire(bench.cancel));
    join(&bench);
    assert_false(bench.ok);
    check_error_has(&bench.err, ERROR_CONNECTION, "Lost connection");
    check_calls(&bench.fake, "open 1\nquery 1 SELECT SLEEP(9)\ninterrupt 1\ncut 1\nclose 1\n");
    end(&bench);
}

// A kill that came too early for the statement is sent again.
static void test_kill_is_repeated(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    fake_plan(&bench.fake, FAKE_INTERRUPT, (struct fake_plan){.ignored = true});
    start(&bench, "SELECT SLEEP(9)");
    assert_true(cancel_fire(bench.cancel));
    join(&bench);
    assert_false(bench.ok);
    check_error(&bench.err, ERROR_CANCELLED, "Query execution was interrupted");
    assert_true(fake_count(&bench.fake, FAKE_INTERRUPT) >= 2);
    assert_int_equal(fake_count(&bench.fake, FAKE_CUT), 0);
    end(&bench);
}

static void *run_two(void *data)
{
    struct bench *bench = data;
    bench->text = "DO 1";
    run(bench);
    if (bench->ok) {
        cancel_reset(bench->cancel);
        bench->text = "DO 2";
        run(bench);
    }
    return NULL;
}

// The statement ends by itself while its kill is on the way: the next one is not sent before the
// kill has been answered, so that it can't be hit.
static void test_never_hits_the_next_statement(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_BLOCKS("DO 1"));
    fake_plan(&bench.fake, FAKE_QUERY, FAKE_BLOCKS("DO 2"));
    fake_plan(&bench.fake, FAKE_INTERRUPT, (struct fake_plan){.blocks = true});
    assert_int_equal(pthread_create(&bench.thread, NULL, run_two, &bench), 0);
    fake_await_blocked(&bench.fake, 1);
    assert_true(cancel_fire(bench.cancel));
    fake_await_blocked(&bench.fake, 2);
    fake_release(&bench.fake, FAKE_QUERY);
    // A session that went on would get to its second statement now.
    for (int i = 0; i < 1000 && fake_count(&bench.fake, FAKE_QUERY) == 1; i++)
        sched_yield();
    assert_int_equal(fake_count(&bench.fake, FAKE_QUERY), 1);
    fake_release(&bench.fake, FAKE_INTERRUPT);
    while (fake_count(&bench.fake, FAKE_QUERY) == 1)
        sched_yield();
    fake_await_blocked(&bench.fake, 1);
    fake_release(&bench.fake, FAKE_QUERY);
    join(&bench);
    check_ok(bench.ok, &bench.err);
    check_calls(&bench.fake, "open 1\nquery 1 DO 1\ninterrupt 1\nquery 1 DO 2\n");
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_runs),
        cmocka_unit_test(test_statement_is_over),
        cmocka_unit_test(test_first_ends_the_statement),
        cmocka_unit_test(test_second_ends_the_socket),
        cmocka_unit_test(test_kill_cannot_be_sent),
        cmocka_unit_test(test_kill_is_repeated),
        cmocka_unit_test(test_never_hits_the_next_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
