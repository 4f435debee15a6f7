// Well-known text to the server's bytes; what is expected here is what its ST_GeomFromText makes.
#include "support.h"

#include "marsh/sql/wkt.h"

static void check_wkt(const char *text, const char *expected, int line)
{
    struct buf out = BUF_INIT;
    struct buf hex = BUF_INIT;
    struct error err = ERROR_INIT;
    // Exactly as long as the text: a look behind it is an error that the sanitizers see.
    char *copy = malloc(strlen(text));
    assert_non_null(copy);
    memcpy(copy, text, strlen(text));
    check_ok(wkt_convert(copy, strlen(text), WKT_ANY, &out, &err), &err);
    assert_true(wkt_is_binary(out.data, out.len));
    for (size_t i = 0; i < out.len; i++)
        buf_printf(&hex, "%02X", (unsigned char) out.data[i]);
    support_check_text(buf_cstr(&hex), expected, __FILE__, line);
    free(copy);
    buf_finish(&hex);
    buf_finish(&out);
}
#define WKT(text, expected) check_wkt(text, expected, __LINE__)

#define P12 "000000000000F03F0000000000000040"
#define P34 "00000000000008400000000000001040"
#define P10 "000000000000F03F0000000000000000"
#define P00 "00000000000000000000000000000000"

static void test_types(void **state)
{
    (void) state;
    WKT("POINT(1 2)", "000000000101000000" P12);
    WKT(" point ( 1  2 ) ", "000000000101000000" P12);
    WKT("POINT(1.1 0.30000000000000004)", "0000000001010000009A9999999999F13F343333333333D33F");
    WKT("POINT(-2.5e0 .5)", "00000000010100000000000000000004C0000000000000E03F");
    WKT("LINESTRING(1 2,3 4)", "00000000010200000002000000" P12 P34);
    WKT("POLYGON((0 0,1 0,1 2,0 0))", "0000000001030000000100000004000000" P00 P10 P12 P00);
    WKT("MULTIPOINT(1 2,3 4)", "00000000010400000002000000"
                               "0101000000" P12 "0101000000" P34);
    WKT("MULTIPOINT((1 2),(3 4))", "00000000010400000002000000"
                                   "0101000000" P12 "0101000000" P34);
    WKT("MULTILINESTRING((1 2,3 4),(0 0,1 0))",
        "00000000010500000002000000"
        "010200000002000000" P12 P34 "010200000002000000" P00 P10);
    WKT("MULTIPOLYGON(((0 0,1 0,1 2,0 0)))", "00000000010600000001000000"
                                             "010300000001000000"
                                             "04000000" P00 P10 P12 P00);
    WKT("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))",
        "00000000010700000002000000"
        "0101000000" P12 "010200000002000000" P12 P34);
    WKT("GEOMETRYCOLLECTION EMPTY", "00000000010700000000000000");
    WKT("GEOMETRYCOLLECTION(GEOMETRYCOLLECTION EMPTY)", "00000000010700000001000000"
                                                        "010700000000000000");
}

static void test_srid(void **state)
{
    (void) state;
    WKT("SRID=4326;POINT(1 2)", "E61000000101000000" P12);
    WKT("srid=4294967295; POINT(1 2)", "FFFFFFFF0101000000" P12);
}

static void test_refused(void **state)
{
    (void) state;
    static const char *const rows[][2] = {
        {"", "it begins with no type's name"},
        {"x", "it begins with no type's name"},
        {"POINTS(1 2)", "it begins with no type's name"},
        {"POINT", "'(' is missing"},
        {"POINT EMPTY", "'(' is missing"},
        {"POINT(1)", "a coordinate is missing"},
        {"POINT(1 2", "')' is missing"},
        {"POINT(1 2 3)", "')' is missing"},
        {"POINT(1,2)", "a coordinate is missing"},
        {"POINT(1-2 3)", "a coordinate is missing"},
        {"POINT(inf 1)", "a coordinate is missing"},
        {"POINT(1e999 1)", "a coordinate is out of range"},
        {"POINT(1 2) x", "something stands behind its end"},
        {"POLYGON((0 0,1 0,1 1))", "a ring ends where it begins"},
        {"GEOMETRYCOLLECTION(1 2)", "it begins with no type's name"},
        {"GEOMETRYCOLLECTION()", "it begins with no type's name"},
        {"SRID=;POINT(1 2)", "its SRID is no number with ';' behind it"},
        {"SRID=1 POINT(1 2)", "its SRID is no number with ';' behind it"},
        {"SRID=4294967296;POINT(1 2)", "its SRID is out of range"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buf out = BUF_INIT;
        struct buf message = BUF_INIT;
        struct error err = ERROR_INIT;
        buf_add_text(&out, "kept");
        assert_false(wkt_convert(rows[i][0], strlen(rows[i][0]), WKT_ANY, &out, &err));
        buf_printf(&message, "'%s' is no GEOMETRY as WKT: %s", rows[i][0], rows[i][1]);
        check_error(&err, ERROR_USAGE, buf_cstr(&message));
        check_buf(&out, "kept");
        buf_finish(&message);
        buf_finish(&out);
    }
}

static void test_nested(void **state)
{
    (void) state;
    struct buf text = BUF_INIT;
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < 100000; i++)
        buf_add_text(&text, "GEOMETRYCOLLECTION(");
    assert_false(wkt_convert(text.data, text.len, WKT_ANY, &out, &err));
    check_error_has(&err, ERROR_USAGE, "...' is no GEOMETRY as WKT: it is nested too deep");
    buf_finish(&text);
    buf_finish(&out);
}

static void test_wanted_type(void **state)
{
    (void) state;
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    check_ok(wkt_convert("POINT(1 2)", 10, WKT_POINT, &out, &err), &err);
    assert_false(wkt_convert("POINT(1 2)", 10, WKT_LINESTRING, &out, &err));
    check_error(&err, ERROR_USAGE, "'POINT(1 2)' is no LINESTRING as WKT: it is of another type");
    buf_finish(&out);
}

static void test_binary(void **state)
{
    (void) state;
    assert_true(wkt_is_binary("\0\0\0\0\1\1\0\0\0", 9));
    assert_true(wkt_is_binary("\xe6\x10\0\0\0\0\0\0\7", 9));
    assert_false(wkt_is_binary("\0\0\0\0\1\1\0\0", 8));
    assert_false(wkt_is_binary("\0\0\0\0\2\1\0\0\0", 9));
    assert_false(wkt_is_binary("\0\0\0\0\1\0\0\0\0", 9));
    assert_false(wkt_is_binary("\0\0\0\0\1\10\0\0\0", 9));
    assert_false(wkt_is_binary("\0\0\0\0\1\1\1\0\0", 9));
    assert_false(wkt_is_binary("POINT(1 2)", 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),       cmocka_unit_test(test_srid),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_nested),
        cmocka_unit_test(test_wanted_type), cmocka_unit_test(test_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
