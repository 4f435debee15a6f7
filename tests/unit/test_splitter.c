// Statements, quotes, comments and delimiters; commands are in test_splitter_commands.c, positions
// and pieces in test_splitter_feed.c.
#include "split_check.h"

static void test_statements(void **state)
{
    (void) state;
    SPLIT("", "");
    SPLIT(" \n\t ", "");
    SPLIT(";", "");
    SPLIT(";;\n;", "");
    SPLIT("select 1;", "1:1 [select 1]\n");
    SPLIT("select 1", "1:1 [select 1] end\n");
    SPLIT("select 1;\n", "1:1 [select 1]\n");
    SPLIT("select 1 ;select 2;", "1:1 [select 1]\n1:11 [select 2]\n");
    SPLIT("a;b;c", "1:1 [a]\n1:3 [b]\n1:5 [c] end\n");
    SPLIT("  \n  select 1\n  ;", "2:3 [select 1]\n");
    SPLIT("select\n\n1\n;\n", "1:1 [select\n\n1]\n");
    SPLIT("select 1; \n -- done\n", "1:1 [select 1]\n");
}

static void test_quotes(void **state)
{
    (void) state;
    SPLIT("select ';' ;x;", "1:1 [select ';']\n1:13 [x]\n");
    SPLIT("select \";\" ;x;", "1:1 [select \";\"]\n1:13 [x]\n");
    SPLIT("select `;` ;x;", "1:1 [select `;`]\n1:13 [x]\n");
    // One kind of quote within another.
    SPLIT("'\"`;' \"'`;\" `'\";`;x;", "1:1 ['\"`;' \"'`;\" `'\";`]\n1:19 [x]\n");
    SPLIT("'';\"\";``;", "1:1 ['']\n1:4 [\"\"]\n1:7 [``]\n");
    SPLIT("'a\nb;\nc';x;", "1:1 ['a\nb;\nc']\n3:4 [x]\n");
    // A statement may begin with a quote of any kind.
    SPLIT("`a;b`;", "1:1 [`a;b`]\n");
}

static void test_doubled_quotes(void **state)
{
    (void) state;
    SPLIT("select 'a'';b';x;", "1:1 [select 'a'';b']\n1:16 [x]\n");
    SPLIT("select \"a\"\";b\";x;", "1:1 [select \"a\"\";b\"]\n1:16 [x]\n");
    SPLIT("select `a``;b`;x;", "1:1 [select `a``;b`]\n1:16 [x]\n");
    SPLIT("'''';x;", "1:1 ['''']\n1:6 [x]\n");
    SPLIT("''';';x;", "1:1 [''';']\n1:7 [x]\n");
}

static void test_backslash_escapes(void **state)
{
    (void) state;
    SPLIT("select 'a\\';b';x;", "1:1 [select 'a\\';b']\n1:16 [x]\n");
    SPLIT("select \"a\\\";b\";x;", "1:1 [select \"a\\\";b\"]\n1:16 [x]\n");
    SPLIT("'\\\\';x;", "1:1 ['\\\\']\n1:6 [x]\n");
    SPLIT("'\\\\\\';';x;", "1:1 ['\\\\\\';']\n1:9 [x]\n");
    SPLIT("'\\\n';x;", "1:1 ['\\\n']\n2:3 [x]\n");
    // In a name a backslash is a plain character.
    SPLIT("`a\\`;x;", "1:1 [`a\\`]\n1:6 [x]\n");
    // What would be a command outside is none inside.
    SPLIT("select '\\g \\G \\c \\q \\d //';x;",
          "1:1 [select '\\g \\G \\c \\q \\d //']\n1:28 [x]\n");
}

