// Lines of text, as a URL and as the parts of one. Any URL is taken or refused with an error; parts
// that are percent-encoded come back as they were; and where the password is a known text, neither
// an error nor url_hide_password lets that text through, whatever stands around it.
#include <ctype.h>

#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"

#define MARK FUZZ_MARK

static void encode(struct buf *url, const char *text)
{
    for (; *text != '\0'; text++)
        buf_printf(url, isalnum((unsigned char) *text) != 0 ? "%c" : "%%%02X",
                   (unsigned char) *text);
}

static bool apply(struct target *target, const char *url, struct error *err)
{
    target_init(target);
    target_begin_layer(target, LAYER_ARGUMENT);
    bool ok = url_apply(target, url, err);
    HOLDS(ok == (err->kind == ERROR_NONE));
    HOLDS(ok == (err->message == NULL));
    return ok;
}

static void check_any(const char *text)
{
    struct target target;
    struct error err = ERROR_INIT;
    if (apply(&target, text, &err)) {
        HOLDS(url_is(text));
        target_settle(&target);
        char *described = target_describe(&target);
        HOLDS(target.user != NULL && described[0] != '\0');
        free(described);
    }
    char *hidden = strdup(text);
    url_hide_password(hidden);
    HOLDS(strlen(hidden) == strlen(text));
    free(hidden);
    target_finish(&target);
    error_finish(&err);
}

static void check_parts(const struct target *target, const char *user, const char *password,
                        const char *schema)
{
    HOLDS(user[0] == '\0' ? target->user == NULL : strcmp(target->user, user) == 0);
    HOLDS(strcmp(target->password, password) == 0);
    HOLDS(schema[0] == '\0' ? target->schema == NULL : strcmp(target->schema, schema) == 0);
    HOLDS(target->host_count == 3 && target->hosts[0].port == 3307);
    HOLDS(strcmp(target->hosts[1].name, "::1") == 0 && strcmp(target->hosts[2].name, "h2") == 0);
}

static void check_round_trip(const char *user, const char *password, const char *schema)
{
    struct target target;
    struct error err = ERROR_INIT;
    struct buf url = BUF_INIT;
    buf_add_text(&url, "mysql://");
    encode(&url, user);
    buf_add_char(&url, ':');
    encode(&url, password);
    buf_add_text(&url, "@h1:3307,[::1],h2/");
    encode(&url, schema);
    // What looks like a URL is no schema's name: a password may stand in it.
    bool taken = apply(&target, buf_cstr(&url), &err);
    HOLDS(taken == (strstr(schema, "://") == NULL));
    if (taken)
        check_parts(&target, user, password, schema);
    buf_finish(&url);
    target_finish(&target);
    error_finish(&err);
}

static void check_hidden(struct buf *url)
{
    struct target target;
    struct error err = ERROR_INIT;
    if (!apply(&target, buf_cstr(url), &err))
        HOLDS(strstr(err.message, MARK) == NULL);
    char *hidden = buf_steal(url);
    url_hide_password(hidden);
    HOLDS(strstr(hidden, MARK) == NULL);
    free(hidden);
    target_finish(&target);
    error_finish(&err);
}

static void check_secrets(const char *user, const char *password, const char *rest)
{
    struct buf url = BUF_INIT;
    buf_add_text(&url, "mariadb+x://");
    encode(&url, user);
    buf_add_text(&url, ":" MARK);
    encode(&url, password);
    buf_printf(&url, "@%s", rest);
    check_hidden(&url);
    // As it is written; an '@' would end it.
    if (strchr(password, '@') == NULL) {
        buf_add_text(&url, "mysql://");
        encode(&url, user);
        buf_printf(&url, ":" MARK "%s@h/%s", password, strchr(rest, '@') == NULL ? rest : "");
        check_hidden(&url);
    }
    buf_add_text(&url, "mysql://h/d?password=" MARK);
    encode(&url, password);
    buf_printf(&url, "&%s", rest);
    check_hidden(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fuzz_has_mark(data, size))
        return 0;
    struct buf text = BUF_INIT;
    buf_add(&text, data, size);
    check_any(buf_cstr(&text));
    char *lines[3];
    char *rest = text.data;
    for (size_t i = 0; i < 3; i++) {
        char *end = rest == NULL ? NULL : strchr(rest, '\n');
        lines[i] = rest == NULL ? &text.data[strlen(text.data)] : rest;
        rest = end == NULL ? NULL : end + 1;
        if (end != NULL)
            *end = '\0';
    }
    check_round_trip(lines[0], lines[1], lines[2]);
    check_secrets(lines[0], lines[1], lines[2]);
    buf_finish(&text);
    return 0;
}
