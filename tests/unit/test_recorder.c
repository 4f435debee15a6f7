// The sink that keeps everything, and the one that keeps nothing.
#include "marsh/data/recorder.h"

#include <stdio.h>

#include "support.h"

enum { CELLS_MAX = 4 << 20 };

static const struct column two[] = {{"id", 2, COLUMN_NUMBER}, {"name", 4, COLUMN_TEXT}};

static void push_columns(struct recorder *recorder, enum set_kind kind,
                         const struct column *columns, size_t count)
{
    struct error err = ERROR_INIT;
    check_ok(sink_columns(&recorder->sink, kind, columns, count, &err), &err);
}

static void push_row(struct recorder *recorder, const char *const *cells,
                     const unsigned long *lengths)
{
    struct error err = ERROR_INIT;
    check_ok(sink_row(&recorder->sink, &(struct row){cells, lengths}, &err), &err);
}

static void push_summary(struct recorder *recorder, struct summary summary)
{
    struct error err = ERROR_INIT;
    check_ok(sink_summary(&recorder->sink, &summary, &err), &err);
}

static void test_nothing(void **state)
{
    (void) state;
    struct recorder recorder;
    recorder_init(&recorder);
    assert_int_equal(recorder_rows(&recorder), 0);
    assert_null(recorder_cell(&recorder, 0, 0));
    recorder_finish(&recorder);
}

static void test_set(void **state)
{
    (void) state;
    struct recorder recorder;
    char name[] = "ann";
    const char *const first[] = {"1", name};
    const char *const second[] = {"22", NULL};
    const char *const third[] = {"", "a\0b"};
    recorder_init(&recorder);
    push_columns(&recorder, SET_ROWS, two, 2);
    push_row(&recorder, first, (const unsigned long[]){1, 3});
    push_row(&recorder, second, (const unsigned long[]){2, 0});
    push_row(&recorder, third, (const unsigned long[]){0, 3});
    memset(name, 'x', 3); // the row was only borrowed
    assert_false(recorder.sets[0].finished);
    push_summary(&recorder, (struct summary){.has_columns = true, .rows = 3, .warnings = 5});
    assert_int_equal(recorder.count, 1);
    assert_true(recorder.sets[0].finished);
    assert_int_equal(recorder.sets[0].kind, SET_ROWS);
    assert_int_equal(recorder.sets[0].columns, 2);
    assert_int_equal(recorder.sets[0].warnings, 5);
    check_text(recorder.sets[0].names[0], "id");
    check_text(recorder.sets[0].names[1], "name");
    assert_int_equal(recorder_rows(&recorder), 3);
    check_text(recorder_cell(&recorder, 0, 0), "1");
    check_text(recorder_cell(&recorder, 0, 1), "ann");
    check_text(recorder_cell(&recorder, 1, 0), "22");
    check_text(recorder_cell(&recorder, 1, 1), NULL);
    check_text(recorder_cell(&recorder, 2, 0), "");
    check_bytes(recorder_cell(&recorder, 2, 1), recorder.sets[0].lengths[5] + 1, "a\0b\0");
    // Beyond the set there is nothing.
    assert_null(recorder_cell(&recorder, 3, 0));
    assert_null(recorder_cell(&recorder, 0, 2));
    recorder_finish(&recorder);
    assert_int_equal(recorder.count, 0);
    assert_int_equal(recorder_rows(&recorder), 0);
}

// A column's name need not end where its text does.
static void test_names_have_lengths(void **state)
{
    (void) state;
    struct recorder recorder;
    static const struct column cut[] = {{"identity", 2, COLUMN_TEXT}};
    recorder_init(&recorder);
    push_columns(&recorder, SET_ROWS, cut, 1);
    check_text(recorder.sets[0].names[0], "id");
    recorder_finish(&recorder);
}