static void test_no_backslash_escapes(void **state)
{
    (void) state;
    SPLIT_HOW("select 'a\\';x;", "1:1 [select 'a\\']\n1:13 [x]\n", .no_escapes = true);
    SPLIT_HOW("select \"a\\\";x;", "1:1 [select \"a\\\"]\n1:13 [x]\n", .no_escapes = true);
    SPLIT_HOW("'\\\\';x;", "1:1 ['\\\\']\n1:6 [x]\n", .no_escapes = true);
    SPLIT_HOW("'a''\\';x;", "1:1 ['a''\\']\n1:8 [x]\n", .no_escapes = true);
    // Commands outside strings work all the same.
    SPLIT_HOW("select '\\' \\g", "1:1 [select '\\'] \\g\n", .no_escapes = true);
    // Switched over between two statements.
    SPLIT_HOW("select '\\''; select '\\'; x;", "1:1 [select '\\'']\n1:14 [select '\\']\n1:26 [x]\n",
              .switch_after = 1);
    SPLIT_HOW("select '\\'; select '\\''; x;", "1:1 [select '\\']\n1:13 [select '\\'']\n1:26 [x]\n",
              .no_escapes = true, .switch_after = 1);
}

static void test_switching_escapes_keeps_delimiter(void **state)
{
    (void) state;
    SPLIT_HOW("delimiter //\n'\\''; //'\\'//x//", "2:1 ['\\'';]\n2:9 ['\\']\n2:14 [x]\n",
              .switch_after = 1);
}

static void test_line_comments(void **state)
{
    (void) state;
    SPLIT("-- a;b\nselect 1;", "2:1 [select 1]\n");
    SPLIT("# a;b\nselect 1;", "2:1 [select 1]\n");
    SPLIT("#;\n#;\n;", "");
    SPLIT("select 1 -- a;b'\n;", "1:1 [select 1 -- a;b']\n");
    SPLIT("select 1 # a;b'\n, 2;", "1:1 [select 1 # a;b'\n, 2]\n");
    SPLIT("select 1 # at the end", "1:1 [select 1 # at the end] end\n");
    SPLIT("-- at the end", "");
    SPLIT("# at the end", "");
    // Comments before a statement go, also between two.
    SPLIT("a; -- x\n# y\n b;", "1:1 [a]\n3:2 [b]\n");
    // Not in strings.
    SPLIT("'-- ';'#';x;", "1:1 ['-- ']\n1:7 ['#']\n1:11 [x]\n");
}

static void test_dashes(void **state)
{
    (void) state;
    // Followed by white space, a control character or the end they begin a comment.
    SPLIT("a --\n;x;", "1:1 [a --]\n2:2 [x]\n");
    SPLIT("a --\t;\n;", "1:1 [a --\t;]\n");
    SPLIT("a --\x01;\n;", "1:1 [a --\x01;]\n");
    SPLIT("a --", "1:1 [a --] end\n");
    SPLIT("--", "");
    SPLIT("--\n--\n", "");
    // By anything else they are two minus signs.
    SPLIT("select 1--2;x;", "1:1 [select 1--2]\n1:13 [x]\n");
    SPLIT("select 1--;x;", "1:1 [select 1--]\n1:12 [x]\n");
    SPLIT("select 1---- ;x;", "1:1 [select 1---- ;x;] end\n");
    SPLIT("select 1 - - 2;x;", "1:1 [select 1 - - 2]\n1:16 [x]\n");
    SPLIT("select -1;", "1:1 [select -1]\n");
    // A statement never begins with them.
    SPLIT("--no space;\nx;", "2:1 [x]\n");
    SPLIT("-1;", "1:1 [-1]\n");
    SPLIT("-", "1:1 [-] end\n");
    SPLIT("a-", "1:1 [a-] end\n");
}

static void test_block_comments(void **state)
{
    (void) state;
    SPLIT("/* a;b */ select 1;", "1:11 [select 1]\n");
    SPLIT("select /* ; ' \" ` */ 1;x;", "1:1 [select /* ; ' \" ` */ 1]\n1:24 [x]\n");
    SPLIT("/**/;/***/;/****/x;", "1:18 [x]\n");
    SPLIT("select /*;*/*/*;*/ 1;", "1:1 [select /*;*/*/*;*/ 1]\n");
    // It ends at the first closing, and opens only with slash then star.
    SPLIT("/* /* */x;*/;", "1:9 [x]\n1:11 [*/]\n");
    SPLIT("/*/;*/x;", "1:7 [x]\n");
    SPLIT("a / * ;x;", "1:1 [a / *]\n1:8 [x]\n");
    SPLIT("/* a\n;\n*/ x;", "3:4 [x]\n");
    SPLIT("a /* -- */;x;", "1:1 [a /* -- */]\n1:12 [x]\n");
    SPLIT("a -- /*\n;x;", "1:1 [a -- /*]\n2:2 [x]\n");
    SPLIT("'/*';x;", "1:1 ['/*']\n1:6 [x]\n");
    SPLIT("a/;x;", "1:1 [a/]\n1:4 [x]\n");
    SPLIT("/", "1:1 [/] end\n");
    // A comment alone is no statement.
    SPLIT("/* a */", "");
    SPLIT("/* a */;", "");
    SPLIT("/*+ hint */ x;", "1:13 [x]\n");
}

