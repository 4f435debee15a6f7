#include "support.h"

#include <sys/stat.h>

#include "marsh/base/mem.h"
#include "marsh/config/ini.h"

struct keys {
    struct buf text; // "group.key=value" or "group.key", a line each
    const char *stop_at;
};

static bool take_key(void *data, const char *group, const char *key, const char *value,
                     struct error *err)
{
    struct keys *keys = data;
    if (keys->stop_at != NULL && strcmp(key, keys->stop_at) == 0)
        return error_set(err, ERROR_SQL, "stopped");
    buf_printf(&keys->text, "%s.%s", group, key);
    if (value != NULL)
        buf_printf(&keys->text, "=%s", value);
    buf_add_char(&keys->text, '\n');
    return true;
}

static int set_up(void **state)
{
    *state = support_folder_create();
    return 0;
}

static int tear_down(void **state)
{
    support_folder_remove(*state);
    return 0;
}

static void check_ini(const char *folder, const char *text, size_t len, const char *expected,
                      int line)
{
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT};
    CLEANUP(mem_free_at) char *path = support_write(folder, "file.cnf", text, len);
    support_check_ok(ini_read(path, take_key, &keys, &err), &err, "ini_read", __FILE__, line);
    support_check_text(buf_cstr(&keys.text), expected, __FILE__, line);
    buf_finish(&keys.text);
}
#define INI(literal, expected) check_ini(*state, literal, sizeof(literal) - 1, expected, __LINE__)

static void test_lines(void **state)
{
    INI("", "");
    INI("\n\n  \n", "");
    INI("[a]\nk=v\n", "a.k=v\n");
    INI("[a]\nk=v", "a.k=v\n");
    INI("k=v\n[a]\nk=v\n[b]\nk=v\n", ".k=v\na.k=v\nb.k=v\n");
    INI(" [ a ] \n  k  =  v w  \n", "a.k=v w\n");
    INI("[a]\r\nk=v\r\n", "a.k=v\n");
    INI("[a]\nk=\n", "a.k=\n");
    INI("[a]\nk=b=c\n", "a.k=b=c\n");
    INI("[a]\nk=1\nk=2\n", "a.k=1\na.k=2\n");
    INI("[bind.prod]\nurl=mysql://u@h/d?x=y\n", "bind.prod.url=mysql://u@h/d?x=y\n");
    INI("[]\nk=v\n", ".k=v\n");
}

static void test_bare_keys(void **state)
{
    INI("[a]\nk\n  long-key  \n", "a.k\na.long-key\n");
    INI("[a]\nk # comment\n", "a.k\n");
}

// The client's own reader takes the comment off first.
static void test_bare_key_with_equals_in_comment(void **state)
{
    INI("[a]\nk # x=y\n", "a.k\n");
}

static void test_comments(void **state)
{
    INI("# c\n; c\n  # c\n[a]\n#k=v\nk=v\n", "a.k=v\n");
    INI("[a]\nk=v # c\nl=w\t# c\n", "a.k=v\na.l=w\n");
    INI("[a]\nk=#v\n", "a.k=\n");
    // Only behind white space: a password may hold one.
    INI("[a]\nk=a#b\n", "a.k=a#b\n");
    INI("[a]\nk='a # b' # c\n", "a.k=a # b\n");
    INI("[a]\nk=\"a # b\" # c\n", "a.k=a # b\n");
    // A quote in the middle is none.
    INI("[a]\nk=it's # c\n", "a.k=it's\n");
    INI("[a]\nk=a;b\n", "a.k=a;b\n");
}

static void test_quotes(void **state)
{
    INI("[a]\nk='v'\nl=\"w\"\n", "a.k=v\na.l=w\n");
    INI("[a]\nk='  v  '\n", "a.k=  v  \n");
    INI("[a]\nk=''\n", "a.k=\n");
    INI("[a]\nk='\n", "a.k='\n");
    INI("[a]\nk='a\"\n", "a.k='a\"\n");
    INI("[a]\nk=a'b'\n", "a.k=a'b'\n");
    INI("[a]\nk='it's'\n", "a.k=it's\n");
    INI("[a]\nk=\"it's\"\n", "a.k=it's\n");
}

