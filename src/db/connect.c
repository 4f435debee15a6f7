// From a target to a library handle: every option that makes a connection safe is set here.
#include <errmsg.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#ifdef __GLIBC__
#include <nss.h>
#endif

#include "maria.h"
#include "marsh/base/error.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"

// Plugins that never send the password in a form that can be read or replayed. A server that may
// be an impostor can ask for any other.
#define SAFE_PLUGINS "mysql_native_password,client_ed25519"
// On a socket the reader would have to be this machine's own root.
#define SOCKET_PLUGINS SAFE_PLUGINS ",caching_sha2_password,auth_gssapi_client"

static bool is_off_wire(const struct target *target)
{
    return target->protocol == PROTOCOL_SOCKET;
}

static void set_uint(MYSQL *mysql, enum mysql_option option, unsigned value)
{
    if (value > 0)
        mysql_optionsv(mysql, option, &value);
}

static void set_text(MYSQL *mysql, enum mysql_option option, const char *value)
{
    if (value != NULL && value[0] != '\0')
        mysql_optionsv(mysql, option, value);
}

static void set_tls(MYSQL *mysql, const struct target *target)
{
    if (target->tls == TLS_DISABLED)
        return;
    my_bool on = 1;
    my_bool verify = target->tls == TLS_VERIFY;
    set_text(mysql, MYSQL_OPT_SSL_CA, target->ssl_ca);
    set_text(mysql, MYSQL_OPT_SSL_CAPATH, target->ssl_capath);
    set_text(mysql, MYSQL_OPT_SSL_CERT, target->ssl_cert);
    set_text(mysql, MYSQL_OPT_SSL_CRL, target->ssl_crl);
    set_text(mysql, MYSQL_OPT_SSL_CRLPATH, target->ssl_crlpath);
    set_text(mysql, MYSQL_OPT_SSL_KEY, target->ssl_key);
    set_text(mysql, MYSQL_OPT_SSL_CIPHER, target->ssl_cipher);
    set_text(mysql, MARIADB_OPT_TLS_VERSION, target->tls_version);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void set_auth(MYSQL *mysql, const struct target *target)
{
    const char *plugins = target->auth_plugins;
    if (plugins == NULL && is_off_wire(target))
        plugins = SOCKET_PLUGINS;
    else if (plugins == NULL && target->tls != TLS_VERIFY)
        plugins = SAFE_PLUGINS;
    set_text(mysql, MARIADB_OPT_RESTRICTED_AUTH, plugins);
    set_text(mysql, MYSQL_PLUGIN_DIR, target->plugin_dir);
}

static const char user_data[] = "marsh";

// The server tells every few seconds. What a connection does as it is opened nobody watches.
static void tell_stage(const MYSQL *mysql, unsigned number, unsigned count, double percent,
                       const char *name, unsigned name_len)
{
    struct maria *self = NULL;
    const struct stage stage = {number, count, percent, name, name_len};
    mysql_get_optionv((MYSQL *) (uintptr_t) mysql, MARIADB_OPT_USERDATA,
                      (void *) (uintptr_t) user_data, &self);
    if (self != NULL && self->watcher != NULL)
        sink_stage(self->watcher, &stage);
}

void maria_watch(struct maria *self)
{
    mysql_optionsv(self->mysql, MARIADB_OPT_USERDATA, user_data, self);
}

static void set_options(MYSQL *mysql, const struct target *target, unsigned seconds)
{
    // The server could otherwise ask for any file of ours; see infile.c.
    unsigned local_infile = target->local_infile;
    my_bool expired = 1;
    unsigned protocol = is_off_wire(target) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    if (target->takes_expired)
        mysql_optionsv(mysql, MYSQL_OPT_CAN_HANDLE_EXPIRED_PASSWORDS, &expired);
    mysql_optionsv(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_optionsv(mysql, MYSQL_PROGRESS_CALLBACK, tell_stage);
    set_text(mysql, MYSQL_SET_CHARSET_NAME, target->charset);
    set_uint(mysql, MYSQL_OPT_CONNECT_TIMEOUT, seconds);
    set_uint(mysql, MYSQL_OPT_READ_TIMEOUT, target->read_timeout);
    set_uint(mysql, MYSQL_OPT_WRITE_TIMEOUT, target->write_timeout);
    if (target->max_allowed_packet > 0) {
        size_t packet = target->max_allowed_packet;
        mysql_optionsv(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    }
    if (target->compress)
        mysql_optionsv(mysql, MYSQL_OPT_COMPRESS, NULL);
    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "marsh");
    set_tls(mysql, target);
    set_auth(mysql, target);
}

// The library connects in plain text where it was told to use TLS and the server has none.
static bool check_tls(MYSQL *mysql, const struct target *target, struct error *err)
{
    bool asked = target->tls == TLS_REQUIRED || target->tls == TLS_VERIFY;
    if (!asked || mysql_get_ssl_cipher(mysql) != NULL)
        return true;
    return error_set_sql(err, ERROR_CONNECTION, CR_SSL_CONNECTION_ERROR, "HY000",
                         "TLS is required, but the server does not offer it");
}

// Of a plugin that is not allowed the library names the one it began with, which is.
static void set_error(MYSQL *mysql, struct error *err)
{
    unsigned number = mysql_errno(mysql);
    const char *text = number == CR_PLUGIN_NOT_ALLOWED
                           ? "the server asks for a way to log in that may give the password away; "
                             "auth_plugins can allow it"
                           : mysql_error(mysql);
    error_set_sql(err, ERROR_CONNECTION, number, mysql_sqlstate(mysql), text);
}

// As the library starts it asks for the port of TCP by the service's name, even if all is to go
// over a socket: in other databases than the file, a tenth of the time of a short command.
static void ask_file_for_services(void)
{
#ifdef __GLIBC__
    __nss_configure_lookup("services", "files");
#endif
}

MYSQL *maria_connect(const struct target *target, size_t host, unsigned seconds, struct error *err)
{
    static pthread_once_t asked = PTHREAD_ONCE_INIT;
    const struct host *place = target->host_count > 0 ? &target->hosts[host] : NULL;
    if (is_off_wire(target))
        pthread_once(&asked, ask_file_for_services);
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL) {
        error_set(err, ERROR_SYSTEM, "the client library can't start");
        return NULL;
    }
    set_options(mysql, target, seconds);
    infile_set_handler(mysql, NULL);
    unsigned port = place != NULL && place->port != 0 ? place->port : target->port;
    const char *name = is_off_wire(target) ? "localhost"
                       : place != NULL     ? place->name
                                           : "localhost";
    unsigned long flags = CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS;
    // With protocol TCP the library still takes "localhost" for the socket's name.
    if (!is_off_wire(target) && strcmp(name, "localhost") == 0)
        name = "127.0.0.1";
    if (mysql_real_connect(mysql, name, target->user,
                           target->password == NULL ? "" : target->password, target->schema, port,
                           is_off_wire(target) ? target->socket : NULL, flags) == NULL) {
        set_error(mysql, err);
        mysql_close(mysql);
        return NULL;
    }
    if (!check_tls(mysql, target, err)) {
        mysql_close(mysql);
        return NULL;
    }
    return mysql;
}