static void test_code_in_comments(void **state)
{
    (void) state;
    SPLIT("/*! set x=1 */;", "1:1 [/*! set x=1 */]\n");
    SPLIT("/*!40101 set x=1 */;y;", "1:1 [/*!40101 set x=1 */]\n1:21 [y]\n");
    SPLIT("/*M!100100 set x=1 */;y;", "1:1 [/*M!100100 set x=1 */]\n1:23 [y]\n");
    // /*M without the mark, and another letter, are plain comments.
    SPLIT("/*M ; */x;", "1:9 [x]\n");
    SPLIT("/*M*/x;", "1:6 [x]\n");
    SPLIT("/*m! ; */x;", "1:10 [x]\n");
    SPLIT("/* ! ; */x;", "1:10 [x]\n");
    // Strings in them are strings.
    SPLIT("/*! select ';' */;x;", "1:1 [/*! select ';' */]\n1:19 [x]\n");
    SPLIT("/*! select '*/' */;", "1:1 [/*! select '*/' */]\n");
    SPLIT("create /*!50017 definer=`a;b`@`c` */ x;y;",
          "1:1 [create /*!50017 definer=`a;b`@`c` */ x]\n1:40 [y]\n");
    SPLIT("/*!50003 a */ /* ; */ b;", "1:1 [/*!50003 a */ /* ; */ b]\n");
}

static void test_unterminated(void **state)
{
    (void) state;
    SPLIT("select 1;\nselect 'abc;\n", "1:1 [select 1]\n2:8 open '\n");
    SPLIT("select \"abc", "1:8 open \"\n");
    SPLIT("select `abc", "1:8 open `\n");
    SPLIT("select /* abc", "1:8 open /*\n");
    SPLIT("  /* abc\n\n", "1:3 open /*\n");
    SPLIT("x;/*", "1:1 [x]\n1:3 open /*\n");
    SPLIT("a\n'b\nc' \n 'd\n\n", "4:2 open '\n");
    SPLIT("'", "1:1 open '\n");
    SPLIT("'\\", "1:1 open '\n");
    SPLIT("'a\\'", "1:1 open '\n");
    SPLIT("/*/", "1:1 open /*\n");
    SPLIT("/* *", "1:1 open /*\n");
    // What is code in a comment is an open statement like any other.
    SPLIT("/*! abc", "1:1 [/*! abc] end\n");
    SPLIT("/*!", "1:1 [/*!] end\n");
    SPLIT("/*M!", "1:1 [/*M!] end\n");
    SPLIT("/*M", "1:1 open /*\n");
    SPLIT("\n\n   'x", "3:4 open '\n");
}

// A doubled quote is part of the string, which began before it.
static void test_unterminated_with_doubled_quote(void **state)
{
    (void) state;
    SPLIT("a 'b' 'c''d", "1:7 open '\n");
    SPLIT("a \"b\"\"\nc\"\"d", "1:3 open \"\n");
    SPLIT("a `b``c", "1:3 open `\n");
}

