// JSON, read where it stands: what is good, what is not and where, and what strings mean.
#include "support.h"

#include "marsh/base/json.h"
#include "marsh/base/mem.h"

// Read in a copy of just its size, so that a sanitizer sees a read beyond.
static void check_good(const char *text, size_t len, enum json_kind kind, const char *extent,
                       int line)
{
    struct error err = ERROR_INIT;
    struct json_value value;
    CLEANUP(mem_free_at) char *copy = mem_alloc(len);
    memcpy(copy, text, len);
    support_check_ok(json_read(copy, len, &value, &err), &err, text, __FILE__, line);
    assert_int_equal(value.kind, kind);
    support_check_bytes(value.text, value.len, extent, strlen(extent), __FILE__, line);
}
#define GOOD(literal, kind) VALUE(literal, kind, literal)
#define VALUE(literal, kind, extent)                                                               \
    check_good(literal, sizeof(literal) - 1, kind, extent, __LINE__)

static void check_bad(const char *text, size_t len, const char *message, int line)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *copy = mem_alloc(len);
    memcpy(copy, text, len);
    if (json_read(copy, len, NULL, &err))
        fail_msg("line %d: is taken for JSON: %s", line, text);
    support_check_error(&err, ERROR_USAGE, message, false, __FILE__, line);
}
#define BAD(literal, message) check_bad(literal, sizeof(literal) - 1, message, __LINE__)

// What a string means; `escaped` says whether it stands there.
static void check_string(const char *text, size_t len, const char *expected, size_t expected_len,
                         bool escaped, int line)
{
    struct error err = ERROR_INIT;
    struct json_value value;
    struct buf out = BUF_INIT;
    support_check_ok(json_read(text, len, &value, &err), &err, text, __FILE__, line);
    assert_int_equal(value.escaped, escaped);
    json_decode_string(&value, &out);
    support_check_bytes(out.data, out.len, expected, expected_len, __FILE__, line);
    buf_finish(&out);
}
#define STRING(literal, expected)                                                                  \
    check_string(literal, sizeof(literal) - 1, expected, sizeof(expected) - 1,                     \
                 strchr(literal, '\\') != NULL, __LINE__)

static void test_kinds(void **state)
{
    (void) state;
    GOOD("null", JSON_KIND_NULL);
    GOOD("true", JSON_KIND_TRUE);
    GOOD("false", JSON_KIND_FALSE);
    GOOD("0", JSON_KIND_NUMBER);
    GOOD("\"\"", JSON_KIND_STRING);
    GOOD("[]", JSON_KIND_ARRAY);
    GOOD("{}", JSON_KIND_OBJECT);
    GOOD("[1,\"a\",null,[true],{\"b\":[]}]", JSON_KIND_ARRAY);
    GOOD("{\"a\":1,\"b\":[{},{\"c\":null}],\"a\":\"\"}", JSON_KIND_OBJECT);
    GOOD("[[],[[]],{\"a\":{}},[{}]]", JSON_KIND_ARRAY);
    GOOD("[[0],{\"a\":0},0]", JSON_KIND_ARRAY);
}

static void test_white_space(void **state)
{
    (void) state;
    VALUE(" \t\r\n1 \t\r\n", JSON_KIND_NUMBER, "1");
    VALUE("\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } }\n", JSON_KIND_OBJECT,
          "{ \"a\" : [ 1 , 2 ] , \"b\" : { } }");
    BAD("\f1", "byte 1: a value is missing");
    BAD("1\v", "byte 2: something stands behind the value");
    BAD("\xc2\xa0"
        "1",
        "byte 1: a value is missing");
    BAD("\xef\xbb\xbf"
        "1",
        "byte 1: a value is missing");
}

static void test_numbers(void **state)
{
    (void) state;
    GOOD("-0", JSON_KIND_NUMBER);
    GOOD("0.0", JSON_KIND_NUMBER);
    GOOD("10", JSON_KIND_NUMBER);
    GOOD("-12.50", JSON_KIND_NUMBER);
    GOOD("1e5", JSON_KIND_NUMBER);
    GOOD("1E+05", JSON_KIND_NUMBER);
    GOOD("0e-0", JSON_KIND_NUMBER);
    GOOD("18446744073709551616", JSON_KIND_NUMBER);
    GOOD("-99999999999999999999999999999999999.999999999999999999999999999999", JSON_KIND_NUMBER);
    GOOD("1e99999", JSON_KIND_NUMBER);
    BAD("-", "byte 2: a digit is missing");
    BAD("+1", "byte 1: a value is missing");
    BAD(".5", "byte 1: a value is missing");
    BAD("5.", "byte 3: a digit is missing");
    BAD("5.e1", "byte 3: a digit is missing");
    BAD("-.5", "byte 2: a digit is missing");
    BAD("1e", "byte 3: a digit is missing");
    BAD("1e+", "byte 4: a digit is missing");
    BAD("1e+-1", "byte 4: a digit is missing");
    BAD("01", "byte 2: a number begins with a superfluous zero");
    BAD("-00", "byte 3: a number begins with a superfluous zero");
    BAD("0x1", "byte 2: something stands behind the value");
    BAD("1 2", "byte 3: something stands behind the value");
    BAD("NaN", "byte 1: a value is missing");
    BAD("-Infinity", "byte 2: a digit is missing");
}

