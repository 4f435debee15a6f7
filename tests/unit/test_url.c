#include "support.h"

#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"

static void apply(struct target *target, const char *url)
{
    struct error err = ERROR_INIT;
    target_init(target);
    target_begin_layer(target, LAYER_ARGUMENT);
    check_ok(url_apply(target, url, &err), &err);
}

static void fails(const char *url, const char *message, int line)
{
    struct error err = ERROR_INIT;
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_ARGUMENT);
    if (url_apply(&target, url, &err)) {
        print_error("%s: did not fail\n", url);
        _fail(__FILE__, line);
    }
    support_check_error(&err, ERROR_USAGE, message, true, __FILE__, line);
    target_finish(&target);
}
#define FAILS(url, message) fails(url, message, __LINE__)

// "user:password@host:port,.../schema socket"; a dash for what is not set.
static void check_place(const char *url, const char *expected, int line)
{
    struct target target;
    struct buf out = BUF_INIT;
    apply(&target, url);
    buf_printf(&out, "%s:%s@", target.user == NULL ? "-" : target.user,
               target.password == NULL ? "-" : target.password);
    for (size_t i = 0; i < target.host_count; i++)
        buf_printf(&out, "%s%s:%u", i == 0 ? "" : ",", target.hosts[i].name, target.hosts[i].port);
    buf_printf(&out, "/%s %s", target.schema == NULL ? "-" : target.schema,
               target.socket == NULL ? "-" : target.socket);
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
    target_finish(&target);
}
#define PLACE(url, expected) check_place(url, expected, __LINE__)

static void test_is_url(void **state)
{
    (void) state;
    assert_true(url_is("mysql://h"));
    assert_true(url_is("MariaDB://h"));
    assert_true(url_is("mysql+pymysql://h"));
    assert_true(url_is("mysql:h"));
    assert_true(url_is("postgres://h"));
    assert_false(url_is("mysql"));
    assert_false(url_is("mysqld"));
    assert_false(url_is("shop"));
    assert_false(url_is("@prod"));
    assert_false(url_is("scratch:x"));
    assert_false(url_is(""));
}

static void test_parts(void **state)
{
    (void) state;
    PLACE("mysql://ann:pw@db1:3307/shop", "ann:pw@db1:3307/shop -");
    PLACE("mariadb://db1", "-:-@db1:0/- -");
    PLACE("mysql://ann@db1", "ann:-@db1:0/- -");
    PLACE("mysql://db1/shop", "-:-@db1:0/shop -");
    PLACE("MYSQL://db1:1/s", "-:-@db1:1/s -");
    PLACE("mysql://db1:65535", "-:-@db1:65535/- -");
    // Empty parts say nothing.
    PLACE("mysql://", "-:-@/- -");
    PLACE("mysql:///shop", "-:-@/shop -");
    PLACE("mysql:///", "-:-@/- -");
    PLACE("mysql://ann@/shop", "ann:-@/shop -");
    PLACE("mysql://:pw@db1", "-:pw@db1:0/- -");
    PLACE("mysql://@db1", "-:-@db1:0/- -");
    PLACE("mysql://db1/?", "-:-@db1:0/- -");
    PLACE("mysql://db1?&&", "-:-@db1:0/- -");
    // An empty password is one, none is none.
    PLACE("mysql://ann:@db1", "ann:@db1:0/- -");
}

static void test_sqlalchemy(void **state)
{
    (void) state;
    struct target target;
    PLACE("mysql+pymysql://user:p%40ss@host:3306/db?charset=utf8mb4&unix_socket=/x",
          "user:p@ss@host:3306/db /x");
    PLACE("mysql+mysqldb://scott:tiger@localhost/foo", "scott:tiger@localhost:0/foo -");
    PLACE("mariadb+mariadbconnector://u:p@127.0.0.1:3306/c", "u:p@127.0.0.1:3306/c -");
    PLACE("mysql+asyncmy://u@h", "u:-@h:0/- -");
    apply(&target, "mysql+pymysql://u@h/db?charset=utf8mb3&ssl_ca=/ca.pem&connect_timeout=7"
                   "&pool_size=9&max_overflow=0&pool_timeout=3&pool_recycle=60&pool_pre_ping=True"
                   "&pool_use_lifo=1&autocommit=true");
    check_text(target.charset, "utf8mb3");
    check_text(target.ssl_ca, "/ca.pem");
    assert_int_equal(target.connect_timeout, 7);
    assert_int_equal(target.pool_size, 9);
    assert_int_equal(target.max_overflow, 0);
    assert_int_equal(target.pool_timeout, 3);
    assert_int_equal(target.pool_recycle, 60);
    assert_int_equal(target.pool_pre_ping, PRE_PING_ALWAYS);
    assert_true(target.pool_use_lifo);
    check_text(target.autocommit, "1");
    target_finish(&target);
    // What only a Python driver understands is passed over.
    apply(&target, "mysql+pymysql://h/db?cursorclass=x&use_unicode=1&binary_prefix=true"
                   "&client_flag=2&conv=x");
    check_text(target.schema, "db");
    target_finish(&target);
}