static void test_delimiter(void **state)
{
    (void) state;
    SPLIT("delimiter //\nselect 1; select 2//select 3//",
          "2:1 [select 1; select 2]\n2:21 [select 3]\n");
    SPLIT("DELIMITER $$\nx;$$\nDELIMITER ;\ny;", "2:1 [x;]\n4:1 [y]\n");
    SPLIT("Delimiter  \t //  \nx//", "2:1 [x]\n");
    SPLIT("  delimiter //\nx//", "2:1 [x]\n");
    // The first word alone.
    SPLIT("delimiter // and more\nx//y//", "2:1 [x]\n2:4 [y]\n");
    SPLIT("delimiter end\nx end y end", "2:1 [x]\n2:7 [y]\n");
    // Quotes around it go.
    SPLIT("delimiter '//'\nx//", "2:1 [x]\n");
    SPLIT("delimiter \"//\"\nx//", "2:1 [x]\n");
    SPLIT("delimiter `//`\nx//", "2:1 [x]\n");
    SPLIT("delimiter ;;\na;b;;c;;", "2:1 [a;b]\n2:6 [c]\n");
    SPLIT("delimiter |\nbegin a; b; end|\ndelimiter ;\nc;", "2:1 [begin a; b; end]\n4:1 [c]\n");
    // Fifteen bytes are the most.
    SPLIT("delimiter 123456789012345\nx123456789012345y", "2:1 [x]\n2:17 [y] end\n");
    // Without a line's end behind it.
    SPLIT("delimiter //", "");
    SPLIT("x;\ndelimiter //", "1:1 [x]\n");
    // On the line of a statement before it.
    SPLIT("x; delimiter //\ny;//", "1:1 [x]\n2:1 [y;]\n");
}

