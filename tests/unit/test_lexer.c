#include "support.h"

#include "marsh/sql/lexer.h"

// One token a line: its kind's letter, then its text.
static void trace(struct buf *out, const char *text, size_t len, const struct dialect *dialect)
{
    static const char kinds[] = {
        [TOKEN_WORD] = 'w',        [TOKEN_NAME] = 'n',        [TOKEN_STRING] = 's',
        [TOKEN_NUMBER] = '#',      [TOKEN_PLACEHOLDER] = '?', [TOKEN_VARIABLE] = '@',
        [TOKEN_PUNCTUATION] = '.',
    };
    // Exactly as long as the text: a look behind it is an error that the sanitizers see.
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, copy, len, dialect);
    while (lexer_next(&lexer, &token)) {
        assert_true(token.len > 0);
        assert_true(token.text >= copy && token.text + token.len <= copy + len);
        buf_add_char(out, kinds[token.kind]);
        buf_add(out, token.text, token.len);
        buf_add_char(out, '\n');
    }
    assert_false(lexer_next(&lexer, &token));
    free(copy);
}

static void check_lex(const char *text, size_t len, const struct dialect *dialect,
                      const char *expected, int line)
{
    struct buf out = BUF_INIT;
    trace(&out, text, len, dialect);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
}
#define LEX_FOR(dialect, literal, expected)                                                        \
    check_lex(literal, sizeof(literal) - 1, dialect, expected, __LINE__)
#define LEX(literal, expected) LEX_FOR(NULL, literal, expected)
#define LEX_PLAIN(literal, expected)                                                               \
    LEX_FOR(&(struct dialect){.plain_backslashes = true}, literal, expected)

static void test_kinds(void **state)
{
    (void) state;
    LEX("", "");
    LEX(" \t\r\n ", "");
    LEX("select a_b$1 from `t`", "wselect\nwa_b$1\nwfrom\nn`t`\n");
    LEX("'a' \"b\" 1 1.5 ?", "s'a'\ns\"b\"\n#1\n#1.5\n??\n");
    LEX("(a,b);", ".(\nwa\n.,\nwb\n.)\n.;\n");
    LEX("\xc3\xa4.\xe4\xb8\xad", "w\xc3\xa4\n..\nw\xe4\xb8\xad\n");
    LEX("a+b-c*d/e", "wa\n.+\nwb\n.-\nwc\n.*\nwd\n./\nwe\n");
}

static void test_numbers(void **state)
{
    (void) state;
    LEX("1e5 1E+5 1e-5 0x1F 0b01", "#1e5\n#1E+5\n#1e-5\n#0x1F\n#0b01\n");
    LEX("1-1", "#1\n.-\n#1\n");
    LEX("1,2", "#1\n.,\n#2\n");
    LEX("3abc", "#3abc\n");
}

static void test_variables(void **state)
{
    (void) state;
    LEX("@x @@y @@global.z", "@@x\n@@@y\n@@@global.z\n");
    LEX("@`a b` @'c)' @\"d\"", "@@`a b`\n@@'c)'\n@@\"d\"\n");
    LEX("@", "@@\n");
    LEX("@,@a", "@@\n.,\n@@a\n");
    LEX("@@session.`a b` @@`x`.y", "@@@session.`a b`\n@@@`x`.y\n");
    LEX("@@\"x\"=1", "@@@\"x\"\n.=\n#1\n");
    LEX("@`a`.b", "@@`a`\n..\nwb\n");
    LEX("@a.b @@ @@a.", "@@a.b\n@@@\n@@@a.\n");
}

static void test_quotes(void **state)
{
    (void) state;
    LEX("'a''b' \"a\"\"b\" `a``b`", "s'a''b'\ns\"a\"\"b\"\nn`a``b`\n");
    LEX("'a\\'b' \"a\\\"b\"", "s'a\\'b'\ns\"a\\\"b\"\n");
    LEX("`a\\` b", "n`a\\`\nwb\n");
    LEX("'\\\\' a", "s'\\\\'\nwa\n");
    LEX("'' \"\" ``", "s''\ns\"\"\nn``\n");
    LEX_PLAIN("'a\\' b", "s'a\\'\nwb\n");
    LEX_PLAIN("\"a\\\" b", "s\"a\\\"\nwb\n");
    // Unterminated ones end with the text.
    LEX("a 'b c", "wa\ns'b c\n");
    LEX("\"b\\", "s\"b\\\n");
    LEX("`b", "n`b\n");
    LEX("'", "s'\n");
    LEX("'a''", "s'a''\n");
}

