// Client commands in the splitter: as words, behind a backslash, and what only looks like one.
#include "split_check.h"

#include "marsh/command/command.h"

static void test_words_at_line_start(void **state)
{
    (void) state;
    SPLIT("use test\n", "1:1 use{test}\n");
    SPLIT("use test", "1:1 use{test}\n");
    SPLIT("  use test  \nselect 1;", "1:3 use{test}\n2:1 [select 1]\n");
    SPLIT("USE Test\n", "1:1 USE{Test}\n");
    SPLIT("select 1;\nuse test\nselect 2;\n", "1:1 [select 1]\n2:1 use{test}\n3:1 [select 2]\n");
    SPLIT("status\n", "1:1 status{}\n");
    SPLIT("help\nhelp use\n", "1:1 help{}\n2:1 help{use}\n");
    SPLIT("quit", "1:1 quit{}\n");
    SPLIT("tee a file with spaces\n", "1:1 tee{a file with spaces}\n");
    SPLIT("pager less -S\n", "1:1 pager{less -S}\n");
    SPLIT("-- comment\nuse test\n", "2:1 use{test}\n");
    SPLIT("\n\n\tuse\ttest\n", "3:2 use{test}\n");
}

static void test_gset(void **state)
{
    (void) state;
    SPLIT("select 1 \\gset", "1:1 [select 1] \\gset\n");
    SPLIT("select 1 \\gset  p_ \nselect 2;", "1:1 [select 1] \\gset p_\n2:1 [select 2]\n");
    SPLIT("select 1\\gset p_; select 2;", "1:1 [select 1] \\gset p_\n1:19 [select 2]\n");
    SPLIT("select\n1 \\gset\nselect 2;", "1:1 [select\n1] \\gset\n3:1 [select 2]\n");
    SPLIT("select '\\\\gset';", "1:1 [select '\\\\gset']\n");
    // The server's own client reads \g there.
    SPLIT("select 1\\gSET @a=1;", "1:1 [select 1] \\g\n1:11 [SET @a=1]\n");
    SPLIT("select 1\\gset @a=1;", "1:1 [select 1] \\g\n1:11 [set @a=1]\n");
    // Without a statement there is nothing to send: who runs it says so.
    SPLIT("\\gset x\nselect 2;", "1:1 [] \\gset x\n2:1 [select 2]\n");
    SPLIT("select 1;\n \\gset\n", "1:1 [select 1]\n2:2 [] \\gset\n");
    SPLIT("select 1; \\gset p_; select 2;", "1:1 [select 1]\n1:11 [] \\gset p_\n1:21 [select 2]\n");
    SPLIT("-- c\n/* c */ \\gset", "2:9 [] \\gset\n");
    SPLIT("\\gset @a=1;", "1:3 [set @a=1]\n");
    SPLIT("delimiter //\nselect 1 \\gset a//select 2//",
          "2:1 [select 1] \\gset a\n2:19 [select 2]\n");
}

#define NAMED(literal, expected) SPLIT_HOW(literal, expected, .named = true)
#define BINARY(literal, expected) SPLIT_HOW(literal, expected, .binary = true)
#define TYPED(literal, expected) SPLIT_HOW(literal, expected, .typed = true)

static void test_words_as_statements(void **state)
{
    (void) state;
    SPLIT("use test;", "1:1 use{test}\n");
    SPLIT("use test ; select 1;", "1:1 use{test}\n1:12 [select 1]\n");
    SPLIT("select 1; use test; select 2;", "1:1 [select 1]\n1:11 use{test}\n1:21 [select 2]\n");
    SPLIT("status;", "1:1 status{}\n");
    TYPED("exit;x;", "1:1 exit{}\n1:6 [x]\n");
    TYPED("select 1; quit;", "1:1 [select 1]\n1:11 quit{}\n");
    SPLIT("use\ntest;", "1:1 use{}\n2:1 [test]\n");
    SPLIT("delimiter //\nuse test//x//", "2:1 use{test}\n2:11 [x]\n");
    SPLIT("/* c */ use test;", "1:9 use{test}\n");
    SPLIT("tee a;", "1:1 tee{a}\n");
    SPLIT("select 1;\nquit", "1:1 [select 1]\n2:1 quit{}\n");
    // With a semicolon in quotes the line holds the delimiter all the same.
    SPLIT("use `a;b`;", "1:1 use{`a;b`}\n");
}

