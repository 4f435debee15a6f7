#include "support.h"

#include <pwd.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "marsh/config/target.h"

static void set(struct target *target, const char *name, const char *value)
{
    struct error err = ERROR_INIT;
    check_ok(target_set(target, name, value, &err), &err);
}

static void fails(const char *name, const char *value, const char *message, int line)
{
    struct error err = ERROR_INIT;
    struct target target;
    target_init(&target);
    if (target_set(&target, name, value, &err)) {
        print_error("%s=%s: did not fail\n", name, value == NULL ? "(null)" : value);
        _fail(__FILE__, line);
    }
    support_check_error(&err, ERROR_USAGE, message, false, __FILE__, line);
    target_finish(&target);
}
#define FAILS(name, value, message) fails(name, value, message, __LINE__)

static void test_defaults(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    assert_int_equal(target.host_count, 0);
    assert_int_equal(target.port, 0);
    assert_null(target.socket);
    assert_null(target.user);
    assert_null(target.password);
    check_text(target.charset, "utf8mb4");
    assert_int_equal(target.connect_timeout, 10);
    assert_int_equal(target.pool_size, 5);
    assert_int_equal(target.max_overflow, 10);
    assert_int_equal(target.pool_timeout, 30);
    assert_int_equal(target.pool_recycle, -1);
    assert_int_equal(target.pool_pre_ping, PRE_PING_AUTO);
    assert_int_equal(target.pool_reset_on_return, RESET_FULL);
    assert_false(target.pool_use_lifo);
    target_finish(&target);
}

// Every row of the table can be set, and is found by its name with either kind of dash.
static void test_every_parameter(void **state)
{
    (void) state;
    const struct target_param *param;
    struct target target;
    target_init(&target);
    size_t i = 0;
    for (; (param = target_param_at(i)) != NULL; i++) {
        const struct target_param *next = target_param_at(i + 1);
        if (next != NULL)
            assert_true(strcmp(param->name, next->name) < 0);
        assert_ptr_equal(target_param_find(param->name), param);
        CLEANUP(mem_free_at) char *dashed = mem_strdup(param->name);
        for (char *c = dashed; *c != '\0'; c++)
            *c = *c == '_' ? '-' : *c;
        assert_ptr_equal(target_param_find(dashed), param);
        assert_non_null(target_param_value_name(param));
        const char *value = param->choices != NULL ? param->choices[0] : "1024";
        if (strcmp(target_param_value_name(param), "BOOL") == 0)
            value = "on";
        set(&target, param->name, value);
    }
    assert_true(i > 40);
    assert_null(target_param_find("nonsense"));
    assert_null(target_param_find(""));
    target_finish(&target);
}

static void test_texts(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"user", offsetof(struct target, user)},
        {"username", offsetof(struct target, user)},
        {"database", offsetof(struct target, schema)},
        {"db", offsetof(struct target, schema)},
        {"schema", offsetof(struct target, schema)},
        {"charset", offsetof(struct target, charset)},
        {"default-character-set", offsetof(struct target, charset)},
        {"init_command", offsetof(struct target, init_command)},
        {"password", offsetof(struct target, password)},
        {"password_command", offsetof(struct target, password_command)},
        {"socket", offsetof(struct target, socket)},
        {"unix_socket", offsetof(struct target, socket)},
        {"ssl_ca", offsetof(struct target, ssl_ca)},
        {"ssl_capath", offsetof(struct target, ssl_capath)},
        {"ssl_cert", offsetof(struct target, ssl_cert)},
        {"ssl_cipher", offsetof(struct target, ssl_cipher)},
        {"ssl_key", offsetof(struct target, ssl_key)},
        {"tls_version", offsetof(struct target, tls_version)},
        {"auth_plugins", offsetof(struct target, auth_plugins)},
        {"plugin_dir", offsetof(struct target, plugin_dir)},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        CLEANUP(mem_free_at) char *value = mem_printf("value %zu", i);
        set(&target, rows[i].name, value);
        check_text(*(char **) (void *) ((char *) &target + rows[i].offset), value);
    }
    // A copy shares nothing with it.
    struct target copy;
    set(&target, "host", "a:1,b");
    target_copy(&copy, &target);
    target_finish(&target);
    check_text(copy.user, "value 1");
    check_text(copy.password, "value 8");
    check_text(copy.plugin_dir, "value 19");
    assert_int_equal(copy.host_count, 2);
    check_text(copy.hosts[1].name, "b");
    target_finish(&copy);
    FAILS("user", NULL, "user needs a value");
    FAILS("socket", NULL, "socket needs a value");
    FAILS("host", NULL, "host needs a value");
}

