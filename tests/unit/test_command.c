// The dispatcher over the real table: what is found, what is refused before a command runs, and
// what each command does to the context.
#include "marsh/command/command.h"

#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/pool/pool.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"

struct bench {
    struct context context; // first: the source function gets only that
    struct fake fake;
    struct fake_clock clock;
    struct target target;
    int fd;
    char *sourced;
};

static bool source(struct context *context, const char *path, struct error *err)
{
    struct bench *bench = (struct bench *) context;
    mem_replace(&bench->sourced, path);
    return strcmp(path, "bad") != 0 || error_set(err, ERROR_SQL, "bad script");
}

static int set_up(void **state)
{
    struct bench *bench = mem_calloc(1, sizeof(*bench));
    const char *nearest;
    fake_init(&bench->fake);
    fake_clock_init(&bench->clock);
    target_init(&bench->target);
    mem_replace(&bench->target.user, "ann");
    target_settle(&bench->target);
    bench->fd = memfd_create("commands", MFD_CLOEXEC);
    bench->context.manager = manager_create(&bench->fake.connector, &bench->clock.clock);
    bench->context.cancel = cancel_create();
    bench->context.session = manager_open(bench->context.manager, "main", &bench->target,
                                          bench->context.cancel);
    bench->context.output = output_create(NULL, bench->fd);
    bench->context.format = render_format_find("table", &nearest);
    bench->context.source = source;
    bench->context.render.compatible = true;
    *state = bench;
    return bench->fd < 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    manager_destroy(bench->context.manager);
    cancel_destroy(bench->context.cancel);
    output_destroy(bench->context.output);
    free(bench->context.pager);
    free(bench->sourced);
    target_finish(&bench->target);
    fake_finish(&bench->fake);
    int failed = close(bench->fd);
    free(bench);
    return failed;
}

// "\name arguments" or "name arguments", as the splitter hands it on.
static bool dispatch(struct bench *bench, const char *text, struct error *err)
{
    bool backslash = text[0] == '\\';
    const char *name = text + (backslash ? 1 : 0);
    size_t len = strcspn(name, " ");
    const char *args = name + len + strspn(name + len, " ");
    size_t args_len = strlen(args);
    while (args_len > 0 && args[args_len - 1] == ' ')
        args_len--;
    struct split_item item = {.command = true,
                              .backslash = backslash,
                              .text = name,
                              .len = len,
                              .args = args,
                              .args_len = args_len};
    return command_dispatch(&bench->context, &item, err);
}

static void check_runs(struct bench *bench, const char *text, const char *output, int line)
{
    struct error err = ERROR_INIT;
    char written[4096];
    support_check_ok(dispatch(bench, text, &err), &err, text, __FILE__, line);
    ssize_t len = pread(bench->fd, written, sizeof(written), 0);
    assert_true(len >= 0);
    support_check_bytes(written, (size_t) len, output, strlen(output), __FILE__, line);
    assert_int_equal(ftruncate(bench->fd, 0), 0);
    assert_int_equal(lseek(bench->fd, 0, SEEK_SET), 0);
}
#define RUNS(bench, text, output) check_runs(bench, text, output, __LINE__)

static void check_refused(struct bench *bench, const char *text, const char *message, int line)
{
    struct error err = ERROR_INIT;
    if (dispatch(bench, text, &err)) {
        print_error("'%s' was taken\n", text);
        _fail(__FILE__, line);
    }
    support_check_error(&err, ERROR_USAGE, message, false, __FILE__, line);
}
#define REFUSED(bench, text, message) check_refused(bench, text, message, __LINE__)

static void test_table(void **state)
{
    (void) state;
    char letters[64] = "";
    const struct command *command;
    size_t count = 0;
    for (; (command = command_at(count)) != NULL; count++) {
        // The search halves the table, so it has to be sorted.
        assert_true(count == 0 || strcmp(command_at(count - 1)->name, command->name) < 0);
        assert_ptr_equal(command_find(command->name, strlen(command->name), true), command);
        assert_true(command->summary[0] != '\0');
        assert_non_null(command->usage);
        assert_true((command->max_args > 0) == (command->usage[0] != '\0'));
        assert_true((command->min_args == 0 && command->max_args > 0) ==
                    (command->usage[0] == '['));
        assert_true(command->min_args <= command->max_args);
        assert_true(command->kind != SPLIT_UNKNOWN);
        assert_true(command->max_args <= 1 || command->kind == SPLIT_ARGS);
        assert_true(command->kind != SPLIT_PLAIN || command->max_args == 0);
        bool splitters = command->kind >= SPLIT_DELIMITER && command->kind != SPLIT_GO_BACKGROUND;
        assert_true(splitters == (command->run == NULL));
        for (const char *letter = command->letters; *letter != '\0'; letter++) {
            assert_null(strchr(letters, *letter));
            letters[strlen(letters)] = *letter;
            assert_ptr_equal(command_find(letter, 1, true), command);
        }
    }
    assert_true(count >= 19);
    assert_null(command_at(count + 1));
}