static void test_hosts(void **state)
{
    (void) state;
    PLACE("mysql://a,b:3307,c/s", "-:-@a:0,b:3307,c:0/s -");
    PLACE("mysql://[::1]", "-:-@::1:0/- -");
    PLACE("mysql://[::1]:3307/s", "-:-@::1:3307/s -");
    PLACE("mysql://u:p@[fe80::1]:3307,b/s", "u:p@fe80::1:3307,b:0/s -");
    PLACE("mysql://::1/s", "-:-@::1:0/s -");
    PLACE("mysql://a,,b", "-:-@a:0,b:0/- -");
    PLACE("mysql://db%2d1", "-:-@db-1:0/- -");
    // A slash, once decoded, makes it a socket.
    PLACE("mysql://%2Ftmp%2Fs.sock/db", "-:-@/db /tmp/s.sock");
    PLACE("mysql://ann:pw@%2frun%2fs/db", "ann:pw@/db /run/s");
    PLACE("mysql://ann@/db?socket=%2Ftmp%2Fs", "ann:-@/db /tmp/s");
    PLACE("mysql://localhost/db?unix_socket=/tmp/s", "-:-@localhost:0/db /tmp/s");
}

static void test_host_without_name(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct target target;
    // The port may not be dropped in silence.
    target_init(&target);
    target_begin_layer(&target, LAYER_ARGUMENT);
    bool ok = url_apply(&target, "mysql://:3307/s", &err);
    bool used = target.port == 3307 || (target.host_count == 1 && target.hosts[0].port == 3307);
    assert_true(ok ? used : err.kind == ERROR_USAGE);
    error_finish(&err);
    target_finish(&target);
}

static void test_open_bracket(void **state)
{
    (void) state;
    FAILS("mysql://[::1/s", "host");
    FAILS("mysql://u:p@[::1:3307", "host");
}

static void test_decoding(void **state)
{
    (void) state;
    PLACE("mysql://a%3Ab:c%2Fd%40e%25@h/s%20t", "a:b:c/d@e%@h:0/s t -");
    PLACE("mysql://u:%C3%A4%e4@h", "u:\xc3\xa4\xe4@h:0/- -");
    // A plus is a space in parameters alone.
    PLACE("mysql://u+v:p+q@h/s+t", "u+v:p+q@h:0/s+t -");
    struct target target;
    apply(&target, "mysql://h?init_command=SET+a%3D1%2B1&user=a%20b");
    check_text(target.init_command, "SET a=1+1");
    check_text(target.user, "a b");
    target_finish(&target);
}

static void test_raw_passwords(void **state)
{
    (void) state;
    // Characters that should have been escaped, but can only be the password's.
    PLACE("mysql://u:a/b@h/s", "u:a/b@h:0/s -");
    PLACE("mysql://u:a@b@h/s", "u:a@b@h:0/s -");
    PLACE("mysql://u:a:b@h/s", "u:a:b@h:0/s -");
    PLACE("mysql://u:a#b@h/s", "u:a#b@h:0/s -");
    PLACE("mysql://u:a?b@h/s?port=1", "u:a?b@h:0/s -");
    PLACE("mysql://u:/@h", "u:/@h:0/- -");
    PLACE("mysql://u:a=b&c@h/s", "u:a=b&c@h:0/s -");
    // No password there, though an @ follows.
    PLACE("mysql://h:3306/db?init_command=a@b", "-:-@h:3306/db -");
    PLACE("mysql://h/db?user=a@b", "a@b:-@h:0/db -");
}