static void test_words(void **state)
{
    (void) state;
    BAD("nul", "byte 1: a value is missing");
    BAD("nulL", "byte 1: a value is missing");
    BAD("True", "byte 1: a value is missing");
    BAD("falsee", "byte 6: something stands behind the value");
    BAD("tru", "byte 1: a value is missing");
    BAD("'a'", "byte 1: a value is missing");
    BAD("// c\n1", "byte 1: a value is missing");
    BAD("\0", "byte 1: a value is missing");
    BAD("", "byte 1: a value is missing");
    BAD("  ", "byte 3: a value is missing");
}

static void test_arrays_and_objects(void **state)
{
    (void) state;
    BAD("[", "byte 2: a value is missing");
    BAD("]", "byte 1: a value is missing");
    BAD("[1", "byte 3: a ',' or ']' is missing");
    BAD("[1,", "byte 4: a value is missing");
    BAD("[1,]", "byte 4: a value is missing");
    BAD("[,1]", "byte 2: a value is missing");
    BAD("[1 2]", "byte 4: a ',' or ']' is missing");
    BAD("[1}", "byte 3: a ',' or ']' is missing");
    BAD("[]]", "byte 3: something stands behind the value");
    BAD("{", "byte 2: a key is missing");
    BAD("{\"a\"", "byte 5: a ':' is missing");
    BAD("{\"a\",1}", "byte 5: a ':' is missing");
    BAD("{\"a\":", "byte 6: a value is missing");
    BAD("{\"a\":}", "byte 6: a value is missing");
    BAD("{\"a\":1", "byte 7: a ',' or '}' is missing");
    BAD("{\"a\":1,}", "byte 8: a key is missing");
    BAD("{\"a\":1]", "byte 7: a ',' or '}' is missing");
    BAD("{\"a\":1 \"b\":2}", "byte 8: a ',' or '}' is missing");
    BAD("{a:1}", "byte 2: a key is missing");
    BAD("{1:1}", "byte 2: a key is missing");
    BAD("[{\"a\":[}]", "byte 8: a value is missing");
    BAD("[[1],{\"a\":[2]},3", "byte 17: a ',' or ']' is missing");
}

