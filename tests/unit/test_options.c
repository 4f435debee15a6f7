// The command line: what is made of argv, and what of a wrong one.
#include "marsh/config/options.h"

#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "support.h"

enum { ARGS_MAX = 20 };

// An argv of its own, cut at each '|'.
struct line {
    int argc;
    char *argv[ARGS_MAX + 1];
};

static void line_init(struct line *line, const char *text)
{
    *line = (struct line){.argc = 1};
    line->argv[0] = mem_strdup("marsh");
    while (*text != '\0') {
        size_t len = strcspn(text, "|");
        assert_true(line->argc < ARGS_MAX);
        line->argv[line->argc++] = mem_strndup(text, len);
        text += len + (text[len] == '|' ? 1 : 0);
    }
}

static void line_finish(struct line *line)
{
    for (int i = 0; i < line->argc; i++)
        free(line->argv[i]);
}

static void add(struct buf *out, const char *name, const char *value)
{
    if (value != NULL)
        buf_printf(out, " %s=%s", name, value);
}

static void add_flag(struct buf *out, const char *name, bool on)
{
    if (on)
        buf_printf(out, " %s", name);
}

static void describe_all(const struct options *options, struct buf *out)
{
    static const char *const fronts[] = {"shell", "run", "call", "copy", "table", "scratch"};
    buf_add_text(out, fronts[options->front]);
    add(out, "target", options->target);
    for (size_t i = 0; i < options->arg_count; i++)
        add(out, "arg", options->args[i]);
    for (size_t i = 0; i < options->execute_count; i++)
        add(out, "execute", options->execute[i]);
    add(out, "format", options->format);
    add_flag(out, "compatible", options->compatible);
    add_flag(out, "xml", options->xml);
    add_flag(out, "raw", options->raw);
    add_flag(out, "binary_as_hex", options->binary_as_hex);
    if (options->silent > 0)
        buf_printf(out, " silent=%u", options->silent);
    add(out, "border", options->border);
    add(out, "pager", options->pager);
    add(out, "tee", options->tee);
    add_flag(out, "no_column_names", options->no_column_names);
    add_flag(out, "force", options->force);
    add_flag(out, "help", options->help);
    add_flag(out, "version", options->version);
    add_flag(out, "no_defaults", options->no_defaults);
    add(out, "defaults_file", options->defaults_file);
    add(out, "defaults_extra_file", options->defaults_extra_file);
    add(out, "defaults_group_suffix", options->defaults_group_suffix);
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_given *given = &options->given[i];
        bool is_param = given->spec == NULL || given->spec->sets == SETS_PARAM;
        const char *name = !is_param             ? NULL
                           : given->spec != NULL ? given->spec->param
                                                 : given->param->name;
        if (given->spec != NULL && given->spec->sets == SETS_SCRATCH)
            name = "scratch";
        if (name != NULL)
            buf_printf(out, " %s:%s", name, given->value == NULL ? "-" : given->value);
    }
}

static void check_parse(const char *text, const char *expected, int at,
                        void (*describe)(const struct options *options, struct buf *out))
{
    struct line line;
    struct options options;
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    line_init(&line, text);
    support_check_ok(options_parse(&options, line.argc, line.argv, &err), &err, text, __FILE__, at);
    describe(&options, &out);
    support_check_text(buf_cstr(&out), expected, __FILE__, at);
    buf_finish(&out);
    options_finish(&options);
    line_finish(&line);
}
#define PARSE(text, expected) check_parse(text, expected, __LINE__, describe_all)

static void check_fails(const char *text, const char *message, int at)
{
    struct line line;
    struct options options;
    struct error err = ERROR_INIT;
    line_init(&line, text);
    if (options_parse(&options, line.argc, line.argv, &err)) {
        print_error("'%s' was taken\n", text);
        _fail(__FILE__, at);
    }
    support_check_error(&err, ERROR_USAGE, message, false, __FILE__, at);
    options_finish(&options);
    line_finish(&line);
}
#define FAILS(text, message) check_fails(text, message, __LINE__)

static void test_nothing(void **state)
{
    (void) state;
    PARSE("", "shell");
}

