// The mariadb client's own tables, byte by byte. The end-to-end tests compare with the client; what
// is here has to hold where there is none.
#include <stdio.h>
#include <stdlib.h>

#include "marsh/base/mem.h"
#include "render_check.h"

static const struct render_options plain = {.headers = true, .compatible = true};
static const struct render_options bare = {.compatible = true};
static const struct render_options hex = {
    .headers = true, .compatible = true, .binary_as_hex = true};

static const struct column one[] = {COLUMN("x", COLUMN_TEXT)};
static const struct column strict[] = {{"x", 1, COLUMN_TEXT, true}};
static const struct column two[] = {COLUMN("id", COLUMN_NUMBER), COLUMN("name", COLUMN_TEXT)};

static void test_widths_are_of_bytes_and_pads_of_cells(void **state)
{
    (void) state;
    static const struct column columns[] = {COLUMN("é", COLUMN_TEXT), COLUMN("x", COLUMN_TEXT),
                                            COLUMN("n", COLUMN_NUMBER)};
    static const struct cell cells[] = {CELL("漢字"), CELL("aé"),           CELL("1"),
                                        CELL("a"),    CELL("\U0001f600"),   CELL("22222"),
                                        CELL("𠀀"),   CELL("\xff\xe6\xbc"), NIL};
    struct rendering r;
    rendering_begin(&r, "table", plain);
    render_set(&r, columns, cells);
    check_rendered(&r, "+--------+------+-------+\n"
                       "| é      | x    | n     |\n"
                       "+--------+------+-------+\n"
                       "| 漢字   | aé   |     1 |\n"
                       "| a      | \U0001f600    | 22222 |\n"
                       "| 𠀀     | \xff\xe6\xbc     |  NULL |\n"
                       "+--------+------+-------+\n");
    rendering_end(&r);
}

static void test_bytes_stand_as_they_are(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("a\tb\nc\x1b[m"), CELL("d\0e"), CELL("NULL"), NIL,
                                        CELL("")};
    struct rendering r;
    rendering_begin(&r, "table", plain);
    render_set(&r, one, cells);
    check_rendered(&r, "+----------+\n"
                       "| x        |\n"
                       "+----------+\n"
                       "| a\tb\nc\x1b[m |\n"
                       "| d e      |\n" // a NUL is a space
                       "| NULL     |\n"
                       "| NULL     |\n"
                       "|          |\n"
                       "+----------+\n");
    rendering_end(&r);
}

static void test_room_for_null(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("a")};
    struct rendering r;
    rendering_begin(&r, "table", bare);
    render_set(&r, one, cells);
    check_rendered(&r, "+------+\n| a    |\n+------+\n");
    render_set(&r, strict, cells);
    check_rendered(&r, "+---+\n| a |\n+---+\n");
    render_empty(&r, two);
    check_rendered(&r, "");
    rendering_end(&r);
}

static void test_binary_as_hex(void **state)
{
    (void) state;
    static const struct column columns[] = {
        COLUMN("b", COLUMN_BINARY), COLUMN("longer", COLUMN_BIT), {"c", 1, COLUMN_BINARY, true}};
    static const struct cell cells[] = {CELL("\x00\xff"), CELL("\x05"), CELL("z"), NIL, NIL,
                                        CELL("")};
    struct rendering r;
    rendering_begin(&r, "table", hex);
    render_set(&r, columns, cells);
    check_rendered(&r, "+------------+----------------+------+\n"
                       "| b          | longer         | c    |\n"
                       "+------------+----------------+------+\n"
                       "| 0x00FF     | 0x05           | 0x7A |\n"
                       "| 0x         | 0x             | 0x   |\n"
                       "+------------+----------------+------+\n");
    rendering_end(&r);
}

// Beyond 1024 columns cells are filled up to there and to the left, whatever the rule says.
static void test_wide_columns(void **state)
{
    (void) state;
    static const struct column columns[] = {{"n", 1, COLUMN_NUMBER, true}};
    struct buf expected = BUF_INIT;
    struct buf got = BUF_INIT;
    char *wide = mem_alloc(1025);
    memset(wide, '7', 1025);
    const struct cell cells[] = {{wide, 1025}, {"8", 1}};
    struct rendering r;
    rendering_begin(&r, "table", bare);
    render_set(&r, columns, cells);
    rendering_take(&r, &got);
    for (int rule = 0; rule < 2; rule++) {
        buf_add_char(&expected, '+');
        buf_add_repeat(&expected, '-', 1027);
        buf_add_text(&expected, "+\n");
        if (rule == 1)
            break;
        buf_add_text(&expected, "| ");
        buf_add_repeat(&expected, '7', 1025);
        buf_add_text(&expected, " |\n| 8");
        buf_add_repeat(&expected, ' ', 1023);
        buf_add_text(&expected, " |\n");
    }
    support_check_bytes(got.data, got.len, expected.data, expected.len, __FILE__, __LINE__);
    rendering_end(&r);
    buf_finish(&got);
    buf_finish(&expected);
    free(wide);
}