static void test_find(void **state)
{
    (void) state;
    check_text(command_find("source", 6, true)->name, "source");
    check_text(command_find("SoUrCe", 6, false)->name, "source");
    check_text(command_find(".", 1, true)->name, "source");
    check_text(command_find("\?", 1, true)->name, "help");
    check_text(command_find("h", 1, true)->name, "help");
    // Letters differ in case, and stand behind a backslash only.
    check_text(command_find("g", 1, true)->name, "go");
    check_text(command_find("G", 1, true)->name, "ego");
    assert_null(command_find("g", 1, false));
    assert_null(command_find("h", 1, false));
    // Some names do too.
    assert_non_null(command_find("format", 6, true));
    assert_null(command_find("format", 6, false));
    assert_null(command_find("scope", 5, false));
    assert_non_null(command_find("sandbox", 7, false));
    check_text(command_find("\?", 1, false)->name, "help");
    static const char letters[] = "?cCdegGhnpPqrRsTtuwWx#-.!";
    for (const char *letter = letters; *letter != '\0'; letter++)
        assert_non_null(command_find(letter, 1, true));
    static const char *const words[] = {"charset", "clear",  "connect",   "delimiter", "edit",
                                        "ego",     "exit",   "go",        "help",      "nopager",
                                        "notee",   "pager",  "nowarning", "print",     "prompt",
                                        "quit",    "rehash", "reset",     "sandbox",   "source",
                                        "status",  "system", "tee",       "use",       "warnings"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_non_null(command_find(words[i], strlen(words[i]), false));
    assert_null(command_find("r", 1, false));
    // No prefixes, nothing longer, no nothing.
    assert_null(command_find("sourc", 5, true));
    assert_null(command_find("sources", 7, true));
    assert_null(command_find("source", 0, true));
    assert_null(command_find("\0", 1, true));
    assert_null(command_find("sourcesourcesourcesourcesourcesource", 36, true));
    assert_int_equal(command_lookup("use", 3, false), SPLIT_ARGS);
    assert_int_equal(command_lookup("system", 6, false), SPLIT_LINE);
    assert_int_equal(command_lookup("nonsense", 8, true), SPLIT_UNKNOWN);
    assert_int_equal(command_lookup("delimiter", 9, false), SPLIT_DELIMITER);
}

static void test_unknown(void **state)
{
    REFUSED(*state, "\\fromat csv", "unknown command '\\fromat', did you mean '\\format'?");
    REFUSED(*state, "\\sorce x", "unknown command '\\sorce', did you mean '\\source'?");
    REFUSED(*state, "\\zzzzzzzz", "unknown command '\\zzzzzzzz', see \\help");
    REFUSED(*state, "\\z", "unknown command '\\z', see \\help");
    // The splitter's own never come here.
    struct error err = ERROR_INIT;
    assert_false(dispatch(*state, "\\go", &err));
    check_error_has(&err, ERROR_USAGE, "unknown command '\\go'");
}

static void test_argument_counts(void **state)
{
    REFUSED(*state, "\\use", "usage: \\use SCHEMA");
    REFUSED(*state, "\\use a b", "usage: \\use SCHEMA");
    REFUSED(*state, "\\format a b", "usage: \\format [FORMAT]");
    REFUSED(*state, "\\source", "usage: \\source FILE");
    REFUSED(*state, "\\quit now", "usage: \\quit");
    REFUSED(*state, "\\!", "usage: \\system COMMAND");
    // Nothing was sent, and nothing done.
    check_calls(&((struct bench *) *state)->fake, "");
    assert_false(((struct bench *) *state)->context.quit);
}

static void test_arguments(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "\\use shop", "");
    RUNS(bench, "\\u shop", "");
    RUNS(bench, "use  'a b'", "");
    RUNS(bench, "use \"c\" ", "");
    RUNS(bench, "use `d`", "");
    check_calls(&bench->fake, "open 1\nquery 1 USE `shop`\nquery 1 USE `shop`\n"
                              "query 1 USE `a b`\nquery 1 USE `c`\nquery 1 USE `d`\n");
    // A line is one argument as it stands.
    RUNS(bench, "\\. a b 'c'.sql", "");
    check_text(bench->sourced, "a b 'c'.sql");
    RUNS(bench, "source x", "");
    check_text(bench->sourced, "x");
}