static void test_bad(void **state)
{
    (void) state;
    FAILS("postgres://u:p@h", "begins with mysql:// or mariadb://, not 'postgres'");
    FAILS("mysqlx://u:p@h", "not 'mysqlx'");
    FAILS("mysql:h", "'://' behind 'mysql'");
    FAILS("mysql+x:/h", "'://' behind 'mysql+x'");
    FAILS("mysql://u%4@h", "URL's user has a '%'");
    FAILS("mysql://u%zz@h", "URL's user has a '%'");
    FAILS("mysql://u%", "URL's host has a '%'");
    FAILS("mysql://h/a%2", "URL's database has a '%'");
    FAILS("mysql://h/a%00b", "URL's database has a '%'");
    FAILS("mysql://u:a%GGb@h", "URL's password has a '%'");
    FAILS("mysql://h?user=%x", "URL's user has a '%'");
    FAILS("mysql://h?us%er=x", "URL's parameter has a '%'");
    FAILS("mysql://h:0", "a number from 1 to 65535");
    FAILS("mysql://h:65536", "a number from 1 to 65535");
    FAILS("mysql://h:", "a number from 1 to 65535");
    FAILS("mysql://h:x", "a number from 1 to 65535");
    FAILS("mysql://h:33x", "a number from 1 to 65535");
    FAILS("mysql://h:-1", "a number from 1 to 65535");
    FAILS("mysql://h:+1", "a number from 1 to 65535");
    FAILS("mysql://h: 1", "host");
    FAILS("mysql://h:99999999999999999999", "a number from 1 to 65535");
    FAILS("mysql://[::1]x", "a number from 1 to 65535");
    FAILS("mysql://[::1]:", "a number from 1 to 65535");
    FAILS("mysql://a b/s", "not a host's name");
    FAILS("mysql://a%40b/s", "not a host's name");
}

static void test_parameters(void **state)
{
    (void) state;
    FAILS("mysql://h?chraset=x", "unknown parameter 'chraset', did you mean 'charset'?");
    FAILS("mysql://h?poolsize=1", "did you mean 'pool_size'?");
    FAILS("mysql://h?zzzzzzzz=1", "unknown parameter 'zzzzzzzz'");
    FAILS("mysql://h?pool_size=x", "pool_size takes a whole number from 1 to 100000");
    FAILS("mysql://h?pool_size", "pool_size takes a whole number");
    FAILS("mysql://h?charset", "charset needs a value");
    FAILS("mysql://h?pool_pre_ping=maybe", "pool_pre_ping is one of auto, never, always");
    FAILS("mysql://h?compress=maybe", "compress is on or off");
    struct target target;
    // Later ones win, a dash is as good as an underscore, without a value it is on.
    apply(&target, "mysql://h:1/s?user=a&user=b&pool-size=7&compress&database=t&port=2&");
    check_text(target.user, "b");
    check_text(target.schema, "t");
    assert_int_equal(target.pool_size, 7);
    assert_true(target.compress);
    assert_int_equal(target.port, 2);
    assert_int_equal(target.hosts[0].port, 1);
    target_finish(&target);
    // A password without a value is asked for.
    apply(&target, "mysql://u@h?password");
    assert_true(target.ask_password);
    assert_null(target.password);
    target_finish(&target);
    apply(&target, "mysql://u@h?password=a%26b%3D");
    check_text(target.password, "a&b=");
    target_finish(&target);
}

// It takes the place of what was named before, but not of other settings.
static void test_displaces(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_FILES);
    check_ok(target_set(&target, "socket", "/run/s", &err), &err);
    check_ok(target_set(&target, "port", "3310", &err), &err);
    check_ok(target_set(&target, "user", "file", &err), &err);
    check_ok(target_set(&target, "password", "file-secret", &err), &err);
    check_ok(target_set(&target, "protocol", "socket", &err), &err);
    check_ok(target_set(&target, "charset", "latin1", &err), &err);
    target_begin_layer(&target, LAYER_ARGUMENT);
    check_ok(url_apply(&target, "mysql://db1/s", &err), &err);
    assert_null(target.socket);
    assert_int_equal(target.port, 0);
    assert_int_equal(target.protocol, PROTOCOL_AUTO);
    assert_null(target.password); // it was for another server
    check_text(target.user, "file");
    check_text(target.charset, "latin1");
    target_finish(&target);
    target_init(&target);
    target_begin_layer(&target, LAYER_ENVIRONMENT);
    check_ok(target_set(&target, "password", "env-secret", &err), &err);
    check_ok(target_set(&target, "host", "other", &err), &err);
    target_begin_layer(&target, LAYER_ARGUMENT);
    check_ok(url_apply(&target, "mysql://db1", &err), &err);
    check_text(target.password, "env-secret");
    assert_int_equal(target.host_count, 1);
    check_text(target.hosts[0].name, "db1");
    target_finish(&target);
}

// Whatever is wrong with a URL, no piece of its password is in what is said of it.
static void check_no_secret(const char *url, const char *const *secrets, size_t count, int line)
{
    struct error err = ERROR_INIT;
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_ARGUMENT);
    bool ok = url_apply(&target, url, &err);
    for (size_t i = 0; !ok && i < count; i++) {
        if (strstr(err.message, secrets[i]) != NULL) {
            print_error("%s: %s\n", url, err.message);
            _fail(__FILE__, line);
        }
    }
    error_finish(&err);
    target_finish(&target);
}

