#include "marsh/config/url.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/config/target.h"

// The URL cut at its separators; each part borrowed and not yet decoded, NULL where it is missing.
struct parts {
    const char *user;
    size_t user_len;
    const char *password;
    size_t password_len;
    const char *hosts;
    size_t hosts_len;
    const char *schema;
    size_t schema_len;
    const char *query;
    bool doubtful; // an '@' in the query may be what ends a password that was not encoded
};

static size_t scheme_len(const char *text)
{
    static const char *const schemes[] = {"mysql", "mariadb"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (!text_same_start_nocase(schemes[i], text, len))
            continue;
        if (text[len] == '+') {
            do
                len++;
            while (text_is_alnum(text[len]) || text[len] == '_');
        }
        if (text[len] == ':')
            return len;
    }
    return 0;
}

bool url_is(const char *text)
{
    return scheme_len(text) > 0 || strstr(text, "://") != NULL;
}

// The last '@' before `stop`, or NULL.
static const char *last_at(const char *from, size_t len)
{
    return memrchr(from, '@', len);
}

static bool ends_with_port(const char *text, size_t len)
{
    size_t digits = 0;
    while (digits < len && text_is_digit(text[len - digits - 1]))
        digits++;
    return digits > 0 && digits < len && text[len - digits - 1] == ':';
}

static void cut(const char *rest, struct parts *parts)
{
    *parts = (struct parts){.query = strchr(rest, '?')};
    size_t path_end = parts->query == NULL ? strlen(rest) : (size_t) (parts->query - rest);
    size_t authority = strcspn(rest, "/?");
    const char *at = last_at(rest, authority);
    // SQLAlchemy lets a password hold a plain slash.
    if (at == NULL && memchr(rest, ':', authority) != NULL)
        at = last_at(rest, path_end);
    // ... and a question mark. But what looks like a port may well be one.
    if (at == NULL && memchr(rest, ':', authority) != NULL && parts->query != NULL &&
        (at = strchr(parts->query, '@')) != NULL) {
        parts->doubtful = ends_with_port(rest, authority);
        parts->query = parts->doubtful ? parts->query : strchr(at, '?');
        at = parts->doubtful ? NULL : at;
    }
    if (at != NULL) {
        const char *colon = memchr(rest, ':', (size_t) (at - rest));
        parts->user = rest;
        parts->user_len = (size_t) ((colon != NULL ? colon : at) - rest);
        parts->password = colon != NULL ? colon + 1 : NULL;
        parts->password_len = colon != NULL ? (size_t) (at - colon - 1) : 0;
        rest = at + 1;
    }
    parts->hosts = rest;
    parts->hosts_len = strcspn(rest, "/?");
    rest += parts->hosts_len;
    if (*rest == '/') {
        parts->schema = rest + 1;
        parts->schema_len = strcspn(rest + 1, "?");
    }
    if (parts->query != NULL)
        parts->query++;
}

