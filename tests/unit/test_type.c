// Declared types, as the server writes them down. The verdicts are those of a real server in strict
// mode, asked with a prepared CALL.
#include "support.h"

#include "marsh/sql/type.h"

// "kind LENGTH[,DECIMALS] [unsigned] [utf8] |member|member"
static void describe(const char *text, struct buf *out)
{
    struct type type;
    struct buf name = BUF_INIT;
    if (!type_parse(text, &type)) {
        assert_int_equal(type.kind, TYPE_UNKNOWN);
        buf_add_text(out, "unknown");
    } else {
        type_add_name(&type, &name);
        buf_printf(out, "%d %zu %s%s", type.kind, type.length, buf_cstr(&name),
                   type.utf8 ? " utf8" : "");
    }
    for (size_t i = 0; i < type.member_count; i++)
        buf_printf(out, " |%s", type.members[i]);
    buf_finish(&name);
    type_finish(&type);
}

static void check_parse(const char *text, const char *expected, int line)
{
    struct buf out = BUF_INIT;
    describe(text, &out);
    if (strcmp(buf_cstr(&out), expected) != 0)
        print_error("%s\n", text);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
}
#define PARSES(text, expected) check_parse(text, expected, __LINE__)

static void test_names(void **state)
{
    (void) state;
    PARSES("int(10) unsigned", "1 10 INT UNSIGNED");
    PARSES("tinyint(1)", "1 1 TINYINT");
    PARSES("int(5) unsigned zerofill", "1 5 INT UNSIGNED");
    PARSES("BIGINT UNSIGNED", "1 0 BIGINT UNSIGNED");
    PARSES("decimal(65,30)", "2 65 DECIMAL(65,30)");
    PARSES("decimal", "2 10 DECIMAL(10,0)");
    PARSES(" Decimal ( 10 , 2 ) Unsigned ", "2 10 DECIMAL(10,2) UNSIGNED");
    PARSES("double", "3 0 DOUBLE");
    PARSES("double  precision", "3 0 DOUBLE PRECISION");
    PARSES("double(5,2) unsigned", "3 5 DOUBLE(5,2) UNSIGNED");
    PARSES("bit(64)", "4 64 BIT(64)");
    PARSES("bit", "4 1 BIT(1)");
    PARSES("year(4)", "5 4 YEAR");
    PARSES("date", "6 0 DATE");
    PARSES("time(3)", "7 3 TIME(3)");
    PARSES("datetime(6)", "8 6 DATETIME(6)");
    PARSES("timestamp", "9 0 TIMESTAMP");
    PARSES("varchar(20) CHARSET utf8mb4 COLLATE utf8mb4_bin", "10 20 VARCHAR(20) utf8");
    PARSES("varchar(20) character set latin1", "10 20 VARCHAR(20)");
    PARSES("char(3)", "10 3 CHAR(3)");
    PARSES("text(100)", "11 65535 TEXT");
    PARSES("longtext", "11 4294967295 LONGTEXT");
    PARSES("json", "12 4294967295 JSON");
    PARSES("varbinary(16)", "13 16 VARBINARY(16)");
    PARSES("tinyblob", "13 255 TINYBLOB");
    PARSES("uuid", "16 0 UUID");
    PARSES("inet4", "17 0 INET4");
    PARSES("inet6", "18 0 INET6");
    PARSES("geometry", "19 0 GEOMETRY");
    PARSES("multipolygon", "19 6 MULTIPOLYGON");
    PARSES("vector(3)", "20 3 VECTOR(3)");
}

static void test_members(void **state)
{
    (void) state;
    PARSES("enum('a','b''c','x)y','z\\\\q')", "14 0 ENUM |a |b'c |x)y |z\\q");
    PARSES("enum('')", "14 0 ENUM |");
    PARSES("set('a' , 'b') CHARSET utf8mb4", "15 0 SET utf8 |a |b");
    PARSES("enum('\\'','\\n')", "14 0 ENUM |' |\n");
}

static void test_unknown(void **state)
{
    (void) state;
    PARSES("", "unknown");
    PARSES("integral", "unknown");
    PARSES("xmltype", "unknown");
    PARSES("int(", "unknown");
    PARSES("int(3", "unknown");
    PARSES("int(x)", "unknown");
    PARSES("decimal(5,)", "unknown");
    PARSES("decimal(5,2", "unknown");
    PARSES("int(99999999999999999999)", "unknown");
    PARSES("enum", "unknown");
    PARSES("enum('a'", "unknown");
    PARSES("enum('a", "unknown");
    PARSES("enum('a\\", "unknown");
    PARSES("enum(a)", "unknown");
    PARSES("set('a',)", "unknown");
}