static void test_escapes(void **state)
{
    INI("[a]\nk=a\\tb\\nc\\rd\\\\e\\sf\\bg\n", "a.k=a\tb\nc\rd\\e f\bg\n");
    INI("[a]\nk='\\s'\n", "a.k= \n");
    // Others keep their backslash.
    INI("[a]\nk=a\\qb\\\n", "a.k=a\\qb\\\n");
    INI("[a]\nk=\\\\n\n", "a.k=\\n\n");
}

// \' and \" are quotes, within a pair of them too, as the client's own reader has it.
static void test_escaped_quotes(void **state)
{
    INI("[a]\nk='it\\'s'\n", "a.k=it's\n");
    INI("[a]\nk=\"a\\\"b\"\n", "a.k=a\"b\n");
    INI("[a]\nk=\"a\\\" # b\" # c\n", "a.k=a\" # b\n");
}

static void check_fails(const char *folder, const char *text, enum error_kind kind,
                        const char *message, const char *before, int line)
{
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT, .stop_at = "stop"};
    CLEANUP(mem_free_at) char *path = support_write_text(folder, "file.cnf", text);
    CLEANUP(mem_free_at) char *expected = mem_printf("%s:%s", path, message);
    assert_false(ini_read(path, take_key, &keys, &err));
    support_check_error(&err, kind, expected, false, __FILE__, line);
    // What came before was handed over.
    support_check_text(buf_cstr(&keys.text), before, __FILE__, line);
    buf_finish(&keys.text);
}
#define FAILS(text, kind, message, before)                                                         \
    check_fails(*state, text, kind, message, before, __LINE__)

static void test_errors(void **state)
{
    FAILS("[a]\nk=v\n[b\nl=w\n", ERROR_USAGE, "3: a group's name has no ']'", "a.k=v\n");
    FAILS("[a]\n=v\n", ERROR_USAGE, "2: a value has no name in front of its '='", "");
    FAILS("\n!nonsense x\n", ERROR_USAGE, "2: only !include and !includedir begin with '!'", "");
    FAILS("[a]\nk=v\n\nstop\nl=w\n", ERROR_SQL, "4: stopped", "a.k=v\n");
    // Never the value: it may be a password.
    FAILS("[a]\n = hush\n", ERROR_USAGE, "2: a value has no name in front of its '='", "");
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT};
    CLEANUP(mem_free_at) char *none = support_path(*state, "none.cnf");
    assert_false(ini_read(none, take_key, &keys, &err));
    check_error_has(&err, ERROR_SYSTEM, "none.cnf: No such file or directory");
    assert_false(ini_read("/dev/zero", take_key, &keys, &err));
    check_error_has(&err, ERROR_USAGE, "/dev/zero: is larger than");
    buf_finish(&keys.text);
}

static void test_include(void **state)
{
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT};
    CLEANUP(mem_free_at) char *inner = support_write_text(*state, "inner.cnf", "x=1\n[b]\ny=2\n");
    CLEANUP(mem_free_at) char *text = mem_printf("[a]\nk=v\n!include  %s \nl=w\n", inner);
    CLEANUP(mem_free_at) char *outer = support_write_text(*state, "outer.cnf", text);
    check_ok(ini_read(outer, take_key, &keys, &err), &err);
    // Each file has groups of its own.
    check_buf(&keys.text, "a.k=v\n.x=1\nb.y=2\na.l=w\n");
    buf_clear(&keys.text);
    // An error says where in which file.
    free(support_write_text(*state, "inner.cnf", "\n[b\n"));
    assert_false(ini_read(outer, take_key, &keys, &err));
    CLEANUP(mem_free_at)
    char *expected = mem_printf("%s:3: %s:2: a group's name has no ']'", outer, inner);
    check_error(&err, ERROR_USAGE, expected);
    buf_finish(&keys.text);
}

