// How text comes in: line ends, the byte order mark, positions, pieces of any size, clearing, and
// statements of any length.
#include "split_check.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "marsh/command/command.h"

static void test_line_ends(void **state)
{
    (void) state;
    // CR goes before LF, in strings too, and only there.
    SPLIT("select 1;\r\nselect 2;\r\n", "1:1 [select 1]\n2:1 [select 2]\n");
    SPLIT("select\r\n1;", "1:1 [select\n1]\n");
    SPLIT("select 'a\r\nb';", "1:1 [select 'a\nb']\n");
    SPLIT("select 'a\rb';", "1:1 [select 'a\rb']\n");
    SPLIT("a\r\r\nb;", "1:1 [a\r\nb]\n");
    SPLIT("use test\r\nx;\r\n", "1:1 use{test}\n2:1 [x]\n");
    SPLIT("delimiter //\r\nx;//\r\n", "2:1 [x;]\n");
    SPLIT("-- c\r\nx;", "2:1 [x]\n");
    // A lone CR is white space, but no new line.
    SPLIT("a\rb;\rc;", "1:1 [a\rb]\n1:6 [c]\n");
    SPLIT("x;\r", "1:1 [x]\n");
    SPLIT("'a\r", "1:1 open '\n");
    SPLIT("a\r", "1:1 [a] end\n");
    SPLIT("\r\r\n\r\nx;", "3:1 [x]\n");
}

static void test_byte_order_mark(void **state)
{
    (void) state;
    // Whole, then cut where a piece may end.
    SPLIT("\xef\xbb\xbfselect 1;", "1:1 [select 1]\n");
    SPLIT("\xef\xbb\xbfuse test\nx;", "1:1 use{test}\n2:1 [x]\n");
    SPLIT("\xef\xbb\xbf", "");
}

static void test_byte_order_mark_elsewhere(void **state)
{
    (void) state;
    // Only at the very beginning, and once; what is no mark stays.
    SPLIT("x;\xef\xbb\xbfy;", "1:1 [x]\n1:3 [\xef\xbb\xbfy]\n");
    SPLIT("\xef\xbb;", "1:1 [\xef\xbb]\n");
    SPLIT("\xef;", "1:1 [\xef]\n");
}

static void test_byte_order_mark_twice(void **state)
{
    (void) state;
    SPLIT("\xef\xbb\xbf\xef\xbb\xbfx;", "1:1 [\xef\xbb\xbfx]\n");
}

// However it is cut: the second byte of a character is no backslash, no quote, no delimiter.
static void test_characters_of_two_bytes(void **state)
{
    (void) state;
    SPLIT_HOW(
        "a '\x95\\', \"\x95\\\\\"\", `\x95``;\x95\\;delimiter |\n\x95|b|'\x95",
        "1:1 [a '\x95\\', \"\x95\\\\\"\", `\x95``]\n1:22 [\x95\\]\n2:1 [\x95|b]\n2:5 open '\n",
        .charset = CHARSET_SJIS);
    SPLIT_HOW("'\x95\\';\xff\\g", "1:1 ['\x95\\']\n1:6 [\xff] \\g\n", .charset = CHARSET_GBK);
    SPLIT_HOW("'\xa5\\';'\x95\\';", "1:1 ['\xa5\\']\n1:6 open '\n", .charset = CHARSET_BIG5);
    SPLIT_HOW("'\x95\\';", "1:1 open '\n", .charset = CHARSET_BYTES);
    SPLIT_HOW("a -- \x95\n;/* \x95*/b;\x95", "1:1 [a -- \x95]\n2:8 [b]\n2:10 [\x95] end\n",
              .charset = CHARSET_SJIS);
}

static void test_positions(void **state)
{
    (void) state;
    SPLIT("a;\n  b;  c;\n\n\n\td\n;e;\n/* x\n y */ f; -- g\n 'h\n';i",
          "1:1 [a]\n2:3 [b]\n2:7 [c]\n5:2 [d]\n6:2 [e]\n8:7 [f]\n9:2 ['h\n']\n10:3 [i] end\n");
    // Columns count bytes.
    SPLIT("'\xc3\xa4';x;\n\xe4\xb8\xad;y;",
          "1:1 ['\xc3\xa4']\n1:6 [x]\n2:1 [\xe4\xb8\xad]\n2:5 [y]\n");
    SPLIT("delimiter //\n a//  b//\n\n\ndelimiter ;\nc;", "2:2 [a]\n2:7 [b]\n6:1 [c]\n");
    SPLIT("\n\nuse a\n\nuse b\n  \\s\nc;", "3:1 use{a}\n5:1 use{b}\n6:3 \\s{}\n7:1 [c]\n");
    SPLIT("a \\c\n b \\g\n  c \\G d;", "2:2 [b] \\g\n3:3 [c] \\G\n3:8 [d]\n");
}