struct row {
    const char *type;
    const char *value;
    // NULL: taken. One that begins with '~' is refused in strict mode only.
    const char *message;
};

static void check_mode(const struct row *row, const char *value, bool strict, const char *message)
{
    struct type type;
    struct error err = ERROR_INIT;
    assert_true(type_parse(row->type, &type));
    bool ok = type_check(&type, value, strlen(row->value), strict, &err);
    if (ok != (message == NULL))
        print_error("%s for %s, %s\n", row->value, row->type, strict ? "strict" : "not strict");
    assert_int_equal(ok, message == NULL);
    if (message != NULL)
        check_error(&err, ERROR_USAGE, message);
    error_finish(&err);
    type_finish(&type);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        // Exactly as long as the text: a look behind it is an error that the sanitizers see.
        size_t len = strlen(rows[i].value);
        char *copy = malloc(len + (len == 0));
        assert_non_null(copy);
        memcpy(copy, rows[i].value, len);
        const char *message = rows[i].message;
        bool strict_only = message != NULL && message[0] == '~';
        check_mode(&rows[i], copy, true, strict_only ? message + 1 : message);
        check_mode(&rows[i], copy, false, strict_only ? NULL : message);
        free(copy);
    }
}

static void test_integers(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"int(11)", "42", NULL},
        {"int(11)", " +42\n", NULL},
        {"int(11)", "-0", NULL},
        {"int(11)", "3.5", NULL},
        {"int(11)", "1e2", NULL},
        {"int(11)", "00000000000000000000005", NULL},
        {"int(11)", "5.", NULL},
        {"int(11)", ".5", NULL},
        {"int(11)", "abc", "'abc' is no INT"},
        {"int(11)", "", "'' is no INT"},
        {"int(11)", " ", "' ' is no INT"},
        {"int(11)", "5x", "'5x' is no INT"},
        {"int(11)", "0x10", "'0x10' is no INT"},
        {"int(11)", ".", "'.' is no INT"},
        {"int(11)", "1e", "'1e' is no INT"},
        {"int(11)", "--5", "'--5' is no INT"},
        {"int(11)", "1 2", "'1 2' is no INT"},
        {"int(11)", "a\nb", "'a\\nb' is no INT"},
        {"tinyint(4)", "127", NULL},
        {"tinyint(4)", "127.4", NULL},
        {"tinyint(4)", "-128.4", NULL},
        {"tinyint(4)", "300", "~'300' is out of range for TINYINT (-128 to 127)"},
        {"tinyint(4)", "128", "~'128' is out of range for TINYINT (-128 to 127)"},
        {"tinyint(4)", "127.5", "~'127.5' is out of range for TINYINT (-128 to 127)"},
        {"tinyint(4)", "-128.5", "~'-128.5' is out of range for TINYINT (-128 to 127)"},
        {"tinyint(4)", "1e30", "~'1e30' is out of range for TINYINT (-128 to 127)"},
        {"tinyint(3) unsigned", "255.4", NULL},
        {"tinyint(3) unsigned", "-0.4", NULL},
        {"tinyint(3) unsigned", "-0.5", "~'-0.5' is out of range for TINYINT UNSIGNED (0 to 255)"},
        {"tinyint(3) unsigned", "256", "~'256' is out of range for TINYINT UNSIGNED (0 to 255)"},
        {"bigint(20)", "9223372036854775807.4", NULL},
        {"bigint(20)", "-9223372036854775808", NULL},
        {"bigint(20)", "9223372036854775807.5",
         "~'9223372036854775807.5' is out of range for BIGINT (-9223372036854775808 to "
         "9223372036854775807)"},
        {"bigint(20)", "99999999999999999999999999999999999999999999",
         "~'9999999999999999999999999999999999999999...' is out of range for BIGINT "
         "(-9223372036854775808 to 9223372036854775807)"},
        {"bigint(20) unsigned", "18446744073709551615", NULL},
        {"bigint(20) unsigned", "1.8446744073709551615e19", NULL},
        {"bigint(20) unsigned", "18446744073709551616",
         "~'18446744073709551616' is out of range for BIGINT UNSIGNED (0 to "
         "18446744073709551615)"},
    };
    check_rows(rows, LENGTH(rows));
}