static void test_booleans(void **state)
{
    (void) state;
    static const char *const on[] = {"1", "true", "TRUE", "on", "yes", "Yes", "", NULL};
    static const char *const off[] = {"0", "false", "False", "off", "no"};
    struct target target;
    target_init(&target);
    for (size_t i = 0; i < LENGTH(on); i++) {
        target.compress = false;
        set(&target, "compress", on[i]);
        assert_true(target.compress);
        set(&target, "autocommit", on[i]);
        check_text(target.autocommit, "1");
    }
    for (size_t i = 0; i < LENGTH(off); i++) {
        target.pool_use_lifo = true;
        set(&target, "pool_use_lifo", off[i]);
        assert_false(target.pool_use_lifo);
        set(&target, "autocommit", off[i]);
        check_text(target.autocommit, "0");
    }
    target_finish(&target);
    FAILS("compress", "2", "compress is on or off");
    FAILS("autocommit", "maybe", "autocommit is on or off");
}

static void test_numbers(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    set(&target, "pool_size", "1");
    assert_int_equal(target.pool_size, 1);
    set(&target, "pool_size", "100000");
    assert_int_equal(target.pool_size, 100000);
    set(&target, "max_overflow", "0");
    assert_int_equal(target.max_overflow, 0);
    set(&target, "pool_timeout", "0");
    assert_int_equal(target.pool_timeout, 0);
    set(&target, "pool_recycle", "-1");
    assert_int_equal(target.pool_recycle, -1);
    set(&target, "pool_recycle", "3600");
    assert_int_equal(target.pool_recycle, 3600);
    set(&target, "port", "65535");
    assert_int_equal(target.port, 65535);
    set(&target, "connect_timeout", "31536000");
    assert_int_equal(target.connect_timeout, 31536000);
    set(&target, "read_timeout", "3");
    set(&target, "write_timeout", "4");
    assert_int_equal(target.read_timeout, 3);
    assert_int_equal(target.write_timeout, 4);
    target_finish(&target);
}

static void test_number_units(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        unsigned value;
    } rows[] = {
        {"1024", 1024},
        {"1K", 1024},
        {"16M", 16 << 20},
        {"16m", 16 << 20},
        {"1G", 1U << 30},
        {"1073741824", 1U << 30},
        {"1048576K", 1U << 30},
        {"2G", 1U << 31},
        // The nearest that may be.
        {"1023", 1024},
        {"0", 1024},
        {"3G", 1U << 31},
        {"2097153K", 1U << 31},
        {"1T", 1U << 31},
        {"15e", 1U << 31},
        {"16E", 1U << 31},
        {"9223372036854775807K", 1U << 31},
    };
    struct target target;
    target_init(&target);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        set(&target, "max_allowed_packet", rows[i].text);
        assert_int_equal(target.max_allowed_packet, rows[i].value);
    }
    target_finish(&target);
    static const char *const bad[] = {"1KB", "1Z", "K", "-1K", "1 K", " 1", "99999999999999999999",
                                      "",    NULL};
    for (size_t i = 0; i < LENGTH(bad); i++)
        FAILS("max_allowed_packet", bad[i],
              "max_allowed_packet takes a whole number from 1024 to 2147483648");
    // Only bytes have units.
    FAILS("pool_size", "1K", "pool_size takes a whole number from 1 to 100000");
}