static void test_letters(void **state)
{
    (void) state;
    PARSE("-u|ann|-h|db1|-P|3307|-D|shop|-S|/s",
          "shell user:ann host:db1 port:3307 database:shop socket:/s");
    PARSE("-uann|-hdb1|-P3307", "shell user:ann host:db1 port:3307");
    PARSE("-NfB", "shell format=tsv compatible no_column_names force");
    PARSE("-fe|DO 1", "shell execute=DO 1 force");
    PARSE("-feDO 1", "shell execute=DO 1 force");
    PARSE("-e|DO 1|-e|DO 2", "shell execute=DO 1 execute=DO 2");
    PARSE("-e|-f", "shell execute=-f"); // a value, whatever it looks like
    PARSE("-u|--|-f", "shell force user:--");
    PARSE("-V|-\?", "shell help version");
    PARSE("-t", "shell format=table compatible");
    PARSE("-E", "shell format=vertical compatible");
}

static void test_password(void **state)
{
    (void) state;
    // Its value is optional, so it never is the next argument.
    PARSE("-p|shop", "shell target=shop password:-");
    PARSE("-pword|shop", "shell target=shop password:word");
    PARSE("-fpf", "shell force password:f");
    PARSE("--password|shop", "shell target=shop password:-");
    PARSE("--password=|shop", "shell target=shop password:");
    PARSE("--password=a=b", "shell password:a=b");
}

static void test_long(void **state)
{
    (void) state;
    PARSE("--user=ann|--user|bob|--host=", "shell user:ann user:bob host:");
    PARSE("--execute=a=b|--tee|f|--pager=less -S", "shell execute=a=b pager=less -S tee=f");
    PARSE("--format=csv|--border|ascii|--force|--skip-column-names",
          "shell format=csv border=ascii no_column_names force");
    PARSE("--defaults-file=a|--defaults-extra-file=b|--defaults-group-suffix=c|--no-defaults",
          "shell no_defaults defaults_file=a defaults_extra_file=b defaults_group_suffix=c");
    PARSE("--help|--version", "shell help version");
    PARSE("--user|--force", "shell user:--force"); // a value, whatever it looks like
    PARSE("--scratch|x", "shell target=x scratch:-");
    PARSE("--scratch=demo", "shell scratch:demo");
    // Dashes and underscores are the same.
    PARSE("--skip_column_names|--no_defaults", "shell no_column_names no_defaults");
}

// Every parameter of a target is an option too.
static void test_parameters(void **state)
{
    (void) state;
    PARSE("--pool-size=3|--pool_timeout|9|--ssl-mode=required",
          "shell pool_size:3 pool_timeout:9 ssl_mode:required");
    // One that is on or off needs no value, and never takes the next argument.
    PARSE("--compress|shop", "shell target=shop compress:-");
    PARSE("--compress=off|shop", "shell target=shop compress:off");
    PARSE("--ssl|--pool-use-lifo=1", "shell ssl:- pool_use_lifo:1");
    PARSE("--password-command=pass x", "shell password_command:pass x");
}

static void test_abbreviations(void **state)
{
    (void) state;
    PARSE("--exec=DO 1|--forc|--vert", "shell execute=DO 1 format=vertical compatible force");
    PARSE("--data=shop", "shell database:shop");
    PARSE("--pool-s=4", "shell pool_size:4");
    PARSE("--pool_pre=always", "shell pool_pre_ping:always");
    FAILS("--defaults=x", "'--defaults' may mean several options");
    FAILS("--pool=x", "'--pool' may mean several options");
    FAILS("--=x", "'--' may mean several options");
    // A whole name is that option, even where longer ones begin like it.
    PARSE("--user=x|--ssl=0|--password=p", "shell user:x ssl:0 password:p");
}

static void test_later_formats_win(void **state)
{
    (void) state;
    PARSE("-B|--format=json", "shell format=json");
    PARSE("--format=json|-B", "shell format=tsv compatible");
    PARSE("-t|-E", "shell format=vertical compatible");
    // Of the mariadb client's formats not the last one wins, but always the same.
    PARSE("-E|-t", "shell format=vertical compatible");
    PARSE("-tB", "shell format=table compatible");
    PARSE("-EX", "shell format=xml compatible xml");
    PARSE("-HXEtB", "shell format=html compatible xml");
    PARSE("-XH|--format=json", "shell format=json xml");
    PARSE("--format=json|-H|-B", "shell format=html compatible");
    PARSE("-ss|--raw|--silent|--binary-as-hex", "shell raw binary_as_hex silent=3");
}

