#include "marsh/config/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "target_internal.h"

enum { SET_HOST = 1, SET_SOCKET = 2, SET_PORT = 4, SET_INIT = 8, YEAR = 31536000 };

// Every owned text of a target but the password.
static const size_t texts[] = {
    offsetof(struct target, label),        offsetof(struct target, socket),
    offsetof(struct target, user),         offsetof(struct target, password_command),
    offsetof(struct target, schema),       offsetof(struct target, charset),
    offsetof(struct target, init_command), offsetof(struct target, autocommit),
    offsetof(struct target, scratch),      offsetof(struct target, ssl_ca),
    offsetof(struct target, ssl_capath),   offsetof(struct target, ssl_cert),
    offsetof(struct target, ssl_key),      offsetof(struct target, ssl_cipher),
    offsetof(struct target, tls_version),  offsetof(struct target, auth_plugins),
    offsetof(struct target, plugin_dir),   offsetof(struct target, ssl_crl),
    offsetof(struct target, ssl_crlpath),
};

static char **text_at(struct target *target, size_t offset)
{
    return (char **) (void *) ((char *) target + offset);
}

void target_init(struct target *target)
{
    *target = (struct target){
        .local_infile = true,
        .connect_timeout = 10,
        .pool_size = 5,
        .max_overflow = 10,
        .pool_timeout = 30,
        .pool_recycle = -1,
        .pool_idle_timeout = 300,
        .pool_max_age = -1,
        .session_idle_release = -1,
    };
    target->charset = mem_strdup("utf8mb4");
}

static void clear_hosts(struct target *target)
{
    for (size_t i = 0; i < target->host_count; i++)
        free(target->hosts[i].name);
    free(target->hosts);
    target->hosts = NULL;
    target->host_count = 0;
}

void target_finish(struct target *target)
{
    clear_hosts(target);
    mem_free_secret(target->password);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(*text_at(target, texts[i]));
    *target = (struct target){.port = 0};
}

void target_copy(struct target *to, const struct target *from)
{
    *to = *from;
    to->password = mem_strdup(from->password);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char **slot = text_at(to, texts[i]);
        *slot = mem_strdup(*slot);
    }
    to->hosts = mem_calloc(from->host_count, sizeof(*to->hosts));
    for (size_t i = 0; i < from->host_count; i++) {
        to->hosts[i].name = mem_strdup(from->hosts[i].name);
        to->hosts[i].port = from->hosts[i].port;
    }
}

void target_begin_layer(struct target *target, enum target_layer layer)
{
    target->layer = layer;
    target->layer_set = 0;
}

void target_clear_place(struct target *target)
{
    clear_hosts(target);
    mem_replace(&target->socket, NULL);
    mem_replace(&target->scratch, NULL);
    target->port = 0;
    target->socket_wins = false;
    target->protocol = PROTOCOL_AUTO;
    if (target->password_layer == LAYER_FILES) {
        mem_free_secret(target->password);
        target->password = NULL;
    }
}

void target_add_host(struct target *target, const char *name, size_t len, unsigned port)
{
    if ((target->layer_set & SET_HOST) == 0) {
        clear_hosts(target);
        mem_replace(&target->scratch, NULL);
        // To the clients localhost is the socket, whoever named that.
        bool local = len == strlen("localhost") && memcmp(name, "localhost", len) == 0;
        if ((target->layer_set & SET_SOCKET) == 0 && !local)
            mem_replace(&target->socket, NULL);
    }
    target->layer_set |= SET_HOST;
    target->socket_wins = target->socket_wins && target->layer == LAYER_ARGUMENT;
    size_t size = (target->host_count + 1) * sizeof(*target->hosts);
    target->hosts = mem_realloc(target->hosts, size);
    target->hosts[target->host_count++] = (struct host){mem_strndup(name, len), port};
}

// HOST, HOST:PORT, :PORT, [IPV6], [IPV6]:PORT or a bare IPV6; a port without a host is localhost's.
static bool add_host_text(struct target *target, const char *text, size_t len, struct error *err)
{
    const char *name = text;
    const char *end = text + len;
    const char *rest = memchr(text, ':', len); // of a port with its colon
    if (text[0] == '[') {
        name++;
        rest = memchr(text, ']', len);
        if (rest == NULL)
            return error_set(err, ERROR_USAGE, "an IPv6 address has no ']'");
    } else if (rest == NULL || memchr(rest + 1, ':', (size_t) (end - rest - 1)) != NULL) {
        rest = end;
    }
    size_t name_len = (size_t) (rest - name);
    rest += text[0] == '[' ? 1 : 0;
    unsigned long port = 0;
    if (rest < end) {
        char *stop = NULL;
        if (*rest == ':' && text_is_digit(rest[1]))
            port = strtoul(rest + 1, &stop, 10);
        if (port == 0 || port > 65535 || stop != end)
            return error_set(err, ERROR_USAGE, "a port is a number from 1 to 65535");
    }
    if (name_len == 0) {
        name = "localhost";
        name_len = strlen(name);
    }
    target_add_host(target, name, name_len, (unsigned) port);
    return true;
}

