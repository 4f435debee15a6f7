// json and jsonl, byte by byte.
#include "render_check.h"

static const struct render_options plain = {.headers = true};
static const struct render_options terminal = {.headers = true, .terminal = true};

static const struct column two[] = {COLUMN("id", COLUMN_NUMBER), COLUMN("name", COLUMN_TEXT)};
static const struct cell rows[] = {CELL("1"), CELL("ann"), CELL("2"), NIL};

static void check_value(const struct render_options *options, enum column_kind kind,
                        struct cell cell, const char *expected, size_t len, int line)
{
    struct rendering r;
    struct buf whole = BUF_INIT;
    const struct column columns[] = {{"x", 1, kind}};
    rendering_begin(&r, "jsonl", *options);
    rendering_set(&r, SET_ROWS, columns, 1, &cell, 1);
    buf_add_text(&whole, "{\"x\":");
    buf_add(&whole, expected, len);
    buf_add_text(&whole, "}\n");
    rendering_check(&r, whole.data, whole.len, __FILE__, line);
    buf_finish(&whole);
    rendering_end(&r);
}
#define VALUE(kind, literal, expected)                                                             \
    check_value(&plain, kind, (struct cell) CELL(literal), expected, sizeof(expected) - 1, __LINE__)
#define TERMINAL(literal, expected)                                                                \
    check_value(&terminal, COLUMN_TEXT, (struct cell) CELL(literal), expected,                     \
                sizeof(expected) - 1, __LINE__)

static void test_json(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "json", plain);
    render_set(&r, two, rows);
    check_rendered(&r, "[\n{\"id\":1,\"name\":\"ann\"},\n{\"id\":2,\"name\":null}\n]\n");
    render_empty(&r, two);
    check_rendered(&r, "[]\n");
    rendering_ok(&r);
    check_rendered(&r, "");
    rendering_end(&r);
}

static void test_jsonl(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "jsonl", plain);
    render_set(&r, two, rows);
    check_rendered(&r, "{\"id\":1,\"name\":\"ann\"}\n{\"id\":2,\"name\":null}\n");
    render_empty(&r, two);
    rendering_ok(&r);
    check_rendered(&r, "");
    rendering_end(&r);
}

// Column names are the objects' keys, also with -N.
static void test_without_headers(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "jsonl", (struct render_options){.headers = false});
    render_set(&r, two, rows);
    check_rendered(&r, "{\"id\":1,\"name\":\"ann\"}\n{\"id\":2,\"name\":null}\n");
    rendering_end(&r);
}

static void test_several_sets(void **state)
{
    (void) state;
    static const struct column out[] = {COLUMN("total", COLUMN_NUMBER), COLUMN("n", COLUMN_TEXT)};
    static const struct cell values[] = {CELL("12.50"), NIL};
    struct rendering r;
    rendering_begin(&r, "json", plain);
    render_set(&r, two, rows);
    render_empty(&r, two);
    render_out(&r, out, values);
    rendering_ok(&r);
    check_rendered(&r, "[\n{\"id\":1,\"name\":\"ann\"},\n{\"id\":2,\"name\":null}\n]\n[]\n"
                       "{\"out\":{\"total\":12.50,\"n\":null}}\n");
    rendering_end(&r);
    rendering_begin(&r, "jsonl", plain);
    render_set(&r, two, rows);
    render_out(&r, out, values);
    check_rendered(&r, "{\"id\":1,\"name\":\"ann\"}\n{\"id\":2,\"name\":null}\n"
                       "{\"out\":{\"total\":12.50,\"n\":null}}\n");
    rendering_end(&r);
}

static void test_numbers_keep_every_digit(void **state)
{
    (void) state;
    VALUE(COLUMN_NUMBER, "0", "0");
    VALUE(COLUMN_NUMBER, "-1", "-1");
    VALUE(COLUMN_NUMBER, "18446744073709551615", "18446744073709551615");
    VALUE(COLUMN_NUMBER, "-99999999999999999999999999999999999.999999999999999999999999999999",
          "-99999999999999999999999999999999999.999999999999999999999999999999");
    VALUE(COLUMN_NUMBER, "1.50", "1.50");
    VALUE(COLUMN_NUMBER, "-0.10", "-0.10");
    VALUE(COLUMN_NUMBER, "1e30", "1e30");
    VALUE(COLUMN_NUMBER, "1.7976931348623157e308", "1.7976931348623157e308");
    VALUE(COLUMN_NUMBER, "2E-5", "2E-5");
    VALUE(COLUMN_NUMBER, "1e+5", "1e+5");
    VALUE(COLUMN_NUMBER, "0e0", "0e0");
    VALUE(COLUMN_NUMBER, "10.0E00", "10.0E00");
}