static void test_unknown(void **state)
{
    (void) state;
    FAILS("--fromat=x", "unknown option '--fromat', did you mean '--format'?");
    FAILS("--excute", "unknown option '--excute', did you mean '--execute'?");
    FAILS("--pool-sizes=1", "unknown option '--pool-sizes', did you mean '--pool-size'?");
    FAILS("--zzzzzzzzzzzz", "unknown option '--zzzzzzzzzzzz'");
    FAILS("-x", "unknown option '-x', see --help");
    FAILS("-fx", "unknown option '-x', see --help");
    FAILS("--forced", "unknown option '--forced', did you mean '--force'?");
    // What it might have been a value of is not shown: it may be a secret.
    FAILS("--pasword=hush", "unknown option '--pasword', did you mean '--password'?");
}

static void test_values(void **state)
{
    (void) state;
    FAILS("--batch=1", "option '--batch' takes no value");
    FAILS("--force=maybe", "force is on or off");
    FAILS("--user", "option '--user' needs a value");
    FAILS("--pool-size", "option '--pool-size' needs a value");
    FAILS("-u", "option '-u' needs a value");
    FAILS("-fe", "option '-e' needs a value");
}

static void test_target(void **state)
{
    (void) state;
    PARSE("shop", "shell target=shop");
    PARSE("@prod|-f", "shell target=@prod force");
    PARSE("-f|mysql://h/s", "shell target=mysql://h/s force");
    PARSE("-|-f", "shell target=- force");
    PARSE("--|-f", "shell target=-f");
    PARSE("--|run|f", "run arg=f"); // after it all are words, not all are targets
    FAILS("shop|other", "one target, not also 'other' (a file is run with 'run')");
    FAILS("shop|mysql://u:hush@h", "one target, not also 'another URL' (a file is run with 'run')");
}

static void test_run(void **state)
{
    (void) state;
    PARSE("run|a.sql|b.sql", "run arg=a.sql arg=b.sql");
    PARSE("-f|run|-B|a.sql|-N", "run arg=a.sql format=tsv compatible no_column_names force");
    PARSE("run|@prod|a.sql", "run target=@prod arg=a.sql");
    PARSE("run|mysql://h|a.sql", "run target=mysql://h arg=a.sql");
    PARSE("run|scratch:|a.sql", "run target=scratch: arg=a.sql");
    PARSE("run|a.sql|@b.sql", "run arg=a.sql arg=@b.sql");
    PARSE("run|shop", "run arg=shop"); // a file: only one that can't be is a target
    PARSE("run|-", "run arg=-");
    PARSE("run|--|-f", "run arg=-f");
    PARSE("shop|-f", "shell target=shop force");
    PARSE("shop|run|a", "run target=shop arg=a");
    PARSE("@prod|run|a|b", "run target=@prod arg=a arg=b");
    FAILS("rnu|a.sql", "unknown command 'rnu', did you mean 'run'?");
    FAILS("shop|a.sql", "one target, not also 'a.sql' (a file is run with 'run')");
}

static void test_call(void **state)
{
    (void) state;
    PARSE("call|p|1|two", "call arg=p arg=1 arg=two");
    PARSE("call|@prod|shop.p|-5|-.5|-1e3", "call target=@prod arg=shop.p arg=-5 arg=-.5 arg=-1e3");
    PARSE("call|p|-f|1", "call arg=p arg=1 force");
    PARSE("call|p|--|-f|--x", "call arg=p arg=-f arg=--x");
    PARSE("call|p|", "call arg=p");
    FAILS("call|-5", "unknown option '-5', see --help"); // no procedure yet
}

static void test_scratch(void **state)
{
    (void) state;
    PARSE("scratch|list", "scratch arg=list");
    PARSE("scratch|drop|x", "scratch arg=drop arg=x");
    PARSE("scratch|@x", "scratch arg=@x");
    PARSE("scratch:demo", "shell target=scratch:demo");
}

// After parsing, argv has nothing in it that ps should not show.
static void check_hidden(const char *text, const char *expected, int at)
{
    struct line line;
    struct options options;
    struct buf left = BUF_INIT;
    struct error err = ERROR_INIT;
    line_init(&line, text);
    check_ok(options_parse(&options, line.argc, line.argv, &err), &err);
    for (int i = 1; i < line.argc; i++)
        buf_printf(&left, "%s%s", i == 1 ? "" : "|", line.argv[i]);
    support_check_text(buf_cstr(&left), expected, __FILE__, at);
    buf_finish(&left);
    options_finish(&options);
    line_finish(&line);
}

