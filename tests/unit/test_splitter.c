// The splitter, over the real command table.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "marsh/base/buf.h"
#include "marsh/command/command.h"
#include "marsh/sql/splitter.h"

// Every item as "LINE:COLUMN[text]", a command as "LINE:COLUMN{name|args}", then how it ended.
static void split(struct buf *out, const char *text, size_t len, size_t chunk)
{
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item = {.len = 0};
    size_t fed = 0;
    bool done = false;
    while (!done) {
        switch (splitter_next(splitter, &item)) {
        case SPLIT_ITEM:
            buf_printf(out, "%zu:%zu", item.begin.line, item.begin.column);
            buf_add_char(out, item.command ? '{' : '[');
            buf_add(out, item.text, item.len);
            if (item.command) {
                buf_add_char(out, '|');
                buf_add(out, item.args, item.args_len);
            }
            buf_add_text(out, item.command ? "}" : item.end == SPLIT_END_VERTICAL ? "]G" : "]");
            break;
        case SPLIT_BAD_DELIMITER:
            buf_add_text(out, "bad");
            break;
        case SPLIT_UNTERMINATED:
            buf_printf(out, "open %zu:%zu", item.begin.line, item.begin.column);
            done = true;
            break;
        case SPLIT_DONE:
            done = true;
            break;
        case SPLIT_MORE:
            if (fed == len) {
                splitter_end(splitter);
            } else {
                size_t piece = len - fed < chunk ? len - fed : chunk;
                splitter_feed(splitter, text + fed, piece);
                fed += piece;
            }
            break;
        }
    }
    splitter_destroy(splitter);
}

static void check(const char *text, const char *expected)
{
    static const size_t chunks[] = {1, 2, 3, 7, 1 << 20};
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        struct buf out = BUF_INIT;
        split(&out, text, strlen(text), chunks[i]);
        assert_string_equal(buf_cstr(&out), expected);
        buf_finish(&out);
    }
}

static void test_statements(void **state)
{
    (void) state;
    check("select 1;select 2", "1:1[select 1]1:10[select 2]");
    check(" \n select 1 ;;; \n", "2:2[select 1]");
    check("select 1\\G select 2\\g", "1:1[select 1]G1:12[select 2]");
    check("a\r\nb;\rc", "1:1[a\nb]2:4[c]");
    check("select 'a', \\N;", "1:1[select 'a', \\N]");
    check("", "");
}

static void test_quotes(void **state)
{
    (void) state;
    check("select ';', \";\", `;`;x;", "1:1[select ';', \";\", `;`]1:22[x]");
    check("select 'it''s;', 'a\\';b';x", "1:1[select 'it''s;', 'a\\';b']1:26[x]");
    check("select `a\\`;x", "1:1[select `a\\`]1:13[x]");
    check("a;\n 'x", "1:1[a]open 2:2");
    check("select 1 /* x", "open 1:10");
}

static void test_comments(void **state)
{
    (void) state;
    check("-- a;\n# b;\n/* c; */ select 1;", "3:10[select 1]");
    check("select 1 -- a;\n, 2;", "1:1[select 1 -- a;\n, 2]");
    check("select 1--1;x", "1:1[select 1--1]1:13[x]");
    check("--x;\ny;", "2:1[y]");
    check("/*!40101 set x */;y", "1:1[/*!40101 set x */]1:19[y]");
    check("/* a */;", "");
}

static void test_delimiters(void **state)
{
    (void) state;
    check("delimiter //\nselect 1; x//\ndelimiter ;\ny;", "2:1[select 1; x]4:1[y]");
    check("DELIMITER $$\na;$$b$ $$", "2:1[a;]2:5[b$]");
    check("\\d //\na;//b", "2:1[a;]2:5[b]");
    check("delimiter\nx;", "bad2:1[x]");
    check("select 1; delimiter //\na;//", "1:1[select 1]2:1[a;]");
}

static void test_commands(void **state)
{
    (void) state;
    check("use shop\nselect 1;", "1:1{use|shop}2:1[select 1]");
    check("use shop; select 1;", "1:1{use|shop}1:11[select 1]");
    check("source a b.sql\nx;", "1:1{source|a b.sql}2:1[x]");
    check("\\. a.sql\nx;", "1:1{.|a.sql}2:1[x]");
    check("\\use shop; x;", "1:1{use|shop}1:12[x]");
    check("\\nosuch y\nx;", "1:1{nosuch|y}2:1[x]");
    check("quit now\n;", "1:1[quit now]");
    check("select 1 \\c select 2;", "1:13[select 2]");
    check("select 'use shop\nuse shop';", "1:1[select 'use shop\nuse shop']");
    check("select 1\nuse shop\n;", "1:1[select 1\nuse shop]");
}

static void test_escapes_off(void **state)
{
    (void) state;
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    splitter_set_backslash_escapes(splitter, false);
    splitter_feed(splitter, "'\\';x;", 6);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    assert_int_equal(item.len, 3);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    assert_memory_equal(item.text, "x", 1);
    splitter_destroy(splitter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements), cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_comments),   cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_commands),   cmocka_unit_test(test_escapes_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