// Too small to be multiplied.
static void test_number_unit_underflow(void **state)
{
    (void) state;
    FAILS("max_allowed_packet", "-9223372036854775808G",
          "max_allowed_packet takes a whole number from 1024 to 2147483648");
    FAILS("max_allowed_packet", "-9223372036854775807K",
          "max_allowed_packet takes a whole number from 1024 to 2147483648");
}

static void test_number_errors(void **state)
{
    (void) state;
    static const char *const bad[] = {"0",   "100001", "-1", "x",    "1x",
                                      "1.5", "",       NULL, "0x10", "99999999999999999999"};
    for (size_t i = 0; i < LENGTH(bad); i++)
        FAILS("pool_size", bad[i], "pool_size takes a whole number from 1 to 100000");
    FAILS("port", "65536", "port takes a whole number from 0 to 65535");
    FAILS("port", "-1", "port takes a whole number from 0 to 65535");
    FAILS("pool_recycle", "-2", "pool_recycle takes a whole number from -1 to 31536000");
    FAILS("connect_timeout", "-1", "connect_timeout takes a whole number from 0 to 31536000");
}

static void test_choices(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    set(&target, "protocol", "TCP");
    assert_int_equal(target.protocol, PROTOCOL_TCP);
    set(&target, "protocol", "socket");
    assert_int_equal(target.protocol, PROTOCOL_SOCKET);
    set(&target, "pool_pre_ping", "never");
    assert_int_equal(target.pool_pre_ping, PRE_PING_NEVER);
    set(&target, "pool_pre_ping", "true");
    assert_int_equal(target.pool_pre_ping, PRE_PING_ALWAYS);
    set(&target, "pool_pre_ping", "False");
    assert_int_equal(target.pool_pre_ping, PRE_PING_AUTO);
    set(&target, "pool_reset_on_return", "rollback");
    assert_int_equal(target.pool_reset_on_return, RESET_ROLLBACK);
    set(&target, "pool_reset_on_return", "none");
    assert_int_equal(target.pool_reset_on_return, RESET_NONE);
    set(&target, "pool_reset_on_return", "true");
    assert_int_equal(target.pool_reset_on_return, RESET_FULL);
    set(&target, "pool_reset_on_return", "0");
    assert_int_equal(target.pool_reset_on_return, RESET_NONE);
    target_finish(&target);
    FAILS("protocol", "pipe", "protocol is one of auto, tcp, socket");
    FAILS("protocol", "1", "protocol is one of auto, tcp, socket");
    FAILS("protocol", NULL, "protocol is one of auto, tcp, socket");
    FAILS("pool_pre_ping", "maybe", "pool_pre_ping is one of auto, never, always");
    FAILS("ssl_mode", "on",
          "ssl_mode is one of default, disabled, preferred, required, verify_ca, verify_identity");
}

static void test_unknown(void **state)
{
    (void) state;
    FAILS("pool_sise", "1", "unknown parameter 'pool_sise', did you mean 'pool_size'?");
    FAILS("pasword", "hush", "unknown parameter 'pasword', did you mean 'password'?");
    FAILS("x", "1", "unknown parameter 'x'");
    FAILS("", "1", "unknown parameter ''");
}

static void test_hosts(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    set(&target, "host", "a,b:3307,[::1]:3308,::2,[fe80::1]");
    assert_int_equal(target.host_count, 5);
    static const struct {
        const char *name;
        unsigned port;
    } rows[] = {{"a", 0}, {"b", 3307}, {"::1", 3308}, {"::2", 0}, {"fe80::1", 0}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        check_text(target.hosts[i].name, rows[i].name);
        assert_int_equal(target.hosts[i].port, rows[i].port);
    }
    target_finish(&target);
    FAILS("host", "a:x", "a port is a number from 1 to 65535");
    FAILS("host", "a,b:0", "a port is a number from 1 to 65535");
    FAILS("host", "[::1]33", "a port is a number from 1 to 65535");
}

