// Copying cells eight bytes at a time, with a special byte anywhere or nowhere.
#include "../../src/render/scan.h"

#include "support.h"

enum { MOST = 40 };

static inline uint64_t is_special(uint64_t eight)
{
    return scan_ascii(eight,
                      scan_for_below(eight, 0x20) | scan_for(eight, '"') | scan_for(eight, '\x7f'));
}

static inline uint64_t is_special_or_not_ascii(uint64_t eight)
{
    return scan_or_not_ascii(eight, scan_for_below(eight, 0x20) | scan_for(eight, '"'));
}

static void test_each_test_sees_its_bytes_alone(void **state)
{
    (void) state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool sought = byte < 0x20 || byte == '"';
        for (size_t at = 0; at < 8; at++) {
            // Next to bytes that are nearly special, for what a subtraction borrows.
            static const char around[] = " !#\x7e\x80\xa2\xfe\xff";
            for (size_t i = 0; i + 1 < sizeof(around); i++) {
                char bytes[8];
                uint64_t eight;
                memset(bytes, around[i], sizeof(bytes));
                bytes[at] = (char) byte;
                memcpy(&eight, bytes, sizeof(eight));
                bool ascii = byte < 0x80 && (unsigned char) around[i] < 0x80;
                assert_int_equal(is_special(eight) != 0, sought || byte == 0x7f);
                assert_int_equal(is_special_or_not_ascii(eight) != 0, sought || !ascii);
            }
        }
    }
}

static void check(const char *from, size_t len, size_t special_at)
{
    // Of just that size, for a sanitizer to see what is touched behind it.
    char *own = malloc(len + 1);
    char *to = malloc(len + 1);
    memcpy(own, from, len);
    memset(to, '?', len);
    size_t copied = scan_copy(to, own, len, is_special);
    if (special_at == len) {
        assert_int_equal(copied, len);
    } else {
        assert_true(copied <= special_at);
        assert_true(copied + 8 > special_at);
    }
    assert_memory_equal(to, from, copied);
    free(own);
    free(to);
}

static void test_any_length_with_a_special_byte_anywhere(void **state)
{
    (void) state;
    static const char specials[] = {'\0', '\n', '\x1f', '"', '\x7f'};
    char from[MOST];
    for (size_t len = 0; len <= MOST; len++) {
        for (size_t at = 0; at <= len; at++) {
            for (size_t i = 0; i < sizeof(specials); i++) {
                for (size_t j = 0; j < len; j++)
                    from[j] = (char) (j % 5 == 0 ? 0x80 + j : 'A' + j);
                if (at < len)
                    from[at] = specials[i];
                check(from, len, at);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_test_sees_its_bytes_alone),
        cmocka_unit_test(test_any_length_with_a_special_byte_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
