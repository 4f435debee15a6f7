// Whole result sets that are kept, and played again.
#include "marsh/data/tape.h"

#include "marsh/base/mem.h"
#include "marsh/data/recorder.h"
#include "support.h"

static const struct column columns[] = {
    {.name = "n", .name_len = 1, .kind = COLUMN_NUMBER},
    {.name = "text", .name_len = 4, .kind = COLUMN_TEXT},
};

static void push_row(struct tape *tape, const char *n, const char *text, size_t len)
{
    struct error err = ERROR_INIT;
    const char *cells[] = {n, text};
    unsigned long lengths[] = {n == NULL ? 0 : strlen(n), len};
    const struct row row = {cells, lengths};
    check_ok(sink_row(&tape->sink, &row, &err), &err);
}

static void begin_set(struct tape *tape)
{
    struct error err = ERROR_INIT;
    check_ok(sink_columns(&tape->sink, SET_ROWS, columns, LENGTH(columns), &err), &err);
}

static void end_set(struct tape *tape, uint64_t rows)
{
    struct error err = ERROR_INIT;
    const struct summary summary = {.has_columns = true, .rows = rows};
    check_ok(sink_summary(&tape->sink, &summary, &err), &err);
}

static void test_sets_come_back_as_often_as_one_wants(void **state)
{
    (void) state;
    struct tape tape;
    struct error err = ERROR_INIT;
    char longest[300];
    memset(longest, 'x', sizeof(longest));
    tape_init(&tape, NULL);
    begin_set(&tape);
    push_row(&tape, "1", "a\0b", 3);
    push_row(&tape, NULL, "", 0);
    push_row(&tape, "3", longest, sizeof(longest));
    push_row(&tape, "4", longest, 254);
    push_row(&tape, "5", longest, 255);
    end_set(&tape, 5);
    const struct summary changed = {.affected = 7, .info = "Rows matched: 7"};
    check_ok(sink_summary(&tape.sink, &changed, &err), &err);
    assert_int_equal(tape.rows, 5);
    for (int i = 0; i < 3; i++) {
        struct recorder recorder;
        recorder_init(&recorder);
        check_ok(tape_play(&tape, &recorder.sink, &err), &err);
        assert_int_equal(recorder.count, 2);
        const struct recorded_set *set = &recorder.sets[0];
        assert_int_equal(set->rows, 5);
        check_text(set->names[1], "text");
        check_bytes(set->cells[1], set->lengths[1], "a\0b");
        assert_null(set->cells[2]);
        check_bytes(set->cells[3], set->lengths[3], "");
        assert_int_equal(set->lengths[5], 300);
        assert_memory_equal(set->cells[5], longest, 300);
        assert_int_equal(set->lengths[7], 254);
        assert_int_equal(set->lengths[9], 255);
        assert_int_equal(recorder.sets[1].affected, 7);
        recorder_finish(&recorder);
    }
    tape_finish(&tape);
}

// More than fits in memory waits in a file, and is read from there each time.
static void test_many_rows(void **state)
{
    (void) state;
    enum { ROWS = 60000 };
    struct tape tape;
    struct error err = ERROR_INIT;
    tape_init(&tape, NULL);
    begin_set(&tape);
    for (int i = 0; i < ROWS; i++) {
        CLEANUP(mem_free_at) char *n = mem_printf("%d", i);
        push_row(&tape, n, "some forty characters of text in each of", 40);
    }
    end_set(&tape, ROWS);
    assert_true(tape.sets[0].rows.fd >= 0);
    for (int i = 0; i < 2; i++) {
        struct recorder recorder;
        recorder_init(&recorder);
        check_ok(tape_play(&tape, &recorder.sink, &err), &err);
        assert_int_equal(recorder.sets[0].rows, ROWS);
        check_text(recorder.sets[0].cells[0], "0");
        check_text(recorder.sets[0].cells[2 * (ROWS - 1)], "59999");
        recorder_finish(&recorder);
    }
    tape_finish(&tape);
}

// What takes a tape that was cut off is told so.
struct listener {
    struct sink sink;
    size_t rows;
    size_t summaries;
    size_t aborts;
};

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *given,
                         size_t count, struct error *err)
{
    (void) sink, (void) kind, (void) given, (void) count, (void) err;
    return true;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct listener *listener = (struct listener *) sink;
    (void) row;
    if (++listener->rows < 3)
        return true;
    return error_set(err, ERROR_PIPE, "enough");
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) summary, (void) err;
    ((struct listener *) sink)->summaries++;
    return true;
}

static void take_abort(struct sink *sink)
{
    ((struct listener *) sink)->aborts++;
}

static void test_sets_that_were_cut_off_and_sinks_that_fail(void **state)
{
    (void) state;
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    struct listener listener = {.sink = {&ops}};
    struct tape tape;
    struct error err = ERROR_INIT;
    tape_init(&tape, NULL);
    begin_set(&tape);
    push_row(&tape, "1", "a", 1);
    push_row(&tape, "2", "b", 1);
    check_ok(tape_play(&tape, &listener.sink, &err), &err);
    assert_int_equal(listener.rows, 2);
    assert_int_equal(listener.summaries, 0);
    assert_int_equal(listener.aborts, 1);
    assert_false(tape_play(&tape, &listener.sink, &err));
    check_error(&err, ERROR_PIPE, "enough");
    tape_finish(&tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_come_back_as_often_as_one_wants),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_sets_that_were_cut_off_and_sinks_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