static void test_secrets_are_overwritten(void **state)
{
    (void) state;
    check_hidden("-phush|-u|ann", "-pxxxx|-u|ann", __LINE__);
    check_hidden("-fphush", "-fpxxxx", __LINE__);
    check_hidden("--password=hush|shop", "--password=xxxx|shop", __LINE__);
    check_hidden("--password-command=cat f", "--password-command=xxxxx", __LINE__);
    check_hidden("mysql://u:hush@h/s", "mysql://u:xxxx@h/s", __LINE__);
    check_hidden("run|mysql://u:hush@h/s|f", "run|mysql://u:xxxx@h/s|f", __LINE__);
}

static void test_set(void **state)
{
    (void) state;
    struct line line;
    struct options options;
    struct error err = ERROR_INIT;
    bool known;
    line_init(&line, "");
    check_ok(options_parse(&options, line.argc, line.argv, &err), &err);
    check_ok(options_set(&options, "format", "csv", &known, &err) && known, &err);
    check_ok(options_set(&options, "skip_column_names", NULL, &known, &err) && known, &err);
    check_ok(options_set(&options, "batch", NULL, &known, &err) && known, &err);
    check_text(options.format, "tsv");
    assert_true(options.no_column_names);
    // A switch may be off as well.
    check_ok(options_set(&options, "skip-column-names", "off", &known, &err) && known, &err);
    check_ok(options_set(&options, "force", "Yes", &known, &err) && known, &err);
    check_ok(options_set(&options, "table", "0", &known, &err) && known, &err);
    check_text(options.format, "tsv");
    assert_false(options.no_column_names);
    assert_true(options.force);
    assert_false(options_set(&options, "force", "perhaps", &known, &err));
    check_error(&err, ERROR_USAGE, "force is on or off");
    assert_false(options_set(&options, "execute", NULL, &known, &err));
    check_error(&err, ERROR_USAGE, "execute needs a value");
    // A file has whole names only, and a target's parameters are no options of marsh's own.
    static const char *const others[] = {"form", "user", "nonsense"};
    for (size_t i = 0; i < LENGTH(others); i++) {
        known = true;
        check_ok(options_set(&options, others[i], "csv", &known, &err), &err);
        assert_false(known);
    }
    check_text(options.format, "tsv");
    options_finish(&options);
    line_finish(&line);
}

// The table's own order is that of the help and the completions.
static void test_table(void **state)
{
    (void) state;
    char letters[64] = "";
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        // Two may have one name where the second belongs to calls.
        const struct option_spec *before = i == 0 ? NULL : option_at(i - 1);
        int order = before == NULL ? -1 : strcmp(before->name, spec->name);
        assert_true(order < 0 || (order == 0 && spec->fronts != 0 && before->fronts == 0));
        assert_true(spec->summary[0] != '\0');
        bool takes = spec->value == VALUE_REQUIRED || spec->value == VALUE_OPTIONAL;
        assert_true(!takes || spec->value_name != NULL);
        if (spec->sets == SETS_PARAM)
            assert_non_null(target_param_find(spec->param));
        assert_true((spec->sets == SETS_NOTHING) == (spec->like == LIKE_IGNORED));
        for (const char *letter = spec->letters; *letter != '\0'; letter++) {
            assert_null(strchr(letters, *letter));
            letters[strlen(letters)] = *letter;
        }
    }
    struct buf help = BUF_INIT;
    options_usage(&help);
    for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
        CLEANUP(mem_free_at) char *name = mem_printf(" --%s", spec->name);
        assert_non_null(strstr(buf_cstr(&help), name));
        assert_non_null(strstr(buf_cstr(&help), spec->summary));
    }
    // Parameters that have an option are listed once.
    assert_non_null(strstr(buf_cstr(&help), "      --pool-size N "));
    assert_null(strstr(buf_cstr(&help), "      --user "));
    buf_finish(&help);
}

static const char *text_or_nothing(const char *text)
{
    return text == NULL ? "-" : text;
}

// What scripts of the mariadb client ask for, in the order of struct options.
static void describe_client(const struct options *options, struct buf *out)
{
    buf_printf(out, "v%u", options->verbose);
    add_flag(out, "warnings", options->show_warnings);
    add_flag(out, "placeless", options->no_line_numbers);
    add_flag(out, "query", options->print_query);
    add_flag(out, "abort", options->abort_source);
    add_flag(out, "binary", options->binary);
    add_flag(out, "bare", options->no_comments);
    add_flag(out, "named", options->named_commands);
    add_flag(out, "one", options->one_database);
    add_flag(out, "sandbox", options->sandbox);
    add_flag(out, "deaf", options->ignore_interrupt);
    add_flag(out, "wait", options->wait);
    add_flag(out, "spaces", options->ignore_spaces);
    add_flag(out, "safe", options->safe_updates);
    add_flag(out, "defaults", options->print_defaults);
    buf_printf(out, " %s %s %s %s", text_or_nothing(options->select_limit),
               text_or_nothing(options->max_join_size), text_or_nothing(options->delimiter),
               text_or_nothing(options->prompt));
}
#define CLIENT(text, expected) check_parse(text, expected, __LINE__, describe_client)

