// tsv and csv, byte by byte.
#include "render_check.h"

static const struct render_options plain = {.headers = true};
static const struct render_options bare = {.headers = false};
static const struct render_options terminal = {.headers = true, .terminal = true};

static const struct column two[] = {COLUMN("id", COLUMN_NUMBER), COLUMN("name", COLUMN_TEXT)};
static const struct column one[] = {COLUMN("x", COLUMN_TEXT)};

static const struct cell rows[] = {
    CELL("1"), CELL("ann"), CELL("-12.50"), NIL, CELL("18446744073709551615"), CELL(""),
};

// One value of one column of that kind, without headers.
static void check_value(const char *format, enum column_kind kind, struct cell cell,
                        const char *expected, size_t len, int line)
{
    struct rendering r;
    const struct column columns[] = {{"x", 1, kind}};
    rendering_begin(&r, format, bare);
    rendering_set(&r, SET_ROWS, columns, 1, &cell, 1);
    rendering_check(&r, expected, len, __FILE__, line);
    rendering_end(&r);
}
#define VALUE(format, kind, literal, expected)                                                     \
    check_value(format, kind, (struct cell) CELL(literal), expected, sizeof(expected) - 1, __LINE__)

static void test_tsv(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "tsv", plain);
    render_set(&r, two, rows);
    check_rendered(&r, "id\tname\n1\tann\n-12.50\tNULL\n18446744073709551615\t\n");
    rendering_end(&r);
    rendering_begin(&r, "tsv", bare);
    render_set(&r, two, rows);
    check_rendered(&r, "1\tann\n-12.50\tNULL\n18446744073709551615\t\n");
    rendering_end(&r);
}

// The mariadb client's: tab, newline, backslash and NUL, and nothing else.
static void test_tsv_escapes(void **state)
{
    (void) state;
    VALUE("tsv", COLUMN_TEXT, "a\tb\nc\\d\0e", "a\\tb\\nc\\\\d\\0e\n");
    VALUE("tsv", COLUMN_TEXT, "\r\x1b[1m\x7f\"',", "\r\x1b[1m\x7f\"',\n");
    VALUE("tsv", COLUMN_TEXT, "\xc3\xa4\xff", "\xc3\xa4\xff\n");
    VALUE("tsv", COLUMN_BINARY, "\x00\x01\xfe\n", "\\0\x01\xfe\\n\n");
    VALUE("tsv", COLUMN_BIT, "\x05", "\x05\n");
    VALUE("tsv", COLUMN_TEXT, "NULL", "NULL\n"); // as there: it can't be told from NULL
    VALUE("tsv", COLUMN_TIME, "2026-01-02 03:04:05.000006", "2026-01-02 03:04:05.000006\n");
    VALUE("tsv", COLUMN_NUMBER, "-99999999999999999999999999999999999.999999999999999999999999999",
          "-99999999999999999999999999999999999.999999999999999999999999999\n");
}

static void check_with(struct render_options options, const char *expected, size_t len, int line)
{
    static const struct column columns[] = {COLUMN("a\tb", COLUMN_TEXT), COLUMN("n", COLUMN_NUMBER),
                                            COLUMN("b", COLUMN_BINARY), COLUMN("i", COLUMN_BIT)};
    static const struct cell cells[] = {
        CELL("x\t\n\\\0"), CELL("7"), CELL("\x00\xff"), CELL("\x05"), NIL, NIL, NIL, NIL};
    struct rendering r;
    options.compatible = true;
    rendering_begin(&r, "tsv", options);
    rendering_set(&r, SET_ROWS, columns, 4, cells, 8);
    rendering_check(&r, expected, len, __FILE__, line);
    rendering_end(&r);
}
#define WITH(expected, ...)                                                                        \
    check_with((struct render_options){__VA_ARGS__}, expected, sizeof(expected) - 1, __LINE__)

// The mariadb client's --raw, --silent and --binary-as-hex.
static void test_tsv_options(void **state)
{
    (void) state;
    WITH("a\tb\tn\tb\ti\nx\t\n\\\0\t7\t\0\xff\t\x05\nNULL\tNULL\tNULL\tNULL\n", .headers = true,
         .raw = true, .silent = 1);
    WITH("x\\t\\n\\\\\\0\t7\t\\0\xff\t\x05\nNULL\tNULL\tNULL\tNULL\n", .headers = true,
         .silent = 2);
    WITH("x\\t\\n\\\\\\0\t7\t0x00FF\t0x05\nNULL\tNULL\t0x\t0x\n", .binary_as_hex = true);
    WITH("x\\t\n\\\\0\t7\t\\0\\xff\t\\x05\nNULL\tNULL\tNULL\tNULL\n", .raw = true,
         .terminal = true);
}