static void test_fractions(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"decimal(5,2)", "999.99", NULL},
        {"decimal(5,2)", "999.994", NULL},
        {"decimal(5,2)", "0.001", NULL},
        {"decimal(5,2)", "99999e-2", NULL},
        {"decimal(5,2)", "1e-99999999999999999999", NULL},
        {"decimal(5,2)", "nan", "'nan' is no DECIMAL(5,2)"},
        {"decimal(5,2)", "1000",
         "~'1000' is out of range for DECIMAL(5,2) (3 digits before the point)"},
        {"decimal(5,2)", "-999.995",
         "~'-999.995' is out of range for DECIMAL(5,2) (3 digits before the point)"},
        {"decimal(5,2)", "1e99999999999999999999",
         "~'1e99999999999999999999' is out of range for DECIMAL(5,2) (3 digits before the point)"},
        {"decimal(3,2)", "10", "~'10' is out of range for DECIMAL(3,2) (1 digit before the point)"},
        {"decimal(3,3)", "0.9994", NULL},
        {"decimal(3,3)", "0.9995",
         "~'0.9995' is out of range for DECIMAL(3,3) (0 digits before the point)"},
        {"decimal(65,30)", "11111111111111111111111111111111111.1", NULL},
        {"decimal(5,2) unsigned", "-0", NULL},
        {"decimal(5,2) unsigned", "-0.001", "~'-0.001' is out of range for DECIMAL(5,2) UNSIGNED"},
        {"double", "1.7976931348623157e308", NULL},
        {"double", "1e-400", NULL},
        {"double", "1.8e308", "~'1.8e308' is out of range for DOUBLE"},
        {"double", "inf", "'inf' is no DOUBLE"},
        {"double unsigned", "-1", "~'-1' is out of range for DOUBLE UNSIGNED"},
        {"float", "3.4028234e38", NULL},
        {"float", "-3.4028235e38", "~'-3.4028235e38' is out of range for FLOAT"},
        {"float(5,2)", "999.994", NULL},
        {"float(5,2)", "999.996",
         "~'999.996' is out of range for FLOAT(5,2) (3 digits before the point)"},
        {"year(4)", "2024", NULL},
        {"year(4)", "0", NULL},
        {"year(4)", "99", NULL},
        {"year(4)", "1901", NULL},
        {"year(4)", "2155.4", NULL},
        {"year(4)", "100", "~'100' is out of range for YEAR (1901 to 2155)"},
        {"year(4)", "1900", "~'1900' is out of range for YEAR (1901 to 2155)"},
        {"year(4)", "2156", "~'2156' is out of range for YEAR (1901 to 2155)"},
        {"year(4)", "-1", "~'-1' is out of range for YEAR (1901 to 2155)"},
        {"year(4)", "x", "'x' is no YEAR"},
    };
    check_rows(rows, LENGTH(rows));
}

static void test_texts(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"varchar(3)", "abc", NULL},
        {"varchar(3)", "abc  ", NULL},
        {"varchar(3)", "\xc3\xa4\xc3\xb6\xf0\x9f\x98\x80", NULL},
        {"varchar(3)", "\xff\xff\xff\xff", NULL}, // the session's character set decides
        {"varchar(3)", "abcd", "~'abcd' is too long for VARCHAR(3): 4 characters"},
        {"varchar(3)", "abc x ", "~'abc x ' is too long for VARCHAR(3): 5 characters"},
        {"char(1)", "\xc3\xa4\xc3\xb6",
         "~'\xc3\xa4\xc3\xb6' is too long for CHAR(1): 2 characters"},
        {"varbinary(3)", "abc", NULL},
        {"varbinary(3)", "abc ", "~'abc ' is too long for VARBINARY(3): 4 bytes, at most 3"},
        {"binary(2)", "\xc3\xa4!", "~'\xc3\xa4!' is too long for BINARY(2): 3 bytes, at most 2"},
        {"json", "{", NULL},
    };
    check_rows(rows, LENGTH(rows));
}

// TINYTEXT has room for 255 bytes; how many a character takes is known of UTF-8 alone.
static void test_bytes_of_texts(void **state)
{
    (void) state;
    struct buf text = BUF_INIT;
    buf_add_repeat(&text, 'a', 254);
    buf_add_text(&text, "\xc3\xa4 ");
    const struct row rows[] = {
        {"tinytext", buf_cstr(&text), NULL},
        {"tinytext charset latin1", buf_cstr(&text), NULL},
        {"tinytext charset utf8mb4", buf_cstr(&text),
         "~'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is too long for TINYTEXT: 256 bytes, at "
         "most 255"},
        {"text charset utf8mb4", buf_cstr(&text), NULL},
    };
    check_rows(rows, LENGTH(rows));
    buf_finish(&text);
}