// ZEROFILL's zeros are not JSON, and not the number's.
static void test_zerofill(void **state)
{
    (void) state;
    VALUE(COLUMN_NUMBER, "00042", "42");
    VALUE(COLUMN_NUMBER, "00000", "0");
    VALUE(COLUMN_NUMBER, "0000.50", "0.50");
    VALUE(COLUMN_NUMBER, "0.50", "0.50");
}

// What is no JSON number is a string rather than bad JSON.
static void test_not_a_number(void **state)
{
    (void) state;
    VALUE(COLUMN_NUMBER, "", "\"\"");
    VALUE(COLUMN_NUMBER, "-", "\"-\"");
    VALUE(COLUMN_NUMBER, "nan", "\"nan\"");
    VALUE(COLUMN_NUMBER, "-inf", "\"-inf\"");
    VALUE(COLUMN_NUMBER, ".5", "\".5\"");
    VALUE(COLUMN_NUMBER, "5.", "\"5.\"");
    VALUE(COLUMN_NUMBER, "1e", "\"1e\"");
    VALUE(COLUMN_NUMBER, "1e+", "\"1e+\"");
    VALUE(COLUMN_NUMBER, "+1", "\"+1\"");
    VALUE(COLUMN_NUMBER, "-01", "\"-01\"");
    VALUE(COLUMN_NUMBER, "--1", "\"--1\"");
    VALUE(COLUMN_NUMBER, "1.2.3", "\"1.2.3\"");
    VALUE(COLUMN_NUMBER, "1e5.5", "\"1e5.5\"");
    VALUE(COLUMN_NUMBER, "1e5e5", "\"1e5e5\"");
    VALUE(COLUMN_NUMBER, "1-2", "\"1-2\"");
    VALUE(COLUMN_NUMBER, "\xff", "\"\\ufffd\"");
    VALUE(COLUMN_NUMBER, "1 ", "\"1 \"");
    VALUE(COLUMN_NUMBER, "1,2", "\"1,2\"");
    VALUE(COLUMN_NUMBER, "1\0", "\"1\\u0000\"");
}