static void test_words_that_are_none(void **state)
{
    (void) state;
    // A command without arguments that has some is SQL.
    SPLIT("status of it;", "1:1 [status of it]\n");
    SPLIT("quit now\n;", "1:1 [quit now]\n");
    // As is one without its end behind other things, and one with the line's end in front of it.
    SPLIT("select 1; system x", "1:1 [select 1]\n1:11 [system x] end\n");
    SPLIT("select 1; quit\n", "1:1 [select 1]\n1:11 [quit] end\n");
    SPLIT("/* c */ source x\n", "1:9 [source x] end\n");
    SPLIT("select 1\\g status", "1:1 [select 1] \\g\n1:12 [status] end\n");
    SPLIT("select 1; clear\n", "1:1 [select 1]\n1:11 [clear] end\n");
    SPLIT("select 1; rehash\n;", "1:1 [select 1]\n1:11 [rehash]\n");
    SPLIT("select 1; notee ;", "1:1 [select 1]\n1:11 notee{}\n");
    // These need a line of their own, but at a prompt.
    SPLIT("exit;quit ;reset;x;", "1:1 [exit]\n1:6 [quit]\n1:12 [reset]\n1:18 [x]\n");
    SPLIT("go;ego;x;", "1:1 [go]\n1:4 [ego]\n1:8 [x]\n");
    // Only whole words, and only known ones.
    SPLIT("used x;", "1:1 [used x]\n");
    SPLIT("use_x;", "1:1 [use_x]\n");
    SPLIT("use1;", "1:1 [use1]\n");
    SPLIT("use.x;", "1:1 [use.x]\n");
    SPLIT("unknown x\n;", "1:1 [unknown x]\n");
    // Commands that need a backslash.
    SPLIT("format json;", "1:1 [format json]\n");
    SPLIT("reconnect;", "1:1 [reconnect]\n");
    SPLIT("pool;", "1:1 [pool]\n");
    // Within a statement, a string or a comment, at a line's start too.
    SPLIT("select\nuse test\n;", "1:1 [select\nuse test]\n");
    SPLIT("select '\nuse test\n';", "1:1 [select '\nuse test\n']\n");
    SPLIT("/*\nuse test\n*/;", "");
    SPLIT("select `\nquit\n`;", "1:1 [select `\nquit\n`]\n");
    SPLIT("-- use test\n# quit\nx;", "3:1 [x]\n");
    SPLIT("begin\nquit\nend;", "1:1 [begin\nquit\nend]\n");
}

static void test_words_in_bodies(void **state)
{
    (void) state;
    SPLIT("delimiter //\ncreate procedure p()\nbegin\n  use x;\nuse y;\nexit;\nend//\nz//",
          "2:1 [create procedure p()\nbegin\n  use x;\nuse y;\nexit;\nend]\n8:1 [z]\n");
    SPLIT("insert into t values ('\nquit\n'),\n('\\\\\nhelp\n');\nx;",
          "1:1 [insert into t values ('\nquit\n'),\n('\\\\\nhelp\n')]\n7:1 [x]\n");
}

// A word behind a statement on its line is not at the line's start, however many lines the
// statement took: it needs its own delimiter.
static void test_words_behind_a_statement(void **state)
{
    (void) state;
    SPLIT("select 1; use a\n;x;", "1:1 [select 1]\n1:11 use{a}\n2:2 [x]\n");
    SPLIT("select 1; tee a\nb;x;", "1:1 [select 1]\n1:11 tee{a\nb}\n2:3 [x]\n");
    SPLIT("select\n1; tee a\nb;x;", "1:1 [select\n1]\n2:4 tee{a\nb}\n3:3 [x]\n");
    SPLIT("select\n1\\g tee a\nb;x;", "1:1 [select\n1] \\g\n2:5 tee{a\nb}\n3:3 [x]\n");
    SPLIT("select\n1\\c tee a\nb;x;", "2:5 tee{a\nb}\n3:3 [x]\n");
    SPLIT("/* c */ tee a\nb;", "1:9 tee{a\nb}\n");
}

static void test_word_line_with_delimiter(void **state)
{
    (void) state;
    // Then it is a statement, and the rest of the line the next.
    SPLIT("use a; use b; select 1;", "1:1 use{a}\n1:8 use{b}\n1:15 [select 1]\n");
    SPLIT("help; select 1;\n", "1:1 help{}\n1:7 [select 1]\n");
    SPLIT("use a\\g\nx;", "1:1 [use a] \\g\n2:1 [x]\n");
    SPLIT("delimiter //\nuse a;\nx//", "2:1 use{a;}\n3:1 [x]\n");
    SPLIT("system echo a; echo b\n", "1:1 system{echo a}\n1:16 [echo b] end\n");
}