static void test_shortened(void **state)
{
    (void) state;
    static const struct row rows[] = {
        // Not in the middle of a character.
        {"int", "123456789012345678901234567890123456789\xc3\xa4",
         "'123456789012345678901234567890123456789...' is no INT"},
        {"int", "x23456789012345678901234567890123456\xf0\x9f\x98\x80",
         "'x23456789012345678901234567890123456\xf0\x9f\x98\x80' is no INT"},
    };
    check_rows(rows, LENGTH(rows));
}

static void test_times(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"date", "2024-02-30", NULL}, // ALLOW_INVALID_DATES
        {"date", "20240131", NULL},
        {"date", "24/1/1", NULL},
        {"date", "0000-00-00", NULL},
        {"date", "abc", "'abc' is no DATE"},
        {"date", "", "'' is no DATE"},
        {"date", "2024-13-01", "'2024-13-01' is no DATE"},
        {"date", " 2024-12-32", "' 2024-12-32' is no DATE"},
        {"datetime(6)", "2024-01-31T10:11:12.123456", NULL},
        {"datetime(6)", "2024-01-31 10:11", NULL},
        {"datetime(6)", "2024-01-31 24:00:00", "'2024-01-31 24:00:00' is no DATETIME(6)"},
        {"datetime", "2024-01-31 10:60", "'2024-01-31 10:60' is no DATETIME"},
        {"datetime", "2024-01-31 10:00:60", "'2024-01-31 10:00:60' is no DATETIME"},
        {"timestamp", "0000-00-00 00:00:00", NULL},
        {"timestamp", "2039-01-01", NULL}, // of newer servers
        {"timestamp", "1960-01-01", "~'1960-01-01' is out of range for TIMESTAMP"},
        {"timestamp", "2107-01-01", "~'2107-01-01' is out of range for TIMESTAMP"},
        {"time(3)", "-838:59:59.999", NULL},
        {"time(3)", "1 10:11:12", NULL},
        {"time(3)", "101112", NULL},
        {"time(3)", "2024-01-31 10:11:12", NULL},
        {"time(3)", "now", "'now' is no TIME(3)"},
        {"time(3)", "10:60", "'10:60' is no TIME(3)"},
        {"time(3)", "10:00:60", "'10:00:60' is no TIME(3)"},
        {"time(3)", "839:00:00",
         "~'839:00:00' is out of range for TIME(3) (-838:59:59 to 838:59:59)"},
    };
    check_rows(rows, LENGTH(rows));
}

static void test_member_values(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"enum('red','b''c')", "RED ", NULL},
        {"enum('red','b''c')", "b'c", NULL},
        {"enum('red','b''c')", "2", NULL},
        {"enum('red','b''c')", " 02 ", NULL},
        {"enum('red','b''c')",
         "r\xc3\xa9"
         "d",
         NULL}, // equal, for some collations
        {"enum('r\xc3\xa9"
         "d')",
         "red", NULL},
        {"enum('red','b''c')", "3", "'3' is no member of the ENUM ('red', 'b'c')"},
        {"enum('red','b''c')", "0", "'0' is no member of the ENUM ('red', 'b'c')"},
        {"enum('red','b''c')", "", "'' is no member of the ENUM ('red', 'b'c')"},
        {"enum('red','b''c')", " red", "' red' is no member of the ENUM, did you mean 'red'?"},
        {"enum('red','b''c')", "rde", "'rde' is no member of the ENUM, did you mean 'red'?"},
        {"enum('red','b''c')", "99999999999999999999",
         "'99999999999999999999' is no member of the ENUM ('red', 'b'c')"},
        {"enum('')", "", NULL},
        {"enum('a','b','c','d','e','f','g','h','i','j','k')", "xyz",
         "'xyz' is no member of the ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', ...)"},
        {"set('a','b','c')", "", NULL},
        {"set('a','b','c')", "A,c", NULL},
        {"set('a','b','c')", "7", NULL},
        {"set('a','b','c')", "0", NULL},
        {"set('a','b','c')", "8", "'8' is no member of the SET ('a', 'b', 'c')"},
        {"set('one','two')", "one,tow", "'tow' is no member of the SET, did you mean 'two'?"},
        {"set('a','b','c')", "a,", "'' is no member of the SET ('a', 'b', 'c')"},
    };
    check_rows(rows, LENGTH(rows));
}

