// Tables, byte by byte: borders, widths, what is right-aligned, what goes over several lines.
#include "marsh/base/mem.h"
#include "render_check.h"

enum { STRETCH_ROWS = 1000 };

static const struct render_options ascii = {.headers = true};
static const struct render_options unicode = {.headers = true, .unicode = true};
static const struct render_options bare = {.headers = false};
static const struct render_options compatible = {.headers = true, .compatible = true};
static const struct render_options terminal = {.headers = true, .terminal = true};

static const struct column two[] = {COLUMN("id", COLUMN_NUMBER), COLUMN("name", COLUMN_TEXT)};
static const struct column one[] = {COLUMN("x", COLUMN_TEXT)};
static const struct cell rows[] = {CELL("1"), CELL("ann"), CELL("-12.50"), NIL};

static void test_ascii(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "table", ascii);
    render_set(&r, two, rows);
    check_rendered(&r, "+--------+------+\n"
                       "| id     | name |\n"
                       "+--------+------+\n"
                       "|      1 | ann  |\n"
                       "| -12.50 | NULL |\n"
                       "+--------+------+\n");
    rendering_end(&r);
}

static void test_unicode(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "table", unicode);
    render_set(&r, two, rows);
    check_rendered(&r, "┌────────┬──────┐\n"
                       "│ id     │ name │\n"
                       "├────────┼──────┤\n"
                       "│      1 │ ann  │\n"
                       "│ -12.50 │ NULL │\n"
                       "└────────┴──────┘\n");
    rendering_end(&r);
}