static void test_go_and_clear_as_words(void **state)
{
    (void) state;
    SPLIT("select 1\ngo\n;", "1:1 [select 1\ngo]\n");
    SPLIT("go\nego\nclear\nx;", "4:1 [x]\n");
    TYPED("go;ego;clear;x;", "1:14 [x]\n");
    SPLIT("clear;x;", "1:7 [x]\n");
}

static void test_backslash_commands(void **state)
{
    (void) state;
    SPLIT("\\u test\nx;", "1:1 \\u{test}\n2:1 [x]\n");
    SPLIT("\\use test\nx;", "1:1 \\use{test}\n2:1 [x]\n");
    SPLIT("\\u test;x;", "1:1 \\u{test}\n1:9 [x]\n");
    SPLIT("\\utest\n", "1:1 \\u{test}\n");
    SPLIT("\\s\\s;\\s", "1:1 \\s{}\n1:3 \\s{}\n1:6 \\s{}\n");
    SPLIT("\\status x;", "1:1 \\status{}\n1:9 [x]\n");
    SPLIT("\\q", "1:1 \\q{}\n");
    SPLIT("\\format json\n", "1:1 \\format{json}\n");
    SPLIT("\\? use\n", "1:1 \\?{use}\n");
    SPLIT("\\h\n", "1:1 \\h{}\n");
    SPLIT("\\#x;", "1:1 \\#{}\n1:3 [x]\n");
    SPLIT("\\-\n", "1:1 \\-{}\n");
    SPLIT("  \\s  x;", "1:3 \\s{}\n1:7 [x]\n");
    // The letter's case tells.
    SPLIT("\\T f\n\\t", "1:1 \\T{f}\n2:1 \\t{}\n");
}

static void test_backslash_rest_of_line(void **state)
{
    (void) state;
    SPLIT("\\. a;b.sql\nx;", "1:1 \\.{a;b.sql}\n2:1 [x]\n");
    SPLIT("\\.a.sql", "1:1 \\.{a.sql}\n");
    SPLIT("\\! ls; echo 'x'\nx;", "1:1 \\!{ls; echo 'x'}\n2:1 [x]\n");
    SPLIT("\\!ls", "1:1 \\!{ls}\n");
    SPLIT("\\P less -S # x\n", "1:1 \\P{less -S # x}\n");
    SPLIT("\\source  a b  \nx;", "1:1 \\source{a b}\n2:1 [x]\n");
    SPLIT("\\tee\n", "1:1 \\tee{}\n");
}

