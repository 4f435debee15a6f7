#include "support.h"

#include "marsh/sql/statement.h"

#include "marsh/base/mem.h"
#include "marsh/sql/dialect.h"

// "schema.name(1?m)": a 1 for an argument, a ? for a lone one, then how many ? there are in all
// where that is another number, and an m where one is mixed in. "none" if it is no such CALL.
static void describe(struct buf *out, const char *text, size_t len)
{
    struct call_text call;
    memset(&call, 0x5a, sizeof(call));
    if (!call_text_parse(text, len, NULL, &call)) {
        for (size_t i = 0; i < sizeof(call); i++)
            assert_int_equal(((unsigned char *) &call)[i], 0x5a);
        buf_add_text(out, "none");
        return;
    }
    size_t lone = 0;
    if (call.schema != NULL)
        buf_printf(out, "%s.", call.schema);
    buf_printf(out, "%s(", call.name);
    for (size_t i = 0; i < call.count; i++) {
        buf_add_char(out, call.placeholders[i] ? '?' : '1');
        lone += call.placeholders[i];
    }
    if (call.placeholder_count != lone)
        buf_printf(out, " %zu", call.placeholder_count);
    buf_add_text(out, call.mixed ? "m)" : ")");
    call_text_finish(&call);
    assert_null(call.name);
    assert_int_equal(call.count, 0);
}

static void check_call(const char *text, size_t len, const char *expected, int line)
{
    struct buf out = BUF_INIT;
    describe(&out, text, len);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
}
#define CALL(literal, expected) check_call(literal, sizeof(literal) - 1, expected, __LINE__)

static void test_call_names(void **state)
{
    (void) state;
    CALL("CALL p()", "p()");
    CALL("call p", "p()");
    CALL("cALL P (\n)", "P()");
    CALL("call s.p()", "s.p()");
    CALL("call s . p ()", "s.p()");
    CALL("call `s`.`p`()", "s.p()");
    CALL("call `a b`.`c``d`(?)", "a b.c`d(?)");
    CALL("call s.p", "s.p()");
    CALL("call \xc3\xa4(?)", "\xc3\xa4(?)");
    CALL("/* x */ call /* y */ p # z\n (1)", "p(1)");
    CALL("/*!50003 call p(?) */", "p(?)");
    CALL("call call(1)", "call(1)");
}

static void test_call_arguments(void **state)
{
    (void) state;
    CALL("call p(1)", "p(1)");
    CALL("call p(1, 2,3)", "p(111)");
    CALL("call p(?)", "p(?)");
    CALL("call p(?, 1, ?)", "p(?1?)");
    CALL("call p( ? )", "p(?)");
    CALL("call p('?', \"?\", `?`, @a)", "p(1111)");
    CALL("call p('a,b', 'c)', ')')", "p(111)");
    CALL("call p(f(1, 2), (3, 4))", "p(11)");
    CALL("call p((select 1), 2)", "p(11)");
    CALL("call p(/* ?, */ 1)", "p(1)");
    CALL("call p(1 -- , 2\n, 3)", "p(11)");
    CALL("call p(-1, 1e-5, NULL, x'00', @@v)", "p(11111)");
    CALL("call p('it\\'s, 1')", "p(1)");
}

static void test_call_mixed(void **state)
{
    (void) state;
    CALL("call p(? + 1)", "p(1 1m)");
    CALL("call p(-?)", "p(1 1m)");
    CALL("call p((?))", "p(1 1m)");
    CALL("call p(f(?), ?)", "p(1? 2m)");
    CALL("call p(?"
         "?)",
         "p(1 2m)");
    CALL("call p(?, f(1, ?, ?))", "p(?1 3m)");
}