static void test_comments(void **state)
{
    (void) state;
    LEX("a -- b\nc", "wa\nwc\n");
    LEX("a # b\nc", "wa\nwc\n");
    LEX("a#b\nc#d", "wa\nwc\n");
    LEX("a /* b 'c */ d", "wa\nwd\n");
    LEX("a/**/b", "wa\nwb\n");
    LEX("/* a", "");
    LEX("-- a", "");
    LEX("--", "");
    LEX("a --", "wa\n");
    // Two minus signs.
    LEX("1--2", "#1\n.-\n.-\n#2\n");
    LEX("--2", ".-\n.-\n#2\n");
    // No comment in a string, no string in a comment.
    LEX("'/*' a '*/'", "s'/*'\nwa\ns'*/'\n");
    LEX("/* ' */ a", "wa\n");
    LEX("-- '\na", "wa\n");
    LEX("a /* x */ /* y */ -- z\n # w\n b", "wa\nwb\n");
}

static void test_code_in_comments(void **state)
{
    (void) state;
    LEX("/*! a */ b", "wa\nwb\n");
    LEX("/*!50003 call p(?) */", "wcall\nwp\n.(\n??\n.)\n");
    LEX("/*M!100100 a */", "wa\n");
    LEX("/*M a */ b", "wb\n");
    LEX("/*!", "");
    LEX("/*!a", "wa\n");
    LEX("a */ b", "wa\n.*\n./\nwb\n");
    LEX("/*! a */ b */", "wa\nwb\n.*\n./\n");
    // Four digits are no version.
    LEX("/*!5000 a */", "#5000\nwa\n");
}

// As 10.11.19 was seen to do it.
static void test_code_for_mariadb(void **state)
{
    (void) state;
    static const struct dialect maria = {.mariadb = true, .version = 101119};
    static const char *const runs[] = {"/*!50699 a */",  "/*!100000 a */", "/*!101119 a */",
                                       "/*M!50700 a */", "/*M!99999 a */", "/*M!101119 a */",
                                       "/*! a */",       "/*M! a */"};
    static const char *const skips[] = {"/*!50700 a */",   "/*!99999 a */",  "/*!101120 a */",
                                        "/*M!101120 a */", "/*!999999 a */", "/*!500001 a */"};
    for (size_t i = 0; i < LENGTH(runs); i++)
        check_lex(runs[i], strlen(runs[i]), &maria, "wa\n", __LINE__);
    for (size_t i = 0; i < LENGTH(skips); i++)
        check_lex(skips[i], strlen(skips[i]), &maria, "", __LINE__);
    LEX_FOR(&maria, "1 /*!999999 /* nested */ +1 */ + 5", "#1\n.+\n#5\n");
    LEX_FOR(&maria, "1 /*!50000 +1 /*!999999 +1 */ +2 */ + 5", "#1\n.+\n#1\n.+\n#2\n.+\n#5\n");
    LEX_FOR(&maria, "1 /*!999999 +1 /*!50000 +1 */ +2 */ + 5", "#1\n.+\n#5\n");
    LEX_FOR(&maria, "1 /*!999999 'x */ +1", "#1\n.+\n#1\n");
    LEX_FOR(&maria, "1 /*!50000 +1 /*!50000 +1 */ */", "#1\n.+\n#1\n.+\n#1\n.*\n./\n");
    LEX_FOR(&maria, "/*!999999 a", "");
}

static void test_code_for_mysql(void **state)
{
    (void) state;
    static const struct dialect mysql = {.version = 80036};
    LEX_FOR(&mysql, "/*!50700 a */ /*!80036 b */ /*!80037 c */ /*! d */", "wa\nwb\nwd\n");
    LEX_FOR(&mysql, "/*M! a */ /*M!50000 b */ /*M!50000 /* */ c", "wc\n");
    LEX_FOR(&mysql, "/*!999999 a */", "");
}