// With --quick nothing waits: columns are as wide as declared, and a table that is cut off stays.
static void test_declared_widths(void **state)
{
    (void) state;
    static const struct column columns[] = {{"n", 1, COLUMN_NUMBER, true, 3},
                                            {"long", 4, COLUMN_TEXT, false, UINT32_MAX}};
    static const struct cell cells[] = {CELL("7"), NIL};
    struct render_options quick = plain;
    struct rendering r;
    struct buf got = BUF_INIT;
    quick.quick = true;
    quick.quick_width = SIZE_MAX;
    rendering_begin(&r, "table", quick);
    rendering_columns(&r, SET_ROWS, columns, 1);
    check_rendered(&r, "+-----+\n| n   |\n+-----+\n");
    rendering_row(&r, cells, 1);
    check_rendered(&r, "|   7 |\n");
    sink_abort(r.sink);
    check_rendered(&r, "+-----+\n");
    sink_abort(r.sink);
    check_rendered(&r, "");
    // The blanks beside the longest text there can be are more than 32 bits can count.
    rendering_columns(&r, SET_ROWS, columns, 2);
    rendering_row(&r, cells, 2);
    rendering_summary(&r, SET_ROWS, 1);
    rendering_take(&r, &got);
    const char *text = buf_cstr(&got);
    assert_int_equal(strncmp(text, "+-----+-+\n| n   | long  ", 24), 0);
    assert_non_null(strstr(text, " |\n+-----+-+\n|   7 | NULL  "));
    check_text(text + strlen(text) - 13, " |\n+-----+-+\n");
    buf_finish(&got);
    rendering_end(&r);
}

// A column of which nobody says how wide it is: its rows are waited for.
static void test_a_width_that_is_not_declared(void **state)
{
    (void) state;
    static const struct column columns[] = {{"n", 1, COLUMN_NUMBER, true, 3},
                                            {"x", 1, COLUMN_TEXT, true, 0}};
    static const struct cell cells[] = {CELL("7"), CELL("wide")};
    struct render_options quick = plain;
    struct rendering r;
    quick.quick = true;
    quick.quick_width = SIZE_MAX;
    rendering_begin(&r, "table", quick);
    render_set(&r, columns, cells);
    check_rendered(
        &r, "+-----+------+\n| n   | x    |\n+-----+------+\n|   7 | wide |\n+-----+------+\n");
    rendering_end(&r);
}

static void test_what_the_server_says_of_columns(void **state)
{
    (void) state;
    static const struct column_origin origin = {.name = "x\x1b",
                                                .catalog = "def",
                                                .schema = "",
                                                .alias = "a",
                                                .table = "t",
                                                .extended_type = "inet6s",
                                                .extended_type_len = 5,
                                                .collation = "binary",
                                                .collation_number = 63,
                                                .type = 254,
                                                .flags = 1 | 16384 | 1 << 20,
                                                .decimals = 39};
    static const struct column columns[] = {{"x", 1, COLUMN_TEXT, true, 7, &origin}};
    static const struct cell cells[] = {CELL("it")};
    struct render_options options = bare;
    struct rendering r;
    options.types = true;
#define SAYS                                                                                       \
    "Field   1:  `x`\nOrg_field:  `x\x1b`\nCatalog:    `def`\nDatabase:   ``\nTable:      `a`\n"   \
    "Org_table:  `t`\nType:       STRING (type=inet6)\nCollation:  binary (63)\nLength:     7\n"
#define FLAGS "Decimals:   39\nFlags:      NOT_NULL PART_KEY  unknows=0x100000\n\n\n"
    rendering_begin(&r, "table", options);
    render_set(&r, columns, cells);
    check_rendered(&r, SAYS "Max_length: 2\n" FLAGS "+----+\n| it |\n+----+\n");
    render_empty(&r, columns);
    check_rendered(&r, SAYS "Max_length: 0\n" FLAGS);
    render_set(&r, strict, cells);
    check_rendered(&r, "+----+\n| it |\n+----+\n");
    rendering_end(&r);
}