// "a,b:3307,[::1]:3308"
static bool set_hosts(struct target *target, const char *value, struct error *err)
{
    while (*value != '\0') {
        size_t len = strcspn(value, ",");
        if (len > 0 && !add_host_text(target, value, len, err))
            return false;
        value += len + (value[len] == ',' ? 1 : 0);
    }
    return true;
}

static bool parse_bool(const char *value, bool *out)
{
    static const struct {
        const char *text;
        bool on;
    } words[] = {{"1", true},  {"true", true},   {"on", true},   {"yes", true},
                 {"0", false}, {"false", false}, {"off", false}, {"no", false}};
    *out = true;
    if (value == NULL || value[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_equals_nocase(value, words[i].text)) {
            *out = words[i].on;
            return true;
        }
    }
    return false;
}

// A size may have a unit. One that is too small or too large is the nearest that may be, as the
// mariadb client has it: scripts ask for 4G, "as much as there may be".
static bool parse_size(const struct target_param *param, const char *value, long *out)
{
    static const char units[] = "KMGTPE";
    char *end = NULL;
    errno = 0;
    if (value == NULL || !text_is_digit(value[0]))
        return false;
    unsigned long long number = strtoull(value, &end, 10);
    const char *unit = *end == '\0' ? NULL : strchr(units, text_upper(*end));
    if (errno != 0 || (*end != '\0' && (unit == NULL || end[1] != '\0')))
        return false;
    for (size_t i = 0; unit != NULL && i <= (size_t) (unit - units); i++)
        number = number > ULLONG_MAX >> 10 ? ULLONG_MAX : number << 10;
    unsigned long long min = (unsigned long long) param->min;
    unsigned long long max = (unsigned long long) param->max;
    *out = (long) (number < min ? min : number > max ? max : number);
    return true;
}

static bool parse_number(const struct target_param *param, const char *value, long *out,
                         struct error *err)
{
    char *end = NULL;
    bool good;
    if (param->max >= 1 << 30) {
        good = parse_size(param, value, out);
    } else {
        errno = 0;
        *out = value == NULL ? 0 : strtol(value, &end, 10);
        good = end != NULL && end != value && *end == '\0' && errno == 0 && *out >= param->min &&
               *out <= param->max;
    }
    return good || error_set(err, ERROR_USAGE, "%s takes a whole number from %ld to %ld",
                             param->name, param->min, param->max);
}

static bool parse_time(const struct target_param *param, const char *value, void *slot,
                       struct error *err)
{
    int64_t micros;
    if (value == NULL || !clock_parse(value, &micros) || micros < param->min * CLOCK_SECOND ||
        micros > param->max * CLOCK_SECOND)
        return error_set(err, ERROR_USAGE, "%s should be a time, as 10m, 30s or 2h", param->name);
    *(unsigned *) slot = (unsigned) (micros / CLOCK_SECOND);
    return true;
}

static bool parse_choice(const struct target_param *param, const char *value, unsigned *out,
                         struct error *err)
{
    for (unsigned i = 0; value != NULL && param->choices[i] != NULL; i++) {
        if (text_equals_nocase(value, param->choices[i])) {
            *out = i;
            return true;
        }
    }
    // SQLAlchemy's pool_pre_ping and reset_on_return also come as booleans.
    bool on;
    if (value != NULL && param->kind == PARAM_CHOICE && param->offset != 0 &&
        parse_bool(value, &on)) {
        bool ping = strcmp(param->name, "pool_pre_ping") == 0;
        if (ping || strcmp(param->name, "pool_reset_on_return") == 0) {
            *out = ping ? (on ? PRE_PING_ALWAYS : PRE_PING_AUTO) : (on ? RESET_FULL : RESET_NONE);
            return true;
        }
    }
    struct buf list = BUF_INIT;
    for (unsigned i = 0; param->choices[i] != NULL; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : ", ", param->choices[i]);
    error_set(err, ERROR_USAGE, "%s is one of %s", param->name, buf_cstr(&list));
    buf_finish(&list);
    return false;
}