// Nobody knows: one reading or the other, and it is said that there are two.
static void test_doubtful_code(void **state)
{
    (void) state;
    static const struct dialect mysql = {.version = 80036};
    static const struct {
        const struct dialect *dialect;
        const char *text;
        bool doubtful;
    } rows[] = {
        {NULL, "/*!50000 a */", false},   {NULL, "/*! a */", false},
        {NULL, "/*!80000 a */", true},    {NULL, "/*M! a */", true},
        {&mysql, "/*!800360 a */", true}, {NULL, "/* a */ a", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        for (int cautious = 0; cautious < 2; cautious++) {
            struct lexer lexer;
            struct token token;
            lexer_init(&lexer, rows[i].text, strlen(rows[i].text), rows[i].dialect);
            lexer.cautious = cautious != 0;
            bool any = lexer_next(&lexer, &token);
            assert_int_equal(any, !rows[i].doubtful || cautious == 0);
            assert_int_equal(lexer.doubtful, rows[i].doubtful);
        }
    }
}

static void test_backslash_is_noted(void **state)
{
    (void) state;
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, "`\\` \\ 'a' '\\'", 13, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_true(lexer_next(&lexer, &token) && !lexer.backslash);
    assert_true(lexer_next(&lexer, &token) && lexer.backslash);
}

static void check_dialect(const char *greeting, bool mariadb, unsigned version)
{
    struct dialect dialect;
    dialect_init(&dialect, greeting, true);
    if (dialect.mariadb != mariadb || dialect.version != version)
        fail_msg("%s: %d %u", greeting == NULL ? "NULL" : greeting, dialect.mariadb,
                 dialect.version);
    assert_false(dialect.plain_backslashes);
}

static void test_dialects(void **state)
{
    (void) state;
    check_dialect("10.11.19-MariaDB-0+deb12u1", true, 101119);
    check_dialect("5.5.5-10.11.19-MariaDB", true, 101119);
    check_dialect("5.5.68-MariaDB", true, 50568);
    check_dialect("8.0.36-0ubuntu0.22.04.1", false, 80036);
    check_dialect("5.7.44-log", false, 50744);
    check_dialect("11.4.2", false, 0);
    check_dialect("8.0.11 (ProxySQL)", false, 0);
    check_dialect("10.5.10 2.5.8-maxscale", false, 0);
    check_dialect("nonsense", false, 0);
    check_dialect("", false, 0);
    check_dialect(NULL, false, 0);
    struct dialect dialect;
    dialect_init(&dialect, NULL, false);
    assert_true(dialect.plain_backslashes);
}

static void test_odd_bytes(void **state)
{
    (void) state;
    LEX("a;", "wa\n.;\n");
    struct buf out = BUF_INIT;
    trace(&out, "a\0b", 3, NULL);
    check_buf(&out, "wa\n.\0\nwb\n");
    buf_clear(&out);
    trace(&out, "@\0", 2, NULL);
    check_buf(&out, "@@\n.\0\n");
    buf_finish(&out);
}

static struct token first_token(const char *text)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, strlen(text), NULL);
    assert_true(lexer_next(&lexer, &token));
    return token;
}

static void test_token_is(void **state)
{
    (void) state;
    struct token word = first_token("CaLL x");
    assert_true(token_is(&word, "call"));
    word.text = "CALL";
    assert_true(token_is(&word, "call"));
    assert_false(token_is(&word, "cal"));
    assert_false(token_is(&word, "calls"));
    assert_false(token_is_char(&word, 'C'));
    struct token name = first_token("`call`");
    assert_false(token_is(&name, "call"));
    assert_false(token_is(&name, "`call`"));
    struct token comma = first_token(", x");
    assert_true(token_is_char(&comma, ','));
    assert_false(token_is_char(&comma, '.'));
    struct token place = first_token("?");
    assert_false(token_is_char(&place, '?'));
}

static void test_token_name(void **state)
{
    (void) state;
    static const char *const rows[][2] = {
        {"abc", "abc"},         {"`abc`", "abc"}, {"`a``b`", "a`b"},
        {"````", "`"},          {"`` x", ""},     {"`a b`", "a b"},
        {"`open", "open"},      {"`", ""},        {"`\xc3\xa4`", "\xc3\xa4"},
        {"\"a\"\"b\"", "a\"b"}, {"'a'", "'a'"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct token token = first_token(rows[i][0]);
        char *name = token_name(&token);
        check_text(name, rows[i][1]);
        free(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_code_in_comments),
        cmocka_unit_test(test_odd_bytes),
        cmocka_unit_test(test_token_is),
        cmocka_unit_test(test_token_name),
        cmocka_unit_test(test_code_for_mariadb),
        cmocka_unit_test(test_code_for_mysql),
        cmocka_unit_test(test_doubtful_code),
        cmocka_unit_test(test_backslash_is_noted),
        cmocka_unit_test(test_dialects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