static void test_sandbox(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "\\sandbox", "");
    assert_true(bench->context.sandbox);
    REFUSED(bench, "\\source x", "\\source is refused in sandbox mode");
    REFUSED(bench, "\\. x", "\\source is refused in sandbox mode");
    REFUSED(bench, "\\!", "\\system is refused in sandbox mode");
    REFUSED(bench, "\\tee x", "\\tee is refused in sandbox mode");
    REFUSED(bench, "\\pager less", "\\pager is refused in sandbox mode");
    RUNS(bench, "\\pager", ""); // the user's own
    assert_null(bench->sourced);
    RUNS(bench, "\\use shop", "");
}

static void test_connects_first(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    fake_plan(&bench->fake, FAKE_OPEN, FAKE_REFUSED);
    assert_false(dispatch(bench, "\\use shop", &err));
    check_error(&err, ERROR_CONNECTION, "Can't connect");
    check_calls(&bench->fake, "open -\n");
    // Those that need none do without.
    RUNS(bench, "\\pool --format csv",
         "1,ann@localhost,5,10,0,0,0,0,0,1,0,0,0\r\n\r\n\r\n\r\n"
         "1,ann@localhost,wait for a lease,0,0.000,0.000,0.000\r\n"
         "1,ann@localhost,hold of a lease,0,0.000,0.000,0.000\r\n");
    check_calls(&bench->fake, "");
}

// One table of the pools, one of their connections, one of what was closed and why, one of times.
static void test_pool(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    RUNS(bench, "\\use shop", "");
    fake_clock_turn(&bench->clock, 1500000);
    bench->context.render.headers = true;
    RUNS(bench, "\\pool --format csv",
         "pool,target,size,max_overflow,idle,leased,overflow,waiting,opened,failed,ping_failures,"
         "leases,timeouts\r\n"
         "1,ann@localhost,5,10,0,1,0,0,1,0,0,1,0\r\n\r\n"
         "pool,target,thread_id,state,age,for,uses,session,statement\r\n"
         "1,ann@localhost,1,leased,1.500,1.500,1,main,\r\n\r\n"
         "pool,target,closed_because,connections\r\n\r\n"
         "pool,target,milliseconds,count,p50,p99,max\r\n"
         "1,ann@localhost,wait for a lease,1,0.000,0.000,0.000\r\n"
         "1,ann@localhost,hold of a lease,0,0.000,0.000,0.000\r\n");
    bench->context.render.headers = false;
    RUNS(bench, "\\pool close", ""); // what is leased stays
    check_calls(&bench->fake, "open 1\nquery 1 USE `shop`\n");
    RUNS(bench, "\\pool recycle", "");
    RUNS(bench, "\\release", "");
    check_calls(&bench->fake, "close 1\n");
    RUNS(bench, "\\pool --format csv",
         "\r\n1,ann@localhost,5,10,0,0,0,0,1,0,0,1,0\r\n\r\n\r\n"
         "1,ann@localhost,closed,1\r\n\r\n"
         "1,ann@localhost,wait for a lease,1,0.000,0.000,0.000\r\n"
         "1,ann@localhost,hold of a lease,1,1500.000,1500.000,1500.000\r\n");
    REFUSED(bench, "\\pool nonsense", "usage: \\pool [recycle | close | --format FORMAT]");
    REFUSED(bench, "\\pool close now", "usage: \\pool [recycle | close | --format FORMAT]");
    REFUSED(bench, "\\pool --format", "--format needs a format");
    assert_false(dispatch(bench, "\\pool --format cvs", &err));
    check_error(&err, ERROR_USAGE, "unknown format 'cvs', did you mean 'csv'?");
}

static void test_failure_is_the_commands(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    assert_false(dispatch(bench, "\\source bad", &err));
    check_error(&err, ERROR_SQL, "bad script");
    fake_plan(&bench->fake, FAKE_QUERY, FAKE_SQL(1049, "42000", "Unknown database 'x'"));
    assert_false(dispatch(bench, "\\use x", &err));
    check_error(&err, ERROR_SQL, "Unknown database 'x'");
}