static void test_several_sets(void **state)
{
    (void) state;
    struct recorder recorder;
    const char *const cells[] = {"7", "x"};
    recorder_init(&recorder);
    push_summary(&recorder, (struct summary){.affected = 3, .insert_id = 9, .warnings = 1});
    push_columns(&recorder, SET_OUT, two, 2);
    push_row(&recorder, cells, (const unsigned long[]){1, 1});
    push_summary(&recorder, (struct summary){.has_columns = true, .kind = SET_OUT, .rows = 1});
    push_columns(&recorder, SET_ROWS, two, 1);
    sink_abort(&recorder.sink);
    assert_int_equal(recorder.count, 3);
    assert_int_equal(recorder.sets[0].columns, 0);
    assert_int_equal(recorder.sets[0].affected, 3);
    assert_int_equal(recorder.sets[0].insert_id, 9);
    assert_int_equal(recorder.sets[0].warnings, 1);
    assert_true(recorder.sets[0].finished);
    assert_int_equal(recorder.sets[1].kind, SET_OUT);
    check_text(recorder.sets[1].cells[0], "7");
    assert_true(recorder.sets[1].finished);
    assert_int_equal(recorder.sets[2].rows, 0);
    assert_false(recorder.sets[2].finished);
    assert_int_equal(recorder.aborts, 1);
    // Cells and rows are the first set's, which has none.
    assert_int_equal(recorder_rows(&recorder), 0);
    assert_null(recorder_cell(&recorder, 0, 0));
    recorder_finish(&recorder);
}

static void test_many_rows(void **state)
{
    (void) state;
    struct recorder recorder;
    recorder_init(&recorder);
    push_columns(&recorder, SET_ROWS, two, 2);
    for (unsigned i = 0; i < 1000; i++) {
        char id[16];
        int len = snprintf(id, sizeof(id), "%u", i);
        const char *const cells[] = {id, "x"};
        push_row(&recorder, cells, (const unsigned long[]){(unsigned long) len, 1});
    }
    assert_int_equal(recorder_rows(&recorder), 1000);
    check_text(recorder_cell(&recorder, 0, 0), "0");
    check_text(recorder_cell(&recorder, 511, 0), "511");
    check_text(recorder_cell(&recorder, 512, 0), "512");
    check_text(recorder_cell(&recorder, 999, 0), "999");
    check_text(recorder_cell(&recorder, 999, 1), "x");
    recorder_finish(&recorder);
}

// It is for small results: a row of cells that would be too many in all sets is refused.
static void test_cap(void **state)
{
    (void) state;
    enum { COLUMNS = 1 << 20 };
    struct recorder recorder;
    struct error err = ERROR_INIT;
    struct column *columns = calloc(COLUMNS, sizeof(*columns));
    const char **cells = calloc(COLUMNS, sizeof(*cells));
    unsigned long *lengths = calloc(COLUMNS, sizeof(*lengths));
    assert_true(columns != NULL && cells != NULL && lengths != NULL);
    for (size_t i = 0; i < COLUMNS; i++)
        columns[i] = (struct column){"", 0, COLUMN_TEXT};
    recorder_init(&recorder);
    for (size_t i = 0; i < CELLS_MAX / COLUMNS; i++) {
        push_columns(&recorder, SET_ROWS, columns, COLUMNS);
        push_row(&recorder, cells, lengths);
    }
    push_columns(&recorder, SET_ROWS, columns, 1);
    assert_false(sink_row(&recorder.sink, &(struct row){cells, lengths}, &err));
    check_error(&err, ERROR_SYSTEM, "a result of more than 4194304 cells");
    recorder_finish(&recorder);
    free(columns);
    free(cells);
    free(lengths);
}

static void test_discard(void **state)
{
    (void) state;
    struct sink *sink = sink_discard();
    struct error err = ERROR_INIT;
    const char *const cells[] = {"1", NULL};
    check_ok(sink_columns(sink, SET_ROWS, two, 2, &err), &err);
    check_ok(sink_row(sink, &(struct row){cells, (const unsigned long[]){1, 0}}, &err), &err);
    check_ok(sink_summary(sink, &(struct summary){.has_columns = true}, &err), &err);
    sink_abort(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_names_have_lengths),
        cmocka_unit_test(test_several_sets),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_discard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