static void test_addresses(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {"uuid", "123e4567-e89b-12d3-a456-426655440000", NULL},
        {"uuid", "123E4567E89B12D3A456426655440000", NULL},
        {"uuid", "123e4567-e89b-12d3-a456-42665544000",
         "'123e4567-e89b-12d3-a456-42665544000' is no UUID"},
        {"uuid", "{23e4567-e89b-12d3-a456-426655440000}",
         "'{23e4567-e89b-12d3-a456-426655440000}' is no UUID"},
        {"inet6", "::ffff:1.2.3.4", NULL},
        {"inet6", "::", NULL},
        {"inet6", "localhost", "'localhost' is no INET6"},
        {"inet6", "", "'' is no INET6"},
        {"inet6", "1.2.3.4", "'1.2.3.4' is no INET6"},
        {"inet4", "1.2.3.4", NULL},
        {"inet4", "::1", "'::1' is no INET4"},
        {"inet4", "1", "'1' is no INET4"},
    };
    check_rows(rows, LENGTH(rows));
}

static void check_convert(const char *type_text, const char *value, const char *expected,
                          size_t expected_len, int line)
{
    struct type type;
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    assert_true(type_parse(type_text, &type));
    check_ok(type_convert(&type, value, strlen(value), &out, &err), &err);
    check_ok(type_check(&type, value, strlen(value), true, &err), &err);
    support_check_bytes(out.data, out.len, expected, expected_len, __FILE__, line);
    buf_finish(&out);
    type_finish(&type);
}
#define CONVERTS(type, value, bytes) check_convert(type, value, bytes, sizeof(bytes) - 1, __LINE__)

static void test_bits(void **state)
{
    (void) state;
    CONVERTS("bit(64)", "5", "\0\0\0\0\0\0\0\5");
    CONVERTS("bit(64)", "18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff");
    CONVERTS("bit(8)", "255", "\xff");
    CONVERTS("bit(9)", "256", "\1\0");
    CONVERTS("bit(8)", "0x1F", "\x1f");
    CONVERTS("bit(8)", "x'1f'", "\x1f");
    CONVERTS("bit(8)", "0b101", "\5");
    CONVERTS("bit(8)", "B'101'", "\5");
    CONVERTS("bit(8)", " 7\n", "\7");
    static const struct row rows[] = {
        {"bit(3)", "8", "~'8' is out of range for BIT(3)"},
        {"bit(8)", "256", "~'256' is out of range for BIT(8)"},
        {"bit(64)", "18446744073709551616", "'18446744073709551616' is out of range for BIT(64)"},
        {"bit(8)", "-1", "'-1' is no BIT(8)"},
        {"bit(8)", "", "'' is no BIT(8)"},
        {"bit(8)", "0x", "'0x' is no BIT(8)"},
        {"bit(8)", "0b2", "'0b2' is no BIT(8)"},
        {"bit(8)", "b''", "'b''' is no BIT(8)"},
        {"bit(8)", "1.5", "'1.5' is no BIT(8)"},
        {"bit(8)", "1f", "'1f' is no BIT(8)"},
    };
    check_rows(rows, LENGTH(rows));
}

static void test_geometry(void **state)
{
    (void) state;
    CONVERTS("point", "POINT(1 2)", "\0\0\0\0\1\1\0\0\0\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40");
    CONVERTS("varchar(3)", "abc", "abc");
    static const struct row rows[] = {
        {"point", "LINESTRING(1 2,3 4)",
         "'LINESTRING(1 2,3 4)' is no POINT as WKT: it is of another type"},
        {"geometry", "somewhere",
         "'somewhere' is no GEOMETRY as WKT: it begins with no type's name"},
    };
    check_rows(rows, LENGTH(rows));
    // What the server gave, it gets back.
    struct type type;
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    assert_true(type_parse("geometry", &type));
    check_ok(type_convert(&type, "\0\0\0\0\1\7\0\0\0\0\0\0\0", 13, &out, &err), &err);
    check_buf(&out, "\0\0\0\0\1\7\0\0\0\0\0\0\0");
    buf_finish(&out);
    type_finish(&type);
}

static void test_kinds_of_binding(void **state)
{
    (void) state;
    static const struct {
        const char *type;
        bool binary;
        bool converted;
    } rows[] = {
        {"bit(1)", true, true}, {"point", true, true},         {"blob", true, false},
        {"text", false, false}, {"varbinary(3)", true, false}, {"nothing", false, false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct type type;
        type_parse(rows[i].type, &type);
        assert_int_equal(type_is_binary(&type), rows[i].binary);
        assert_int_equal(type_is_converted(&type), rows[i].converted);
        type_finish(&type);
    }
}

// It takes everything.
static void test_unknown_takes_all(void **state)
{
    (void) state;
    struct type type;
    struct error err = ERROR_INIT;
    assert_false(type_parse("int(", &type));
    assert_true(type_check(&type, "abc", 3, true, &err));
    type_finish(&type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_bytes_of_texts),
        cmocka_unit_test(test_shortened),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_member_values),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_kinds_of_binding),
        cmocka_unit_test(test_unknown_takes_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