static void test_format(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "\\format csv", "");
    check_text(bench->context.format->name, "csv");
    assert_false(bench->context.render.compatible);
    REFUSED(bench, "\\format cvs", "unknown format 'cvs', did you mean 'csv'?");
    REFUSED(bench, "\\format zzzzzzz", "unknown format 'zzzzzzz'");
    check_text(bench->context.format->name, "csv");
    bench->context.interactive = true;
    RUNS(bench, "\\format json", "Format: json\n");
}

static void test_pager_and_tee(void **state)
{
    struct bench *bench = *state;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "t e e");
    CLEANUP(mem_free_at) char *tee = mem_printf("\\tee %s", path);
    CLEANUP(mem_free_at) char *said = mem_printf("Tee: %s\n", path);
    // A script's output goes where it was sent.
    RUNS(bench, "\\pager more", "");
    assert_null(bench->context.pager);
    bench->context.interactive = true;
    RUNS(bench, "\\pager cat -A", "Pager: cat -A\n");
    check_text(bench->context.pager, "cat -A");
    RUNS(bench, "\\nopager", "Pager: (none)\n");
    assert_null(bench->context.pager);
    RUNS(bench, "\\tee", "Tee: (none)\n");
    RUNS(bench, tee, said);
    check_text(output_get_tee(bench->context.output), path);
    RUNS(bench, "\\tee", said);
    RUNS(bench, "notee", "Tee: (none)\n");
    assert_null(output_get_tee(bench->context.output));
    support_folder_remove(folder);
}

// What is long goes through the pager, and only that.
static void test_pages(void **state)
{
    struct bench *bench = *state;
    struct buf paged = BUF_INIT;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "paged");
    bench->context.pager = mem_printf("cat > '%s'", path);
    RUNS(bench, "\\help use", "");
    support_read(path, &paged);
    check_buf(&paged, "  \\use SCHEMA                   \\u    use another schema\n"
                      "  Also as 'use' at the start of a line.\n"
                      "  \\help 'use' asks the server.\n");
    buf_finish(&paged);
    RUNS(bench, "\\tee", "Tee: (none)\n");
    support_folder_remove(folder);
}

static void test_help(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    char written[4096];
    RUNS(bench, "\\help \\format",
         "  \\format [FORMAT]                    show or set the output format\n"
         "  \\help 'format' asks the server.\n");
    RUNS(
        bench, "help h;",
        "  \\help [TOPIC]                 \\h \\\? list the commands, or explain one, or a word of "
        "SQL\n  Also as 'help' at the start of a line.\n"
        "  \\help 'help' asks the server.\n");
    assert_false(dispatch(bench, "\\help \\nonsense", &err));
    check_error(&err, ERROR_USAGE, "there is no command '\\nonsense', see \\help");
    check_ok(dispatch(bench, "\\h", &err), &err);
    ssize_t len = pread(bench->fd, written, sizeof(written) - 1, 0);
    assert_true(len > 0);
    written[len] = '\0';
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        CLEANUP(mem_free_at) char *name = mem_printf("\n  \\%s ", command->name);
        assert_non_null(strstr(written, name));
        assert_non_null(strstr(written, command->summary));
    }
}

static struct buf said = BUF_INIT;

static void say(struct context *context, const char *text, size_t len)
{
    (void) context;
    buf_add(&said, text, len);
}

#define SAYS "There is no command, and no help of the server, on '"

