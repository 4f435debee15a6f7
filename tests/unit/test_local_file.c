// Which files a text asks to be loaded, and what only looks like that.
#include "marsh/sql/local_file.h"

#include "support.h"

static const struct dialect maria = {.mariadb = true, .version = 101119};
static const struct dialect plain = {.mariadb = true, .version = 101119, .plain_backslashes = true};

// The names, each in square brackets.
static void check_names(const char *text, const struct dialect *dialect, const char *expected,
                        int line)
{
    size_t len = strlen(text);
    // Exactly as long as the text: a look behind it is an error that the sanitizers see.
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct local_files files;
    struct buf out = BUF_INIT;
    char *name;
    local_files_init(&files, copy, len, dialect);
    while ((name = local_files_next(&files)) != NULL) {
        buf_printf(&out, "[%s]", name);
        free(name);
    }
    assert_null(local_files_next(&files));
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
    free(copy);
}
#define NAMES(text, expected) check_names(text, &maria, expected, __LINE__)
#define NONE(text) check_names(text, &maria, "", __LINE__)

static void test_statements(void **state)
{
    (void) state;
    NAMES("LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", "[a.csv]");
    NAMES("load data local infile \"a.csv\" into table t", "[a.csv]");
    NAMES("LOAD DATA LOW_PRIORITY LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("LOAD DATA CONCURRENT LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("LOAD XML LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("LOAD XML CONCURRENT LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("-- x\nLOAD/**/DATA # y\nLOCAL\tINFILE'a'INTO TABLE t", "[a]");
    NAMES("/*!50100 LOAD DATA */ LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("LOAD DATA LOCAL INFILE 'a' INTO TABLE t FIELDS TERMINATED BY ';' ENCLOSED BY '\\''",
          "[a]");
    NAMES("SET STATEMENT max_statement_time = 1 FOR LOAD DATA LOCAL INFILE 'a' INTO TABLE t",
          "[a]");
    NAMES("SET STATEMENT a = (SELECT SUBSTRING('x' FOR 1)), b = 2 FOR LOAD DATA LOCAL INFILE 'a'",
          "[a]");
}

static void check_followed(const char *text, bool expected)
{
    struct local_files files;
    local_files_init(&files, text, strlen(text), &maria);
    char *name = local_files_next(&files);
    check_text(name, "a");
    assert_int_equal(local_files_are_followed(&files), expected);
    free(name);
}

static void test_many_statements(void **state)
{
    (void) state;
    NAMES("LOAD DATA LOCAL INFILE 'a' INTO TABLE t; LOAD XML LOCAL INFILE 'b' INTO TABLE t",
          "[a][b]");
    NAMES("SELECT 1;; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; SELECT 2;", "[a]");
    NAMES("BEGIN; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; COMMIT", "[a]");
    NAMES("BEGIN WORK; LOAD DATA LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("SET STATEMENT a = 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("SET @a = 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t", "[a]");
    NAMES("LOAD DATA INFILE 'a' INTO TABLE t; LOAD DATA LOCAL INFILE 'b' INTO TABLE t", "[b]");
    check_followed("LOAD DATA LOCAL INFILE 'a' INTO TABLE t; SELECT 2", true);
    check_followed("SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t FIELDS TERMINATED BY ';';",
                   false);
    check_followed("LOAD DATA LOCAL INFILE 'a' INTO TABLE t;; -- ; SELECT", false);
    assert_true(local_files_are_among_many("SELECT 1; SELECT 2", 18, &maria));
    assert_true(local_files_are_among_many("; SELECT 2", 10, &maria));
    assert_false(local_files_are_among_many("SELECT 1; ; -- x", 16, &maria));
    assert_false(local_files_are_among_many("SELECT ';' /* ; SELECT */", 25, &maria));
    assert_false(local_files_are_among_many("", 0, &maria));
}

static void test_what_names_none(void **state)
{
    (void) state;
    NONE("");
    NONE(";");
    NONE("LOAD");
    NONE("LOAD DATA LOCAL INFILE");
    NONE("LOAD DATA INFILE 'a' INTO TABLE t");
    NONE("LOAD DATA LOCAL INFILE ? INTO TABLE t");
    NONE("LOAD DATA LOCAL INFILE @a INTO TABLE t");
    NONE("LOAD DATA LOCAL INFILE `a` INTO TABLE t");
    NONE("LOAD DATA LOCAL INFILE N'a' INTO TABLE t");
    NONE("LOAD DATA LOCAL INFILE '' INTO TABLE t");
    NONE("LOAD DATA LOCAL INFILE 'a");
    NONE("LOAD DATA LOCAL INFILE \"a'");
    NONE("LOAD DATA LOW_PRIORITY CONCURRENT LOCAL INFILE 'a' INTO TABLE t");
    NONE("LOAD INDEX INTO CACHE t; LOAD LOCAL INFILE 'a'");
    NONE("SELECT 'LOAD DATA LOCAL INFILE ''a'' INTO TABLE t'");
    NONE("SELECT 1 -- ; LOAD DATA LOCAL INFILE 'a' INTO TABLE t");
    NONE("SELECT 1 /* ; LOAD DATA LOCAL INFILE 'a' INTO TABLE t */");
    NONE("INSERT INTO t VALUES ('x\\'; LOAD DATA LOCAL INFILE \"a\" INTO TABLE t; ')");
    NONE("SELECT 1 LOAD DATA LOCAL INFILE 'a' INTO TABLE t");
    NONE("EXPLAIN LOAD DATA LOCAL INFILE 'a' INTO TABLE t");
    NONE("PREPARE s FROM 'LOAD DATA LOCAL INFILE \"a\" INTO TABLE t'; EXECUTE s");
    NONE("CALL p('LOAD DATA LOCAL INFILE')");
}

static void test_bodies(void **state)
{
    (void) state;
    NONE("CREATE PROCEDURE p() LOAD DATA LOCAL INFILE 'a' INTO TABLE t");
    NONE("CREATE PROCEDURE p() BEGIN SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; END");
    NONE("ALTER EVENT e DO BEGIN SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; END");
    NONE("BEGIN NOT ATOMIC SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; END");
    NONE("IF 1 THEN SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; END IF");
    NONE("x: LOOP SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; END LOOP");
    NONE("<<x>> LOOP SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; END LOOP");
}

static void test_names_as_the_server_reads_them(void **state)
{
    (void) state;
    NAMES("LOAD DATA LOCAL INFILE 'it''s' INTO TABLE t", "[it's]");
    NAMES("LOAD DATA LOCAL INFILE \"say \"\"x\"\" 'y'\" INTO TABLE t", "[say \"x\" 'y']");
    NAMES("LOAD DATA LOCAL INFILE 'a\\'b\\\"c\\\\d\\x' INTO TABLE t", "[a'b\"c\\dx]");
    NAMES("LOAD DATA LOCAL INFILE '\\b\\t\\n\\r\\Z\\z' INTO TABLE t", "[\b\t\n\r\x1az]");
    NAMES("LOAD DATA LOCAL INFILE 'a\\_b\\%c' INTO TABLE t", "[a\\_b\\%c]");
    NAMES("LOAD DATA LOCAL INFILE '\xc3\xa4 b' INTO TABLE t", "[\xc3\xa4 b]");
    // No file's name has a NUL in it.
    NONE("LOAD DATA LOCAL INFILE '/etc/passwd\\0x' INTO TABLE t");
    check_names("LOAD DATA LOCAL INFILE 'C:\\new\\'' INTO TABLE t", &plain, "", __LINE__);
    check_names("LOAD DATA LOCAL INFILE 'C:\\new\\' INTO TABLE t", &plain, "[C:\\new\\]", __LINE__);
    check_names("LOAD DATA LOCAL INFILE 'it''s \\_' INTO TABLE t", &plain, "[it's \\_]", __LINE__);
}

static void test_comments_that_nobody_knows_to_be_code(void **state)
{
    (void) state;
    NONE("/*!999999 LOAD DATA LOCAL INFILE 'a' INTO TABLE t */");
    check_names("/*!100100 LOAD DATA LOCAL INFILE 'a' INTO TABLE t */", NULL, "", __LINE__);
    NAMES("/*!100100 LOAD DATA LOCAL INFILE 'a' INTO TABLE t */", "[a]");
    NAMES("/*M!100100 LOAD DATA LOCAL INFILE 'a' INTO TABLE t */", "[a]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_many_statements),
        cmocka_unit_test(test_what_names_none),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_names_as_the_server_reads_them),
        cmocka_unit_test(test_comments_that_nobody_knows_to_be_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