// In one layer hosts and a socket stand side by side; a later layer's displaces an earlier one's.
static void test_layers(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_FILES);
    set(&target, "socket", "/s1");
    set(&target, "host", "h1");
    check_text(target.socket, "/s1");
    assert_int_equal(target.host_count, 1);
    set(&target, "host", "h2"); // the list grows
    assert_int_equal(target.host_count, 2);

    target_begin_layer(&target, LAYER_ENVIRONMENT);
    set(&target, "host", "h3");
    assert_null(target.socket);
    assert_int_equal(target.host_count, 1);
    check_text(target.hosts[0].name, "h3");

    target_begin_layer(&target, LAYER_ARGUMENT);
    set(&target, "socket", "/s2");
    assert_int_equal(target.host_count, 0);
    check_text(target.socket, "/s2");

    target_begin_layer(&target, LAYER_OPTIONS);
    set(&target, "host", "h4");
    set(&target, "socket", "/s3");
    check_text(target.hosts[0].name, "h4");
    check_text(target.socket, "/s3");
    target_finish(&target);
}

static void test_scratch_is_displaced(void **state)
{
    (void) state;
    struct target target;
    static const char *const names[] = {"host", "socket"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        target_init(&target);
        target.scratch = mem_strdup("default");
        target_begin_layer(&target, LAYER_OPTIONS);
        set(&target, names[i], "x");
        assert_null(target.scratch);
        target_finish(&target);
    }
}

static void test_clear_place(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_FILES);
    set(&target, "host", "h");
    set(&target, "port", "1");
    set(&target, "user", "u");
    set(&target, "password", "hush");
    target_clear_place(&target);
    assert_int_equal(target.host_count, 0);
    assert_int_equal(target.port, 0);
    assert_null(target.password);
    check_text(target.user, "u");
    target_begin_layer(&target, LAYER_ENVIRONMENT);
    set(&target, "password", "env");
    target_clear_place(&target);
    check_text(target.password, "env");
    target_finish(&target);
}

// Settings of the options' layer, as "name=value ...", then the protocol that follows.
static unsigned settled(enum target_layer layer, const char *host, const char *socket,
                        const char *port)
{
    struct target target;
    target_init(&target);
    target_begin_layer(&target, layer);
    if (host != NULL)
        set(&target, "host", host);
    if (socket != NULL)
        set(&target, "socket", socket);
    if (port != NULL)
        set(&target, "port", port);
    if (layer != LAYER_OPTIONS)
        target_begin_layer(&target, LAYER_OPTIONS);
    target_settle(&target);
    if (target.protocol == PROTOCOL_TCP)
        assert_true(target.host_count > 0);
    unsigned protocol = target.protocol;
    target_finish(&target);
    return protocol;
}