static void test_strings(void **state)
{
    (void) state;
    STRING("\"\"", "");
    STRING("\"abc\"", "abc");
    STRING("\"\x7f/\"", "\x7f/");
    STRING("\"\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80\"", "\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
    STRING("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    STRING("\"x\\ny\\\\\\\\z\"", "x\ny\\\\z");
    STRING("\"\\u0000\\u0041\\u007F\\u0080\"", "\0A\x7f\xc2\x80");
    STRING("\"\\u07ff\\u0800\\uFFFF\\uffff\"", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xef\xbf\xbf");
    STRING("\"\\ud83d\\uDE00\\ud800\\udc00\\udbff\\udfff!\"",
           "\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf!");
    STRING("\"\\ud7ff\\ue000\"", "\xed\x9f\xbf\xee\x80\x80");
}

static void test_bad_strings(void **state)
{
    (void) state;
    BAD("\"", "byte 2: a string has no end");
    BAD("\"abc", "byte 5: a string has no end");
    BAD("\"\\\"", "byte 4: a string has no end");
    BAD("\"a\nb\"", "byte 3: a control character in a string");
    BAD("\"\0\"", "byte 2: a control character in a string");
    BAD("\"\x1f\"", "byte 2: a control character in a string");
    BAD("\"\\x41\"", "byte 2: an unknown escape in a string");
    BAD("\"\\\0\"", "byte 2: an unknown escape in a string");
    BAD("\"\\U0041\"", "byte 2: an unknown escape in a string");
    BAD("\"a\\", "byte 3: an unknown escape in a string");
    BAD("\"\\u004g\"", "byte 2: \\u without four hexadecimal digits");
    BAD("\"\\u 041\"", "byte 2: \\u without four hexadecimal digits");
    BAD("\"\\u004\"", "byte 2: \\u without four hexadecimal digits");
    BAD("\"\\u", "byte 2: \\u without four hexadecimal digits");
    BAD("\"\\ud800\"", "byte 2: half of a surrogate pair in a string");
    BAD("\"\\udc00\"", "byte 2: half of a surrogate pair in a string");
    BAD("\"\\udfff\\ud800\"", "byte 2: half of a surrogate pair in a string");
    BAD("\"\\ud800\\ud800\"", "byte 2: half of a surrogate pair in a string");
    BAD("\"\\ud800\\u0041\"", "byte 2: half of a surrogate pair in a string");
    BAD("\"\\ud800\\n\"", "byte 2: half of a surrogate pair in a string");
    BAD("\"\\ud800\\udc0", "byte 2: half of a surrogate pair in a string");
    BAD("\"\xff\"", "byte 2: not UTF-8");
    BAD("\"a\xc3\"", "byte 3: not UTF-8");
    BAD("\"\xc0\x80\"", "byte 2: not UTF-8");
    BAD("\"\xed\xa0\x80\"", "byte 2: not UTF-8");
    BAD("\"\xf4\x90\x80\x80\"", "byte 2: not UTF-8");
    BAD("\"\xe6\xbc", "byte 2: not UTF-8");
    BAD("{\"\\u00\":1}", "byte 3: \\u without four hexadecimal digits");
}

static void add_nested(struct buf *text, const char *open, const char *close, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        buf_add_text(text, open);
    buf_add_char(text, '0');
    for (size_t i = 0; i < depth; i++)
        buf_add_text(text, close);
}

static void test_depth(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct buf text = BUF_INIT;
    add_nested(&text, "[", "]", 512);
    check_ok(json_read(text.data, text.len, NULL, &err), &err);
    buf_clear(&text);
    add_nested(&text, "[", "]", 513);
    assert_false(json_read(text.data, text.len, NULL, &err));
    check_error(&err, ERROR_USAGE, "byte 514: nested too deeply");
    // The same for a cursor, to which the outermost object belongs.
    struct json_cursor cursor;
    struct json_member member;
    buf_clear(&text);
    add_nested(&text, "{\"a\":", "}", 512);
    check_ok(json_cursor_begin(&cursor, text.data, text.len, &err), &err);
    assert_int_equal(json_cursor_next(&cursor, &member, &err), JSON_STEP_MEMBER);
    assert_int_equal(json_cursor_next(&cursor, &member, &err), JSON_STEP_END);
    buf_clear(&text);
    add_nested(&text, "{\"a\":", "}", 513);
    check_ok(json_cursor_begin(&cursor, text.data, text.len, &err), &err);
    assert_int_equal(json_cursor_next(&cursor, &member, &err), JSON_STEP_BAD);
    check_error(&err, ERROR_USAGE, "byte 2562: nested too deeply");
    // Wide is not deep.
    buf_clear(&text);
    buf_add_char(&text, '[');
    for (int i = 0; i < 1000; i++)
        buf_add_text(&text, "[{}],");
    buf_add_text(&text, "0]");
    check_ok(json_read(text.data, text.len, NULL, &err), &err);
    buf_finish(&text);
}

// The members as "key=extent;", and how it ends: "." or the error.
static void check_members(const char *text, const char *expected, int line)
{
    struct error err = ERROR_INIT;
    struct json_cursor cursor;
    struct json_member member;
    struct buf out = BUF_INIT;
    size_t len = strlen(text);
    CLEANUP(mem_free_at) char *copy = mem_alloc(len);
    memcpy(copy, text, len);
    enum json_step step = JSON_STEP_BAD;
    if (json_cursor_begin(&cursor, copy, len, &err)) {
        while ((step = json_cursor_next(&cursor, &member, &err)) == JSON_STEP_MEMBER) {
            assert_int_equal(member.key.kind, JSON_KIND_STRING);
            json_decode_string(&member.key, &out);
            buf_printf(&out, "=%d:%.*s;", (int) member.value.kind, (int) member.value.len,
                       member.value.text);
        }
    }
    buf_add_text(&out, step == JSON_STEP_END ? "." : err.message);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    error_finish(&err);
    buf_finish(&out);
}
#define MEMBERS(text, expected) check_members(text, expected, __LINE__)

static void test_members(void **state)
{
    (void) state;
    MEMBERS("{}", ".");
    MEMBERS(" { } \r\n", ".");
    MEMBERS("{\"a\":null,\"b\" : true , \"c\":false}", "a=0:null;b=2:true;c=1:false;.");
    MEMBERS("{\"a\":-1.50,\"b\":\"x\\ny\",\"c\":[1, {}],\"d\":{\"a\" : 1}}",
            "a=3:-1.50;b=4:\"x\\ny\";c=5:[1, {}];d=6:{\"a\" : 1};.");
    MEMBERS("{\"\":1,\"\\u00e4\\n\":2,\"a\":3,\"a\":4}", "=3:1;\xc3\xa4\n=3:2;a=3:3;a=3:4;.");
    MEMBERS("[]", "byte 1: no object begins here");
    MEMBERS("  1", "byte 3: no object begins here");
    MEMBERS("", "byte 1: no object begins here");
    MEMBERS("{", "byte 2: a key is missing");
    MEMBERS("{,}", "byte 2: a key is missing");
    MEMBERS("{\"a\":1", "a=3:1;byte 7: a ',' or '}' is missing");
    MEMBERS("{\"a\":1,", "a=3:1;byte 8: a key is missing");
    MEMBERS("{\"a\":1,}", "a=3:1;byte 8: a key is missing");
    MEMBERS("{\"a\":1 2}", "a=3:1;byte 8: a ',' or '}' is missing");
    MEMBERS("{\"a\":01}", "byte 7: a number begins with a superfluous zero");
    MEMBERS("{\"a\":1} {", "a=3:1;byte 9: something stands behind the value");
    MEMBERS("{\"a\":[1,]}", "byte 9: a value is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_white_space),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_arrays_and_objects),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_bad_strings),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