static void test_tsv_names(void **state)
{
    (void) state;
    static const struct column names[] = {COLUMN("a\tb", COLUMN_TEXT), COLUMN("x", COLUMN_TEXT),
                                          COLUMN("x", COLUMN_TEXT), COLUMN("", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("1"), CELL("2"), CELL("3"), CELL("4")};
    struct rendering r;
    rendering_begin(&r, "tsv", plain);
    render_set(&r, names, cells);
    check_rendered(&r, "a\tb\tx\tx\t\n1\t2\t3\t4\n"); // names as they are
    rendering_end(&r);
}

// Without rows there is nothing, as there; sets follow each other without a gap.
static void test_tsv_sets(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("1")};
    struct rendering r;
    rendering_begin(&r, "tsv", plain);
    render_empty(&r, two);
    check_rendered(&r, "");
    render_set(&r, one, cells);
    rendering_ok(&r);
    render_set(&r, two, rows);
    render_out(&r, one, cells);
    check_rendered(&r, "x\n1\nid\tname\n1\tann\n-12.50\tNULL\n18446744073709551615\t\nx\n1\n");
    rendering_end(&r);
}

static void test_tsv_on_a_terminal(void **state)
{
    (void) state;
    static const struct column names[] = {COLUMN("a\x1b]0;x\x07", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("\x1b[2J\r\x9b\xc2\x9b\xe2\x80\xae\x7f"),
                                        CELL("tab\t nl\n \xe6\xbc\xa2")};
    struct rendering r;
    rendering_begin(&r, "tsv", terminal);
    render_set(&r, names, cells);
    check_rendered(&r, "a\\x1b]0;x\\x07\n"
                       "\\x1b[2J\\r\\x9b\\u009b\\u202e\\x7f\n"
                       "tab\\t nl\\n \xe6\xbc\xa2\n");
    rendering_end(&r);
}

static void test_csv(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "csv", plain);
    render_set(&r, two, rows);
    // NULL is nothing, the empty string a pair of quotes.
    check_rendered(&r, "id,name\r\n1,ann\r\n-12.50,\r\n18446744073709551615,\"\"\r\n");
    rendering_end(&r);
    rendering_begin(&r, "csv", bare);
    render_set(&r, two, rows);
    check_rendered(&r, "1,ann\r\n-12.50,\r\n18446744073709551615,\"\"\r\n");
    rendering_end(&r);
}

static void test_csv_quotes(void **state)
{
    (void) state;
    VALUE("csv", COLUMN_TEXT, "a,b", "\"a,b\"\r\n");
    VALUE("csv", COLUMN_TEXT, "say \"hi\"", "\"say \"\"hi\"\"\"\r\n");
    VALUE("csv", COLUMN_TEXT, "\"", "\"\"\"\"\r\n");
    VALUE("csv", COLUMN_TEXT, "a\nb", "\"a\nb\"\r\n");
    VALUE("csv", COLUMN_TEXT, "a\r\nb", "\"a\r\nb\"\r\n");
    VALUE("csv", COLUMN_TEXT, "a\rb", "\"a\rb\"\r\n");
    VALUE("csv", COLUMN_TEXT, " a\tb' \\", " a\tb' \\\r\n");
    VALUE("csv", COLUMN_TEXT, "a\0,b", "\"a\0,b\"\r\n");
    VALUE("csv", COLUMN_TEXT, "NULL", "NULL\r\n");
    // Others write NULL so.
    VALUE("csv", COLUMN_TEXT, "\\N", "\"\\N\"\r\n");
    VALUE("csv", COLUMN_TEXT, "\\n\\N", "\\n\\N\r\n");
    VALUE("csv", COLUMN_TEXT, "\xff\xc3\xa4", "\xff\xc3\xa4\r\n");
}

