// Rows that not all targets have, and sets of several targets made one.
#include "../../src/fan/differ.h"

#include "../../src/fan/merge.h"
#include "marsh/base/mem.h"
#include "marsh/data/recorder.h"
#include "marsh/data/tape.h"
#include "support.h"

// "a,b;c,NULL" is two rows; a first row is columns' names.
static void record(struct tape *tape, const char *text)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *copy = mem_strdup(text);
    char *rows = NULL;
    uint64_t count = 0;
    for (char *row = strtok_r(copy, ";", &rows); row != NULL; row = strtok_r(NULL, ";", &rows)) {
        const char *cells[4];
        unsigned long lengths[4];
        struct column columns[4];
        size_t width = 0;
        char *next = NULL;
        for (char *cell = strtok_r(row, ",", &next); cell != NULL;
             cell = strtok_r(NULL, ",", &next)) {
            cells[width] = strcmp(cell, "NULL") == 0 ? NULL : cell;
            lengths[width] = strlen(cell);
            columns[width] = (struct column){cell, strlen(cell), COLUMN_TEXT, false};
            width++;
        }
        const struct row given = {cells, lengths};
        if (count++ == 0)
            check_ok(sink_columns(&tape->sink, SET_ROWS, columns, width, &err), &err);
        else
            check_ok(sink_row(&tape->sink, &given, &err), &err);
    }
    const struct summary summary = {.has_columns = true, .rows = count - 1};
    check_ok(sink_summary(&tape->sink, &summary, &err), &err);
}

// All that came, in the same form, with | between sets.
static char *written(const struct recorder *recorder)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < recorder->count; i++) {
        const struct recorded_set *set = &recorder->sets[i];
        buf_add_text(&out, i == 0 ? "" : "|");
        for (size_t j = 0; j < set->columns; j++)
            buf_printf(&out, "%s%s", j == 0 ? "" : ",", set->names[j]);
        for (size_t j = 0; j < set->rows * set->columns; j++)
            buf_printf(&out, "%s%s", j % set->columns == 0 ? ";" : ",",
                       set->cells[j] == NULL ? "NULL" : set->cells[j]);
    }
    return buf_steal(&out);
}

// What is shown of each of two targets.
static void check_differ(const char *one, const char *two, const char *of_one, const char *of_two)
{
    const char *texts[] = {one, two};
    const char *expected[] = {of_one, of_two};
    struct tape tapes[2];
    struct error err = ERROR_INIT;
    struct differ *differ = differ_create();
    bool differs = false;
    for (size_t i = 0; i < 2; i++) {
        tape_init(&tapes[i], NULL);
        record(&tapes[i], texts[i]);
        check_ok(differ_add(differ, &tapes[i], &err), &err);
    }
    for (size_t i = 0; i < 2; i++) {
        struct recorder recorder;
        recorder_init(&recorder);
        check_ok(differ_play(differ, &tapes[i], &recorder.sink, &differs, &err), &err);
        CLEANUP(mem_free_at) char *found = written(&recorder);
        check_text(found == NULL ? "" : found, expected[i]);
        recorder_finish(&recorder);
        tape_finish(&tapes[i]);
    }
    assert_int_equal(differs, of_one[0] != '\0' || of_two[0] != '\0');
    differ_destroy(differ);
}

static void test_differences(void **state)
{
    (void) state;
    check_differ("n;1;2;3", "n;3;1;2", "", "");
    check_differ("n;1;2", "n;1;3", "n;2", "n;3");
    check_differ("n;1", "n;1;1", "", "n;1");
    check_differ("n;1;1;1", "n;1;1", "n;1", "");
    check_differ("a,b;1,NULL", "a,b;1,null", "a,b;1,NULL", "a,b;1,null");
    check_differ("a,b;x,yz", "a,b;xy,z", "a,b;x,yz", "a,b;xy,z");
    check_differ("n", "n", "", "");
    check_differ("n", "n;1", "", "n;1");
}

static void test_many_rows(void **state)
{
    (void) state;
    struct buf one = BUF_INIT;
    struct buf two = BUF_INIT;
    buf_add_text(&one, "n");
    buf_add_text(&two, "n");
    for (int i = 0; i < 20000; i++) {
        buf_printf(&one, ";%d", i);
        buf_printf(&two, ";%d", i == 12345 ? -1 : 19999 - i);
    }
    check_differ(buf_cstr(&one), buf_cstr(&two), "n;7654", "n;-1");
    buf_finish(&one);
    buf_finish(&two);
}

static void push(struct merge *merge, const char *target, const char *text)
{
    struct error err = ERROR_INIT;
    struct tape tape;
    tape_init(&tape, NULL);
    record(&tape, text);
    merge->target = target;
    check_ok(tape_play(&tape, &merge->sink, &err), &err);
    tape_finish(&tape);
}

static void test_sets_become_one_as_long_as_their_columns_are_the_same(void **state)
{
    (void) state;
    for (int bare = 0; bare < 2; bare++) {
        struct merge merge;
        struct recorder recorder;
        struct error err = ERROR_INIT;
        recorder_init(&recorder);
        merge_init(&merge, &recorder.sink, bare == 1, false);
        push(&merge, "@a", "n;1;2");
        push(&merge, "@b", "n;3");
        push(&merge, "@b", "m;4");
        push(&merge, "@c", "n");
        check_ok(merge_close(&merge, &err), &err);
        merge_finish(&merge);
        CLEANUP(mem_free_at) char *found = written(&recorder);
        check_text(found,
                   bare == 1 ? "n;1;2;3|m;4|n" : "target,n;@a,1;@a,2;@b,3|target,m;@b,4|target,n");
        recorder_finish(&recorder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_sets_become_one_as_long_as_their_columns_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
