// jsonl: keys as columns, what each kind of value becomes, and what is wrong.
#include "feed_check.h"

#define JSONL(literal, expected) check_feed(FEED_JSONL, literal, expected)

static void test_rows(void **state)
{
    (void) state;
    JSONL("{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n", "a|b\n1: <1> <x>\n2: <2> <y>\n.");
    JSONL("{\"a\":1}", "a\n1: <1>\n.");
    JSONL(" { \"a\" : 1 } \r\n{\"a\":2}\r\n", "a\n1: <1>\n2: <2>\n.");
    JSONL("\xef\xbb\xbf{\"a\":1}\n", "a\n1: <1>\n.");
}

static void test_values(void **state)
{
    (void) state;
    JSONL("{\"a\":null,\"b\":true,\"c\":false}\n", "a|b|c\n1: NULL <1> <0>\n.");
    JSONL("{\"a\":\"\",\"b\":\"null\",\"c\":\"NULL\",\"d\":\"\\\\N\"}\n",
          "a|b|c|d\n1: <> <null> <NULL> <\\N>\n.");
    JSONL("{\"a\":-0.10,\"b\":1E+2,\"c\":12345678901234567890123456789012345.123456789012345678}",
          "a|b|c\n1: <-0.10> <1E+2> <12345678901234567890123456789012345.123456789012345678>\n.");
    JSONL("{\"a\":\"x\\n\\\"y\",\"b\":\"\\u0000\\u00e4\\ud83d\\ude00\",\"c\":\"\xc3\xa4\"}\n",
          "a|b|c\n1: <x\n\"y> <\0\xc3\xa4\xf0\x9f\x98\x80> <\xc3\xa4>\n.");
    // What has parts is passed on as it stands.
    JSONL("{\"a\":[1, 2.50],\"b\":{ \"x\" : \"\\n\" },\"c\":[]}\n",
          "a|b|c\n1: <[1, 2.50]> <{ \"x\" : \"\\n\" }> <[]>\n.");
}

static void test_keys(void **state)
{
    (void) state;
    JSONL("{\"a\":1,\"b\":2,\"c\":3}\n{\"c\":4,\"a\":5,\"b\":6}\n{\"b\":7}\n{}\n{\"c\":null}\n",
          "a|b|c\n1: <1> <2> <3>\n2: <5> <6> <4>\n3: - <7> -\n4: - - -\n5: - - NULL\n.");
    // A key is what it means, however it is written; case counts.
    JSONL("{\"\\u0061\\n\":1,\"A\\n\":2}\n{\"A\\n\":3,\"a\\u000a\":4}\n",
          "a\n|A\n\n1: <1> <2>\n2: <4> <3>\n.");
}

static void test_blank_lines(void **state)
{
    (void) state;
    JSONL("\n \t\r\n{\"a\":1}\n\n{\"a\":2}\n \n", "a\n3: <1>\n5: <2>\n.");
    // Without an object there are no rows, and so no columns.
    JSONL("", "\n.");
    JSONL("\n \n", "\n.");
}

static void test_bad_rows(void **state)
{
    (void) state;
    JSONL("{\"a\":1}\n{\"a\":1,\"b\":2}\n{\"a\":3}\n",
          "a\n1: <1>\n2! f:2: key 'b' is not one of the first object's\n3: <3>\n.");
    JSONL("{\"a\":1}\n{\"a\":1,\"\\u0061\":2}\n{\"a\":3}\n",
          "a\n1: <1>\n2! f:2: key 'a' is there twice\n3: <3>\n.");
    JSONL("{\"a\":1}\n{\"\\u001b\":1}\n",
          "a\n1: <1>\n2! f:2: key '\\x1b' is not one of the first object's\n.");
    JSONL("{\"a\":1}\n{\"a\":01}\n[1]\n{\"a\":\n1}\n{\"a\":\"\xff\"}\n{\"a\":2} x\n{\"a\":3}\n",
          "a\n1: <1>\n"
          "2! f:2: byte 7: a number begins with a superfluous zero\n"
          "3! f:3: byte 1: no object begins here\n"
          "4! f:4: byte 6: a value is missing\n"
          "5! f:5: byte 1: no object begins here\n"
          "6! f:6: byte 7: not UTF-8\n"
          "7! f:7: byte 9: something stands behind the value\n"
          "8: <3>\n.");
    JSONL("{\"a\":1}\n{\"a\":\"x", "a\n1: <1>\n2! f:2: byte 8: a string has no end\n.");
}

static void test_long_keys(void **state)
{
    (void) state;
    // As much of it as tells, cut between characters.
    JSONL("{\"a\":1}\n{\"0123456789012345678901234567890123456789012345678901234567890123456\":1}",
          "a\n1: <1>\n2! f:2: key "
          "'0123456789012345678901234567890123456789012345678901234567890123...' "
          "is not one of the first object's\n.");
    JSONL("{\"a\":1}\n{\"01234567890123456789012345678901234567890123456789012345678901\xe6\xbc\xa2"
          "x\":1}",
          "a\n1: <1>\n2! f:2: key "
          "'01234567890123456789012345678901234567890123456789012345678901...' "
          "is not one of the first object's\n.");
}

static void test_bad_first_objects(void **state)
{
    (void) state;
    JSONL("{}\n", "! f:1: the first object has no keys, to be the columns");
    JSONL("\n{\"a\":1,\"\":2}\n", "! f:2: column 2 has no name");
    JSONL("{\"a\":1,\"b\":2,\"a\":3}\n", "! f:1: column 'a' is there twice");
    JSONL("{\"\\u0000\":1}\n", "! f:1: column 1 has a NUL in its name");
    JSONL("a,b\n1,2\n", "! f:1: byte 1: no object begins here");
    JSONL("[{\"a\":1}]\n", "! f:1: byte 1: no object begins here");
    JSONL("{\n\"a\":1}\n", "! f:1: byte 2: a key is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_blank_lines),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_long_keys),
        cmocka_unit_test(test_bad_first_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
