// Memory that never fails, and ends the program where there is none.
#include "marsh/base/mem.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static void test_sizes_of_nothing(void **state)
{
    (void) state;
    void *one = mem_alloc(0);
    void *two = mem_calloc(0, 8);
    void *three = mem_calloc(8, 0);
    void *four = mem_realloc(NULL, 0);
    assert_true(one != two && two != three && three != four); // real ones, to be freed
    four = mem_realloc(four, 0);
    assert_non_null(four);
    free(one);
    free(two);
    free(three);
    free(four);
}

static void test_calloc_is_zeroed(void **state)
{
    (void) state;
    static const char zeros[64];
    char *dirty = mem_alloc(64);
    memset(dirty, 'x', 64);
    free(dirty);
    char *text = mem_calloc(8, 8);
    assert_memory_equal(text, zeros, 64);
    free(text);
}

static void test_realloc_keeps(void **state)
{
    (void) state;
    char *text = mem_realloc(NULL, 4);
    memcpy(text, "abc", 4);
    text = mem_realloc(text, 100000);
    check_text(text, "abc");
    free(text);
}

static void test_copies(void **state)
{
    (void) state;
    assert_null(mem_strdup(NULL));
    assert_null(mem_strndup(NULL, 5));
    char source[] = "abcdef";
    char *whole = mem_strdup(source);
    char *part = mem_strndup(source, 3);
    char *none = mem_strndup(source, 0);
    char *binary = mem_strndup("a\0b", 3);
    source[0] = 'x';
    check_text(whole, "abcdef");
    check_text(part, "abc");
    check_text(none, "");
    check_bytes(binary, 4, "a\0b\0");
    free(whole);
    free(part);
    free(none);
    free(binary);
}

static void test_printf(void **state)
{
    (void) state;
    char *text = mem_printf("%d-%s-%5.2f%%", -7, "x", 1.5);
    check_text(text, "-7-x- 1.50%");
    free(text);
    text = mem_printf("%s", "");
    check_text(text, "");
    free(text);
    text = mem_printf("%*d", 5000, 1);
    assert_int_equal(strlen(text), 5000);
    free(text);
}

static void test_replace(void **state)
{
    (void) state;
    char *slot = NULL;
    mem_replace(&slot, "one");
    check_text(slot, "one");
    mem_replace(&slot, "another");
    check_text(slot, "another");
    mem_replace(&slot, NULL);
    assert_null(slot);
    mem_replace(&slot, NULL);
    assert_null(slot);
}

static void test_free_secret(void **state)
{
    (void) state;
    mem_free_secret(NULL);
    mem_free_secret(mem_strdup(""));
    mem_free_secret(mem_strdup("hush"));
}

static void count_down(int **counter)
{
    (**counter)--;
}

static void test_cleanup(void **state)
{
    (void) state;
    int count = 2;
    {
        CLEANUP(count_down) int *counter = &count;
        CLEANUP(mem_free_at) char *text = mem_strdup("freed by itself");
        CLEANUP(mem_free_at) char *null = NULL;
        assert_int_equal(*counter, 2);
        assert_non_null(text);
        assert_null(null);
    }
    assert_int_equal(count, 1);
}

static void too_much(void)
{
    free(mem_alloc(SIZE_MAX / 2));
}

static void too_many(void)
{
    free(mem_calloc(SIZE_MAX / 2, 4));
}

static void too_much_more(void)
{
    free(mem_realloc(mem_alloc(1), SIZE_MAX / 2));
}

// Nobody gets a NULL, and no multiplication wraps around.
static void test_out_of_memory_aborts(void **state)
{
    (void) state;
    static void (*const ways[])(void) = {too_much, too_many, too_much_more};
    for (size_t i = 0; i < LENGTH(ways); i++) {
        int status;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            signal(SIGABRT, SIG_DFL);
            // A sanitizer ends the program by itself, with words; those are not wanted here.
            close(STDERR_FILENO);
            ways[i]();
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_of_nothing),
        cmocka_unit_test(test_calloc_is_zeroed),
        cmocka_unit_test(test_realloc_keeps),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_free_secret),
        cmocka_unit_test(test_cleanup),
        cmocka_unit_test(test_out_of_memory_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
