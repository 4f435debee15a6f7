// One prepared CALL on a warm session, beside a bare libmariadb program that does the same:
//     ninja -C build/release tests/bench/bench_call
//     build/release/tests/bench/bench_call SOCKET        root's, without a password; see
//                                                        `marsh scratch start`
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/data/value.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

enum { CALLS = 20000, ROUNDS = 7 };

static const char call[] = "CALL bench_call.twice(?, ?)";

static void stop(const char *message)
{
    fprintf(stderr, "bench_call: %s\n", message);
    exit(1);
}

static void run_text(MYSQL *mysql, const char *text)
{
    if (mysql_query(mysql, text) != 0)
        stop(mysql_error(mysql));
}

// What the library's user would write: bind, execute, fetch the OUT set, take the OK behind it.
static double time_bare(MYSQL *mysql)
{
    MYSQL_STMT *stmt = mysql_stmt_init(mysql);
    if (mysql_stmt_prepare(stmt, call, strlen(call)) != 0)
        stop(mysql_stmt_error(stmt));
    double begin = bench_now();
    for (int i = 0; i < CALLS; i++) {
        char in[16];
        char out[32];
        unsigned long out_len = 0;
        int len = snprintf(in, sizeof(in), "%d", i);
        MYSQL_BIND values[2] = {
            {.buffer_type = MYSQL_TYPE_STRING, .buffer = in, .buffer_length = (unsigned long) len},
            {.buffer_type = MYSQL_TYPE_NULL},
        };
        MYSQL_BIND result = {.buffer_type = MYSQL_TYPE_STRING,
                             .buffer = out,
                             .buffer_length = sizeof(out),
                             .length = &out_len};
        if (mysql_stmt_bind_param(stmt, values) != 0 || mysql_stmt_execute(stmt) != 0 ||
            mysql_stmt_bind_result(stmt, &result) != 0 || mysql_stmt_fetch(stmt) != 0)
            stop(mysql_stmt_error(stmt));
        while (mysql_stmt_next_result(stmt) == 0) {
        }
        mysql_stmt_free_result(stmt);
    }
    double took = bench_now() - begin;
    mysql_stmt_close(stmt);
    return took;
}

static double time_session(struct session *session)
{
    struct error err = ERROR_INIT;
    double begin = bench_now();
    for (int i = 0; i < CALLS; i++) {
        char in[16];
        int len = snprintf(in, sizeof(in), "%d", i);
        const struct value values[2] = {{in, (size_t) len, false}, {NULL, 0, false}};
        if (!session_execute(session, call, strlen(call), values, 2, sink_discard(), &err))
            stop(err.message);
    }
    return bench_now() - begin;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *) a;
    double right = *(const double *) b;
    return left < right ? -1 : left > right;
}

static double median(double *times)
{
    qsort(times, ROUNDS, sizeof(*times), compare);
    return times[ROUNDS / 2] * 1e6 / CALLS;
}

int main(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    struct target target;
    double bare[ROUNDS];
    double ours[ROUNDS];
    if (argc != 2)
        stop("usage: bench_call SOCKET");
    MYSQL *mysql = mysql_init(NULL);
    if (mysql_real_connect(mysql, "localhost", "root", "", NULL, 0, argv[1], 0) == NULL)
        stop(mysql_error(mysql));
    run_text(mysql, "CREATE OR REPLACE DATABASE bench_call");
    run_text(mysql, "CREATE PROCEDURE bench_call.twice(IN a INT, OUT b INT) SET b = 2 * a");
    target_init(&target);
    if (!target_set(&target, "socket", argv[1], &err) || !target_set(&target, "user", "root", &err))
        stop(err.message);
    target_settle(&target);
    struct pool *pool = pool_create(&target, connector_mariadb(), clock_monotonic());
    struct cancel *cancel = cancel_create();
    struct session *session = session_create("bench", pool, cancel);
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = time_bare(mysql);
        ours[i] = time_session(session);
    }
    double them = median(bare);
    double us = median(ours);
    printf("one prepared CALL, bare libmariadb %9.2f us\n", them);
    printf("one prepared CALL, marsh session   %9.2f us   %5.2f x\n", us, us / them);
    session_destroy(session);
    cancel_destroy(cancel);
    pool_destroy(pool);
    target_finish(&target);
    run_text(mysql, "DROP DATABASE bench_call");
    mysql_close(mysql);
    connector_mariadb_end();
    return 0;
}