static void add_part(struct buf *text, uint32_t *seed)
{
    static const char *const parts[] = {
        "select",
        " ",
        "\n",
        "\r\n",
        "\r",
        ";",
        "'",
        "\"",
        "`",
        "\\",
        "''",
        "\\'",
        "--",
        "-- ",
        "#",
        "/*",
        "*/",
        "/*!",
        "/*M!",
        "//",
        "$$",
        "\\g",
        "\\G",
        "\\c",
        "\\N",
        "\\s",
        "\\u x",
        "use x",
        "\nuse x",
        "status",
        "\nexit",
        "\ndelimiter //\n",
        "\ndelimiter ;\n",
        "delimiter $$\n",
        "\n\\d ;\n",
        "go\n",
        "x",
        "1-1",
        "\xc3\xa4",
        "\\foo",
        "\\!ls",
    };
    buf_add_text(text, parts[support_random(seed) % LENGTH(parts)]);
}

// Any text, however it is cut, gives the same items at the same places.
static void test_random_texts_in_pieces(void **state)
{
    (void) state;
    uint32_t seed = 2463534242;
    struct buf text = BUF_INIT;
    struct buf whole = BUF_INIT;
    struct buf pieces = BUF_INIT;
    for (int round = 0; round < 5000; round++) {
        buf_clear(&text);
        buf_clear(&whole);
        size_t parts = 1 + support_random(&seed) % 25;
        for (size_t i = 0; i < parts; i++)
            add_part(&text, &seed);
        struct split_how how = {.lookup = command_lookup};
        split_trace(&whole, text.data, text.len, &how);
        for (size_t chunk = 1; chunk < 8; chunk++) {
            buf_clear(&pieces);
            struct split_how cut = {.lookup = command_lookup, .chunk = chunk};
            cut.seed = chunk > 3 ? support_random(&seed) : 0;
            split_trace(&pieces, text.data, text.len, &cut);
            if (pieces.len != whole.len || memcmp(pieces.data, whole.data, whole.len) != 0) {
                print_error("round %d, pieces of %zu, of: %s\n", round, chunk, buf_cstr(&text));
                support_check_bytes(pieces.data, pieces.len, whole.data, whole.len, __FILE__,
                                    __LINE__);
            }
        }
    }
    buf_finish(&text);
    buf_finish(&whole);
    buf_finish(&pieces);
}

// The same for a line that is too long for a command's, with a delimiter across that length.
static void test_long_lines_in_pieces(void **state)
{
    (void) state;
    enum { LONG = 65536 };
    static const char *const heads[] = {"use ", "\\u ", "\\! ", "tee ", "a \\u ", "delimiter "};
    struct buf text = BUF_INIT;
    struct buf whole = BUF_INIT;
    struct buf pieces = BUF_INIT;
    for (size_t i = 0; i < LENGTH(heads) * 8 * 8; i++) {
        const char *head = heads[i / 64];
        size_t before_delimiter = LONG - 4 + i / 8 % 8;
        buf_clear(&text);
        buf_clear(&whole);
        buf_clear(&pieces);
        buf_add_text(&text, "delimiter //\n");
        size_t start = text.len;
        buf_add_text(&text, head);
        buf_add_repeat(&text, 'x', before_delimiter - strlen(head));
        buf_add_text(&text, "// y//\n");
        struct split_how how = {.lookup = command_lookup};
        split_trace(&whole, text.data, text.len, &how);
        struct split_how cut = {.lookup = command_lookup, .chunk = start + LONG - 4 + i % 8};
        split_trace(&pieces, text.data, text.len, &cut);
        bool same = pieces.len == whole.len && memcmp(pieces.data, whole.data, whole.len) == 0;
        if (!same)
            print_error("'%s', %zu bytes to the delimiter, cut at %zu\n", head, before_delimiter,
                        cut.chunk - start);
        assert_true(same);
    }
    buf_finish(&text);
    buf_finish(&whole);
    buf_finish(&pieces);
}

static void feed(struct splitter *splitter, const char *text)
{
    splitter_feed(splitter, text, strlen(text));
}

// What a prompt asks for after each line.
static void test_open(void **state)
{
    (void) state;
    static const struct {
        const char *line;
        enum split_open open;
    } rows[] = {
        {"\n", OPEN_NOTHING},
        {"select\n", OPEN_STATEMENT},
        {"'a\n", OPEN_SINGLE},
        {"b' \"c\n", OPEN_DOUBLE},
        {"d\" `e\n", OPEN_NAME},
        {"f` /* g\n", OPEN_COMMENT},
        {"h */ -- i\n", OPEN_STATEMENT},
        {"/*! j\n", OPEN_STATEMENT},
        {"*/;\n", OPEN_NOTHING},
        {"/* k\n", OPEN_COMMENT},
        {"*/\n", OPEN_NOTHING},
        {"-- l\n", OPEN_NOTHING},
        {"use m\n", OPEN_NOTHING},
        {"n \\g o\n", OPEN_STATEMENT},
        {"\\c\n", OPEN_NOTHING},
    };
    struct splitter *splitter = splitter_create(command_lookup);
    assert_int_equal(splitter_open(splitter), OPEN_NOTHING);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct split_item item;
        feed(splitter, rows[i].line);
        while (splitter_next(splitter, &item) == SPLIT_ITEM)
            continue;
        assert_int_equal(splitter_open(splitter), rows[i].open);
    }
    splitter_destroy(splitter);
}

