// What marsh writes as csv, tsv and jsonl it reads back as it was.
#include <unistd.h>

#include "feed_check.h"
#include "marsh/data/value.h"
#include "render_check.h"

static const char *const parts[] = {
    "",   "\\N", "NULL", "\"",          ",", "\r",   "\n",       "\r\n",
    "\t", "\\",  "\\n",  "x",           " ", "\x1b", "\xc3\xa4", "\xf0\x9f\x98\x80",
    "'",  "{",   "0",    "\xef\xbb\xbf"};

static void make_cells(struct buf *texts, struct cell *cells, size_t count, bool tsv,
                       uint32_t *seed)
{
    for (size_t i = 0; i < count; i++) {
        buf_clear(&texts[i]);
        size_t some = support_random(seed) % 4;
        for (size_t j = 0; j < some; j++)
            buf_add_text(&texts[i], parts[support_random(seed) % LENGTH(parts)]);
        if (support_random(seed) % 10 == 0)
            buf_add_char(&texts[i], '\0');
        const char *text = buf_cstr(&texts[i]);
        bool null = support_random(seed) % 8 == 0;
        // Where tsv says NULL it may be that text.
        null = null || (tsv && texts[i].len == 4 && memcmp(text, "NULL", 4) == 0);
        cells[i] = null ? (struct cell) NIL : (struct cell){text, texts[i].len};
    }
}

static void check_cells(struct feed *feed, const struct cell *cells, size_t rows, size_t columns)
{
    struct error err = ERROR_INIT;
    struct feed_row row;
    for (size_t i = 0; i < rows; i++) {
        check_ok(feed_next(feed, &row, &err) == FEED_ROW, &err);
        for (size_t j = 0; j < columns; j++) {
            const struct cell *cell = &cells[i * columns + j];
            const struct value *value = &row.values[j];
            assert_int_equal(value->text == NULL, cell->text == NULL);
            support_check_bytes(value->text, value->len, cell->text, cell->len, __FILE__, __LINE__);
        }
    }
    assert_int_equal(feed_next(feed, &row, &err), FEED_END);
}

// Any texts, next to each other.
static void test_round_trip(void **state)
{
    (void) state;
    enum { COLUMNS = 3, ROWS = 4, CELLS = COLUMNS * ROWS };
    static const char *const formats[] = {"csv", "tsv", "jsonl"};
    static const struct column columns[] = {COLUMN("a \"b\",\\c", COLUMN_TEXT),
                                            COLUMN("\xc3\xa4", COLUMN_TIME),
                                            COLUMN("c", COLUMN_TEXT)};
    struct buf texts[CELLS] = {BUF_INIT};
    struct cell cells[CELLS];
    uint32_t seed = 88172645;
    for (int round = 0; round < 3000; round++) {
        enum feed_format format;
        struct error err = ERROR_INIT;
        struct rendering r;
        struct buf out = BUF_INIT;
        const char *name = formats[round % 3];
        size_t count = 1 + support_random(&seed) % COLUMNS;
        check_ok(feed_format_need(name, &format, &err), &err);
        make_cells(texts, cells, count * ROWS, format == FEED_TSV, &seed);
        rendering_begin(&r, name, (struct render_options){.headers = true});
        rendering_set(&r, SET_ROWS, columns, count, cells, count * ROWS);
        rendering_take(&r, &out);
        int fd = feed_check_file(out.data, out.len);
        struct feed *feed = feed_create(fd, "f", format);
        check_ok(feed_open(feed, &err), &err);
        assert_int_equal(feed_column_count(feed), count);
        for (size_t i = 0; i < count; i++)
            check_text(feed_column_name(feed, i), columns[i].name);
        check_cells(feed, cells, ROWS, count);
        feed_destroy(feed);
        assert_int_equal(close(fd), 0);
        rendering_end(&r);
        buf_finish(&out);
    }
    for (size_t i = 0; i < CELLS; i++)
        buf_finish(&texts[i]);
}

// What stands for something in one of the formats, as a text.
static void test_words(void **state)
{
    (void) state;
    static const struct column column[] = {COLUMN("x", COLUMN_TEXT)};
    static const struct cell cells[] = {CELL(""), NIL, CELL("\\N"), CELL("null"), CELL("NULL")};
    static const char *const formats[] = {"csv", "tsv", "jsonl"};
    for (size_t i = 0; i < LENGTH(formats); i++) {
        enum feed_format format;
        struct error err = ERROR_INIT;
        struct rendering r;
        struct buf out = BUF_INIT;
        check_ok(feed_format_need(formats[i], &format, &err), &err);
        // In tsv NULL can't be told from the text.
        size_t count = LENGTH(cells) - (format == FEED_TSV ? 1 : 0);
        rendering_begin(&r, formats[i], (struct render_options){.headers = true});
        rendering_set(&r, SET_ROWS, column, 1, cells, count);
        rendering_take(&r, &out);
        int fd = feed_check_file(out.data, out.len);
        struct feed *feed = feed_create(fd, "f", format);
        check_ok(feed_open(feed, &err), &err);
        check_cells(feed, cells, count, 1);
        feed_destroy(feed);
        assert_int_equal(close(fd), 0);
        rendering_end(&r);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