static void test_without_headers(void **state)
{
    (void) state;
    static const struct column wide[] = {COLUMN("a_long_name", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("1")};
    struct rendering r;
    rendering_begin(&r, "table", bare);
    render_set(&r, two, rows);
    check_rendered(&r, "+--------+------+\n"
                       "|      1 | ann  |\n"
                       "| -12.50 | NULL |\n"
                       "+--------+------+\n");
    // A name that is not shown takes no room.
    render_set(&r, wide, cells);
    check_rendered(&r, "+---+\n| 1 |\n+---+\n");
    rendering_end(&r);
}

// The reference has ASCII borders whatever the terminal could show, and no headline.
static void test_compatible(void **state)
{
    (void) state;
    static const struct column columns[] = {
        {"b", 1, COLUMN_BINARY, true}, {"n", 1, COLUMN_NUMBER}, COLUMN("t", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("\xfe"), CELL("7"), CELL("NULL")};
    struct render_options options = compatible;
    struct rendering r;
    options.unicode = true;
    rendering_begin(&r, "table", options);
    render_out(&r, columns, cells);
    // Where a NULL may come there is room for one. What is not UTF-8 counts nothing to the client.
    check_rendered(&r, "+---+------+------+\n"
                       "| b | n    | t    |\n"
                       "+---+------+------+\n"
                       "| \xfe  |    7 | NULL |\n"
                       "+---+------+------+\n");
    rendering_end(&r);
}

static void test_sets(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("1")};
    struct rendering r;
    rendering_begin(&r, "table", ascii);
    render_empty(&r, two); // nothing
    check_rendered(&r, "");
    render_set(&r, one, cells);
    rendering_ok(&r);
    render_empty(&r, one);
    render_set(&r, two, rows);
    check_rendered(&r, "+---+\n| x |\n+---+\n| 1 |\n+---+\n"
                       "+--------+------+\n"
                       "| id     | name |\n"
                       "+--------+------+\n"
                       "|      1 | ann  |\n"
                       "| -12.50 | NULL |\n"
                       "+--------+------+\n");
    render_out(&r, one, cells);
    check_rendered(&r, "OUT:\n+---+\n| x |\n+---+\n| 1 |\n+---+\n");
    rendering_end(&r);
}

static void test_kinds(void **state)
{
    (void) state;
    static const struct column columns[] = {
        COLUMN("number", COLUMN_NUMBER), COLUMN("bitbit", COLUMN_BIT),
        COLUMN("binary", COLUMN_BINARY), COLUMN("timetime", COLUMN_TIME),
        COLUMN("number", COLUMN_NUMBER),
    };
    static const struct cell cells[] = {CELL("18446744073709551615"), CELL("\x01\x01"),
                                        CELL("\x00\xff"), CELL("10:00"), NIL};
    struct rendering r;
    rendering_begin(&r, "table", ascii);
    render_set(&r, columns, cells);
    check_rendered(&r, "+----------------------+--------+--------+----------+--------+\n"
                       "| number               | bitbit | binary | timetime | number |\n"
                       "+----------------------+--------+--------+----------+--------+\n"
                       "| 18446744073709551615 |    257 | 0x00FF | 10:00    |   NULL |\n"
                       "+----------------------+--------+--------+----------+--------+\n");
    rendering_end(&r);
}

// A string that reads NULL is never mistaken for it, nor for the quoted one.
static void test_null_and_the_string(void **state)
{
    (void) state;
    static const struct cell cells[] = {NIL,      CELL("NULL"),  CELL("'NULL'"), CELL("''NULL''"),
                                        CELL(""), CELL("'NULL"), CELL("null"),   CELL("NULL ")};
    struct rendering r;
    rendering_begin(&r, "table", bare);
    render_set(&r, one, cells);
    check_rendered(&r, "+------------+\n"
                       "| NULL       |\n"
                       "| 'NULL'     |\n"
                       "| ''NULL''   |\n"
                       "| '''NULL''' |\n"
                       "|            |\n"
                       "| 'NULL      |\n"
                       "| null       |\n"
                       "| NULL       |\n"
                       "+------------+\n");
    rendering_end(&r);
}

static void test_widths(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("名前", COLUMN_TEXT), COLUMN("x", COLUMN_TEXT)};
    static const struct cell cells[] = {
        CELL("漢字かな"),
        CELL("12345678"), // wide
        CELL("e\u0301a"),
        CELL("ea"), // a combining accent
        CELL("\u00e4\u00f6"),
        CELL("ao"),
        CELL("\U0001f600"),
        CELL("12"), // an emoji
        CELL("\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        CELL("12"), // a family is one
        CELL("\U0001f1e9\U0001f1ea"),
        CELL("12"), // a flag too
        CELL("\u2764\ufe0f"),
        CELL("12"), // asked for as an emoji
        CELL("\uff76\uff9e"),
        CELL("12"), // half-width
    };
    struct rendering r;
    rendering_begin(&r, "table", unicode);
    render_set(&r, columns, cells);
    check_rendered(&r, "┌──────────┬──────────┐\n"
                       "│ 名前     │ x        │\n"
                       "├──────────┼──────────┤\n"
                       "│ 漢字かな │ 12345678 │\n"
                       "│ e\u0301a       │ ea       │\n"
                       "│ \u00e4\u00f6       │ ao       │\n"
                       "│ \U0001f600       │ 12       │\n"
                       "│ \U0001f468\u200d\U0001f469\u200d\U0001f467       │ 12       │\n"
                       "│ \U0001f1e9\U0001f1ea       │ 12       │\n"
                       "│ \u2764\ufe0f       │ 12       │\n"
                       "│ \uff76\uff9e       │ 12       │\n"
                       "└──────────┴──────────┘\n");
    rendering_end(&r);
}

// Nothing in a name or a value can drive the terminal, whoever reads it.
static void test_controls(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("a\x1b]0;x\x07\nb", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("\x1b[2J\r\t\0\x7f"),
                                        CELL("\xff\xc3 \xc2\x9b \xe2\x80\xae \xef\xbb\xbf")};
    struct render_options both = compatible;
    both.terminal = true;
    const struct render_options all[] = {ascii, terminal, both};
    for (size_t i = 0; i < LENGTH(all); i++) {
        struct rendering r;
        rendering_begin(&r, "table", all[i]);
        render_set(&r, columns, cells);
        check_rendered(&r, "+-------------------------------+\n"
                           "| a\\x1b]0;x\\x07\\nb              |\n"
                           "+-------------------------------+\n"
                           "| \\x1b[2J\\r\\t\\0\\x7f             |\n"
                           "| \\xff\\xc3 \\u009b \\u202e \\ufeff |\n"
                           "+-------------------------------+\n");
        rendering_end(&r);
    }
}

static void test_several_lines(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("n", COLUMN_NUMBER), COLUMN("text", COLUMN_TEXT),
                                            COLUMN("more", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("12"), CELL("one\nfor two\n"), CELL("a"),
                                        CELL("3"),  CELL("漢\nx"),          CELL("\n\nb")};
    struct rendering r;
    rendering_begin(&r, "table", ascii);
    render_set(&r, columns, cells);
    check_rendered(&r, "+----+---------+------+\n"
                       "| n  | text    | more |\n"
                       "+----+---------+------+\n"
                       "| 12 | one    +| a    |\n"
                       "|    | for two+|      |\n"
                       "|    |         |      |\n"
                       "|  3 | 漢     +|     +|\n"
                       "|    | x       |     +|\n"
                       "|    |         | b    |\n"
                       "+----+---------+------+\n");
    rendering_end(&r);
    rendering_begin(&r, "table", unicode);
    rendering_set(&r, SET_ROWS, columns, 3, cells, 3);
    check_rendered(&r, "┌────┬─────────┬──────┐\n"
                       "│ n  │ text    │ more │\n"
                       "├────┼─────────┼──────┤\n"
                       "│ 12 │ one    ↵│ a    │\n"
                       "│    │ for two↵│      │\n"
                       "│    │         │      │\n"
                       "└────┴─────────┴──────┘\n");
    rendering_end(&r);
}

// Widths are those of the first stretch of rows; a later value that is wider is shown whole, and
// pushes its row out of line.
static void test_later_rows_are_wider(void **state)
{
    (void) state;
    static const struct cell narrow[] = {CELL("1"), CELL("ann")};
    static const struct cell wide[] = {CELL("1234"), CELL("a much wider name")};
    struct buf got = BUF_INIT;
    struct buf expected = BUF_INIT;
    struct rendering r;
    rendering_begin(&r, "table", ascii);
    rendering_columns(&r, SET_ROWS, two, 2);
    for (size_t i = 0; i < STRETCH_ROWS - 1; i++)
        rendering_row(&r, narrow, 2);
    check_rendered(&r, ""); // held back
    rendering_row(&r, narrow, 2);
    rendering_row(&r, wide, 2);
    rendering_row(&r, narrow, 2);
    rendering_take(&r, &got); // now they are written as they come
    rendering_summary(&r, SET_ROWS, STRETCH_ROWS + 2);
    rendering_take(&r, &got);
    buf_add_text(&expected, "+----+------+\n| id | name |\n+----+------+\n");
    for (size_t i = 0; i < STRETCH_ROWS; i++)
        buf_add_text(&expected, "|  1 | ann  |\n");
    buf_add_text(&expected, "| 1234 | a much wider name |\n|  1 | ann  |\n+----+------+\n");
    support_check_bytes(got.data, got.len, expected.data, expected.len, __FILE__, __LINE__);
    buf_finish(&got);
    buf_finish(&expected);
    // The next set begins anew.
    render_set(&r, two, wide);
    check_rendered(&r, "+------+-------------------+\n"
                       "| id   | name              |\n"
                       "+------+-------------------+\n"
                       "| 1234 | a much wider name |\n"
                       "+------+-------------------+\n");
    rendering_end(&r);
}

// A stretch ends early where it takes much memory.
static void test_large_values_end_the_stretch(void **state)
{
    (void) state;
    size_t size = (1 << 20) + 1;
    char *text = mem_alloc(size);
    memset(text, 'x', size);
    const struct cell large = {text, size};
    const struct cell small = {"yy", 2};
    struct buf got = BUF_INIT;
    struct rendering r;
    rendering_begin(&r, "table", bare);
    rendering_columns(&r, SET_ROWS, one, 1);
    rendering_row(&r, &small, 1);
    check_rendered(&r, "");
    rendering_row(&r, &large, 1);
    rendering_take(&r, &got);
    // Two rows and the rule above them, each as wide as the large one.
    assert_int_equal(got.len, 3 * (size + 5));
    buf_finish(&got);
    rendering_summary(&r, SET_ROWS, 2);
    rendering_end(&r);
    free(text);
}

static void test_abort(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "table", ascii);
    rendering_columns(&r, SET_ROWS, two, 2);
    rendering_row(&r, rows, 2);
    sink_abort(r.sink);
    // The row did come, so it is shown; a rule below it would say that it was all.
    check_rendered(&r, "+----+------+\n| id | name |\n+----+------+\n|  1 | ann  |\n");
    rendering_columns(&r, SET_ROWS, two, 2);
    sink_abort(r.sink);
    check_rendered(&r, "");
    rendering_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_unicode),
        cmocka_unit_test(test_without_headers),
        cmocka_unit_test(test_compatible),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_null_and_the_string),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_several_lines),
        cmocka_unit_test(test_later_rows_are_wider),
        cmocka_unit_test(test_large_values_end_the_stretch),
        cmocka_unit_test(test_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