// NULL and an error for a bad escape. `what` names the part.
static char *decode(const char *text, size_t len, bool plus, const char *what, struct error *err)
{
    char *out = mem_alloc(len + 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? text_hex_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? text_hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                out[used] = '\0';
                mem_free_secret(out);
                error_set(err, ERROR_USAGE,
                          "the URL's %s has a '%%' that two hexadecimal digits do not follow",
                          what);
                return NULL;
            }
            c = (char) (high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return out;
}

static bool set_decoded(struct target *target, const char *name, const char *text, size_t len,
                        struct error *err)
{
    char *value = decode(text, len, false, name, err);
    bool ok = value != NULL && target_set(target, name, value, err);
    mem_free_secret(value);
    return ok;
}

static bool apply_hosts(struct target *target, const struct parts *parts, struct error *err)
{
    CLEANUP(mem_free_at) char *hosts = decode(parts->hosts, parts->hosts_len, false, "host", err);
    if (hosts == NULL)
        return false;
    if (hosts[0] == '/')
        return target_set(target, "socket", hosts, err);
    if (strpbrk(hosts, " \t\r\n@") != NULL)
        return error_set(err, ERROR_USAGE, "the URL's host is not a host's name");
    if (!target_set(target, "host", hosts, err))
        return error_context(err, "the URL's host");
    return true;
}

// One NAME=VALUE of the query, up to its '&' or the end.
struct parameter {
    size_t len;
    size_t name_len;
    const char *value; // NULL where there is no '='
    size_t value_len;
};

static struct parameter cut_parameter(const char *query)
{
    struct parameter p = {.len = strcspn(query, "&")};
    const char *equals = memchr(query, '=', p.len);
    p.name_len = equals == NULL ? p.len : (size_t) (equals - query);
    p.value = equals == NULL ? NULL : equals + 1;
    p.value_len = equals == NULL ? 0 : p.len - p.name_len - 1;
    return p;
}

static bool apply_parameter(struct target *target, const char *text, const struct parameter *p,
                            struct error *err)
{
    CLEANUP(mem_free_at) char *name = decode(text, p->name_len, true, "parameter", err);
    if (name == NULL)
        return false;
    char *value = NULL;
    // A URL may come from anywhere: it can't name what is run.
    const struct target_param *param = target_param_find(name);
    if (param != NULL && target_param_runs_code(param))
        return error_set(err, ERROR_USAGE, "%s can't stand in a URL", param->name);
    if (p->value != NULL && (value = decode(p->value, p->value_len, true, name, err)) == NULL)
        return false;
    bool ok = p->name_len == 0 || target_set(target, name, value, err);
    mem_free_secret(value);
    return ok || error_context(err, "in the URL");
}

static bool apply_query(struct target *target, const struct parts *parts, struct error *err)
{
    const char *query = parts->query;
    while (query != NULL && *query != '\0') {
        struct parameter p = cut_parameter(query);
        if (!apply_parameter(target, query, &p, err)) {
            if (!parts->doubtful)
                return false;
            // The message may hold a piece of the password.
            error_finish(err);
            return error_set(err, ERROR_USAGE,
                             "the URL has a bad parameter, or a password in which '@', '/', ':' "
                             "and '?' are not written as %%40, %%2F, %%3A and %%3F");
        }
        query += p.len + (query[p.len] == '&' ? 1 : 0);
    }
    return true;
}

bool url_apply(struct target *target, const char *url, struct error *err)
{
    size_t scheme = scheme_len(url);
    if (scheme == 0)
        return error_set(err, ERROR_USAGE,
                         "a target's URL begins with mysql:// or mariadb://, not '%.*s'",
                         (int) strcspn(url, ":"), url);
    if (strncmp(url + scheme, "://", 3) != 0)
        return error_set(err, ERROR_USAGE, "a URL has '://' behind '%.*s'", (int) scheme, url);
    struct parts parts;
    cut(url + scheme + 3, &parts);
    target_clear_place(target);
    if (parts.user != NULL && parts.user_len > 0 &&
        !set_decoded(target, "user", parts.user, parts.user_len, err))
        return false;
    if (parts.password != NULL &&
        !set_decoded(target, "password", parts.password, parts.password_len, err))
        return false;
    if (parts.hosts_len > 0 && !apply_hosts(target, &parts, err))
        return false;
    if (parts.schema_len > 0 &&
        !set_decoded(target, "database", parts.schema, parts.schema_len, err))
        return false;
    return apply_query(target, &parts, err);
}

void url_hide_password(char *url)
{
    size_t scheme = scheme_len(url);
    if (scheme == 0 || strncmp(url + scheme, "://", 3) != 0)
        return;
    struct parts parts;
    cut(url + scheme + 3, &parts);
    if (parts.doubtful) {
        char *colon = strchr(url + scheme + 3, ':');
        memset(colon + 1, 'x', strcspn(colon + 1, "@"));
        return;
    }
    if (parts.password != NULL)
        memset(url + (parts.password - url), 'x', parts.password_len);
    for (const char *query = parts.query; query != NULL && *query != '\0';) {
        struct parameter p = cut_parameter(query);
        struct error ignored = ERROR_INIT;
        CLEANUP(mem_free_at) char *name = decode(query, p.name_len, true, "parameter", &ignored);
        error_finish(&ignored);
        const struct target_param *param = name == NULL ? NULL : target_param_find(name);
        // What can't be told apart from a password is hidden like one.
        if (p.value != NULL && (param == NULL || target_param_is_secret(param)))
            memset(url + (p.value - url), 'x', p.value_len);
        query += p.len + (query[p.len] == '&' ? 1 : 0);
    }
}
