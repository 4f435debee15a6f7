// Words of a command line as arguments of a routine.
#include <unistd.h>

#include "marsh/session/argument.h"
#include "support.h"

static bool is_parameter(void *data, const char *name)
{
    const char *const *names = data;
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static const char *const parameters[] = {"qty", "photo", "http", "a b", "\xc3\xa4$1", NULL};

// "NAME=VALUE", "NAME@FILE", NULL as <null>, with json: or literal: in front; no name as -.
static void describe(const struct argument *argument, struct buf *out)
{
    if (argument->json)
        buf_add_text(out, argument->json_literal ? "literal:" : "json:");
    buf_add_text(out, argument->name == NULL ? "-" : argument->name);
    if (argument->file != NULL) {
        assert_null(argument->text);
        buf_printf(out, "@%s", argument->file);
        return;
    }
    buf_add_char(out, '=');
    if (argument->text == NULL) {
        buf_add_text(out, "<null>");
        return;
    }
    assert_int_equal(argument->text[argument->len], '\0');
    buf_add(out, argument->text, argument->len);
}

static void check_word(const char *word, bool known, const char *expected, size_t expected_len,
                       int line)
{
    struct argument argument;
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    check_ok(
        argument_parse(word, known ? is_parameter : NULL, (void *) parameters, &argument, &err),
        &err);
    describe(&argument, &out);
    support_check_bytes(out.data, out.len, expected, expected_len, __FILE__, line);
    argument_finish(&argument);
    buf_finish(&out);
}
#define WORD(word, expected) check_word(word, true, expected, sizeof(expected) - 1, __LINE__)
#define WORD_UNKNOWN(word, expected)                                                               \
    check_word(word, false, expected, sizeof(expected) - 1, __LINE__)

static void test_by_position(void **state)
{
    (void) state;
    WORD("42", "-=42");
    WORD("", "-=");
    WORD("\\N", "-=<null>");
    WORD("a b=3", "-=a b=3");
    WORD("=3", "-==3");
    WORD("3=3", "-=3=3");
    WORD("http://x/?a=b", "-=http://x/?a=b");
    WORD("-x=3", "-=-x=3");
    WORD("a:b=c", "-=a:b=c");
    WORD("a:", "-=a:");
    WORD("`a b", "-=`a b");
    WORD("`a b` =3", "-=`a b` =3");
    WORD("qty", "-=qty");
}

static void test_by_name(void **state)
{
    (void) state;
    WORD("qty=3", "qty=3");
    WORD("qty=", "qty=");
    WORD("qty=\\N", "qty=\\N"); // the two characters
    WORD("qty=a=b:=c@d", "qty=a=b:=c@d");
    WORD("qty==3", "qty==3");
    WORD("qty=:=3", "qty=:=3");
    WORD("_x$1=3", "_x$1=3");
    WORD("\xc3\xa4=3", "\xc3\xa4=3");
    WORD("`a b`=3", "a b=3");
    WORD("`a``b`=3", "a`b=3");
    WORD("`1`=3", "1=3");
    // No parameter, but a name all the same: a misspelt one is no value.
    WORD("mail=a@b", "mail=a@b");
    WORD_UNKNOWN("qty=3", "qty=3");
}

static void test_json(void **state)
{
    (void) state;
    WORD("qty:=null", "json:qty=<null>");
    WORD("qty:=true", "literal:qty=1");
    WORD("qty:=false", "literal:qty=0");
    WORD("qty:= 12345678901234567890.10 ", "literal:qty=12345678901234567890.10");
    WORD("qty:=-1.50e+3", "literal:qty=-1.50e+3");
    WORD("qty:=\"x\\u00e4\\n\\\"\"", "json:qty=x\xc3\xa4\n\"");
    WORD("qty:=\"\"", "json:qty=");
    WORD("qty:=\"a\\u0000b\"", "json:qty=a\0b");
    WORD("qty:={\"a\": [1.0, null]}", "literal:qty={\"a\": [1.0, null]}");
    WORD("qty:= [1] ", "literal:qty=[1]");
    WORD(":=\"a=b\"", "json:-=a=b");
    WORD(":=null", "json:-=<null>");
    WORD("`a b`:=1", "literal:a b=1");
    WORD("nobody:=1", "literal:nobody=1");
}

static void test_files(void **state)
{
    (void) state;
    WORD("photo@cat.jpg", "photo@cat.jpg");
    WORD("photo@-", "photo@-");
    WORD("photo@a=b", "photo@a=b");
    WORD("`a b`@x", "a b@x");
    WORD("@x", "-@x");
    WORD("@-", "-@-");
    WORD("\xc3\xa4$1@x", "\xc3\xa4$1@x");
    // No parameter of that name.
    WORD("ann@example.com", "-=ann@example.com");
    WORD("ann@x=1", "-=ann@x=1");
    WORD_UNKNOWN("photo@cat.jpg", "-=photo@cat.jpg");
    WORD_UNKNOWN("@x", "-@x");
}

static void check_refused(const char *word, const char *message)
{
    struct argument argument;
    struct error err = ERROR_INIT;
    assert_false(argument_parse(word, is_parameter, (void *) parameters, &argument, &err));
    check_error_has(&err, ERROR_USAGE, message);
    argument_finish(&argument);
}

static void test_refused(void **state)
{
    (void) state;
    check_refused("qty:=", "qty:=: ");
    check_refused("qty:=abc", "qty:=: ");
    check_refused("qty:={\"a\":1", "qty:=: ");
    check_refused("qty:=01", "qty:=: ");
    check_refused(":=\"a", ":=: ");
    check_refused("photo@", "photo@: a file's name is missing");
    check_refused("@", "@: a file's name is missing");
}

static void test_null(void **state)
{
    (void) state;
    static const char *const words[] = {"\\N", "qty:=null", "qty=\\N", "qty="};
    static const bool nulls[] = {true, true, false, false};
    for (size_t i = 0; i < LENGTH(words); i++) {
        struct argument argument;
        struct error err = ERROR_INIT;
        check_ok(argument_parse(words[i], NULL, NULL, &argument, &err), &err);
        assert_int_equal(argument.text == NULL, nulls[i]);
        check_ok(argument_load(&argument, NULL, &err), &err);
        assert_int_equal(argument.text == NULL, nulls[i]);
        argument_finish(&argument);
    }
}

static void load(const char *file, struct argument *argument, struct error *err, bool expected)
{
    char *word = malloc(strlen(file) + 2);
    assert_non_null(word);
    word[0] = '@';
    strcpy(word + 1, file);
    struct error parse_err = ERROR_INIT;
    check_ok(argument_parse(word, NULL, NULL, argument, &parse_err), &parse_err);
    free(word);
    bool ok = argument_load(argument, NULL, err);
    assert_int_equal(ok, expected);
}

static void test_load(void **state)
{
    (void) state;
    struct argument argument;
    struct error err = ERROR_INIT;
    char *folder = support_folder_create();
    char *path = support_write(folder, "bytes", "a\0b\n", 4);
    load(path, &argument, &err, true);
    check_bytes(argument.text, argument.len, "a\0b\n");
    assert_false(argument_reads_stdin(&argument));
    argument_finish(&argument);
    free(path);
    path = support_write(folder, "empty", "", 0);
    load(path, &argument, &err, true);
    assert_non_null(argument.text);
    assert_int_equal(argument.len, 0);
    argument_finish(&argument);
    free(path);
    load(folder, &argument, &err, false);
    check_error_has(&err, ERROR_SYSTEM, folder);
    assert_null(argument.text);
    argument_finish(&argument);
    load("/nowhere/at all", &argument, &err, false);
    check_error(&err, ERROR_SYSTEM, "/nowhere/at all: No such file or directory");
    argument_finish(&argument);
    support_folder_remove(folder);
}

static void test_standard_input(void **state)
{
    (void) state;
    struct argument argument;
    struct error err = ERROR_INIT;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x\0y", 3), 3);
    close(ends[1]);
    int saved = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    load("-", &argument, &err, true);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    assert_true(argument_reads_stdin(&argument));
    check_bytes(argument.text, argument.len, "x\0y");
    argument_finish(&argument);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_position), cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_json),        cmocka_unit_test(test_files),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_null),
        cmocka_unit_test(test_load),        cmocka_unit_test(test_standard_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