static void test_protocol(void **state)
{
    (void) state;
    static const struct {
        enum target_layer layer;
        const char *host;
        const char *socket;
        const char *port;
        enum protocol protocol;
    } rows[] = {
        {LAYER_OPTIONS, NULL, NULL, NULL, PROTOCOL_SOCKET},
        {LAYER_OPTIONS, "localhost", NULL, NULL, PROTOCOL_SOCKET},
        {LAYER_OPTIONS, "127.0.0.1", NULL, NULL, PROTOCOL_TCP},
        {LAYER_OPTIONS, "db1", NULL, NULL, PROTOCOL_TCP},
        {LAYER_OPTIONS, "localhost,db1", NULL, NULL, PROTOCOL_TCP},
        {LAYER_OPTIONS, NULL, "/s", NULL, PROTOCOL_SOCKET},
        // A port on the command line means TCP, unless a socket comes behind it.
        {LAYER_OPTIONS, NULL, NULL, "3307", PROTOCOL_TCP},
        {LAYER_OPTIONS, "localhost", NULL, "3307", PROTOCOL_TCP},
        {LAYER_OPTIONS, NULL, "/s", "3307", PROTOCOL_TCP},
        // One in a file, or in the environment, is only for where TCP is used anyway.
        {LAYER_FILES, NULL, NULL, "3307", PROTOCOL_SOCKET},
        {LAYER_FILES, "localhost", NULL, "3307", PROTOCOL_SOCKET},
        {LAYER_ENVIRONMENT, NULL, NULL, "3307", PROTOCOL_SOCKET},
        {LAYER_FILES, "db1", NULL, "3307", PROTOCOL_TCP},
        // One that is written behind a host counts from anywhere.
        {LAYER_FILES, "localhost:3307", NULL, NULL, PROTOCOL_TCP},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(settled(rows[i].layer, rows[i].host, rows[i].socket, rows[i].port),
                         rows[i].protocol);
    // Asked for by name.
    struct target target;
    target_init(&target);
    set(&target, "protocol", "tcp");
    target_settle(&target);
    assert_int_equal(target.protocol, PROTOCOL_TCP);
    assert_int_equal(target.host_count, 1);
    check_text(target.hosts[0].name, "localhost");
    target_finish(&target);
}

static void check_tls(const char *host, const char *name, const char *value, enum tls_mode mode,
                      int line)
{
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_OPTIONS);
    if (host != NULL)
        set(&target, "host", host);
    if (name != NULL)
        set(&target, name, value);
    target_settle(&target);
    if (target.tls != mode) {
        print_error("TLS is %u, not %u\n", target.tls, (unsigned) mode);
        _fail(__FILE__, line);
    }
    target_finish(&target);
}
#define TLS(host, name, value, mode) check_tls(host, name, value, mode, __LINE__)

static void test_tls(void **state)
{
    (void) state;
    // Over the network it is tried, at home it is not; who asks for anything of it gets all.
    TLS("db1", NULL, NULL, TLS_PREFERRED);
    TLS("127.0.0.1", NULL, NULL, TLS_DISABLED);
    TLS("::1", NULL, NULL, TLS_DISABLED);
    TLS("127.0.0.1,db1", NULL, NULL, TLS_PREFERRED);
    TLS(NULL, NULL, NULL, TLS_DISABLED);
    TLS("db1", "ssl_ca", "/ca.pem", TLS_VERIFY);
    TLS("127.0.0.1", "ssl_cert", "/c.pem", TLS_VERIFY);
    TLS("localhost", "ssl_ca", "/ca.pem", TLS_DISABLED); // a socket
    TLS("db1", "ssl", NULL, TLS_REQUIRED);
    TLS("db1", "ssl", "0", TLS_DISABLED);
    TLS("127.0.0.1", "ssl", "1", TLS_REQUIRED);
    TLS("db1", "ssl_disabled", "1", TLS_DISABLED);
    TLS("db1", "ssl_disabled", "0", TLS_PREFERRED);
    TLS("db1", "ssl_verify_server_cert", NULL, TLS_VERIFY);
    TLS("db1", "ssl_verify_server_cert", "0", TLS_REQUIRED);
    TLS("db1", "ssl_verify_cert", "true", TLS_VERIFY);
    TLS("db1", "ssl_verify_identity", "true", TLS_VERIFY);
    TLS("db1", "ssl_check_hostname", "true", TLS_VERIFY);
    TLS("db1", "ssl_mode", "DISABLED", TLS_DISABLED);
    TLS("db1", "ssl_mode", "preferred", TLS_PREFERRED);
    TLS("db1", "ssl-mode", "REQUIRED", TLS_REQUIRED);
    TLS("db1", "ssl_mode", "verify_ca", TLS_VERIFY);
    TLS("db1", "ssl_mode", "VERIFY-IDENTITY", TLS_VERIFY);
}

static bool is_local(const char *host)
{
    struct target target;
    target_init(&target);
    if (host != NULL)
        set(&target, "host", host);
    bool local = target_is_local(&target);
    target_finish(&target);
    return local;
}