static bool set_tls_mode(struct target *target, const struct target_param *param, const char *value,
                         struct error *err)
{
    static const enum tls_mode modes[] = {TLS_DEFAULT,  TLS_DISABLED, TLS_PREFERRED,
                                          TLS_REQUIRED, TLS_VERIFY,   TLS_VERIFY};
    CLEANUP(mem_free_at) char *name = mem_strdup(value == NULL ? "" : value);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c;
    unsigned choice;
    if (!parse_choice(param, name, &choice, err))
        return false;
    target->tls = modes[choice];
    return true;
}

static bool set_bool(struct target *target, const struct target_param *param, const char *value,
                     struct error *err)
{
    bool on;
    if (!parse_bool(value, &on))
        return error_set(err, ERROR_USAGE, "%s is on or off", param->name);
    switch (param->kind) {
    case PARAM_TLS_ON:
        target->tls = on ? TLS_REQUIRED : TLS_DISABLED;
        break;
    case PARAM_TLS_OFF:
        target->tls = on ? TLS_DISABLED : target->tls;
        break;
    case PARAM_TLS_VERIFY:
        if (on)
            target->tls = TLS_VERIFY;
        else if (target->tls == TLS_DEFAULT || target->tls == TLS_VERIFY)
            target->tls = TLS_REQUIRED;
        break;
    case PARAM_AUTOCOMMIT:
        mem_replace(&target->autocommit, on ? "1" : "0");
        break;
    default:
        *(bool *) ((char *) target + param->offset) = on;
    }
    return true;
}

// Of a statement without the semicolon at its end.
static size_t bare_length(const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ';' || text_is_space(text[len - 1])))
        len--;
    return len;
}

static bool set_text(struct target *target, const struct target_param *param, const char *value,
                     struct error *err)
{
    bool secret = param->kind == PARAM_SECRET;
    if (secret)
        target->ask_password = value == NULL;
    else if (value == NULL)
        return error_set(err, ERROR_USAGE, "%s needs a value", param->name);
    if (param->kind == PARAM_TEXT && param->offset == offsetof(struct target, schema) &&
        value != NULL && strstr(value, "://") != NULL)
        return error_set(err, ERROR_USAGE, "%s takes a schema's name, not a URL", param->name);
    target->tls_asked = target->tls_asked || param->kind == PARAM_TLS_TEXT;
    char **slot = text_at(target, param->offset);
    // Several of the command line are run one after the other.
    bool init = param->offset == offsetof(struct target, init_command);
    bool more = init && target->layer == LAYER_OPTIONS && (target->layer_set & SET_INIT) != 0;
    char *copy = more ? mem_printf("%.*s;\n%s", (int) bare_length(*slot), *slot, value)
                      : mem_strdup(value);
    target->layer_set |= init ? SET_INIT : 0;
    mem_free_secret(*slot);
    *slot = copy;
    if (secret)
        target->password_layer = target->layer;
    if (param->kind == PARAM_SOCKET) {
        if ((target->layer_set & SET_HOST) == 0)
            clear_hosts(target);
        mem_replace(&target->scratch, NULL);
        target->layer_set |= SET_SOCKET;
        target->socket_wins = target->layer == LAYER_ARGUMENT;
    }
    if (param->offset == offsetof(struct target, password_command) &&
        target->password_layer < target->layer) {
        mem_free_secret(target->password);
        target->password = NULL;
    }
    return true;
}

