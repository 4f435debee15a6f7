// URLs and targets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "marsh/base/error.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"

static struct target apply(const char *url)
{
    struct target target;
    struct error err = ERROR_INIT;
    target_init(&target);
    target_begin_layer(&target, LAYER_ARGUMENT);
    if (!url_apply(&target, url, &err))
        fail_msg("%s", err.message);
    target_settle(&target);
    return target;
}

static void test_sqlalchemy(void **state)
{
    (void) state;
    struct target target = apply(
        "mysql+pymysql://ann:p%40ss@db1:3307/shop?charset=latin1&pool_size=7");
    assert_string_equal(target.user, "ann");
    assert_string_equal(target.password, "p@ss");
    assert_string_equal(target.hosts[0].name, "db1");
    assert_int_equal(target.hosts[0].port, 3307);
    assert_string_equal(target.schema, "shop");
    assert_string_equal(target.charset, "latin1");
    assert_int_equal(target.pool_size, 7);
    assert_int_equal(target.protocol, PROTOCOL_TCP);
    target_finish(&target);
    target = apply("mysql://ann@/shop?unix_socket=/tmp/x.sock");
    assert_string_equal(target.socket, "/tmp/x.sock");
    assert_int_equal(target.protocol, PROTOCOL_SOCKET);
    target_finish(&target);
}

static void test_hosts(void **state)
{
    (void) state;
    struct target target = apply("mariadb://a:1,b,[::1]:3/");
    assert_int_equal(target.host_count, 3);
    assert_string_equal(target.hosts[2].name, "::1");
    assert_int_equal(target.hosts[2].port, 3);
    target_finish(&target);
}

static void test_bad(void **state)
{
    (void) state;
    static const struct {
        const char *url;
        const char *says;
    } bad[] = {
        {"mysql://u:secret@h/db?pool_sizes=1", "did you mean 'pool_size'"},
        {"mysql://u:secret%zz@h/", "password"},
        {"mysql://u:secret@h:99999/", "port"},
        {"postgres://u:secret@h/", "mysql://"},
        {"mysql://u:secret@h/?pool_size=x", "whole number"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct target target;
        struct error err = ERROR_INIT;
        target_init(&target);
        assert_false(url_apply(&target, bad[i].url, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(strstr(err.message, bad[i].says));
        assert_null(strstr(err.message, "secret"));
        error_finish(&err);
        target_finish(&target);
    }
}

static void test_table(void **state)
{
    (void) state;
    const struct target_param *param;
    for (size_t i = 0; (param = target_param_at(i)) != NULL; i++) {
        assert_ptr_equal(target_param_find(param->name), param);
        if (i > 0)
            assert_true(strcmp(target_param_at(i - 1)->name, param->name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sqlalchemy),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