static void test_is_local(void **state)
{
    (void) state;
    assert_true(is_local(NULL));
    assert_true(is_local("localhost"));
    assert_true(is_local("127.0.0.1"));
    assert_true(is_local("127.1.2.3"));
    assert_true(is_local("[::1]:3307"));
    assert_true(is_local("localhost,127.0.0.1"));
    assert_false(is_local("db1"));
    assert_false(is_local("localhost,db1"));
    assert_false(is_local("10.0.0.1"));
    assert_false(is_local("localhost.example"));
}

// A name that only begins like a loopback address is somebody else's.
static void test_is_local_by_address_only(void **state)
{
    (void) state;
    assert_false(is_local("127.0.0.1.example.org"));
    assert_false(is_local("127.example"));
}

static void test_user(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    target_settle(&target);
    const struct passwd *entry = getpwuid(geteuid());
    check_text(target.user, entry == NULL ? "root" : entry->pw_name);
    target_finish(&target);
    target_init(&target);
    set(&target, "user", "ann");
    target_settle(&target);
    check_text(target.user, "ann");
    target_finish(&target);
}

static void check_described(const char *user, const char *host, const char *port,
                            const char *expected, int line)
{
    struct target target;
    target_init(&target);
    target_begin_layer(&target, LAYER_OPTIONS);
    set(&target, "password", "hush");
    if (user != NULL)
        set(&target, "user", user);
    if (host != NULL)
        set(&target, "host", host);
    if (port != NULL)
        set(&target, "port", port);
    CLEANUP(mem_free_at) char *text = target_describe(&target);
    support_check_text(text, expected, __FILE__, line);
    target_finish(&target);
}
#define DESCRIBED(user, host, port, expected) check_described(user, host, port, expected, __LINE__)

static void test_describe(void **state)
{
    (void) state;
    DESCRIBED(NULL, NULL, NULL, "localhost");
    DESCRIBED("ann", NULL, NULL, "ann@localhost");
    DESCRIBED("ann", "db1", NULL, "ann@db1");
    DESCRIBED("ann", "db1", "3306", "ann@db1");
    DESCRIBED("ann", "db1", "3307", "ann@db1:3307");
    DESCRIBED("ann", "db1:3308,db2", "3307", "ann@db1:3308,db2:3307");
    DESCRIBED("ann", "[::1]:3308", NULL, "ann@[::1]:3308");
    struct target target;
    target_init(&target);
    target.label = mem_strdup("@prod");
    set(&target, "host", "db1");
    CLEANUP(mem_free_at) char *text = target_describe(&target);
    check_text(text, "@prod");
    target_finish(&target);
}

static void test_password(void **state)
{
    (void) state;
    struct target target;
    target_init(&target);
    set(&target, "password", NULL);
    assert_true(target.ask_password);
    assert_null(target.password);
    set(&target, "password", "a");
    assert_false(target.ask_password);
    check_text(target.password, "a");
    set(&target, "password", "");
    check_text(target.password, "");
    set(&target, "password", NULL);
    assert_true(target.ask_password);
    assert_null(target.password);
    target_finish(&target);
}

// A pool can't keep more connections idle than it keeps.
static void test_contradictions(void **state)
{
    (void) state;
    struct target target;
    struct error err = ERROR_INIT;
    target_init(&target);
    check_ok(target_check(&target, &err), &err);
    set(&target, "pool_min_idle", "6");
    assert_false(target_check(&target, &err));
    check_error(&err, ERROR_USAGE,
                "pool_min_idle is 6, but the pool keeps no more than pool_size, which is 5");
    set(&target, "pool_size", "6");
    check_ok(target_check(&target, &err), &err);
    target_finish(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_parameter),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_units),
        cmocka_unit_test(test_number_unit_underflow),
        cmocka_unit_test(test_number_errors),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_scratch_is_displaced),
        cmocka_unit_test(test_clear_place),
        cmocka_unit_test(test_protocol),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_is_local),
        cmocka_unit_test(test_is_local_by_address_only),
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
