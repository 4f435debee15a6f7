// `:name` in the text of a statement, and the colons that are something else.
#include "marsh/sql/placeholders.h"

#include "marsh/sql/lexer.h"
#include "support.h"

// The rewritten text, then, where there are names, each place's in square brackets, [] for a `?`.
static void check_found(const char *text, bool escapes, const char *expected, int line)
{
    size_t len = strlen(text);
    // Exactly as long as the text: a look behind it is an error that the sanitizers see.
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct lexer lexer;
    struct placeholders found;
    const struct dialect dialect = {.plain_backslashes = !escapes};
    lexer_init(&lexer, copy, len, &dialect);
    placeholders_find(&lexer, &found);
    assert_ptr_equal(lexer.pos, copy);
    struct buf out = BUF_INIT;
    buf_add(&out, found.text.data, found.text.len);
    for (size_t i = 0; i < found.count && found.named > 0; i++)
        buf_printf(&out, " [%s]", found.names[i] == NULL ? "" : found.names[i]);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
    placeholders_finish(&found);
    free(copy);
}
#define FINDS(text, expected) check_found(text, true, expected, __LINE__)
#define NONE(text) check_found(text, true, text, __LINE__)

static void test_found(void **state)
{
    (void) state;
    FINDS(":a", "? [a]");
    FINDS("SELECT :id", "SELECT ? [id]");
    FINDS("select * from t where a=:a and b>:b_2\n  or c in (:a,:C)",
          "select * from t where a=? and b>?\n  or c in (?,?) [a] [b_2] [a] [C]");
    FINDS("SELECT :a+:b", "SELECT ?+? [a] [b]");
    FINDS("SELECT/**/:a/* :b */,:c -- :d", "SELECT/**/?/* :b */,? -- :d [a] [c]");
    FINDS("SET @x:=:a", "SET @x:=? [a]");
    FINDS("SELECT :_1;", "SELECT ?; [_1]");
    FINDS("SELECT /*! :a */ 1", "SELECT /*! ? */ 1 [a]");
    FINDS("SELECT :loop", "SELECT ? [loop]");
    FINDS("SELECT :\xc3\xa4$", "SELECT ? [\xc3\xa4$]");
    FINDS("CALL p(:a, @out)", "CALL p(?, @out) [a]");
}

static void test_other_colons(void **state)
{
    (void) state;
    NONE("");
    NONE(":");
    NONE("SELECT 1");
    NONE("SELECT ':a', \":b\", `:c`, 'it''s :d'");
    NONE("SELECT 'x\\' :a '");
    NONE("SELECT 1 -- :a\n# :b\n/* :c */");
    NONE("SELECT @a := 1, @a:=2");
    NONE("SELECT a::b, :: c, :::d");
    NONE("SELECT : a");
    FINDS("SELECT :a:b, ?:c", "SELECT ?:b, ?:c [a] []");
    NONE("SELECT :1, :'a', :\"a\", :`a`, :@a, :?");
    NONE("SELECT a:b, 1:b, `a`:b, 'a':b, @a:b, \xc3\xa4:b, a$:b");
    NONE("SELECT 'open :a");
    NONE("SELECT 1 /* open :a");
}

static void test_backslashes(void **state)
{
    (void) state;
    check_found("SELECT '\\', :a, ''", false, "SELECT '\\', ?, '' [a]", __LINE__);
    check_found("SELECT '\\', :a, ''", true, "SELECT '\\', :a, ''", __LINE__);
}

static void test_bodies(void **state)
{
    (void) state;
    NONE("CREATE PROCEDURE p() SELECT :a");
    NONE("create or replace definer=`a`@`b` function f() returns int return :a");
    NONE("CREATE DEFINER = user@localhost PROCEDURE p() SELECT :a");
    NONE("CREATE DEFINER=role PROCEDURE p() SELECT :a");
    NONE("CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET :NEW.a := 1");
    NONE("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT :a");
    NONE("ALTER DEFINER=CURRENT_USER EVENT e DO SELECT :a");
    NONE("CREATE PACKAGE BODY b AS x :a");
    NONE("BEGIN NOT ATOMIC SELECT :a; END");
    NONE("lbl: BEGIN NOT ATOMIC SELECT :a; END");
    NONE("`l b`:LOOP SELECT :a; END LOOP");
    NONE("<<lbl>> BEGIN SELECT :a; END");
    NONE("IF 1 THEN SELECT :a; END IF");
    NONE("WHILE 1 DO SELECT :a; END WHILE");
    NONE("DECLARE x INT; BEGIN SELECT :a; END");
    FINDS("CREATE TABLE t AS SELECT event, :a FROM procedure_log",
          "CREATE TABLE t AS SELECT event, ? FROM procedure_log [a]");
    FINDS("CREATE OR REPLACE VIEW function_list AS SELECT :a",
          "CREATE OR REPLACE VIEW function_list AS SELECT ? [a]");
    FINDS("SELECT :a procedure", "SELECT ? procedure [a]");
}

static void test_mixed(void **state)
{
    (void) state;
    FINDS("SELECT ?, :a", "SELECT ?, ? [] [a]");
    FINDS("SELECT :a, ?", "SELECT ?, ? [a] []");
    NONE("SELECT ?");
    FINDS("SELECT '?', :a", "SELECT '?', ? [a]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),       cmocka_unit_test(test_other_colons),
        cmocka_unit_test(test_backslashes), cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
