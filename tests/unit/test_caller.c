// A caller's streams, which end when it is gone, and its environment.
#include "marsh/base/caller.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "support.h"

static char *const environment[] = {(char *) "HOME=/h", (char *) "HOMER=x", (char *) "MYSQL_PWD=s",
                                    (char *) "LANG=C",  (char *) "EMPTY=",  NULL};

struct bench {
    int in[2];
    int out[2];
    struct caller *caller;
    int got; // errno of what was ended
};

static void begin(struct bench *bench)
{
    assert_int_equal(pipe(bench->in), 0);
    assert_int_equal(pipe(bench->out), 0);
    bench->caller = caller_create(bench->in[0], bench->out[1], dup(bench->out[1]), environment);
}

static void end(struct bench *bench)
{
    caller_destroy(bench->caller);
    close(bench->in[1]);
    close(bench->out[0]);
}

static void test_environment(void **state)
{
    (void) state;
    struct bench bench;
    begin(&bench);
    check_text(caller_getenv(bench.caller, "HOME"), "/h");
    check_text(caller_getenv(bench.caller, "EMPTY"), "");
    assert_null(caller_getenv(bench.caller, "HOM"));
    assert_null(caller_getenv(bench.caller, "PATH"));
    assert_false(caller_is_utf8(bench.caller));
    char **kept = caller_environment(bench.caller);
    check_text(kept[0], "HOME=/h");
    check_text(kept[2], "LANG=C");
    assert_null(kept[4]);
    free(kept);
    setenv("MARSH_TEST", "here", 1);
    check_text(caller_getenv(NULL, "MARSH_TEST"), "here");
    end(&bench);
}

static void test_the_name_of_a_locale_says_utf8(void **state)
{
    (void) state;
    static const struct {
        const char *lc_all;
        const char *lang;
        bool utf8;
    } table[] = {
        {NULL, NULL, false},       {NULL, "C", false},
        {NULL, "POSIX", false},    {NULL, "C.UTF-8", true},
        {"", "xx_YY.utf8", true},  {"xx_YY.UTF-8@a", "C", true},
        {"C", "C.UTF-8", false},   {NULL, "xx_YY.latin1", false},
        {NULL, "nonsense", false},
    };
    unsetenv("LC_CTYPE");
    for (size_t i = 0; i < LENGTH(table); i++) {
        unsetenv("LC_ALL");
        unsetenv("LANG");
        if (table[i].lc_all != NULL)
            setenv("LC_ALL", table[i].lc_all, 1);
        if (table[i].lang != NULL)
            setenv("LANG", table[i].lang, 1);
        assert_int_equal(caller_is_utf8(NULL), table[i].utf8);
    }
}

static void *read_one(void *data)
{
    struct bench *bench = data;
    char byte;
    bench->got = caller_read(bench->caller, caller_in(bench->caller), &byte, 1) < 0 ? errno : 0;
    return NULL;
}

static void *write_much(void *data)
{
    struct bench *bench = data;
    static const char bytes[1 << 20];
    bool ok = caller_write(bench->caller, caller_out(bench->caller), bytes, sizeof(bytes));
    bench->got = ok ? 0 : errno;
    return NULL;
}

// Until the thread is over: the signal may come before it waits.
static void leave(struct bench *bench, pthread_t thread)
{
    struct timespec moment = {.tv_nsec = 1000000};
    while (pthread_tryjoin_np(thread, NULL) != 0) {
        caller_leave(bench->caller);
        nanosleep(&moment, NULL);
    }
}

static void check_ended(void *(*work)(void *), int expected)
{
    struct bench bench;
    struct timespec moment = {.tv_nsec = 20000000};
    pthread_t thread;
    begin(&bench);
    assert_int_equal(pthread_create(&thread, NULL, work, &bench), 0);
    nanosleep(&moment, NULL);
    leave(&bench, thread);
    assert_int_equal(bench.got, expected);
    // What comes later does not begin.
    bench.got = 0;
    work(&bench);
    assert_int_equal(bench.got, expected);
    end(&bench);
}

static void test_what_waits_ends(void **state)
{
    (void) state;
    check_ended(read_one, ECANCELED);
    check_ended(write_much, EPIPE);
}

static void test_who_is_stopped_gets_nothing(void **state)
{
    (void) state;
    struct bench bench;
    struct timespec moment = {.tv_nsec = 20000000};
    pthread_t thread;
    char byte;
    begin(&bench);
    caller_pause(bench.caller, true);
    assert_int_equal(pthread_create(&thread, NULL, write_much, &bench), 0);
    nanosleep(&moment, NULL);
    assert_int_equal(pthread_tryjoin_np(thread, NULL), EBUSY);
    caller_pause(bench.caller, false);
    assert_int_equal(read(bench.out[0], &byte, 1), 1);
    leave(&bench, thread);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_the_name_of_a_locale_says_utf8),
        cmocka_unit_test(test_what_waits_ends),
        cmocka_unit_test(test_who_is_stopped_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
