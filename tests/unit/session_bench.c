#include "session_bench.h"

#include "marsh/data/sink.h"

void bench_open(struct bench *bench, const char *schema)
{
    struct error err = ERROR_INIT;
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    target_init(&bench->target);
    if (schema != NULL)
        check_ok(target_set(&bench->target, "schema", schema, &err), &err);
    bench->pool = pool_create(&bench->target, &bench->fake.connector, &bench->clock.clock);
    bench->cancel = cancel_create();
    bench->session = session_create("main", bench->pool, bench->cancel);
}

void bench_close(struct bench *bench)
{
    session_destroy(bench->session);
    cancel_destroy(bench->cancel);
    pool_destroy(bench->pool);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
}

int bench_set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    bench_open(bench, NULL);
    *state = bench;
    return 0;
}

int bench_tear_down(void **state)
{
    struct bench *bench = *state;
    bench_close(bench);
    free(bench);
    return 0;
}

bool bench_run(struct bench *bench, const char *text, struct error *err)
{
    return session_run(bench->session, text, strlen(text), sink_discard(), err);
}

void bench_check_runs(struct bench *bench, const char *text, const char *file, int line)
{
    struct error err = ERROR_INIT;
    support_check_ok(bench_run(bench, text, &err), &err, text, file, line);
}

void bench_check_fails(struct bench *bench, const char *text, enum error_kind kind,
                       const char *message, const char *file, int line)
{
    struct error err = ERROR_INIT;
    if (bench_run(bench, text, &err)) {
        print_error("'%s' ran\n", text);
        _fail(file, line);
    }
    support_check_error(&err, kind, message, false, file, line);
}

void bench_check_notice(struct bench *bench, const char *expected, const char *file, int line)
{
    char *notice = session_take_notice(bench->session);
    support_check_text(notice, expected, file, line);
    free(notice);
}

void bench_check_pins(struct bench *bench, const char *expected, const char *file, int line)
{
    struct buf pins = BUF_INIT;
    session_describe_pins(bench->session, &pins);
    support_check_text(buf_cstr(&pins), expected, file, line);
    buf_finish(&pins);
}
