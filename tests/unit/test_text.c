#include "marsh/base/text.h"

#include <ctype.h>

#include "support.h"

static void check_width(const char *text, size_t width, int line)
{
    size_t got = text_width(text, strlen(text));
    if (got != width) {
        print_error("'%s' is %zu wide, not %zu\n", text, got, width);
        _fail(__FILE__, line);
    }
}
#define WIDTH(text, width) check_width(text, width, __LINE__)

static void test_width_of_letters(void **state)
{
    (void) state;
    WIDTH("", 0);
    WIDTH("plain ASCII", 11);
    WIDTH("äöüß", 4);
    WIDTH("Ελλάδα", 6);
    WIDTH("Привет", 6);
    WIDTH("─│┌", 3);
}

static void test_width_of_wide(void **state)
{
    (void) state;
    WIDTH("中文", 4);
    WIDTH("a中b", 4);
    WIDTH("ひらがな", 8);
    WIDTH("한국어", 6);
    WIDTH("ＡＢ", 4); // fullwidth forms
    WIDTH("ｱｲ", 2);   // halfwidth forms
}

static void test_width_of_combining(void **state)
{
    (void) state;
    WIDTH("e\xcc\x81", 1);                            // e, acute
    WIDTH("e\xcc\x81\xcc\xa3\xcc\x88", 1);            // three marks
    WIDTH("x\xe2\x80\x8by", 2);                       // zero-width space
    WIDTH("\xe0\xb8\x81\xe0\xb9\x89", 1);             // Thai letter with a tone mark
    WIDTH("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2); // one Hangul syllable of three parts
}

static void test_width_of_emoji(void **state)
{
    (void) state;
    WIDTH("\xf0\x9f\x98\x80", 2); // a face
    // Skin tone, and a family of four joined by ZWJ: one cluster each.
    WIDTH("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", 2);
    WIDTH("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\xe2\x80\x8d"
          "\xf0\x9f\x91\xa6",
          2);
    // Flags: one, then two.
    WIDTH("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", 2);
    WIDTH("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", 4);
    WIDTH("a\xf0\x9f\x98\x80z", 4);
}

static void test_width_of_variation(void **state)
{
    (void) state;
    WIDTH("\xe2\x9d\xa4", 1);              // a heart as text
    WIDTH("\xe2\x9d\xa4\xef\xb8\x8f", 2);  // and as an emoji
    WIDTH("\xe2\x9d\xa4\xef\xb8\x8e", 1);  // asked for as text
    WIDTH("1\xef\xb8\x8f\xe2\x83\xa3", 2); // keycap
}

// With nothing before them there is nothing to widen.
static void test_width_of_lone_marks(void **state)
{
    (void) state;
    WIDTH("\xcc\x81", 0);
    WIDTH("\xef\xb8\x8f", 0);
}

static void test_plain(void **state)
{
    (void) state;
    assert_true(text_is_plain("", 0));
    assert_true(text_is_plain(" ~09azAZ", 8));
    assert_false(text_is_plain("a\x1f", 2));
    assert_false(text_is_plain("\n", 1));
    assert_false(text_is_plain("\x7f", 1));
    assert_false(text_is_plain("a\x80", 2));
    assert_false(text_is_plain("\0", 1));
    // Only as far as it was asked.
    assert_true(text_is_plain("ab\n", 2));
}

static void check_printable(const char *text, size_t len, bool keep, const char *expected, int line)
{
    struct buf buf = BUF_INIT;
    text_add_printable(&buf, text, len, keep);
    support_check_text(buf_cstr(&buf), expected, __FILE__, line);
    buf_finish(&buf);
}
#define SHOWN(literal, expected)                                                                   \
    check_printable(literal, sizeof(literal) - 1, false, expected, __LINE__)
#define SHOWN_LINES(literal, expected)                                                             \
    check_printable(literal, sizeof(literal) - 1, true, expected, __LINE__)

static void test_printable_controls(void **state)
{
    (void) state;
    SHOWN("plain", "plain");
    SHOWN("", "");
    SHOWN("a\tb\nc\rd", "a\\tb\\nc\\rd");
    SHOWN("a\0b", "a\\0b");
    SHOWN("\x1b[31m", "\\x1b[31m");
    SHOWN("\a\b\v\f\x01\x1f", "\\x07\\x08\\x0b\\x0c\\x01\\x1f");
    SHOWN("\x7f", "\\x7f");
    // C1, as code points and as bare bytes.
    SHOWN("\xc2\x9b"
          "31m",
          "\\u009b31m");
    SHOWN("\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0");
    SHOWN("\x9b", "\\x9b");
}

static void test_printable_newlines(void **state)
{
    (void) state;
    SHOWN_LINES("a\nb\r\n\tc", "a\nb\\r\n\\tc");
    SHOWN_LINES("\n", "\n");
    SHOWN_LINES("\xe4\xb8\xad\n", "\xe4\xb8\xad\n");
}

static void test_printable_bidi(void **state)
{
    (void) state;
    SHOWN("a\xe2\x80\xae"
          "b",
          "a\\u202eb"); // right-to-left override
    SHOWN("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad", "\\u202a\\u202b\\u202c\\u202d");
    SHOWN("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9", "\\u2066\\u2067\\u2068\\u2069");
    SHOWN("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u200e\\u200f\\u061c");
    SHOWN("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf", "\\u2028\\u2029\\ufeff");
    // Neighbours, and letters that are written from right to left, stay.
    SHOWN("\xe2\x81\xa5", "\xe2\x81\xa5");
    SHOWN("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d");
    // The joiner of emoji has to stay.
    SHOWN("\xe2\x80\x8d\x41", "\xe2\x80\x8d\x41");
}

static void test_printable_invalid(void **state)
{
    (void) state;
    SHOWN("\xff\xfe", "\\xff\\xfe");
    SHOWN("a\xc3", "a\\xc3");                          // cut off
    SHOWN("\xe4\xb8", "\\xe4\\xb8");                   // cut off
    SHOWN("\xc0\xaf", "\\xc0\\xaf");                   // overlong
    SHOWN("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          // overlong
    SHOWN("\xed\xa0\x80", "\\xed\\xa0\\x80");          // a surrogate
    SHOWN("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); // beyond the last
    SHOWN("\xe4\xb8\xad\xffx", "\xe4\xb8\xad\\xffx");  // in the middle
    SHOWN("\x80\x1b", "\\x80\\x1b");
    // Whatever the bytes, the result is free of anything that drives a terminal.
    uint32_t seed = 42;
    for (int round = 0; round < 2000; round++) {
        char bytes[24];
        struct buf once = BUF_INIT;
        struct buf twice = BUF_INIT;
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (char) support_random(&seed);
        text_add_printable(&once, bytes, sizeof(bytes), false);
        for (size_t i = 0; i < once.len; i++)
            assert_false((unsigned char) once.data[i] < 0x20 || once.data[i] == 0x7f);
        text_add_printable(&twice, once.data, once.len, false);
        assert_int_equal(once.len, twice.len);
        assert_memory_equal(once.data, twice.data, once.len);
        buf_finish(&once);
        buf_finish(&twice);
    }
}

static void test_decode(void **state)
{
    (void) state;
    unsigned code = 0;
    assert_int_equal(text_decode("A", 1, &code), 1);
    assert_int_equal(code, 'A');
    assert_int_equal(text_decode("\xc3\xa4x", 3, &code), 2);
    assert_int_equal(code, 0xe4);
    assert_int_equal(text_decode("\xe4\xb8\xad", 3, &code), 3);
    assert_int_equal(code, 0x4e2d);
    assert_int_equal(text_decode("\xf0\x9f\x98\x80", 4, &code), 4);
    assert_int_equal(code, 0x1f600);
    assert_int_equal(text_decode("\0", 1, &code), 1);
    assert_int_equal(code, 0);
    // Never further than it may look.
    assert_int_equal(text_decode("\xe4\xb8\xad", 2, &code), 0);
    assert_int_equal(text_decode("\xff", 1, &code), 0);
}

static void test_case(void **state)
{
    (void) state;
    assert_true(text_equals_nocase("AbC", "aBc"));
    assert_false(text_equals_nocase("abc", "abcd"));
    assert_false(text_equals_nocase("\xc3\xa4", "\xc3\x84"));
    assert_true(text_compare_nocase("aZ", "Ab") > 0);
    assert_true(text_compare_nocase("a", "ab") < 0);
    assert_true(text_compare_nocase("_", "A") < 0); // as small letters
    assert_true(text_compare_nocase("\xc3", "z") > 0);
    assert_int_equal(text_compare_start_nocase("abX", "ABy", 2), 0);
    assert_int_equal(text_compare_start_nocase("a\0b", "A\0c", 3), 0);
    assert_int_equal(text_lower('I'), 'i');
    assert_int_equal(text_upper('i'), 'I');
    assert_int_equal(text_lower('['), '[');
    assert_int_equal(text_upper('\xe4'), '\xe4');
    assert_true(text_same_start_nocase("SEL", "select", 3));
    assert_true(text_same_start_nocase("", "select", 0));
    assert_false(text_same_start_nocase("sex", "select", 3));
    assert_false(text_same_start_nocase("select", "sel", 6));
}

// The same as C's in its own locale, which this runs in.
static void test_bytes_are_what_they_are_in_ascii(void **state)
{
    (void) state;
    for (int byte = 0; byte < 256; byte++) {
        char c = (char) byte;
        assert_int_equal(text_is_digit(c), isdigit(byte) != 0);
        assert_int_equal(text_is_lower(c), islower(byte) != 0);
        assert_int_equal(text_is_alpha(c), isalpha(byte) != 0);
        assert_int_equal(text_is_alnum(c), isalnum(byte) != 0);
        assert_int_equal(text_is_xdigit(c), isxdigit(byte) != 0);
        assert_int_equal(text_hex_digit(c) >= 0, isxdigit(byte) != 0);
        assert_int_equal(text_is_space(c), isspace(byte) != 0);
        assert_int_equal(text_is_graph(c), isgraph(byte) != 0);
        assert_int_equal(text_is_cntrl(c), iscntrl(byte) != 0);
    }
}

static void test_hexadecimal_digits(void **state)
{
    (void) state;
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    for (int i = 0; digits[i] != '\0'; i++)
        assert_int_equal(text_hex_digit(digits[i]), i % 16);
}

static void test_utf8_or_not(void **state)
{
    (void) state;
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("a\0b", 3));
    assert_true(text_is_utf8("a \xc3\xa4 \xf0\x9f\x98\x80", 9));
    assert_false(text_is_utf8("a\xc3", 2));
    assert_false(text_is_utf8("\xe6\xbc", 2));
    assert_false(text_is_utf8("\xed\xa0\x80", 3));
    assert_false(text_is_utf8("\xa4", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width_of_letters),
        cmocka_unit_test(test_width_of_wide),
        cmocka_unit_test(test_width_of_combining),
        cmocka_unit_test(test_width_of_emoji),
        cmocka_unit_test(test_width_of_variation),
        cmocka_unit_test(test_width_of_lone_marks),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_printable_controls),
        cmocka_unit_test(test_printable_newlines),
        cmocka_unit_test(test_printable_bidi),
        cmocka_unit_test(test_printable_invalid),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_bytes_are_what_they_are_in_ascii),
        cmocka_unit_test(test_hexadecimal_digits),
        cmocka_unit_test(test_utf8_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