// Rows that no memory holds wait in a file: every one of them is seen again, as it was.
static void test_many_rows_wait(void **state)
{
    (void) state;
    enum { ROWS = 40000 };
    struct buf expected = BUF_INIT;
    struct buf got = BUF_INIT;
    char *large = mem_alloc(3000000);
    memset(large, 'x', 3000000);
    struct rendering r;
    rendering_begin(&r, "table", bare);
    rendering_columns(&r, SET_ROWS, two, 2);
    for (size_t i = 0; i < ROWS; i++) {
        char text[80];
        size_t len = (size_t) snprintf(text, sizeof(text), "%zu and something behind it", i);
        struct cell cells[] = {{text, i % 7}, {text, i % 3 == 0 ? len : 300 % len}};
        if (i % 5 == 0)
            cells[1] = (struct cell){NULL, 0};
        rendering_row(&r, cells, 2);
        buf_add_text(&expected, "| ");
        buf_add_repeat(&expected, ' ', 6 - i % 7);
        buf_add(&expected, text, i % 7);
        buf_add_text(&expected, " | ");
        buf_add(&expected, i % 5 == 0 ? "NULL" : text, i % 5 == 0 ? 4 : cells[1].len);
        buf_add_repeat(&expected, ' ', 1024 - (i % 5 == 0 ? 4 : cells[1].len));
        buf_add_text(&expected, " |\n");
    }
    const struct cell last[] = {NIL, {large, 3000000}};
    rendering_row(&r, last, 2);
    check_rendered(&r, ""); // held back
    rendering_summary(&r, SET_ROWS, ROWS + 1);
    rendering_take(&r, &got);
    size_t rule = 3000000 + 14;
    size_t end = 2 + 6 + 3 + 3000000 + 3;
    assert_int_equal(got.len, 2 * rule + expected.len + end);
    support_check_bytes(got.data + rule, expected.len, expected.data, expected.len, __FILE__,
                        __LINE__);
    assert_memory_equal(got.data, got.data + got.len - rule, rule);
    assert_memory_equal(got.data + rule + expected.len, "|   NULL | xxxx", 15);
    rendering_end(&r);
    buf_finish(&got);
    buf_finish(&expected);
    free(large);
}

static void test_a_set_that_is_cut_off_shows_nothing(void **state)
{
    (void) state;
    static const struct cell cells[] = {CELL("1"), CELL("ann")};
    struct rendering r;
    rendering_begin(&r, "table", plain);
    rendering_columns(&r, SET_ROWS, two, 2);
    rendering_row(&r, cells, 2);
    sink_abort(r.sink);
    check_rendered(&r, "");
    render_set(&r, two, cells);
    check_rendered(&r, "+------+------+\n"
                       "| id   | name |\n"
                       "+------+------+\n"
                       "|    1 | ann  |\n"
                       "+------+------+\n");
    rendering_end(&r);
}

static void test_no_file_can_be_made(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    char *large = mem_calloc(1, 1 << 20);
    const char *cell = large;
    unsigned long len = 1 << 20;
    struct rendering r;
    char *was = mem_strdup(getenv("TMPDIR"));
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
    rendering_begin(&r, "table", plain);
    rendering_columns(&r, SET_ROWS, one, 1);
    assert_false(sink_row(r.sink, &(struct row){&cell, &len}, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    check_text(err.message, "a temporary file in /nonexistent: No such file or directory");
    error_finish(&err);
    sink_abort(r.sink);
    rendering_end(&r);
    assert_int_equal(was == NULL ? unsetenv("TMPDIR") : setenv("TMPDIR", was, 1), 0);
    free(was);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths_are_of_bytes_and_pads_of_cells),
        cmocka_unit_test(test_bytes_stand_as_they_are),
        cmocka_unit_test(test_room_for_null),
        cmocka_unit_test(test_binary_as_hex),
        cmocka_unit_test(test_wide_columns),
        cmocka_unit_test(test_declared_widths),
        cmocka_unit_test(test_a_width_that_is_not_declared),
        cmocka_unit_test(test_what_the_server_says_of_columns),
        cmocka_unit_test(test_many_rows_wait),
        cmocka_unit_test(test_a_set_that_is_cut_off_shows_nothing),
        cmocka_unit_test(test_no_file_can_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
