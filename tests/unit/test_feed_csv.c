// csv: fields, quotes, NULL, line ends, what is wrong and how reading goes on behind it.
#include "feed_check.h"

#include <unistd.h>

#define CSV(literal, expected) check_feed(FEED_CSV, literal, expected)

static void test_rows(void **state)
{
    (void) state;
    CSV("a,b\n1,x\n2,y\n", "a|b\n2: <1> <x>\n3: <2> <y>\n.");
    CSV("a\n1\n", "a\n2: <1>\n.");
    CSV("a,b\n", "a|b\n.");
    CSV("a,b\n x , y\t\n", "a|b\n2: < x > < y\t>\n.");
    CSV("a,b\n1;2,3\\t4\n", "a|b\n2: <1;2> <3\\t4>\n.");
    // Bytes that are not text are the server's business.
    CSV("a,b\n\xff\0\x1b,\xc3\xa4\n", "a|b\n2: <\xff\0\x1b> <\xc3\xa4>\n.");
}

static void test_line_ends(void **state)
{
    (void) state;
    CSV("a,b\r\n1,x\r\n2,y\r\n", "a|b\n2: <1> <x>\n3: <2> <y>\n.");
    CSV("a,b\n1,x\r\n2,y\n", "a|b\n2: <1> <x>\n3: <2> <y>\n.");
    // The last one may be missing.
    CSV("a,b\n1,x", "a|b\n2: <1> <x>\n.");
    CSV("a,b\r\n1,x", "a|b\n2: <1> <x>\n.");
    CSV("a,b\n1,", "a|b\n2: <1> NULL\n.");
    CSV("a,b\n1,\"\"", "a|b\n2: <1> <>\n.");
    CSV("a,b", "a|b\n.");
    // Or half of it.
    CSV("a,b\r\n1,x\r", "a|b\n2: <1> <x>\n.");
    CSV("a,b\n1,\"x\"\r", "a|b\n2: <1> <x>\n.");
    CSV("a,b\n\r", "a|b\n.");
    CSV("a,b\r", "a|b\n.");
}

static void test_quotes(void **state)
{
    (void) state;
    CSV("a,b\n\"1\",\"x\"\r\n", "a|b\n2: <1> <x>\n.");
    CSV("a,b\n\"1,2\",\"\"\"x\"\"y\"\"\"\n", "a|b\n2: <1,2> <\"x\"y\">\n.");
    CSV("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "a|b\n2: <\"> <\"\">\n.");
    CSV("a,b\n\"x\r\ny\n\n\",\"\r\"\n3,4\n", "a|b\n2: <x\r\ny\n\n> <\r>\n6: <3> <4>\n.");
    CSV("\"a,1\",\"b\"\"\n\"\n1,2\n", "a,1|b\"\n\n3: <1> <2>\n.");
}

// As marsh writes them, and \N, as people write it elsewhere.
static void test_null(void **state)
{
    (void) state;
    CSV("a,b,c\n,\"\",\n\\N,\"\\N\",\\n\n", "a|b|c\n2: NULL <> NULL\n3: NULL <\\N> <\\n>\n.");
    CSV("a,b,c\nNULL,\\NN, \\N\n", "a|b|c\n2: <NULL> <\\NN> < \\N>\n.");
    // A header has no NULL.
    CSV("\\N\nx\n", "\\N\n2: <x>\n.");
}

static void test_blank_lines(void **state)
{
    (void) state;
    CSV("a,b\n\n1,2\n\r\n\n3,4\n\n", "a|b\n3: <1> <2>\n6: <3> <4>\n.");
    // For one column nothing is its NULL, as marsh writes it.
    CSV("a\n\nx\r\n\r\n", "a\n2: NULL\n3: <x>\n4: NULL\n.");
    CSV("a,b\n \n", "a|b\n2! f:2: 1 field, where the header has 2\n.");
    CSV("a,b\n\"\"\n", "a|b\n2! f:2: 1 field, where the header has 2\n.");
}