static void test_client(void **state)
{
    (void) state;
    CLIENT("", "v0 - - - -");
    CLIENT("-v|-vv|--verbose", "v4 - - - -");
    CLIENT("-vv|--skip-verbose|-v", "v1 - - - -");
    CLIENT("-LGowiUW", "v0 warnings placeless named one wait spaces safe - - - -");
    CLIENT("-U|--select_limit=5|--max-join-size|7", "v0 safe 5 7 - -");
    CLIENT("--i-am-a-dummy", "v0 safe - - - -");
    CLIENT("--delimiter=//|--prompt=\\d> ", "v0 - - // \\d> ");
    CLIENT("--binary-mode|--skip-comments|--sandbox|--sigint-ignore",
           "v0 binary bare sandbox deaf - - - -");
    CLIENT("--abort-source-on-error|--print-query-on-error|--print-defaults",
           "v0 query abort defaults - - - -");
}

static void test_switches(void **state)
{
    (void) state;
    PARSE("--local-infile", "shell local_infile:-");
    PARSE("--local-infile=0", "shell local_infile:0");
    PARSE("--disable-local-infile", "shell local_infile:0");
    CLIENT("--show-warnings=1|--wait=on", "v0 warnings wait - - - -");
    CLIENT("--show-warnings|--skip-show-warnings", "v0 - - - -");
    CLIENT("--show-warnings|--disable_show_warnings", "v0 - - - -");
    CLIENT("--show-warnings|--show-warnings=false", "v0 - - - -");
    CLIENT("--enable-show-warnings", "v0 warnings - - - -");
    CLIENT("--line-numbers=0", "v0 placeless - - - -");
    CLIENT("--skip-line-numbers|--line-numbers", "v0 - - - -");
    CLIENT("--comments=0|-c", "v0 - - - -");
    CLIENT("--delimiter=x|--skip-delimiter", "v0 - - - -");
    PARSE("--skip-column-names", "shell no_column_names");
    PARSE("--column-names=0", "shell no_column_names");
    PARSE("-N|--column-names", "shell");
    PARSE("-f|--skip-force", "shell");
    PARSE("-t|--table=0", "shell");
    PARSE("-t|--skip-vertical", "shell format=table compatible");
    PARSE("--pager|--tee=f|--skip-tee", "shell pager=");
    PARSE("--pager=less|--disable-pager", "shell");
    PARSE("--skip-password|--skip-ssl|-C", "shell password: ssl:0 compress:-");
    PARSE("--skip-pool-use-lifo", "shell pool_use_lifo:0");
    FAILS("--skip-host", "unknown option '--skip-host'");
    FAILS("--skip-force=1", "option '--skip-force' takes no value");
    FAILS("--wait=perhaps", "wait is on or off");
}

static void test_loose(void **state)
{
    (void) state;
    PARSE("--loose-nothing|--loose-nothing=1|--loose-force", "shell force");
    FAILS("--loose-tee", "option '--loose-tee' needs a value");
}

// An abbreviation that is one option's of the mariadb client is that option.
static void test_client_abbreviations(void **state)
{
    (void) state;
    CLIENT("--sel=3|--sho", "v0 warnings 3 - - -");
    CLIENT("--verb", "v1 - - - -");
    PARSE("--for|--exec=x", "shell execute=x force");
    FAILS("--s", "'--s' may mean several options");
    FAILS("--column", "'--column' may mean several options");
}

static void test_ignored(void **state)
{
    (void) state;
    PARSE("-AbnqT|-#d|--secure-auth=0|--skip-auto-rehash|--net-buffer-length=1K", "shell");
    PARSE("--no-auto-rehash|--disable-reconnect|--debug|--default-auth=x|shop",
          "shell target=shop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_abbreviations),
        cmocka_unit_test(test_later_formats_win),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_secrets_are_overwritten),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_loose),
        cmocka_unit_test(test_client_abbreviations),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
