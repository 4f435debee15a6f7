// tsv: the mariadb client's batch format, its escapes and what CR means.
#include "feed_check.h"

#define TSV(literal, expected) check_feed(FEED_TSV, literal, expected)

static void test_rows(void **state)
{
    (void) state;
    TSV("a\tb\n1\tx y\n2\t\"y\"\n", "a|b\n2: <1> <x y>\n3: <2> <\"y\">\n.");
    TSV("a\n1\n", "a\n2: <1>\n.");
    TSV("a\tb\n\t\n", "a|b\n2: <> <>\n.");
    TSV("a\tb\n1\t2", "a|b\n2: <1> <2>\n.");
    TSV("a\tb\n1\t", "a|b\n2: <1> <>\n.");
    TSV("a\tb\n", "a|b\n.");
    TSV("a\tb", "a|b\n.");
    TSV("a\tb\n,\t\xff\0\x1b\n", "a|b\n2: <,> <\xff\0\x1b>\n.");
}

static void test_escapes(void **state)
{
    (void) state;
    TSV("a\tb\n\\t\\n\\r\\0\\\\\tx\\ty\\\\n\\\\\\n\n", "a|b\n2: <\t\n\r\0\\> <x\ty\\n\\\n>\n.");
    TSV("a\tb\nx\\n\t\\\\", "a|b\n2: <x\n> <\\>\n.");
}

static void test_null(void **state)
{
    (void) state;
    TSV("a\tb\tc\nNULL\t\\N\t\nnull\tNULLX\t\\\\N\n",
        "a|b|c\n2: NULL NULL <>\n3: <null> <NULLX> <\\N>\n.");
    TSV("a\tb\nNULL\tNULL", "a|b\n2: NULL NULL\n.");
    TSV("a\tb\n\\N\t\\N", "a|b\n2: NULL NULL\n.");
    // A header has no NULL, and no escapes.
    TSV("NULL\t\\N\t\\q\\\nx\ty\tz\n", "NULL|\\N|\\q\\\n2: <x> <y> <z>\n.");
}

static void test_bad_escapes(void **state)
{
    (void) state;
    TSV("a\tb\n1\tc:\\temp\\x\n2\t3\n",
        "a|b\n2! f:2: field 2: a backslash that belongs to no escape (\\t \\n \\r \\0 \\\\ \\N)\n"
        "3: <2> <3>\n.");
    TSV("a\tb\n\\\t1\n2\t3\n",
        "a|b\n2! f:2: field 1: a backslash that belongs to no escape (\\t \\n \\r \\0 \\\\ \\N)\n"
        "3: <2> <3>\n.");
    // The escape that it could be is a line's end all the same.
    TSV("a\tb\n1\t2\\\n3\t4\n",
        "a|b\n2! f:2: field 2: a backslash that belongs to no escape (\\t \\n \\r \\0 \\\\ \\N)\n"
        "3: <3> <4>\n.");
    TSV("a\tb\n1\t\\\0\n", "a|b\n2! f:2: field 2: a backslash that belongs to no escape (\\t \\n "
                           "\\r \\0 \\\\ \\N)\n.");
    TSV("a\tb\n1\t\\", "a|b\n2! f:2: field 2: a backslash with nothing behind it\n.");
    TSV("a\tb\n\\Nx\t1\n1\tx\\N\n1\t\\N\\N\n1\t\\n\\N\n2\t3\n",
        "a|b\n"
        "2! f:2: field 1: \\N is NULL only where it stands alone\n"
        "3! f:3: field 2: \\N is NULL only where it stands alone\n"
        "4! f:4: field 2: \\N is NULL only where it stands alone\n"
        "5! f:5: field 2: \\N is NULL only where it stands alone\n"
        "6: <2> <3>\n.");
}

static void test_bad_rows(void **state)
{
    (void) state;
    TSV("a\tb\n1\n2\t3\n", "a|b\n2! f:2: 1 field, where the header has 2\n3: <2> <3>\n.");
    TSV("a\tb\n1\t2\t\n2\t3\n", "a|b\n2! f:2: 3 fields, where the header has 2\n3: <2> <3>\n.");
    TSV("a\tb\n1\t2\t3\t4", "a|b\n2! f:2: 4 fields, where the header has 2\n.");
}

// The header tells whether a CR belongs to the line's end or to the value.
static void test_carriage_returns(void **state)
{
    (void) state;
    TSV("a\tb\r\n1\t2\r\n\\n\t\\n\r\n\tNULL\r\n\t\\N\r\n\t\\r\r\n\t\r\r\n",
        "a|b\n2: <1> <2>\n3: <\n> <\n>\n4: <> NULL\n5: <> NULL\n6: <> <\r>\n7: <> <\r>\n.");
    TSV("a\tb\r\n\r\t2\n\r\n3\t4", "a|b\n2: <\r> <2>\n4: <3> <4>\n.");
    TSV("a\tb\n1\t2\r\n\t\\n\r\n\tNULL\r\n", "a|b\n2: <1> <2\r>\n3: <> <\n\r>\n4: <> <NULL\r>\n.");
    // A line end that was cut in two.
    TSV("a\tb\r\n1\t2\r", "a|b\n2: <1> <2>\n.");
    TSV("a\tb\n1\t2\r", "a|b\n2: <1> <2\r>\n.");
    TSV("a\tb\r", "a|b\n.");
    TSV("a\n\r\n\\r\n", "a\n2: <\r>\n3: <\r>\n.");
}

static void test_blank_lines(void **state)
{
    (void) state;
    TSV("a\tb\n\n1\t2\n\n\n3\t4\n\n", "a|b\n3: <1> <2>\n6: <3> <4>\n.");
    // For one column it is the empty string, as marsh writes it.
    TSV("a\n\nx\n\n", "a\n2: <>\n3: <x>\n4: <>\n.");
}

static void test_headers(void **state)
{
    (void) state;
    TSV("\xef\xbb\xbf"
        "a\tb\n1\t2\n",
        "a|b\n2: <1> <2>\n.");
    TSV("a\t\tb\n", "! f:1: column 2 has no name");
    TSV("\n", "! f:1: column 1 has no name");
    TSV("a\tb\ta\n", "! f:1: column 'a' is there twice");
    // A set without rows is nothing at all.
    TSV("", "\n.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_null),        cmocka_unit_test(test_bad_escapes),
        cmocka_unit_test(test_bad_rows),    cmocka_unit_test(test_carriage_returns),
        cmocka_unit_test(test_blank_lines), cmocka_unit_test(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