static void test_no_call(void **state)
{
    (void) state;
    CALL("", "none");
    CALL("call", "none");
    CALL("select 1", "none");
    CALL("`call` p()", "none");
    CALL("calls p()", "none");
    CALL("explain call p()", "none");
    CALL("call (1)", "none");
    CALL("call 'p'()", "none");
    CALL("call s.()", "none");
    CALL("call s.", "none");
    CALL("call .p()", "none");
    CALL("call a.b.c()", "none");
    CALL("call p(1", "none");
    CALL("call p(", "none");
    CALL("call p(1))", "none");
    CALL("call p(1) x", "none");
    CALL("call p(1,)", "none");
    CALL("call p(,1)", "none");
    CALL("call p(,)", "none");
    CALL("call p(1,,2)", "none");
    CALL("call p((1)", "none");
    CALL("call p('1)", "none");
    CALL("call p 1", "none");
    CALL("call p() ()", "none");
    CALL("call p()\0", "none");
}

static bool is_secret(const char *text)
{
    return statement_is_secret(text, strlen(text));
}

static void test_secrets(void **state)
{
    (void) state;
    assert_true(is_secret("set password = 'x'"));
    assert_true(is_secret("SET PASSWORD FOR a = PASSWORD('x')"));
    assert_true(is_secret("create user a identified by 'x'"));
    assert_true(is_secret("alter user a IDENTIFIED via ed25519 using 'x'"));
    assert_true(is_secret("grant all on *.* to a identified by 'x'"));
    assert_true(is_secret("change master to master_password='x'"));
    assert_true(is_secret("change replication source to source_password='x'"));
    assert_true(is_secret("select aes_encrypt('a', 'key')"));
    assert_true(is_secret("select aes_decrypt(a, 'key')"));
    assert_true(is_secret("/*!50001 set password='x' */"));
    assert_true(is_secret("select old_password('x')"));
    assert_true(is_secret("update mysql.user set authentication_string='x'"));
    // Under one sql_mode or another, on one server or another.
    assert_true(is_secret("update mysql.user set \"authentication_string\"='x'"));
    assert_true(is_secret("select '\\', password('x') -- '"));
    assert_true(is_secret("select '\\' , password('x')"));
    assert_true(is_secret("/*!99999 ' */ set password = 'x'"));
    assert_true(is_secret("/*M!100100 set password = 'x' */"));
    // In a name, a string or a comment the word is only a word.
    assert_false(is_secret("select 1"));
    assert_false(is_secret(""));
    assert_false(is_secret("select 'password'"));
    assert_false(is_secret("select 1 -- password"));
    assert_false(is_secret("select passwords, my_password from t"));
}

static bool changes_names(const char *text)
{
    return statement_changes_names(text, strlen(text));
}

static void test_changes_names(void **state)
{
    (void) state;
    assert_true(changes_names("create table t (a int)"));
    assert_true(changes_names("DROP TABLE t"));
    assert_true(changes_names("/* x */ alter table t add b int"));
    assert_true(changes_names("rename table a to b"));
    assert_true(changes_names("use x"));
    assert_true(changes_names("/*!50001 create view v as select 1 */"));
    assert_false(changes_names("select 1"));
    assert_false(changes_names("show create table t"));
    assert_false(changes_names("creates"));
    assert_false(changes_names("`create`"));
    assert_false(changes_names(""));
}

static void test_add_name(void **state)
{
    (void) state;
    struct buf out = BUF_INIT;
    statement_add_name(&out, "a");
    statement_add_name(&out, "");
    statement_add_name(&out, "b`c``");
    statement_add_name(&out, "d\\ e'\"");
    check_buf(&out, "`a````b``c`````"
                    "`d\\ e'\"`");
    buf_finish(&out);
}

static void test_add_string(void **state)
{
    (void) state;
    struct buf out = BUF_INIT;
    statement_add_string(&out, "", 0);
    check_buf(&out, "''");
    buf_clear(&out);
    statement_add_string(&out, "a'\\\0\xff", 5);
    check_buf(&out, "_utf8mb4 X'61275C00FF'");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_names), cmocka_unit_test(test_call_arguments),
        cmocka_unit_test(test_call_mixed), cmocka_unit_test(test_no_call),
        cmocka_unit_test(test_secrets),    cmocka_unit_test(test_changes_names),
        cmocka_unit_test(test_add_name),   cmocka_unit_test(test_add_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
