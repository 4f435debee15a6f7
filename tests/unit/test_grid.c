// Small results that marsh makes itself: what of them comes out of a sink.
#include "marsh/data/grid.h"

#include "marsh/base/mem.h"
#include "marsh/data/recorder.h"
#include "support.h"

static const struct column columns[] = {
    GRID_COLUMN("name", COLUMN_TEXT),
    GRID_COLUMN("size", COLUMN_NUMBER),
};

static void test_columns(void **state)
{
    (void) state;
    check_bytes(columns[0].name, columns[0].name_len, "name");
    assert_int_equal(columns[0].kind, COLUMN_TEXT);
    check_bytes(columns[1].name, columns[1].name_len, "size");
    assert_int_equal(columns[1].kind, COLUMN_NUMBER);
    assert_false(columns[1].not_null);
}

static void test_rows(void **state)
{
    (void) state;
    struct grid grid;
    struct recorder recorder;
    struct error err = ERROR_INIT;
    char text[] = "copied";
    recorder_init(&recorder);
    grid_init(&grid, columns, LENGTH(columns));
    grid_add(&grid, text);
    memset(text, 'x', sizeof(text) - 1);
    grid_printf(&grid, "%d%s", 12, "!");
    grid_add(&grid, "");
    grid_add(&grid, NULL);
    check_ok(grid_push(&grid, &recorder.sink, &err), &err);
    assert_int_equal(recorder.count, 1);
    assert_int_equal(recorder.sets[0].kind, SET_ROWS);
    assert_int_equal(recorder.sets[0].columns, 2);
    check_text(recorder.sets[0].names[1], "size");
    assert_int_equal(recorder_rows(&recorder), 2);
    assert_true(recorder.sets[0].finished);
    check_text(recorder_cell(&recorder, 0, 0), "copied");
    check_text(recorder_cell(&recorder, 0, 1), "12!");
    check_text(recorder_cell(&recorder, 1, 0), "");
    check_text(recorder_cell(&recorder, 1, 1), NULL);
    assert_int_equal(recorder.sets[0].lengths[0], 6);
    assert_int_equal(recorder.sets[0].lengths[3], 0);
    // It is not used up by that.
    check_ok(grid_push(&grid, &recorder.sink, &err), &err);
    assert_int_equal(recorder.count, 2);
    assert_int_equal(recorder.sets[1].rows, 2);
    grid_finish(&grid);
    recorder_finish(&recorder);
}

static void test_no_rows(void **state)
{
    (void) state;
    struct grid grid;
    struct recorder recorder;
    struct error err = ERROR_INIT;
    recorder_init(&recorder);
    grid_init(&grid, columns, LENGTH(columns));
    check_ok(grid_push(&grid, &recorder.sink, &err), &err);
    assert_int_equal(recorder.count, 1);
    assert_int_equal(recorder.sets[0].columns, 2);
    assert_int_equal(recorder_rows(&recorder), 0);
    assert_true(recorder.sets[0].finished);
    grid_finish(&grid);
    recorder_finish(&recorder);
}

// Fails at the call of that number, and counts what comes.
struct brittle {
    struct sink sink;
    unsigned calls;
    unsigned fails_at;
    uint64_t rows;
    unsigned aborts;
};

static bool step(struct sink *sink, struct error *err)
{
    struct brittle *self = (struct brittle *) sink;
    return ++self->calls != self->fails_at || error_set(err, ERROR_PIPE, "full");
}

static bool on_columns(struct sink *sink, enum set_kind kind, const struct column *of, size_t count,
                       struct error *err)
{
    (void) kind, (void) of, (void) count;
    return step(sink, err);
}

static bool on_row(struct sink *sink, const struct row *row, struct error *err)
{
    (void) row;
    return step(sink, err);
}

static bool on_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    assert_true(summary->has_columns);
    assert_int_equal(summary->kind, SET_ROWS);
    ((struct brittle *) sink)->rows = summary->rows;
    return step(sink, err);
}

static void on_abort(struct sink *sink)
{
    ((struct brittle *) sink)->aborts++;
}

// What the sink refuses is its error, and it is told once that no more will come.
static void test_failing_sink(void **state)
{
    (void) state;
    static const struct sink_ops ops = {on_columns, on_row, on_summary, on_abort};
    struct grid grid;
    grid_init(&grid, columns, LENGTH(columns));
    for (size_t i = 0; i < 4; i++)
        grid_add(&grid, "x");
    for (unsigned at = 1; at <= 5; at++) {
        struct brittle sink = {.sink = {&ops}, .fails_at = at};
        struct error err = ERROR_INIT;
        bool ok = grid_push(&grid, &sink.sink, &err);
        assert_int_equal(ok, at == 5);
        assert_int_equal(sink.calls, at < 5 ? at : 4);
        assert_int_equal(sink.aborts, at < 5);
        assert_int_equal(sink.rows, at < 4 ? 0 : 2);
        if (at < 5)
            check_error(&err, ERROR_PIPE, "full");
    }
    grid_finish(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_failing_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