static void test_clear(void **state)
{
    (void) state;
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    feed(splitter, "delimiter //\nselect 'abc\n");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_MORE);
    assert_int_equal(splitter_open(splitter), OPEN_SINGLE);
    assert_string_equal(splitter_delimiter(splitter), "//");
    splitter_clear(splitter);
    assert_int_equal(splitter_open(splitter), OPEN_NOTHING);
    assert_string_equal(splitter_delimiter(splitter), "//");
    // The rest of a piece that was not read yet goes too; the line count stays.
    feed(splitter, "x// y// z\n");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    check_bytes(item.text, item.len, "x");
    assert_int_equal(item.begin.line, 3);
    assert_int_equal(item.begin.column, 1);
    splitter_clear(splitter);
    feed(splitter, "use a\n  b//\n");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    assert_true(item.command);
    assert_int_equal(item.begin.line, 4);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    check_bytes(item.text, item.len, "b");
    assert_int_equal(item.begin.line, 5);
    assert_int_equal(item.begin.column, 3);
    splitter_clear(splitter);
    splitter_clear(splitter);
    splitter_end(splitter);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_DONE);
    splitter_destroy(splitter);
    splitter_destroy(NULL);
}

static void test_results_repeat_at_the_end(void **state)
{
    (void) state;
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    assert_int_equal(splitter_next(splitter, &item), SPLIT_MORE);
    splitter_feed(splitter, "", 0);
    feed(splitter, "x; 'y");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_MORE);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_MORE);
    splitter_end(splitter);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(splitter_next(splitter, &item), SPLIT_UNTERMINATED);
        assert_int_equal(item.begin.line, 1);
        assert_int_equal(item.begin.column, 4);
    }
    splitter_clear(splitter);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_DONE);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_DONE);
    splitter_destroy(splitter);
}

// One string of 64 MiB in small pieces: were the statement looked through again for each, this
// would take hours.
static void test_huge_string(void **state)
{
    (void) state;
    enum { CHUNK = 64 << 10, CHUNKS = 1024 };
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    char *chunk = mem_alloc(CHUNK);
    memset(chunk, 'x', CHUNK);
    chunk[CHUNK / 2] = ';';
    chunk[CHUNK - 1] = '\n';
    feed(splitter, "select '");
    for (int i = 0; i < CHUNKS; i++) {
        splitter_feed(splitter, chunk, CHUNK);
        assert_int_equal(splitter_next(splitter, &item), SPLIT_MORE);
    }
    feed(splitter, "'; y;");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    assert_int_equal(item.len, 9 + (size_t) CHUNK * CHUNKS);
    assert_memory_equal(item.text, "select 'xxx", 11);
    assert_int_equal(item.text[item.len - 1], '\'');
    assert_int_equal(item.begin.line, 1);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    check_bytes(item.text, item.len, "y");
    assert_int_equal(item.begin.line, CHUNKS + 1);
    assert_int_equal(item.begin.column, 4);
    free(chunk);
    splitter_destroy(splitter);
}

// Many statements in one piece: each returned once, the memory given back.
static void test_many_statements(void **state)
{
    (void) state;
    enum { COUNT = 200000 };
    struct buf text = BUF_INIT;
    for (int i = 0; i < COUNT; i++)
        buf_add_text(&text, "insert t values (1,'a');\n");
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    size_t items = 0;
    splitter_feed(splitter, text.data, text.len);
    splitter_end(splitter);
    while (splitter_next(splitter, &item) == SPLIT_ITEM)
        items++;
    assert_int_equal(items, COUNT);
    assert_int_equal(item.begin.line, COUNT);
    splitter_destroy(splitter);
    buf_finish(&text);
}

static void feed_huge_word(void)
{
    enum { CHUNK = 1 << 10, CHUNKS = 8192 };
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    char *chunk = mem_alloc(CHUNK);
    memset(chunk, 'x', CHUNK);
    for (int i = 0; i < CHUNKS; i++) {
        splitter_feed(splitter, chunk, CHUNK);
        splitter_next(splitter, &item);
    }
    feed(splitter, ";");
    bool whole = splitter_next(splitter, &item) == SPLIT_ITEM;
    whole = whole && item.len == (size_t) CHUNK * CHUNKS;
    free(chunk);
    splitter_destroy(splitter);
    _exit(whole ? 0 : 1);
}

// A single word of any length is looked at once, too: in a process of its own, which is ended where
// it takes a hundred times as long as it should.
static void test_huge_word(void **state)
{
    (void) state;
    const struct rlimit limit = {.rlim_cur = 3, .rlim_max = 3};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CPU, &limit);
        feed_huge_word();
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_byte_order_mark_elsewhere),
        cmocka_unit_test(test_byte_order_mark_twice),
        cmocka_unit_test(test_characters_of_two_bytes),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_random_texts_in_pieces),
        cmocka_unit_test(test_long_lines_in_pieces),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_results_repeat_at_the_end),
        cmocka_unit_test(test_huge_string),
        cmocka_unit_test(test_many_statements),
        cmocka_unit_test(test_huge_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