static void test_errors_hide_passwords(void **state)
{
    (void) state;
    static const char *const tails[] = {
        "@h:x",       "@h:0/s", "@a b",    "@h?nonsense=1", "@h/%zz",
        "@h?port=x",  "%zz@h",  "@[::1]x", "@h?ssl-mode=x", "",
        "/s",         "?x=1",   ":1",      "@h?charset",    "@h%",
        "@h,i:70000", "@%40",   "?@h:x",
    };
    static const char *const secrets[] = {"HUSH", "hush"};
    static const char *const passwords[] = {
        "HUSH",        "HUSH/hush",     "HUSH@hush", "HUSH?hush", "HUSH:hush", "HUSH#hush",
        "HUSH&hush=x", "HUSH?hush=x&y", "33/HUSH",   "33HUSH",    "%HUSH",     "HUSH,hush",
        "[HUSH]hush",  "HUSH%20hush",   "HUSH hush", "HUSH=hush",
    };
    for (size_t i = 0; i < LENGTH(passwords); i++) {
        for (size_t j = 0; j < LENGTH(tails); j++) {
            CLEANUP(mem_free_at) char *url = mem_printf("mysql://u:%s%s", passwords[i], tails[j]);
            check_no_secret(url, secrets, LENGTH(secrets), __LINE__);
        }
    }
    check_no_secret("mysql://h?password=HUSH&nonsense=1", secrets, LENGTH(secrets), __LINE__);
    check_no_secret("mysql://h?password=HUSH%zz", secrets, LENGTH(secrets), __LINE__);
    check_no_secret("http://u:HUSH@h", secrets, LENGTH(secrets), __LINE__);
    check_no_secret("mysql:u:HUSH@h", secrets, LENGTH(secrets), __LINE__);
}

// Both characters in one password that should have been escaped.
static void test_errors_hide_raw_passwords(void **state)
{
    (void) state;
    static const char *const secrets[] = {"HUSH", "hush"};
    check_no_secret("mysql://u:33/x?HUSH@h", secrets, LENGTH(secrets), __LINE__);
    check_no_secret("mysql://u:33/x?HUSH=hush@h", secrets, LENGTH(secrets), __LINE__);
    check_no_secret("mysql://u:33?x/HUSH@h", secrets, LENGTH(secrets), __LINE__);
}

static void check_hidden(const char *url, const char *expected, int line)
{
    CLEANUP(mem_free_at) char *copy = mem_strdup(url);
    url_hide_password(copy);
    support_check_text(copy, expected, __FILE__, line);
}
#define HIDDEN(url, expected) check_hidden(url, expected, __LINE__)

static void test_hides_password(void **state)
{
    (void) state;
    HIDDEN("mysql://u:secret@h/s", "mysql://u:xxxxxx@h/s");
    HIDDEN("mysql://u@h/s", "mysql://u@h/s");
    HIDDEN("mysql://u:@h", "mysql://u:@h");
    HIDDEN("mysql://u:a/b@h", "mysql://u:xxx@h");
    HIDDEN("mysql://u:a?b@h?port=1", "mysql://u:xxx@h?port=1");
    HIDDEN("mysql://h?password=abc&port=1", "mysql://h?password=xxx&port=1");
    HIDDEN("mysql://u:ab@h?port=1&password=cd", "mysql://u:xx@h?port=1&password=xx");
    HIDDEN("mysql://h", "mysql://h");
    HIDDEN("mysql://", "mysql://");
    HIDDEN("shop", "shop");
    HIDDEN("mysql:u:p@h", "mysql:u:p@h");
}

// Whatever way of writing the parameter target_set understands.
static void test_hides_every_password(void **state)
{
    (void) state;
    HIDDEN("mysql://h?password=ab&password=cd", "mysql://h?password=xx&password=xx");
    HIDDEN("mysql://h?user=password=&password=cd", "mysql://h?user=password=&password=xx");
    HIDDEN("mysql://h?pass%77ord=ab", "mysql://h?pass%77ord=xx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_url),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_sqlalchemy),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_host_without_name),
        cmocka_unit_test(test_open_bracket),
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_raw_passwords),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_displaces),
        cmocka_unit_test(test_errors_hide_passwords),
        cmocka_unit_test(test_errors_hide_raw_passwords),
        cmocka_unit_test(test_hides_password),
        cmocka_unit_test(test_hides_every_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
