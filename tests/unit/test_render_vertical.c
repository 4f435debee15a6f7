// One line a value, byte by byte, and when a table becomes that.
#include "render_check.h"

#define STARS "***************************"
#define ROW(number) STARS " " number ". row " STARS "\n"

static const struct render_options plain = {.headers = true};
static const struct render_options bare = {.headers = false};
static const struct render_options compatible = {.headers = true, .compatible = true};

static const struct column two[] = {COLUMN("id", COLUMN_NUMBER), COLUMN("name", COLUMN_TEXT)};
static const struct column one[] = {COLUMN("x", COLUMN_TEXT)};
static const struct cell rows[] = {CELL("1"), CELL("ann"), CELL("-12.50"), NIL};

static void test_rows(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "vertical", plain);
    render_set(&r, two, rows);
    check_rendered(&r, ROW("1") "  id: 1\nname: ann\n" ROW("2") "  id: -12.50\nname: NULL\n");
    render_empty(&r, two);
    rendering_ok(&r);
    check_rendered(&r, "");
    rendering_end(&r);
    rendering_begin(&r, "vertical", bare);
    rendering_set(&r, SET_ROWS, two, 2, rows, 2);
    check_rendered(&r, ROW("1") "1\nann\n");
    rendering_end(&r);
}

// Rows are counted from one in every set.
static void test_sets(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("1")};
    struct rendering r;
    rendering_begin(&r, "vertical", plain);
    render_set(&r, one, cells);
    render_set(&r, two, rows);
    render_out(&r, one, cells);
    check_rendered(&r, ROW("1") "x: 1\n" ROW("1") "  id: 1\nname: ann\n" ROW(
                           "2") "  id: -12.50\nname: NULL\n" ROW("1") "x: 1\n");
    rendering_end(&r);
}

static void test_values(void **state)
{
    (void) state;
    static const struct column columns[] = {
        COLUMN("binary", COLUMN_BINARY), COLUMN("bit", COLUMN_BIT),   COLUMN("名前", COLUMN_TEXT),
        COLUMN("same", COLUMN_TEXT),     COLUMN("same", COLUMN_TEXT),
    };
    static const struct cell cells[] = {CELL("\x00\xfe"), CELL("\x01\x00"), CELL("漢"),
                                        CELL("NULL"), CELL("a\nb\n\nc")};
    struct rendering r;
    rendering_begin(&r, "vertical", plain);
    render_set(&r, columns, cells);
    check_rendered(&r, ROW("1") "binary: 0x00FE\n"
                                "   bit: 256\n"
                                "  名前: 漢\n"
                                "  same: 'NULL'\n"
                                "  same: a\n"
                                "        b\n"
                                "        \n"
                                "        c\n");
    rendering_end(&r);
}

static void test_controls(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("a\x1b[m", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("\x1b[2J\r\xff\xc2\x9b\t\0")};
    struct render_options both = compatible;
    both.terminal = true;
    const struct render_options all[] = {plain, both};
    for (size_t i = 0; i < LENGTH(all); i++) {
        struct rendering r;
        rendering_begin(&r, "vertical", all[i]);
        render_set(&r, columns, cells);
        check_rendered(&r, ROW("1") "a\\x1b[m: \\x1b[2J\\r\\xff\\u009b\\t\\0\n");
        rendering_end(&r);
    }
}

// The reference's own bytes: nothing is made printable, further lines are not indented.
static void test_compatible(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("a\tb", COLUMN_TEXT), COLUMN("b", COLUMN_BINARY),
                                            COLUMN("n", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("x\ny\x1b\\"), CELL("\xfe\xff"), NIL};
    struct rendering r;
    rendering_begin(&r, "vertical", compatible);
    rendering_columns(&r, SET_ROWS, &columns[1], 2);
    rendering_row(&r, &cells[1], 2);
    rendering_summary(&r, SET_ROWS, 1);
    check_rendered(&r, ROW("1") "b: \xfe\xff\nn: NULL\n");
    rendering_set(&r, SET_ROWS, &columns[2], 1, cells, 1);
    check_rendered(&r, ROW("1") "n: x\ny\x1b\\\n");
    rendering_end(&r);
}

// A table of exactly the terminal's width is one; a column more, and it is not.
static void test_auto(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("ab", COLUMN_NUMBER), COLUMN("c", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL("1"), CELL("漢"), CELL("2"), CELL("a\nb")};
    struct render_options options = {.headers = true, .columns = 11};
    struct rendering r;
    rendering_begin(&r, "auto", options);
    render_set(&r, columns, cells);
    check_rendered(&r, "+----+----+\n"
                       "| ab | c  |\n"
                       "+----+----+\n"
                       "|  1 | 漢 |\n"
                       "|  2 | a +|\n"
                       "|    | b  |\n"
                       "+----+----+\n");
    rendering_end(&r);
    options.columns = 10;
    rendering_begin(&r, "auto", options);
    render_set(&r, columns, cells);
    check_rendered(&r, ROW("1") "ab: 1\n c: 漢\n" ROW("2") "ab: 2\n c: a\n    b\n");
    // Each set for itself.
    rendering_set(&r, SET_ROWS, one, 1, cells, 1);
    check_rendered(&r, "+---+\n| x |\n+---+\n| 1 |\n+---+\n");
    render_out(&r, columns, cells);
    check_rendered(&r, "OUT:\n" ROW("1") "ab: 1\n c: 漢\n" ROW("2") "ab: 2\n c: a\n    b\n");
    rendering_end(&r);
    // A table that was asked for stays one.
    rendering_begin(&r, "table", options);
    rendering_set(&r, SET_ROWS, columns, 2, cells, 2);
    check_rendered(&r, "+----+----+\n| ab | c  |\n+----+----+\n|  1 | 漢 |\n+----+----+\n");
    rendering_end(&r);
    // Where the width is not known there is no limit.
    options.columns = 0;
    rendering_begin(&r, "auto", options);
    rendering_set(&r, SET_ROWS, columns, 2, cells, 2);
    check_rendered(&r, "+----+----+\n| ab | c  |\n+----+----+\n|  1 | 漢 |\n+----+----+\n");
    rendering_end(&r);
}

// What was decided for the first stretch holds for what follows: rows are still counted on.
static void test_auto_goes_on(void **state)
{
    (void) state;
    static const struct cell cell = CELL("abcdefgh");
    struct render_options options = {.headers = true, .columns = 8};
    struct buf got = BUF_INIT;
    struct rendering r;
    rendering_begin(&r, "auto", options);
    rendering_columns(&r, SET_ROWS, one, 1);
    for (size_t i = 0; i < 1000; i++)
        rendering_row(&r, &cell, 1);
    rendering_take(&r, &got);
    buf_finish(&got);
    rendering_row(&r, &(struct cell) CELL("z"), 1);
    rendering_summary(&r, SET_ROWS, 1001);
    check_rendered(&r, ROW("1001") "x: z\n");
    rendering_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_sets),
        cmocka_unit_test(test_values),       cmocka_unit_test(test_controls),
        cmocka_unit_test(test_compatible),   cmocka_unit_test(test_auto),
        cmocka_unit_test(test_auto_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
