#include <stdio.h>

#include "support.h"

#include "marsh/command/variables.h"
#include "marsh/data/value.h"

static void set(struct variables *variables, const char *name, const char *text)
{
    struct error err = ERROR_INIT;
    check_ok(variables_set(variables, name, text, text == NULL ? 0 : strlen(text), &err), &err);
}

static void check_all(const struct variables *variables, const char *expected)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < variables->count; i++)
        buf_printf(&out, "%s=%s ", variables->items[i].name,
                   variables->items[i].text == NULL ? "<null>" : variables->items[i].text);
    check_text(buf_cstr(&out), expected);
    buf_finish(&out);
}

static void test_set_and_unset(void **state)
{
    (void) state;
    struct variables variables = VARIABLES_INIT;
    assert_null(variables_get(&variables, "a"));
    assert_false(variables_unset(&variables, "a"));
    set(&variables, "b", "1");
    set(&variables, "c", "");
    set(&variables, "a", NULL);
    set(&variables, "B", "2");
    check_all(&variables, "B=2 a=<null> b=1 c= ");
    set(&variables, "b", "3");
    check_all(&variables, "B=2 a=<null> b=3 c= ");
    assert_true(variables_unset(&variables, "a"));
    assert_false(variables_unset(&variables, "a"));
    assert_true(variables_unset(&variables, "c"));
    check_all(&variables, "B=2 b=3 ");
    check_text(variables_get(&variables, "b")->text, "3");
    variables_finish(&variables);
    check_all(&variables, "");
}

static void test_bytes(void **state)
{
    (void) state;
    struct variables variables = VARIABLES_INIT;
    struct error err = ERROR_INIT;
    check_ok(variables_set(&variables, "x", "a\0b", 3, &err), &err);
    const struct variable *x = variables_get(&variables, "x");
    check_bytes(x->text, x->len, "a\0b");
    // Its own bytes.
    check_ok(variables_set(&variables, "x", x->text + 1, 2, &err), &err);
    x = variables_get(&variables, "x");
    check_bytes(x->text, x->len, "\0b");
    set(&variables, "x", NULL);
    assert_null(variables_get(&variables, "x")->text);
    assert_int_equal(variables_get(&variables, "x")->len, 0);
    variables_finish(&variables);
}

static void test_names(void **state)
{
    (void) state;
    static const char *const good[] = {"a", "_", "A1_b", "_9"};
    static const char *const bad[] = {"", "1", "a b", "a-b", "\xc3\xa4", "a$", "a:", "a\n"};
    struct variables variables = VARIABLES_INIT;
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < LENGTH(good); i++)
        assert_true(variables_is_name(good[i]));
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_false(variables_is_name(bad[i]));
    assert_false(variables_set(&variables, "1a", "x", 1, &err));
    check_error(&err, ERROR_USAGE,
                "'1a' can't be a variable's name: letters, digits and _, no digit first");
    assert_int_equal(variables.count, 0);
}

static void test_bind(void **state)
{
    (void) state;
    struct variables variables = VARIABLES_INIT;
    struct error err = ERROR_INIT;
    struct value values[3];
    set(&variables, "id", "42");
    set(&variables, "none", NULL);
    char *const names[] = {(char *) "id", (char *) "none", (char *) "id"};
    check_ok(variables_bind(&variables, names, 3, values, &err), &err);
    check_bytes(values[0].text, values[0].len, "42");
    assert_null(values[1].text);
    check_bytes(values[2].text, values[2].len, "42");
    check_ok(variables_bind(&variables, names, 0, NULL, &err), &err);
    char *const near[] = {(char *) "nome"};
    assert_false(variables_bind(&variables, near, 1, values, &err));
    check_error(&err, ERROR_USAGE, "there is no variable ':nome', did you mean ':none'?");
    char *const far[] = {(char *) "customer"};
    assert_false(variables_bind(&variables, far, 1, values, &err));
    check_error(&err, ERROR_USAGE, "there is no variable ':customer'");
    variables_finish(&variables);
}

static void test_many(void **state)
{
    (void) state;
    struct variables variables = VARIABLES_INIT;
    char name[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "v%u", i * 7919 % 1000);
        set(&variables, name, name);
    }
    assert_int_equal(variables.count, 1000);
    for (size_t i = 1; i < variables.count; i++)
        assert_true(strcmp(variables.items[i - 1].name, variables.items[i].name) < 0);
    check_text(variables_get(&variables, "v999")->text, "v999");
    variables_finish(&variables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_and_unset), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_bind),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