static void test_include_dir(void **state)
{
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT};
    CLEANUP(mem_free_at) char *folder = support_path(*state, "conf.d");
    assert_int_equal(mkdir(folder, 0700), 0);
    free(support_write_text(folder, "20.cnf", "[b]\nk=2\n"));
    free(support_write_text(folder, "10.cnf", "[a]\nk=1\n"));
    free(support_write_text(folder, "30.cnf~", "[c]\nk=3\n"));
    free(support_write_text(folder, "40.txt", "[c]\nk=4\n"));
    free(support_write_text(folder, ".cnf", "[c]\nk=5\n"));
    CLEANUP(mem_free_at) char *text = mem_printf("!includedir %s\n[z]\nk=9\n", folder);
    CLEANUP(mem_free_at) char *outer = support_write_text(*state, "outer.cnf", text);
    check_ok(ini_read(outer, take_key, &keys, &err), &err);
    check_buf(&keys.text, "a.k=1\nb.k=2\nz.k=9\n");
    buf_clear(&keys.text);
    // An error ends the reading, of the rest of the folder too.
    free(support_write_text(folder, "10.cnf", "[a\n"));
    assert_false(ini_read(outer, take_key, &keys, &err));
    check_error_has(&err, ERROR_USAGE, "10.cnf:1: a group's name has no ']'");
    check_buf(&keys.text, "");
    free(support_write_text(*state, "outer.cnf", "!includedir /no/such/folder\n"));
    assert_false(ini_read(outer, take_key, &keys, &err));
    check_error_has(&err, ERROR_SYSTEM, "/no/such/folder: No such file or directory");
    buf_finish(&keys.text);
}

static void test_include_cycle(void **state)
{
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT};
    CLEANUP(mem_free_at) char *a = support_path(*state, "a.cnf");
    CLEANUP(mem_free_at) char *b = support_path(*state, "b.cnf");
    CLEANUP(mem_free_at) char *to_a = mem_printf("!include %s\n", a);
    CLEANUP(mem_free_at) char *to_b = mem_printf("!include %s\n", b);
    free(support_write_text(*state, "a.cnf", to_b));
    free(support_write_text(*state, "b.cnf", to_a));
    assert_false(ini_read(a, take_key, &keys, &err));
    check_error_has(&err, ERROR_USAGE, "files include each other too deeply");
    buf_finish(&keys.text);
}

static void test_include_depth(void **state)
{
    struct error err = ERROR_INIT;
    struct keys keys = {.text = BUF_INIT};
    // Ten files deep are fine, an eleventh is not.
    for (int i = 0; i < 11; i++) {
        CLEANUP(mem_free_at) char *name = mem_printf("%d.cnf", i);
        CLEANUP(mem_free_at)
        char *text = mem_printf("k%d\n!include %s/%d.cnf\n", i, (char *) *state, i + 1);
        free(support_write_text(*state, name, text));
    }
    free(support_write_text(*state, "9.cnf", "last\n"));
    CLEANUP(mem_free_at) char *first = support_path(*state, "0.cnf");
    check_ok(ini_read(first, take_key, &keys, &err), &err);
    check_buf(&keys.text, ".k0\n.k1\n.k2\n.k3\n.k4\n.k5\n.k6\n.k7\n.k8\n.last\n");
    CLEANUP(mem_free_at) char *further = mem_printf("!include %s/10.cnf\n", (char *) *state);
    free(support_write_text(*state, "9.cnf", further));
    free(support_write_text(*state, "10.cnf", "last\n"));
    assert_false(ini_read(first, take_key, &keys, &err));
    check_error_has(&err, ERROR_USAGE, "10.cnf: files include each other too deeply");
    buf_finish(&keys.text);
}

// Directives are whole words.
static void test_include_words(void **state)
{
    FAILS("!includes /x\n", ERROR_USAGE, "1: only !include and !includedir begin with '!'", "");
    FAILS("!includedirs /x\n", ERROR_USAGE, "1: only !include and !includedir begin with '!'", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bare_keys),
        cmocka_unit_test(test_bare_key_with_equals_in_comment),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_escaped_quotes),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_include),
        cmocka_unit_test(test_include_dir),
        cmocka_unit_test(test_include_cycle),
        cmocka_unit_test(test_include_depth),
        cmocka_unit_test(test_include_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
