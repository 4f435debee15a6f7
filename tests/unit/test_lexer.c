#include "support.h"

#include "marsh/sql/lexer.h"

// One token a line: its kind's letter, then its text.
static void trace(struct buf *out, const char *text, size_t len, bool escapes)
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
    lexer_init(&lexer, copy, len);
    lexer.backslash_escapes = escapes;
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

static void check_lex(const char *text, size_t len, bool escapes, const char *expected, int line)
{
    struct buf out = BUF_INIT;
    trace(&out, text, len, escapes);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
}
#define LEX(literal, expected) check_lex(literal, sizeof(literal) - 1, true, expected, __LINE__)
#define LEX_PLAIN(literal, expected)                                                               \
    check_lex(literal, sizeof(literal) - 1, false, expected, __LINE__)

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
}

static void test_odd_bytes(void **state)
{
    (void) state;
    LEX("a;", "wa\n.;\n");
    struct buf out = BUF_INIT;
    trace(&out, "a\0b", 3, true);
    check_buf(&out, "wa\n.\0\nwb\n");
    buf_clear(&out);
    trace(&out, "@\0", 2, true);
    check_buf(&out, "@@\n.\0\n");
    buf_finish(&out);
}

static struct token first_token(const char *text)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, strlen(text));
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
        {"abc", "abc"},    {"`abc`", "abc"}, {"`a``b`", "a`b"},
        {"````", "`"},     {"`` x", ""},     {"`a b`", "a b"},
        {"`open", "open"}, {"`", ""},        {"`\xc3\xa4`", "\xc3\xa4"},
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
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_variables),  cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_comments),   cmocka_unit_test(test_code_in_comments),
        cmocka_unit_test(test_odd_bytes),  cmocka_unit_test(test_token_is),
        cmocka_unit_test(test_token_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