static void test_bad_delimiter(void **state)
{
    (void) state;
    SPLIT("delimiter\nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("delimiter", "1:1 bad delimiter\n");
    SPLIT("delimiter   \nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("delimiter;x;", "1:1 bad delimiter\n1:11 [x]\n");
    SPLIT("delimiter ''\nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("delimiter a\\b\nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("delimiter 1234567890123456\nx;", "1:1 bad delimiter\n2:1 [x]\n");
    SPLIT("\n y;\n delimiter \\\nx;", "2:2 [y]\n3:2 bad delimiter\n4:1 [x]\n");
    // The old one stays.
    SPLIT("delimiter //\ndelimiter\nx;y//", "2:1 bad delimiter\n3:1 [x;y]\n");
}

static void test_overlapping_delimiter(void **state)
{
    (void) state;
    SPLIT("delimiter $$\na$$$b$$", "2:1 [a]\n2:4 [$b]\n");
    SPLIT("delimiter $$\na$b$$", "2:1 [a$b]\n");
    SPLIT("delimiter aab\nxaaab y", "2:1 [xa]\n2:7 [y] end\n");
    SPLIT("delimiter abab\nxababab", "2:1 [x]\n2:6 [ab] end\n");
    SPLIT("delimiter ;;\na;;;b;", "2:1 [a]\n2:4 [;b;] end\n");
    // A prefix of it at the end of the input.
    SPLIT("delimiter //\na/", "2:1 [a/] end\n");
    SPLIT("delimiter abc\nxab", "2:1 [xab] end\n");
    // One that begins as a comment or a quote does.
    SPLIT("delimiter //\na/*//*/b//", "2:1 [a/*//*/b]\n");
    SPLIT("delimiter --\na--b--", "2:1 [a]\n2:4 [b]\n");
    SPLIT("delimiter #\na#b#", "2:1 [a]\n2:3 [b]\n");
    SPLIT("delimiter /\na/b/", "2:1 [a]\n2:3 [b]\n");
    // Not in strings, names and comments.
    SPLIT("delimiter //\n'//' \"//\" `//` /*//*/ -- //\n# //\nx//",
          "2:1 ['//' \"//\" `//` /*//*/ -- //\n# //\nx]\n");
}

static void test_semicolon_is_text_under_another_delimiter(void **state)
{
    (void) state;
    SPLIT("delimiter //\n;//\n;;//", "2:1 [;]\n3:1 [;;]\n");
    SPLIT("delimiter //\ncreate procedure p() begin select 1; select ';'; end//\nx//",
          "2:1 [create procedure p() begin select 1; select ';'; end]\n3:1 [x]\n");
}

static void test_go(void **state)
{
    (void) state;
    SPLIT("select 1\\g", "1:1 [select 1] \\g\n");
    SPLIT("select 1\\G", "1:1 [select 1] \\G\n");
    SPLIT("select 1 \\G select 2 \\g\nx;", "1:1 [select 1] \\G\n1:13 [select 2] \\g\n2:1 [x]\n");
    SPLIT("select 1\\gselect 2\\Gx", "1:1 [select 1] \\g\n1:11 [select 2] \\G\n1:21 [x] end\n");
    SPLIT("select 1;\\g\\G;", "1:1 [select 1]\n");
    SPLIT("\\g\\G", "");
    SPLIT("select 1\n\\g\nx;", "1:1 [select 1] \\g\n3:1 [x]\n");
    SPLIT("delimiter //\nx\\g y//", "2:1 [x] \\g\n2:5 [y]\n");
    // By their long names.
    SPLIT("select 1\\go x;", "1:1 [select 1] \\g\n1:13 [x]\n");
    SPLIT("select 1\\ego x;", "1:1 [select 1] \\G\n1:14 [x]\n");
    // The word in SQL is sent by them, even if it is a command's.
    SPLIT("use x\\g", "1:1 [use x] \\g\n");
}

static void test_clear(void **state)
{
    (void) state;
    SPLIT("select 1 \\c select 2;", "1:13 [select 2]\n");
    SPLIT("select 1\n, 2 \\c\nselect 3;", "3:1 [select 3]\n");
    SPLIT("\\c;\\c x;", "1:7 [x]\n");
    SPLIT("select 'a\\c' \\c x;", "1:17 [x]\n");
}

static void test_null_literal(void **state)
{
    (void) state;
    SPLIT("select \\N;x;", "1:1 [select \\N]\n1:11 [x]\n");
    SPLIT("\\N;", "1:1 [\\N]\n");
    SPLIT("insert into t values (\\N,\\N);x;", "1:1 [insert into t values (\\N,\\N)]\n1:30 [x]\n");
    SPLIT("select \\N", "1:1 [select \\N] end\n");
}

static void test_odd_bytes(void **state)
{
    (void) state;
    SPLIT("select 'a\0;b';x;", "1:1 [select 'a\0;b']\n1:15 [x]\n");
    SPLIT("a\0b;\0;", "1:1 [a\0b]\n1:5 [\0]\n");
    SPLIT("--\0;\nx;", "2:1 [x]\n");
    SPLIT("select '\xff\xc3;';x;", "1:1 [select '\xff\xc3;']\n1:14 [x]\n");
    SPLIT("\xc3\xa4;\xe4\xb8\xad;", "1:1 [\xc3\xa4]\n1:4 [\xe4\xb8\xad]\n");
    // A backslash alone, before white space; at a line's end it is nothing.
    SPLIT("a \\ b;", "1:1 [a \\ b]\n");
    SPLIT("a \\\n, b;", "1:1 [a  \n, b]\n");
    SPLIT("a \\\r\n, 'b\\\n' -- \\\n;", "1:1 [a  \n, 'b\\\n' -- \\]\n");
    SPLIT("a \\", "1:1 [a] end\n");
    SPLIT("\\\na;", "2:1 [a]\n");
    SPLIT("\\", "");
    // So are control characters at the end.
    SPLIT("a\x01 ;\x1a", "1:1 [a]\n");
    SPLIT("a '\x1a'\x1a", "1:1 [a '\x1a'] end\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_doubled_quotes),
        cmocka_unit_test(test_backslash_escapes),
        cmocka_unit_test(test_no_backslash_escapes),
        cmocka_unit_test(test_switching_escapes_keeps_delimiter),
        cmocka_unit_test(test_line_comments),
        cmocka_unit_test(test_dashes),
        cmocka_unit_test(test_block_comments),
        cmocka_unit_test(test_code_in_comments),
        cmocka_unit_test(test_unterminated),
        cmocka_unit_test(test_unterminated_with_doubled_quote),
        cmocka_unit_test(test_delimiter),
        cmocka_unit_test(test_bad_delimiter),
        cmocka_unit_test(test_overlapping_delimiter),
        cmocka_unit_test(test_semicolon_is_text_under_another_delimiter),
        cmocka_unit_test(test_go),
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_null_literal),
        cmocka_unit_test(test_odd_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