static void test_backslash_delimiter(void **state)
{
    (void) state;
    SPLIT("\\d //\nx;//", "2:1 [x;]\n");
    SPLIT("\\delimiter //\nx;//", "2:1 [x;]\n");
    SPLIT("\\d\nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("\\d \\\nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("\\d //", "");
}

// No text is lost: what was typed before stays the statement.
static void test_backslash_delimiter_in_statement(void **state)
{
    (void) state;
    SPLIT("select 1 \\d //\n, 2//x//", "1:1 [select 1 \n, 2]\n2:6 [x]\n");
}

static void test_backslash_unknown(void **state)
{
    (void) state;
    SPLIT("\\foo bar\nx;", "1:1 \\foo{bar}\n2:1 [x]\n");
    SPLIT("\\foo bar; x;", "1:1 \\foo{bar}\n1:11 [x]\n");
    SPLIT("\\z\nx;", "1:1 \\z{}\n2:1 [x]\n");
    // A mistyped word is not taken for the letter it begins with; what is like none in a script is.
    SPLIT("\\statsu\n", "1:1 \\statsu{}\n");
    SPLIT("\\quti\n", "1:1 \\quti{}\n");
    TYPED("\\sabcdef\n", "1:1 \\sabcdef{}\n");
    SPLIT("\\sabcdef\n;", "1:1 \\s{}\n1:3 [abcdef]\n");
    SPLIT("select 1\\cselect 2;", "1:11 [select 2]\n");
    SPLIT("select 1\\pselect 2;", "1:9 \\p{}\n1:1 [select 1select 2]\n");
    SPLIT("\\Pcat -n\nx;", "1:1 \\P{cat -n}\n2:1 [x]\n");
    SPLIT("\\Tfile.txt\nx;", "1:1 \\T{file.txt}\n2:1 [x]\n");
    SPLIT("\\;x;", "1:1 \\;{x}\n");
    SPLIT("\\\0 x\n", "1:1 \\\0{x}\n");
    SPLIT("\\'x\ny;", "1:1 \\'{x}\n2:1 [y]\n");
}

static void test_backslash_in_statement(void **state)
{
    (void) state;
    // It is carried out first and is no part of the statement.
    SPLIT("select 1 \\s, 2;", "1:10 \\s{}\n1:1 [select 1 , 2]\n");
    SPLIT("select \\u test\n1;", "1:8 \\u{test}\n1:1 [select \n1]\n");
    SPLIT("select\n1 \\! echo 'a;\n, 2;", "2:3 \\!{echo 'a;}\n1:1 [select\n1 \n, 2]\n");
    // What is none stays in it, to its end.
    SPLIT("a\n \\foo\nb;", "2:2 \\foo{}\n1:1 [a\n \\foo\nb]\n");
    SPLIT("a \\z b = 1; c;", "1:3 \\z{b = 1}\n1:1 [a \\z b = 1]\n1:13 [c]\n");
    SPLIT("a \\'b; c';d;", "1:3 \\'{b}\n1:1 [a \\'b]\n1:9 open '\n");
    SPLIT("a \\s", "1:3 \\s{}\n1:1 [a] end\n");
    SPLIT("a \\. f.sql", "1:3 \\.{f.sql}\n1:1 [a] end\n");
}

// Columns count bytes of the input, those of commands included.
static void test_position_behind_command_in_statement(void **state)
{
    (void) state;
    SPLIT("a \\s b; c;", "1:3 \\s{}\n1:1 [a  b]\n1:9 [c]\n");
    SPLIT("a \\s\\t b; c;\nd;", "1:3 \\s{}\n1:5 \\t{}\n1:1 [a  b]\n1:11 [c]\n2:1 [d]\n");
    SPLIT("a\n\\s 'b", "2:1 \\s{}\n2:4 open '\n");
}

static void test_not_in_quotes_and_comments(void **state)
{
    (void) state;
    SPLIT("'\\s' \"\\s\" `\\s`;", "1:1 ['\\s' \"\\s\" `\\s`]\n");
    SPLIT("-- \\s\n# \\q\n/* \\q */x;", "3:9 [x]\n");
    SPLIT("a -- \\g\n/* \\g */ # \\G\nb;", "1:1 [a -- \\g\n/* \\g */ # \\G\nb]\n");
    // But in what the server runs.
    SPLIT("/*! a \\s */;", "1:7 \\s{}\n1:1 [/*! a  */]\n");
}

static void test_delimiter_as_argument(void **state)
{
    (void) state;
    SPLIT("delimiter //\n\\u test//x//", "2:1 \\u{test}\n2:10 [x]\n");
    SPLIT("delimiter //\n\\u te/st\nx//", "2:1 \\u{te/st}\n3:1 [x]\n");
    SPLIT("delimiter //\na \\u b//c//", "2:3 \\u{b}\n2:1 [a c]\n");
}

// A lookup of the test's own, to see what is asked.
struct asked {
    char names[64];
    size_t len;
};

static struct asked asked;

static enum split_word ask(const char *name, size_t len, bool backslash)
{
    assert_true(asked.len + len + 2 < sizeof(asked.names));
    asked.names[asked.len++] = backslash ? '\\' : ' ';
    memcpy(asked.names + asked.len, name, len);
    asked.len += len;
    return SPLIT_UNKNOWN;
}

static void check_asked(const char *text, const char *expected, const char *names)
{
    struct buf trace = BUF_INIT;
    struct split_how how = {.lookup = ask};
    asked.len = 0;
    split_trace(&trace, text, strlen(text), &how);
    check_text(buf_cstr(&trace), expected);
    assert_int_equal(asked.len, strlen(names));
    assert_memory_equal(asked.names, names, asked.len);
    buf_finish(&trace);
}

static void test_lookup(void **state)
{
    (void) state;
    check_asked("\\abc d\n", "1:1 \\abc{d}\n", "\\abc\\a");
    check_asked("\\a\n", "1:1 \\a{}\n", "\\a");
    check_asked("\\!ls\n", "1:1 \\!{ls}\n", "\\!");
    check_asked("(a);", "1:1 [(a)]\n", "");
    check_asked("a'b';", "1:1 [a'b']\n", "");
}

static void test_named_words_in_statements(void **state)
{
    (void) state;
    SPLIT("select 1\nprint\n, 2;", "1:1 [select 1\nprint\n, 2]\n");
    NAMED("select 1\nprint\n, 2;", "2:1 print{}\n1:1 [select 1\n, 2]\n");
    NAMED("select 1\n  use  test \n, 2;", "2:3 use{test}\n1:1 [select 1\n, 2]\n");
    NAMED("select 1\ngo\nselect 2\nego\n", "1:1 [select 1] \\g\n3:1 [select 2] \\G\n");
    NAMED("select 1\nclear\nselect 2;", "3:1 [select 2]\n");
    NAMED("select 1\ndelimiter //\n; 2//", "1:1 [select 1\n; 2]\n");
    NAMED("select\nprinted, user\n;", "1:1 [select\nprinted, user]\n");
    // With the delimiter in its line it is text.
    NAMED("select 1\nuse test; select 2;", "1:1 [select 1\nuse test]\n2:11 [select 2]\n");
    NAMED("select 'a\nprint\n', /* b\nprint\n*/ 2;",
          "1:1 [select 'a\nprint\n', /* b\nprint\n*/ 2]\n");
}

static void test_comments_in_front(void **state)
{
    (void) state;
#define COMMENTS(literal, expected) SPLIT_HOW(literal, expected, .comments = true)
    COMMENTS("/* a */ x; y;", "1:1 [/* a */ x]\n1:12 [y]\n");
    COMMENTS("/* a;b */\n/* c */x;", "1:1 [/* a;b */\n/* c */x]\n");
    COMMENTS("/* a */;x;", "1:9 [x]\n");
    COMMENTS("x;\n/* end */\n", "1:1 [x]\n");
    COMMENTS("x; /* a */ -- b\n # c\n", "1:1 [x]\n");
    COMMENTS("-- a\n# b\n x;", "3:2 [x]\n");
    COMMENTS("/* a */ -- b\n x;", "1:1 [/* a */ -- b\n x]\n");
    COMMENTS("/*! a */;", "1:1 [/*! a */]\n");
    COMMENTS("/* a", "1:1 open /*\n");
    COMMENTS("/* a */\nsource f\n", "1:1 [/* a */\nsource f] end\n");
    COMMENTS("source f\n", "1:1 source{f}\n");
}

static void test_binary(void **state)
{
    (void) state;
    BINARY("use test\nselect 1;", "1:1 [use test\nselect 1]\n");
    BINARY("select 'a\r\nb';", "1:1 [select 'a\r\nb']\n");
    BINARY("select 1 \\g select 2;", "1:1 [select 1 \\g select 2]\n");
    BINARY("delimiter //\nselect 1; select 2//", "2:1 [select 1; select 2]\n");
    BINARY("\\C latin1\nselect 1;", "1:1 \\C{latin1}\n2:1 [select 1]\n");
}

static void test_question_mark(void **state)
{
    (void) state;
    SPLIT("?\nselect 1;", "1:1 ?{}\n2:1 [select 1]\n");
    SPLIT("? use\n", "1:1 ?{use}\n");
    SPLIT("call p(\n?\n);", "1:1 [call p(\n?\n)]\n");
}

// What is typed so far, and other text in its place.
static void test_open_text(void **state)
{
    (void) state;
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    size_t len;
    assert_null(splitter_text(splitter, &len));
    splitter_feed(splitter, " select 1,\n\\p 2;", 17);
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    const char *open = splitter_text(splitter, &len);
    check_bytes(open, len, "select 1,\n");
    splitter_replace(splitter, "select 7; select 8,", 19);
    assert_null(splitter_text(splitter, &len));
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    check_bytes(item.text, item.len, "select 7");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_ITEM);
    check_bytes(item.text, item.len, "select 8, 2");
    assert_int_equal(splitter_next(splitter, &item), SPLIT_MORE);
    splitter_destroy(splitter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_at_line_start),
        cmocka_unit_test(test_gset),
        cmocka_unit_test(test_words_as_statements),
        cmocka_unit_test(test_words_that_are_none),
        cmocka_unit_test(test_words_in_bodies),
        cmocka_unit_test(test_words_behind_a_statement),
        cmocka_unit_test(test_word_line_with_delimiter),
        cmocka_unit_test(test_go_and_clear_as_words),
        cmocka_unit_test(test_backslash_commands),
        cmocka_unit_test(test_backslash_rest_of_line),
        cmocka_unit_test(test_backslash_delimiter),
        cmocka_unit_test(test_backslash_delimiter_in_statement),
        cmocka_unit_test(test_backslash_unknown),
        cmocka_unit_test(test_backslash_in_statement),
        cmocka_unit_test(test_position_behind_command_in_statement),
        cmocka_unit_test(test_not_in_quotes_and_comments),
        cmocka_unit_test(test_delimiter_as_argument),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_named_words_in_statements),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_comments_in_front),
        cmocka_unit_test(test_question_mark),
        cmocka_unit_test(test_open_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
