// A session on a pool over a fake server, for the tests of sessions and scopes: set-up, and checks
// of what runs, fails, is told and pins.
#ifndef MARSH_TESTS_SESSION_BENCH_H
#define MARSH_TESTS_SESSION_BENCH_H

#include "fake.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

struct bench {
    struct fake fake;
    struct fake_clock clock;
    struct target target;
    struct pool *pool;
    struct cancel *cancel;
    struct session *session;
};

// The session's own schema, NULL for none.
void bench_open(struct bench *bench, const char *schema);
// Fails the test where the fake has plans left.
void bench_close(struct bench *bench);

// The same for cmocka: *state is the bench, without a schema.
int bench_set_up(void **state);
int bench_tear_down(void **state);

bool bench_run(struct bench *bench, const char *text, struct error *err);

#define RUNS(bench, text) bench_check_runs(bench, text, __FILE__, __LINE__)
#define FAILS(bench, text, kind, message)                                                          \
    bench_check_fails(bench, text, kind, message, __FILE__, __LINE__)
#define NOTICE(bench, expected) bench_check_notice(bench, expected, __FILE__, __LINE__)
#define PINS(bench, expected) bench_check_pins(bench, expected, __FILE__, __LINE__)

void bench_check_runs(struct bench *bench, const char *text, const char *file, int line);
void bench_check_fails(struct bench *bench, const char *text, enum error_kind kind,
                       const char *message, const char *file, int line);
void bench_check_notice(struct bench *bench, const char *expected, const char *file, int line);
void bench_check_pins(struct bench *bench, const char *expected, const char *file, int line);

#endif
