#include "support.h"

#include "marsh/base/mem.h"

static void test_starts_empty(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf_cstr(&buf), "");
    assert_int_equal(buf.len, 0);
    buf_finish(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.cap, 0);
}

static void test_adds(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    buf_add(&buf, "a\0b", 3);
    buf_add_char(&buf, '!');
    buf_add_text(&buf, "text");
    buf_add(&buf, NULL, 0);
    buf_add_repeat(&buf, '-', 3);
    buf_add_repeat(&buf, '-', 0);
    check_buf(&buf, "a\0b!text---");
    assert_true(buf.cap >= buf.len);
    buf_finish(&buf);
}

static void test_prints(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    buf_printf(&buf, "%d-%s", 42, "x");
    buf_printf(&buf, "%s", "");
    check_buf(&buf, "42-x");
    // Longer than what there is room for.
    char *text = mem_alloc(10001);
    memset(text, 'y', 10000);
    text[10000] = '\0';
    buf_printf(&buf, "%s%c", text, 'z');
    assert_int_equal(buf.len, 4 + 10001);
    assert_memory_equal(buf.data, "42-xy", 5);
    assert_int_equal(buf.data[4 + 10000], 'z');
    free(text);
    buf_finish(&buf);
}

static void test_growth_is_geometric(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    size_t changes = 0;
    size_t cap = 0;
    for (size_t i = 0; i < 1 << 20; i++) {
        buf_add_char(&buf, (char) i);
        changes += buf.cap != cap;
        cap = buf.cap;
    }
    assert_int_equal(buf.len, 1 << 20);
    assert_true(changes < 40);
    for (size_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.data[i], (char) i);
    buf_finish(&buf);
}

static void test_reserve_keeps_content(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    buf_add_text(&buf, "abc");
    buf_reserve(&buf, 100000);
    assert_true(buf.cap >= 100003);
    check_buf(&buf, "abc");
    const char *data = buf.data;
    buf_reserve(&buf, 100000);
    assert_ptr_equal(buf.data, data);
    buf_finish(&buf);
}

static void test_drops_front(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    buf_drop_front(&buf, 0);
    buf_add_text(&buf, "abcdef");
    buf_drop_front(&buf, 2);
    check_buf(&buf, "cdef");
    buf_drop_front(&buf, 0);
    check_buf(&buf, "cdef");
    buf_drop_front(&buf, 4);
    check_buf(&buf, "");
    buf_finish(&buf);
}

static void test_clear_keeps_room(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    buf_add_repeat(&buf, 'x', 1000);
    size_t cap = buf.cap;
    buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.cap, cap);
    buf_finish(&buf);
}

static void test_steals(void **state)
{
    (void) state;
    struct buf buf = BUF_INIT;
    buf_add_text(&buf, "mine");
    char *text = buf_steal(&buf);
    assert_string_equal(text, "mine");
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    free(text);
    text = buf_steal(&buf);
    assert_string_equal(text, "");
    free(text);
}

static void test_memory(void **state)
{
    (void) state;
    assert_null(mem_strdup(NULL));
    assert_null(mem_strndup(NULL, 3));
    CLEANUP(mem_free_at) char *part = mem_strndup("abcdef", 3);
    assert_string_equal(part, "abc");
    CLEANUP(mem_free_at) char *printed = mem_printf("%s=%d", "x", 7);
    assert_string_equal(printed, "x=7");
    mem_replace(&printed, "new");
    assert_string_equal(printed, "new");
    mem_replace(&printed, NULL);
    assert_null(printed);
    CLEANUP(mem_free_at) unsigned char *zeroes = mem_calloc(16, 4);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(zeroes[i], 0);
    // No size at all is still memory that may be freed.
    free(mem_alloc(0));
    free(mem_calloc(0, 8));
    free(mem_realloc(NULL, 0));
    mem_free_secret(NULL);
    mem_free_secret(mem_strdup("secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_empty),
        cmocka_unit_test(test_adds),
        cmocka_unit_test(test_prints),
        cmocka_unit_test(test_growth_is_geometric),
        cmocka_unit_test(test_reserve_keeps_content),
        cmocka_unit_test(test_drops_front),
        cmocka_unit_test(test_clear_keeps_room),
        cmocka_unit_test(test_steals),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