static void test_csv_binary(void **state)
{
    (void) state;
    VALUE("csv", COLUMN_BINARY, "\x00\xfe,\"", "0x00FE2C22\r\n");
    VALUE("csv", COLUMN_BINARY, "", "0x\r\n");
    VALUE("csv", COLUMN_BIT, "\x05", "5\r\n");
    VALUE("csv", COLUMN_BIT, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615\r\n");
    VALUE("csv", COLUMN_NUMBER, "0.1000000000000000000000000000000000001",
          "0.1000000000000000000000000000000000001\r\n");
}

static void test_csv_sets(void **state)
{
    (void) state;
    static const struct column names[] = {COLUMN("a,b", COLUMN_BINARY), COLUMN("", COLUMN_TEXT),
                                          COLUMN("x", COLUMN_TEXT), COLUMN("x", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("1")};
    struct rendering r;
    rendering_begin(&r, "csv", plain);
    // Names are there without rows too, and an empty line parts the sets.
    render_empty(&r, names);
    rendering_ok(&r);
    render_set(&r, one, cells);
    render_out(&r, one, cells);
    check_rendered(&r, "\"a,b\",\"\",x,x\r\n\r\nx\r\n1\r\n\r\nx\r\n1\r\n");
    rendering_end(&r);
    rendering_begin(&r, "csv", bare);
    render_empty(&r, names);
    render_set(&r, one, cells);
    check_rendered(&r, "\r\n1\r\n");
    rendering_end(&r);
}

static void test_csv_on_a_terminal(void **state)
{
    (void) state;
    static const struct column names[] = {COLUMN("a\x1b[1m", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("\x1b[2J,\r\n\xc2\x85"), CELL("\xe6\xbc\xa2"), NIL};
    struct rendering r;
    rendering_begin(&r, "csv", terminal);
    render_set(&r, names, cells);
    check_rendered(&r, "a\\x1b[1m\r\n"
                       "\"\\x1b[2J,\\r\n\\u0085\"\r\n"
                       "\xe6\xbc\xa2\r\n"
                       "\r\n");
    rendering_end(&r);
}

// A set that is cut off ends where it was, and the next one is whole.
static void test_abort(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("1")};
    struct rendering r;
    rendering_begin(&r, "csv", plain);
    rendering_columns(&r, SET_ROWS, one, 1);
    rendering_row(&r, cells, 1);
    sink_abort(r.sink);
    render_set(&r, one, cells);
    check_rendered(&r, "x\r\n1\r\n\r\nx\r\n1\r\n");
    rendering_end(&r);
}

// Each set is on its way at its summary, whether or not much has gathered.
static void test_summary_flushes(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("1")};
    static const char *const formats[] = {"auto", "table", "vertical", "tsv",
                                          "csv",  "json",  "jsonl"};
    for (size_t i = 0; i < LENGTH(formats); i++) {
        struct rendering r;
        rendering_begin(&r, formats[i], plain);
        render_set(&r, one, cells);
        assert_int_equal(output_buffer(r.output)->len, 0);
        rendering_end(&r);
    }
}

static void test_formats(void **state)
{
    (void) state;
    static const char *const names[] = {"auto", "table", "vertical", "tsv", "csv",
                                        "json", "jsonl", "html",     "xml"};
    const char *nearest = "";
    for (size_t i = 0; i < LENGTH(names); i++) {
        check_text(render_format_at(i)->name, names[i]);
        assert_ptr_equal(render_format_find(names[i], &nearest), render_format_at(i));
        assert_true(render_format_at(i)->summary[0] != '\0');
        render_format_at(i)->destroy(NULL);
    }
    assert_null(render_format_at(LENGTH(names)));
    assert_null(render_format_find("jsnol", &nearest));
    check_text(nearest, "jsonl");
    assert_null(render_format_find("xxxxxxxx", &nearest));
    assert_null(nearest);
    assert_null(render_format_find("CSV", &nearest));
    check_text(nearest, "csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tsv),
        cmocka_unit_test(test_tsv_escapes),
        cmocka_unit_test(test_tsv_options),
        cmocka_unit_test(test_tsv_names),
        cmocka_unit_test(test_tsv_sets),
        cmocka_unit_test(test_tsv_on_a_terminal),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_quotes),
        cmocka_unit_test(test_csv_binary),
        cmocka_unit_test(test_csv_sets),
        cmocka_unit_test(test_csv_on_a_terminal),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_summary_flushes),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
