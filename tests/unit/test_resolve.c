// From option files, environment, argument and options to one target, in a folder and an
// environment of the test's own. Global option files can't be put elsewhere: most tests name
// theirs, so that what this machine has in /etc is not read.
#include "marsh/config/resolve.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "marsh/base/mem.h"
#include "marsh/config/options.h"
#include "marsh/config/target.h"
#include "support.h"

enum { ARGS_MAX = 12 };

static const char *const variables[] = {"MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_UNIX_PORT",
                                        "MYSQL_PWD", "MARSH_TARGET"};

struct bench {
    char *folder;
    char *cnf;
    struct options options;
    struct target target;
};

static int set_up(void **state)
{
    struct bench *bench = mem_calloc(1, sizeof(*bench));
    bench->folder = support_folder_create();
    bench->cnf = support_path(bench->folder, "my.cnf");
    for (size_t i = 0; i < LENGTH(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", bench->folder, 1);
    setenv("XDG_CONFIG_HOME", bench->folder, 1);
    CLEANUP(mem_free_at) char *config = support_path(bench->folder, "marsh");
    *state = bench;
    return mkdir(config, 0700);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    target_finish(&bench->target);
    options_finish(&bench->options);
    free(bench->cnf);
    support_folder_remove(bench->folder);
    free(bench);
    return 0;
}

static void write_file(struct bench *bench, const char *name, const char *text)
{
    free(support_write_text(bench->folder, name, text));
}

// The arguments, cut at each '|', behind --defaults-file or --no-defaults.
static bool resolve(struct bench *bench, const char *files, const char *text, struct error *err)
{
    char *argv[ARGS_MAX + 1] = {mem_strdup("marsh"), mem_strdup(files)};
    int argc = 2;
    while (*text != '\0') {
        size_t len = strcspn(text, "|");
        assert_true(argc < ARGS_MAX);
        argv[argc++] = mem_strndup(text, len);
        text += len + (text[len] == '|' ? 1 : 0);
    }
    target_finish(&bench->target);
    options_finish(&bench->options);
    bool ok = options_parse(&bench->options, argc, argv, err) &&
              resolve_target(&bench->options, &bench->target, err);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return ok;
}

static bool resolve_cnf(struct bench *bench, const char *cnf, const char *text, struct error *err)
{
    CLEANUP(mem_free_at) char *files = mem_printf("--defaults-file=%s", bench->cnf);
    write_file(bench, "my.cnf", cnf);
    return resolve(bench, files, text, err);
}

// USER:PASSWORD@HOST:PORT,.../SCHEMA SOCKET, as far as they are known.
static char *place(const struct target *target)
{
    struct buf out = BUF_INIT;
    buf_printf(&out, "%s:%s@", target->user == NULL ? "-" : target->user,
               target->password == NULL ? "-" : target->password);
    for (size_t i = 0; i < target->host_count; i++)
        buf_printf(&out, "%s%s:%u", i == 0 ? "" : ",", target->hosts[i].name,
                   target->hosts[i].port);
    buf_printf(&out, ":%u/%s %s", target->port, target->schema == NULL ? "-" : target->schema,
               target->socket == NULL ? "-" : target->socket);
    return buf_steal(&out);
}

static void check_place(struct bench *bench, const char *cnf, const char *args,
                        const char *expected, int line)
{
    struct error err = ERROR_INIT;
    support_check_ok(resolve_cnf(bench, cnf, args, &err), &err, args, __FILE__, line);
    CLEANUP(mem_free_at) char *got = place(&bench->target);
    support_check_text(got, expected, __FILE__, line);
}
#define PLACE(bench, cnf, args, expected) check_place(bench, cnf, args, expected, __LINE__)

#define FILE_ANN "[client]\nuser=ann\n"

static void test_groups(void **state)
{
    PLACE(*state, "[mysqld]\nuser=x\n[client]\nuser=ann\n[mariadb]\nuser=y\n", "", "ann:-@:0/- -");
    PLACE(*state, "[client]\nuser=ann\n[mysql]\nuser=y\n[mariadb-client]\nport=3\n", "",
          "y:-@:3/- -");
    PLACE(*state, "[client-server]\nuser=a\n[client-mariadb]\nport=7\n[marsh]\nschema=s\n", "",
          "a:-@:7/s -");
    // In the order of the file, not of the groups.
    PLACE(*state, "[marsh]\nuser=a\n[client]\nuser=b\n", "", "b:-@:0/- -");
    PLACE(*state, "[client1]\nuser=x\n[clients]\nuser=y\n[client]\nuser=ann\n", "", "ann:-@:0/- -");
    PLACE(*state, FILE_ANN "[clientX]\nuser=x\n[marshX]\nport=4\n", "--defaults-group-suffix=X",
          "x:-@:4/- -");
    PLACE(*state, FILE_ANN "[client-server]\nport=5\n", "--defaults-group-suffix=-server",
          "ann:-@:5/- -");
}

static void test_layers(void **state)
{
    static const char cnf[] = "[client]\nuser=file\npassword=fpw\nhost=fh\nport=1\n"
                              "[marsh]\ndatabase=fs\n";
    PLACE(*state, cnf, "", "file:fpw@fh:0:1/fs -");
    setenv("MYSQL_HOST", "eh", 1);
    setenv("MYSQL_TCP_PORT", "2", 1);
    setenv("MYSQL_PWD", "epw", 1);
    PLACE(*state, cnf, "", "file:epw@eh:0:2/fs -");
    setenv("MARSH_TARGET", "mysql://tu@th:3/ts", 1);
    PLACE(*state, cnf, "", "tu:epw@th:3:0/ts -");
    // A target argument takes that one's place altogether.
    PLACE(*state, cnf, "mysql://ah", "file:epw@ah:0:0/fs -");
    PLACE(*state, cnf, "mysql://au@ah:4/as|-u|ou|-h|oh|-P|5|-D|os|-popw", "ou:opw@oh:0:5/os -");
    // A schema alone does not.
    PLACE(*state, cnf, "other", "tu:epw@th:3:0/other -");
    unsetenv("MARSH_TARGET");
    PLACE(*state, cnf, "other", "file:epw@eh:0:2/other -");
    setenv("MYSQL_HOST", "", 1); // as good as not set
    unsetenv("MYSQL_TCP_PORT");
    unsetenv("MYSQL_PWD");
    PLACE(*state, cnf, "", "file:fpw@fh:0:1/fs -");
}

static void test_socket_and_host_displace_each_other(void **state)
{
    PLACE(*state, FILE_ANN "socket=/f\n", "", "ann:-@:0/- /f");
    PLACE(*state, FILE_ANN "socket=/f\n", "-h|db1", "ann:-@db1:0:0/- -");
    PLACE(*state, FILE_ANN "host=db1\n", "-S|/o", "ann:-@:0/- /o");
    setenv("MYSQL_UNIX_PORT", "/e", 1);
    PLACE(*state, FILE_ANN "host=db1\n", "", "ann:-@:0/- /e");
    PLACE(*state, FILE_ANN "host=db1\n", "mysql://db2/s", "ann:-@db2:0:0/s -");
}

static enum protocol protocol_of(struct bench *bench, const char *cnf, const char *args)
{
    struct error err = ERROR_INIT;
    support_check_ok(resolve_cnf(bench, cnf, args, &err), &err, args, __FILE__, __LINE__);
    return bench->target.protocol;
}

// What is named together with a host loses to it, in whatever order, unless that is localhost.
static void test_a_host_wins_over_the_socket_beside_it(void **state)
{
    assert_int_equal(protocol_of(*state, FILE_ANN "socket=/f\nhost=db1\n", ""), PROTOCOL_TCP);
    assert_int_equal(protocol_of(*state, FILE_ANN "host=db1\nsocket=/f\n", ""), PROTOCOL_TCP);
    assert_int_equal(protocol_of(*state, FILE_ANN "host=localhost\nsocket=/f\n", ""),
                     PROTOCOL_SOCKET);
    assert_int_equal(protocol_of(*state, "", "-S|/o|-h|db1"), PROTOCOL_TCP);
    assert_int_equal(protocol_of(*state, "", "-h|db1|-S|/o"), PROTOCOL_TCP);
    assert_int_equal(protocol_of(*state, "", "-h|localhost|-S|/o"), PROTOCOL_SOCKET);
    assert_int_equal(protocol_of(*state, "", "-P|1|-S|/o"), PROTOCOL_SOCKET);
    assert_int_equal(protocol_of(*state, "", "-S|/o|-P|1"), PROTOCOL_TCP);
    assert_int_equal(protocol_of(*state, "", "mysql://db1/?unix_socket=/o"), PROTOCOL_SOCKET);
    assert_int_equal(protocol_of(*state, "", "mysql://db1/|-S|/o"), PROTOCOL_SOCKET);
    setenv("MYSQL_UNIX_PORT", "/e", 1);
    setenv("MYSQL_HOST", "db1", 1);
    assert_int_equal(protocol_of(*state, "", ""), PROTOCOL_TCP);
}

// A password from a file belongs to the server that the file names.
static void test_password_stays_with_its_server(void **state)
{
    static const char cnf[] = FILE_ANN "password=fpw\nhost=fh\n";
    PLACE(*state, cnf, "mysql://elsewhere", "ann:-@elsewhere:0:0/- -");
    PLACE(*state, cnf, "shop", "ann:fpw@fh:0:0/shop -");
    setenv("MYSQL_PWD", "epw", 1);
    PLACE(*state, cnf, "mysql://elsewhere", "ann:epw@elsewhere:0:0/- -");
}

static void test_files_of_the_user(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    write_file(bench, ".my.cnf", "[client]\nuser=home\npassword=hpw\n");
    write_file(bench, "extra.cnf", "[client]\nuser=extra\nport=9\n");
    CLEANUP(mem_free_at)
    char *extra = mem_printf("--defaults-extra-file=%s/extra.cnf", bench->folder);
    // The user's own comes last.
    check_ok(resolve(bench, extra, "", &err), &err);
    check_text(bench->target.user, "home");
    check_text(bench->target.password, "hpw");
    assert_int_equal(bench->target.port, 9);
    check_ok(resolve(bench, "--no-defaults", "-u|x", &err), &err);
    check_text(bench->target.user, "x");
    assert_null(bench->target.password);
    // It is left alone where another is named, and where anybody may write to it.
    PLACE(bench, FILE_ANN, "", "ann:-@:0/- -");
    CLEANUP(mem_free_at) char *home = support_path(bench->folder, ".my.cnf");
    assert_int_equal(chmod(home, 0602), 0);
    check_ok(resolve(bench, extra, "", &err), &err);
    check_text(bench->target.user, "extra");
    check_ok(resolve(bench, "--defaults-file=~/extra.cnf", "", &err), &err);
    check_text(bench->target.user, "extra");
}

static void test_named_file_is_missing(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *option = mem_printf("--defaults-file=%s/none", bench->folder);
    CLEANUP(mem_free_at) char *extra = mem_printf("--defaults-extra-file=%s/none", bench->folder);
    CLEANUP(mem_free_at)
    char *message = mem_printf("%s/none: No such file or directory", bench->folder);
    assert_false(resolve(bench, option, "", &err));
    check_error_has(&err, ERROR_SYSTEM, message);
    assert_false(resolve(bench, extra, "", &err));
    check_error_has(&err, ERROR_SYSTEM, message);
}

static void test_keys(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    // Other clients' options are not marsh's concern, but in marsh's own group they are mistakes.
    PLACE(bench, "[client]\nuser=ann\nauto-rehash\nfoo=1\n", "", "ann:-@:0/- -");
    assert_false(resolve_cnf(bench, "[client]\nuser=ann\n[marsh]\nusr=x\n", "", &err));
    CLEANUP(mem_free_at)
    char *message = mem_printf("%s:4: unknown option 'usr', did you mean 'user'?", bench->cnf);
    check_error(&err, ERROR_USAGE, message);
    PLACE(bench, "[marsh]\nuser=ann\nloose-usr=x\nloose_port=8\n", "", "ann:-@:8/- -");
    assert_false(resolve_cnf(bench, "[client]\nport=x\n", "", &err));
    check_error_has(&err, ERROR_USAGE, ":2: port takes a whole number from 0 to 65535");
    // A password's value is not in any message.
    assert_false(resolve_cnf(bench, "[client]\npassword=hush\nport=x\n", "", &err));
    assert_null(strstr(err.message, "hush"));
    error_finish(&err);
}

// marsh's own options may stand in [marsh], and there alone but for those that the mariadb client
// has, too; the command line wins.
static void test_own_options_in_files(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    static const char cnf[] = "[client]\nscope\nborder=ascii\n"
                              "[marsh]\nuser=ann\nformat=json\nskip-column-names\npager=less -S\n";
    check_ok(resolve_cnf(bench, cnf, "", &err), &err);
    check_text(bench->options.format, "json");
    check_text(bench->options.pager, "less -S");
    assert_true(bench->options.no_column_names);
    assert_false(bench->options.scope);
    assert_null(bench->options.border);
    check_ok(resolve_cnf(bench, cnf, "--format=csv|--pager=more", &err), &err);
    check_text(bench->options.format, "csv");
    check_text(bench->options.pager, "more");
    check_ok(resolve_cnf(bench, cnf, "-B|-e|DO 1", &err), &err);
    check_text(bench->options.format, "tsv");
    assert_true(bench->options.compatible);
    assert_int_equal(bench->options.execute_count, 1); // not a second time
    // A switch that a file turns off, and one that the command line turns on all the same.
    check_ok(resolve_cnf(bench, "[marsh]\nforce\nforce=0\nskip-column-names=off\n", "-N", &err),
             &err);
    assert_false(bench->options.force);
    assert_true(bench->options.no_column_names);
    assert_false(resolve_cnf(bench, "[marsh]\nexecute\n", "", &err));
    check_error_has(&err, ERROR_USAGE, ":2: execute needs a value");
}

// Each group that the mariadb client reads holds its options, for what it can do.
static void test_the_clients_options_in_files(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    static const char *const groups[] = {"client", "client-mariadb", "mysql", "mariadb-client"};
    for (size_t i = 0; i < LENGTH(groups); i++) {
        CLEANUP(mem_free_at)
        char *cnf = mem_printf("[%s]\nforce\nskip-comments\nprompt=p\nexecute=DO 1\nexecute=DO 2\n"
                               "table\nscope\nnonsense\nskip-nonsense=1\n",
                               groups[i]);
        check_ok(resolve_cnf(bench, cnf, "-e|DO 3|-e|DO 4|--skip-force", &err), &err);
        assert_false(bench->options.force);
        assert_true(bench->options.no_comments);
        assert_false(bench->options.scope);
        check_text(bench->options.prompt, "p");
        check_text(bench->options.format, "table");
        assert_int_equal(bench->options.execute_count, 4);
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(bench->options.execute[j][3], '1' + j);
        // A call is none of its; where to connect is.
        check_ok(resolve_cnf(bench, cnf, "call|p", &err), &err);
        assert_null(bench->options.format);
        assert_false(bench->options.force);
    }
    assert_false(resolve_cnf(bench, "[mysql]\nforce=maybe\n", "", &err));
    check_error_has(&err, ERROR_USAGE, ":2: force is on or off");
}

static void test_environment_is_checked(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    setenv("MYSQL_TCP_PORT", "many", 1);
    assert_false(resolve_cnf(bench, FILE_ANN, "", &err));
    check_error(&err, ERROR_USAGE,
                "in the environment, MYSQL_TCP_PORT: port takes a whole number from 0 to 65535");
    unsetenv("MYSQL_TCP_PORT");
    setenv("MARSH_TARGET", "mysql://h?nonsense=1", 1);
    assert_false(resolve_cnf(bench, FILE_ANN, "", &err));
    check_error_has(&err, ERROR_USAGE, "MARSH_TARGET: ");
}

static const char binds[] = "[bind.prod]\n"
                            "pool_size=9\n"
                            "url=mysql://pu:ppw@db1:3307/shop\n"
                            "[bind.parts]\n"
                            "host=db2\nuser=bob\nschema=s\npassword_command=printf 'b pw\\\\nx'\n"
                            "[bind.prod]\n"
                            "user=late\n"
                            "[other]\nnonsense=1\n";

static void test_binds(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    write_file(bench, "marsh/marsh.conf", binds);
    // The parts win over the url, wherever they stand.
    PLACE(bench, FILE_ANN "socket=/f\n", "@prod", "late:ppw@db1:3307:0/shop -");
    assert_int_equal(bench->target.pool_size, 9);
    check_text(bench->target.label, "@prod");
    PLACE(bench, FILE_ANN "socket=/f\n", "@parts", "bob:-@db2:0:0/s -");
    assert_int_equal(bench->target.pool_size, 5);
    PLACE(bench, FILE_ANN, "@prod|-u|me|-D|else", "me:ppw@db1:3307:0/else -");
    setenv("MARSH_TARGET", "@parts", 1);
    PLACE(bench, FILE_ANN, "shop", "bob:-@db2:0:0/shop -");
    check_ok(resolve_password(NULL, &bench->target, NULL, &err), &err);
    check_text(bench->target.password, "b pw"); // its first line
}

// What contradicts each other may come from different places.
static void test_contradictions_are_refused(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    const char *refusal =
        "pool_min_idle is 8, but the pool keeps no more than pool_size, which is 7";
    assert_false(resolve_cnf(bench, FILE_ANN "pool_min_idle=8\n", "--pool-size=7", &err));
    check_error(&err, ERROR_USAGE, refusal);
    PLACE(bench, FILE_ANN "pool_min_idle=8\n", "--pool-size=8", "ann:-@:0/- -");
}

static void test_unknown_bind(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = support_path(bench->folder, "marsh/marsh.conf");
    CLEANUP(mem_free_at) char *near = mem_printf("no [bind.prdo] in %s, did you mean @prod?", path);
    CLEANUP(mem_free_at) char *far = mem_printf("no [bind.zzzzzz] in %s", path);
    assert_false(resolve_cnf(bench, FILE_ANN, "@prod", &err));
    check_error_has(&err, ERROR_SYSTEM, "marsh.conf: No such file or directory");
    write_file(bench, "marsh/marsh.conf", binds);
    assert_false(resolve_cnf(bench, FILE_ANN, "@prdo", &err));
    check_error(&err, ERROR_USAGE, near);
    assert_false(resolve_cnf(bench, FILE_ANN, "@zzzzzz", &err));
    check_error(&err, ERROR_USAGE, far);
}

static void test_bad_binds(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    write_file(bench, "marsh/marsh.conf",
               "[bind.a]\nurl\n[bind.b]\nuser=x\nhots=y\n"
               "[bind.c]\nurl=mysql://u:hush@h:x\n");
    assert_false(resolve_cnf(bench, FILE_ANN, "@a", &err));
    check_error_has(&err, ERROR_USAGE, "marsh.conf:2: url needs a value");
    assert_false(resolve_cnf(bench, FILE_ANN, "@b", &err));
    check_error_has(&err, ERROR_USAGE,
                    "marsh.conf:5: unknown parameter 'hots', did you mean 'host'?");
    assert_false(resolve_cnf(bench, FILE_ANN, "@c", &err));
    assert_null(strstr(err.message, "hush"));
    check_error_has(&err, ERROR_USAGE, "marsh.conf:7: ");
}

static void add_name(void *data, const char *name)
{
    buf_printf(data, "%s ", name);
}

static void test_each_bind(void **state)
{
    struct bench *bench = *state;
    struct buf names = BUF_INIT;
    resolve_each_bind(NULL, add_name, &names); // no file: no names, and no error
    assert_int_equal(names.len, 0);
    write_file(bench, "marsh/marsh.conf",
               "[bind.one]\nurl=x\nuser=y\n[else]\na=b\n[bind.two]\nz=1\n");
    resolve_each_bind(NULL, add_name, &names);
    check_buf(&names, "one two ");
    buf_finish(&names);
}

static void test_scratch(void **state)
{
    struct bench *bench = *state;
    static const char cnf[] = "[client]\nuser=ann\npassword=pw\nhost=fh\nport=7\nssl\n";
    static const char *const args[] = {"scratch:", "--scratch", "mysql://else|--scratch=default"};
    for (size_t i = 0; i < LENGTH(args); i++) {
        PLACE(bench, cnf, args[i], "root:-@:0/- -");
        check_text(bench->target.scratch, "default");
        check_text(bench->target.label, "scratch");
        assert_int_equal(bench->target.tls, TLS_DISABLED);
    }
    PLACE(bench, cnf, "scratch:demo|-D|shop", "root:-@:0/shop -");
    check_text(bench->target.scratch, "demo");
    check_text(bench->target.label, "scratch:demo");
    // A host that is asked for after it is meant.
    PLACE(bench, cnf, "scratch:demo|-h|db1", "root:-@db1:0:0/- -");
    check_text(bench->target.scratch, NULL);
}

static void test_password_command(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    // One that is known already needs no command.
    check_ok(resolve_cnf(bench, FILE_ANN, "-pknown|--password-command=exit 3", &err), &err);
    check_ok(resolve_password(NULL, &bench->target, NULL, &err), &err);
    check_text(bench->target.password, "known");
    check_ok(resolve_cnf(bench, FILE_ANN, "", &err), &err);
    check_ok(resolve_password(NULL, &bench->target, NULL, &err), &err);
    assert_null(bench->target.password);
    check_ok(resolve_cnf(bench, FILE_ANN, "--password-command=echo hush; exit 3", &err), &err);
    assert_false(resolve_password(NULL, &bench->target, NULL, &err));
    assert_null(strstr(err.message, "hush"));
    check_error_has(&err, ERROR_SYSTEM, "password_command: ");
}

int main(void)
{
#define RESOLVE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RESOLVE_TEST(test_groups),
        RESOLVE_TEST(test_layers),
        RESOLVE_TEST(test_socket_and_host_displace_each_other),
        RESOLVE_TEST(test_a_host_wins_over_the_socket_beside_it),
        RESOLVE_TEST(test_password_stays_with_its_server),
        RESOLVE_TEST(test_files_of_the_user),
        RESOLVE_TEST(test_named_file_is_missing),
        RESOLVE_TEST(test_keys),
        RESOLVE_TEST(test_own_options_in_files),
        RESOLVE_TEST(test_the_clients_options_in_files),
        RESOLVE_TEST(test_environment_is_checked),
        RESOLVE_TEST(test_binds),
        RESOLVE_TEST(test_contradictions_are_refused),
        RESOLVE_TEST(test_unknown_bind),
        RESOLVE_TEST(test_bad_binds),
        RESOLVE_TEST(test_each_bind),
        RESOLVE_TEST(test_scratch),
        RESOLVE_TEST(test_password_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