static void test_help_of_the_server(void **state)
{
    struct bench *bench = *state;
    bench->context.say = say;
    struct error err = ERROR_INIT;
    static const char *const topic_names[] = {"name", "description", "example"};
    static const char *const topic[] = {"AVG", "What it is\n", "SELECT AVG(1)"};
    static const char *const list_names[] = {"name", "is_it_category"};
    static const char *const list[] = {"CREATE TABLE", "N", "Creation", "Y"};
    static const char *const group_names[] = {"source_category_name", "name", "is_it_category"};
    static const char *const group[] = {"Contents", "Transactions", "Y"};
    static const struct fake_set sets[] = {
        {.names = topic_names, .columns = 3, .cells = topic, .rows = 1},
        {.names = list_names, .columns = 2, .cells = list, .rows = 2},
        {.names = group_names, .columns = 3, .cells = group, .rows = 1},
        {.names = list_names, .columns = 2},
    };
    struct fake_plan plans[] = {
        {.text = "HELP `avg`", .sets = &sets[0], .set_count = 1},
        {.text = "HELP `create%`", .sets = &sets[1], .set_count = 1},
        {.text = "HELP `a``b`", .sets = &sets[2], .set_count = 1},
        {.text = "HELP `use`", .sets = &sets[0], .set_count = 1},
        {.text = "HELP `a'b`", .sets = &sets[2], .set_count = 1},
        {.text = "HELP `nothing\x1b`", .sets = &sets[3], .set_count = 1},
    };
    for (size_t i = 0; i < LENGTH(plans); i++)
        fake_plan(&bench->fake, FAKE_QUERY, plans[i]);
    fake_plan(&bench->fake, FAKE_QUERY,
              FAKE_SQL(1142, "42000", "SELECT command denied for table help_topic"));
    RUNS(bench, "help avg ; ", "AVG\n\nWhat it is\nSELECT AVG(1)\n");
    RUNS(bench, "\\h 'create%'; select 'x'",
         "The server's help has (\\help NAME tells more):\n"
         "  - CREATE TABLE\n  + Creation\n");
    RUNS(bench, "\\? a`b ;", "The server's help has (\\help NAME tells more):\n  + Transactions\n");
    // A command that is a word of SQL, too.
    RUNS(bench, "help use",
         "  \\use SCHEMA                   \\u    use another schema\n"
         "  Also as 'use' at the start of a line.\n"
         "  \\help 'use' asks the server.\n");
    RUNS(bench, "help 'use';", "AVG\n\nWhat it is\nSELECT AVG(1)\n");
    RUNS(bench, "help 'a''b",
         "The server's help has (\\help NAME tells more):\n  + Transactions\n");
    RUNS(bench, "help nothing\x1b", "");
    CLEANUP(mem_free_at)
    char *wide = mem_printf("help %065d", 7);
    RUNS(bench, wide, "");
    assert_false(dispatch(bench, "help this", &err));
    assert_int_equal(err.number, 1142);
    error_finish(&err);
    CLEANUP(mem_free_at)
    char *expected = mem_printf(SAYS "nothing\\x1b'; see \\help.\n" SAYS "%065d'; see \\help.\n",
                                7);
    check_text(buf_cstr(&said), expected);
    buf_finish(&said);
}

static void test_session_commands(void **state)
{
    struct bench *bench = *state;
    RUNS(bench, "\\use shop", "");
    assert_true(bench->context.stale_names);
    bench->context.stale_names = false;
    RUNS(bench, "\\rehash", "");
    assert_true(bench->context.stale_names);
    RUNS(bench, "\\reconnect", "");
    check_calls(&bench->fake, "open 1\nquery 1 USE `shop`\nreset 1\nquery 1 USE `shop`\n");
    RUNS(bench, "exit", "");
    assert_true(bench->context.quit);
    bench->context.interactive = true;
    RUNS(bench, "use side", "Database changed\n");
}

static void test_system(void **state)
{
    struct bench *bench = *state;
    struct error err = ERROR_INIT;
    char *folder = support_folder_create();
    CLEANUP(mem_free_at) char *path = support_path(folder, "it");
    CLEANUP(mem_free_at) char *command = mem_printf("\\! echo 'a  b' > '%s'", path);
    struct buf text = BUF_INIT;
    RUNS(bench, command, "");
    support_read(path, &text);
    check_buf(&text, "a  b\n");
    buf_finish(&text);
    assert_false(dispatch(bench, "system exit 3", &err));
    check_error(&err, ERROR_SYSTEM, "the command exited with status 3");
    support_folder_remove(folder);
}

int main(void)
{
#define COMMAND_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_find),
        COMMAND_TEST(test_unknown),
        COMMAND_TEST(test_argument_counts),
        COMMAND_TEST(test_arguments),
        COMMAND_TEST(test_sandbox),
        COMMAND_TEST(test_connects_first),
        COMMAND_TEST(test_pool),
        COMMAND_TEST(test_failure_is_the_commands),
        COMMAND_TEST(test_format),
        COMMAND_TEST(test_pager_and_tee),
        COMMAND_TEST(test_pages),
        COMMAND_TEST(test_help),
        COMMAND_TEST(test_help_of_the_server),
        COMMAND_TEST(test_session_commands),
        COMMAND_TEST(test_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