bool target_set(struct target *target, const char *name, const char *value, struct error *err)
{
    const struct target_param *param = target_param_find(name);
    long number = 0;
    if (param == NULL) {
        // "password x" or "url: mysql://..." has its secret in what is taken for the name.
        if (name[strspn(
                name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] != '\0')
            return error_set(err, ERROR_USAGE,
                             "a parameter is a name of letters, digits, '_' and '-', then '=' and "
                             "its value");
        struct nearest nearest;
        nearest_init(&nearest, name);
        for (size_t i = 0; i < target_param_count; i++)
            nearest_offer(&nearest, target_params[i].name);
        const char *near = nearest_get(&nearest);
        return error_set(err, ERROR_USAGE, "unknown parameter '%s'%s%s%s", name,
                         near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                         near == NULL ? "" : "'?");
    }
    void *slot = (char *) target + param->offset;
    switch ((enum param_kind) param->kind) {
    case PARAM_TEXT:
    case PARAM_TLS_TEXT:
    case PARAM_SECRET:
    case PARAM_SOCKET:
        return set_text(target, param, value, err);
    case PARAM_UINT:
    case PARAM_PORT:
    case PARAM_INT:
        if (!parse_number(param, value, &number, err))
            return false;
        if (param->kind == PARAM_INT)
            *(int *) slot = (int) number;
        else
            *(unsigned *) slot = (unsigned) number;
        if (param->kind == PARAM_PORT) {
            // Of a port and a socket on the command line the last one counts.
            target->layer_set &= target->layer == LAYER_OPTIONS ? ~(unsigned) SET_SOCKET : ~0U;
            target->layer_set |= SET_PORT;
            target->socket_wins = target->socket_wins && target->layer == LAYER_ARGUMENT;
        }
        return true;
    case PARAM_TIME:
        return parse_time(param, value, slot, err);
    case PARAM_CHOICE:
        return parse_choice(param, value, slot, err);
    case PARAM_HOST:
        if (value == NULL)
            return error_set(err, ERROR_USAGE, "%s needs a value", param->name);
        return set_hosts(target, value, err);
    case PARAM_TLS_MODE:
        return set_tls_mode(target, param, value, err);
    case PARAM_BOOL:
    case PARAM_TLS_ON:
    case PARAM_TLS_OFF:
    case PARAM_TLS_VERIFY:
    case PARAM_AUTOCOMMIT:
        return set_bool(target, param, value, err);
    case PARAM_IGNORED:
        return true;
    }
    return true;
}

static bool is_loopback(const char *host)
{
    struct in_addr address;
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

bool target_is_local(const struct target *target)
{
    for (size_t i = 0; i < target->host_count; i++) {
        if (!is_loopback(target->hosts[i].name))
            return false;
    }
    return true;
}

// As the mariadb client has it: localhost is the socket, unless a port was named on the command
// line or in the URL, and a socket loses to a host that is not localhost.
static void settle_protocol(struct target *target)
{
    bool only_localhost = true;
    bool port_named = target->layer == LAYER_OPTIONS &&
                      (target->layer_set & (SET_PORT | SET_SOCKET)) == SET_PORT;
    for (size_t i = 0; i < target->host_count; i++) {
        only_localhost = only_localhost && strcmp(target->hosts[i].name, "localhost") == 0;
        port_named = port_named || target->hosts[i].port != 0;
    }
    if (target->protocol != PROTOCOL_AUTO)
        return;
    bool tcp = !target->socket_wins && (port_named || !only_localhost);
    target->protocol = tcp ? PROTOCOL_TCP : PROTOCOL_SOCKET;
}

void target_settle(struct target *target)
{
    if (target->connect_timeout == 0)
        target->connect_timeout = YEAR;
    settle_protocol(target);
    bool on_socket = target->protocol == PROTOCOL_SOCKET;
    // On a socket nobody listens in: certificates of an option file ask for nothing there.
    if (target->tls == TLS_DEFAULT && on_socket)
        target->tls = TLS_DISABLED;
    else if (target->tls == TLS_DEFAULT && target->tls_asked)
        target->tls = TLS_VERIFY;
    else if (target->tls == TLS_DEFAULT)
        target->tls = target_is_local(target) ? TLS_DISABLED : TLS_PREFERRED;
    if (target->protocol == PROTOCOL_TCP && target->host_count == 0)
        target_add_host(target, "localhost", strlen("localhost"), 0);
    if (target->user == NULL) {
        const struct passwd *entry = getpwuid(geteuid());
        target->user = mem_strdup(entry == NULL ? "root" : entry->pw_name);
    }
}

bool target_check(const struct target *target, struct error *err)
{
    if (target->pool_min_idle <= target->pool_size)
        return true;
    return error_set(err, ERROR_USAGE,
                     "pool_min_idle is %u, but the pool keeps no more than pool_size, which is %u",
                     target->pool_min_idle, target->pool_size);
}

char *target_describe(const struct target *target)
{
    if (target->label != NULL)
        return mem_strdup(target->label);
    struct buf text = BUF_INIT;
    if (target->user != NULL)
        buf_printf(&text, "%s@", target->user);
    if (target->protocol == PROTOCOL_SOCKET || target->host_count == 0) {
        buf_add_text(&text, "localhost");
        return buf_steal(&text);
    }
    for (size_t i = 0; i < target->host_count; i++) {
        const struct host *host = &target->hosts[i];
        bool v6 = strchr(host->name, ':') != NULL;
        buf_printf(&text, v6 ? "%s[%s]" : "%s%s", i == 0 ? "" : ",", host->name);
        unsigned port = host->port != 0 ? host->port : target->port;
        if (port != 0 && port != 3306)
            buf_printf(&text, ":%u", port);
    }
    return buf_steal(&text);
}