static void test_bad_rows(void **state)
{
    (void) state;
    CSV("a,b\n1\n2,3\n", "a|b\n2! f:2: 1 field, where the header has 2\n3: <2> <3>\n.");
    CSV("a,b\n1,2,3,\n4,5\n", "a|b\n2! f:2: 4 fields, where the header has 2\n3: <4> <5>\n.");
    CSV("a,b\nx\"y\",1\n2,3\n",
        "a|b\n2! f:2: field 1: a quote within, but none in front\n3: <2> <3>\n.");
    CSV("a,b\n1, \"x\"\n2,3\n",
        "a|b\n2! f:2: field 2: a quote within, but none in front\n3: <2> <3>\n.");
    CSV("a,b\n\"x\"y,1\n2,3\n",
        "a|b\n2! f:2: field 1: something stands behind its closing quote\n3: <2> <3>\n.");
    CSV("a,b\n\"x\" ,1\n2,3",
        "a|b\n2! f:2: field 1: something stands behind its closing quote\n3: <2> <3>\n.");
    CSV("a,b\n1\r2,3\n4,5\n",
        "a|b\n2! f:2: field 1: a carriage return outside of quotes\n3: <4> <5>\n.");
    CSV("a,b\n1,\"2\"\r3\n4,5\n",
        "a|b\n2! f:2: field 2: a carriage return outside of quotes\n3: <4> <5>\n.");
    CSV("a,b\n1,2\r\r\n", "a|b\n2! f:2: field 2: a carriage return outside of quotes\n.");
    CSV("a,b\n1,\"2\n3\n", "a|b\n2! f:2: field 2: its quote is never closed\n.");
    CSV("a,b\n1,2\"", "a|b\n2! f:2: field 2: a quote within, but none in front\n.");
}

// A message names the line of what is wrong, the row the one where it begins.
static void test_lines_of_bad_rows(void **state)
{
    (void) state;
    CSV("a,b\n\"x\n\ny\",2\"\n3,4\n",
        "a|b\n2! f:4: field 2: a quote within, but none in front\n5: <3> <4>\n.");
    CSV("a,b\n\"x\n\",\"y\n\n", "a|b\n2! f:3: field 2: its quote is never closed\n.");
    CSV("a,b\n\"x\n\"\n3,4\n", "a|b\n2! f:2: 1 field, where the header has 2\n4: <3> <4>\n.");
}

static void test_byte_order_mark(void **state)
{
    (void) state;
    CSV("\xef\xbb\xbf"
        "a,b\n1,2\n",
        "a|b\n2: <1> <2>\n.");
    CSV("\xef\xbb\xbf\"a\",b\n\xef\xbb\xbf,2\n", "a|b\n2: <\xef\xbb\xbf> <2>\n.");
    CSV("\xef\xbbx\n1\n", "\xef\xbbx\n2: <1>\n.");
    CSV("\xef\xbb\xbf", "! f: has no header");
    CSV("\xff\xfe"
        "a\0\n\0",
        "! f: is UTF-16, and has to be UTF-8");
    CSV("\xfe\xff\0a\0\n", "! f: is UTF-16, and has to be UTF-8");
}

static void test_bad_headers(void **state)
{
    (void) state;
    CSV("", "! f: has no header");
    CSV("\n1\n", "! f:1: column 1 has no name");
    CSV("a,,b\n", "! f:1: column 2 has no name");
    CSV("a,\"\"\n", "! f:1: column 2 has no name");
    CSV("a,b,\n", "! f:1: column 3 has no name");
    CSV("a,b,c,a\n", "! f:1: column 'a' is there twice");
    CSV("a,\"x\x1b\"\"\n\",\"x\x1b\"\"\n\"\n", "! f:1: column 'x\\x1b\"\\n' is there twice");
    CSV("a,b\0c\n", "! f:1: column 2 has a NUL in its name");
    CSV("a,\"b\n", "! f:1: field 2: its quote is never closed");
    CSV("a\rb\r1\r", "! f:1: field 1: a carriage return outside of quotes");
    // Case counts.
    CSV("a,A,aa\n1,2,3\n", "a|A|aa\n2: <1> <2> <3>\n.");
}

static void test_many_columns(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    for (int more = 0; more < 2; more++) {
        struct buf text = BUF_INIT;
        for (int i = 0; i < FEED_COLUMNS_MAX + more; i++)
            buf_printf(&text, "%sc%d", i > 0 ? "," : "", i);
        int fd = feed_check_file(text.data, text.len);
        struct feed *feed = feed_create(fd, "f", FEED_CSV);
        assert_int_equal(feed_open(feed, &err), !more);
        if (more) {
            check_error(&err, ERROR_USAGE, "f:1: more than 65535 columns");
        } else {
            assert_int_equal(feed_column_count(feed), 65535);
            check_text(feed_column_name(feed, 65534), "c65534");
        }
        feed_destroy(feed);
        assert_int_equal(close(fd), 0);
        buf_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_blank_lines),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_lines_of_bad_rows),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_many_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