static void test_bit_and_binary(void **state)
{
    (void) state;
    VALUE(COLUMN_BIT, "\x00", "0");
    VALUE(COLUMN_BIT, "\x01\x02", "258");
    VALUE(COLUMN_BIT, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    VALUE(COLUMN_BINARY, "", "\"\"");
    VALUE(COLUMN_BINARY, "f", "\"Zg==\"");
    VALUE(COLUMN_BINARY, "fo", "\"Zm8=\"");
    VALUE(COLUMN_BINARY, "foo", "\"Zm9v\"");
    VALUE(COLUMN_BINARY, "foob", "\"Zm9vYg==\"");
    VALUE(COLUMN_BINARY, "\x00\xff\xfb\xef", "\"AP/77w==\"");
}

static void test_strings(void **state)
{
    (void) state;
    VALUE(COLUMN_TEXT, "", "\"\"");
    VALUE(COLUMN_TEXT, "NULL", "\"NULL\"");
    VALUE(COLUMN_TEXT, "12", "\"12\"");
    VALUE(COLUMN_TEXT, "a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    VALUE(COLUMN_TEXT, "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
    VALUE(COLUMN_TEXT, "a\0b\x1b\x1f\x7f", "\"a\\u0000b\\u001b\\u001f\\u007f\"");
    VALUE(COLUMN_TEXT, "\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80",
          "\"\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80\"");
    VALUE(COLUMN_TIME, "2026-01-02 03:04:05", "\"2026-01-02 03:04:05\"");
}

// JSON is UTF-8: each byte that is not becomes U+FFFD.
static void test_not_utf8(void **state)
{
    (void) state;
    VALUE(COLUMN_TEXT, "a\xff", "\"a\\ufffd\"");
    VALUE(COLUMN_TEXT, "\xc3", "\"\\ufffd\"");
    VALUE(COLUMN_TEXT, "\xc3(", "\"\\ufffd(\"");
    VALUE(COLUMN_TEXT, "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""); // a surrogate
    VALUE(COLUMN_TEXT, "\xc0\x80", "\"\\ufffd\\ufffd\"");            // an overlong NUL
}

// Wherever they lie beside each other, in whatever eight bytes; and the same on a terminal, and
// with one that is not UTF-8 at its end.
static void test_escapes_between_characters_at_any_place(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        const char *shown;
    } pieces[] = {{"\xe6\xbc\xa2", "\xe6\xbc\xa2"},
                  {"\"", "\\\""},
                  {"\xc3\xa4", "\xc3\xa4"},
                  {"abcdefg", "abcdefg"},
                  {"\n", "\\n"},
                  {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
                  {"\x7f", "\\u007f"},
                  {"\\", "\\\\"}};
    enum { PIECES = LENGTH(pieces), ROUNDS = 500 };
    unsigned random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct buf text = BUF_INIT;
        struct buf shown = BUF_INIT;
        buf_add_text(&shown, "\"");
        for (unsigned i = 0; i < 1 + random % 20; i++) {
            random = random * 1103515245 + 12345;
            buf_add_text(&text, pieces[random >> 16 & (PIECES - 1)].text);
            buf_add_text(&shown, pieces[random >> 16 & (PIECES - 1)].shown);
        }
        bool broken = round % 3 == 0;
        buf_add_text(&text, broken ? "\xff" : "");
        buf_add_text(&shown, broken ? "\\ufffd\"" : "\"");
        check_value(round % 2 == 0 ? &plain : &terminal, COLUMN_TEXT,
                    (struct cell){text.data, text.len}, shown.data, shown.len, __LINE__);
        buf_finish(&text);
        buf_finish(&shown);
    }
}

// The same text with less in it that a terminal acts on; to a reader of JSON nothing changes.
static void test_on_a_terminal(void **state)
{
    (void) state;
    VALUE(COLUMN_TEXT, "\xc2\x9b\xe2\x80\xae\xe2\x81\xa6", "\"\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\"");
    TERMINAL("\x1b[2J\x7f", "\"\\u001b[2J\\u007f\"");
    TERMINAL("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\"\\u0080\\u009b\\u009f\xc2\xa0\"");
    TERMINAL("\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9",
             "\"\\u2028\\u202e\\u2066\\u2069\"");
    TERMINAL("\xe6\xbc\xa2\xf0\x9f\x98\x80", "\"\xe6\xbc\xa2\xf0\x9f\x98\x80\"");
}

static void test_duplicate_names(void **state)
{
    (void) state;
    static const struct column same[] = {
        COLUMN("x", COLUMN_NUMBER), COLUMN("x", COLUMN_NUMBER),   COLUMN("x_2", COLUMN_NUMBER),
        COLUMN("x", COLUMN_NUMBER), COLUMN("x_2", COLUMN_NUMBER), COLUMN("X", COLUMN_NUMBER),
    };
    static const struct cell cells[] = {CELL("1"), CELL("2"), CELL("3"),
                                        CELL("4"), CELL("5"), CELL("6")};
    struct rendering r;
    rendering_begin(&r, "jsonl", plain);
    render_set(&r, same, cells);
    check_rendered(&r, "{\"x\":1,\"x_2\":2,\"x_2_2\":3,\"x_3\":4,\"x_2_3\":5,\"X\":6}\n");
    rendering_end(&r);
}

static void test_names_are_escaped(void **state)
{
    (void) state;
    static const struct column odd[] = {COLUMN("a\"b\n", COLUMN_TEXT), COLUMN("", COLUMN_TEXT),
                                        COLUMN("\0", COLUMN_TEXT), COLUMN("", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("1"), CELL("2"), CELL("3"), CELL("4")};
    struct rendering r;
    rendering_begin(&r, "jsonl", plain);
    render_set(&r, odd, cells);
    check_rendered(&r, "{\"a\\\"b\\n\":\"1\",\"\":\"2\",\"\\u0000\":\"3\",\"_2\":\"4\"}\n");
    rendering_end(&r);
}

// An array that was cut off has no end: no reader takes it for whole.
static void test_abort(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "json", plain);
    rendering_columns(&r, SET_ROWS, two, 2);
    rendering_row(&r, rows, 2);
    sink_abort(r.sink);
    check_rendered(&r, "[\n{\"id\":1,\"name\":\"ann\"}\n");
    render_set(&r, two, rows);
    check_rendered(&r, "[\n{\"id\":1,\"name\":\"ann\"},\n{\"id\":2,\"name\":null}\n]\n");
    rendering_end(&r);
    rendering_begin(&r, "jsonl", plain);
    rendering_columns(&r, SET_ROWS, two, 2);
    rendering_row(&r, rows, 2);
    sink_abort(r.sink);
    check_rendered(&r, "{\"id\":1,\"name\":\"ann\"}\n");
    rendering_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_jsonl),
        cmocka_unit_test(test_without_headers),
        cmocka_unit_test(test_several_sets),
        cmocka_unit_test(test_numbers_keep_every_digit),
        cmocka_unit_test(test_zerofill),
        cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_bit_and_binary),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_not_utf8),
        cmocka_unit_test(test_escapes_between_characters_at_any_place),
        cmocka_unit_test(test_on_a_terminal),
        cmocka_unit_test(test_duplicate_names),
        cmocka_unit_test(test_names_are_escaped),
        cmocka_unit_test(test_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
