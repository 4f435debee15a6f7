#include "target_internal.h"

#define AT(field) offsetof(struct target, field)

static const char *const balances[] = {"sequence", "random", NULL};
static const char *const roles[] = {"any", "primary", "replica", NULL};
static const char *const protocols[] = {"auto", "tcp", "socket", NULL};
static const char *const pings[] = {"auto", "never", "always", NULL};
static const char *const resets[] = {"reset", "rollback", "none", NULL};
static const char *const tls_modes[] = {"default",   "disabled",        "preferred", "required",
                                        "verify_ca", "verify_identity", NULL};

enum { YEAR = 31536000, GIB = 1 << 30 };

// Every parameter of a target, by name. URLs, binds, option files and options all go through it.
const struct target_param target_params[] = {
    {"auth_plugins", PARAM_TEXT, AT(auth_plugins), 0, 0, NULL,
     "authentication plugins that the server may ask for"},
    {"autocommit", PARAM_AUTOCOMMIT, AT(autocommit), 0, 0, NULL, "set autocommit on connecting"},
    {"binary_prefix", PARAM_IGNORED, 0, 0, 0, NULL, NULL},
    {"charset", PARAM_TEXT, AT(charset), 0, 0, NULL, "character set of the connection"},
    {"client_flag", PARAM_IGNORED, 0, 0, 0, NULL, NULL},
    {"compress", PARAM_BOOL, AT(compress), 0, 0, NULL, "compress the protocol"},
    {"connect_timeout", PARAM_UINT, AT(connect_timeout), 1, YEAR, NULL,
     "seconds to wait for a connection"},
    {"conv", PARAM_IGNORED, 0, 0, 0, NULL, NULL},
    {"cursorclass", PARAM_IGNORED, 0, 0, 0, NULL, NULL},
    {"database", PARAM_TEXT, AT(schema), 0, 0, NULL, "schema to use"},
    {"db", PARAM_TEXT, AT(schema), 0, 0, NULL, NULL},
    {"default_character_set", PARAM_TEXT, AT(charset), 0, 0, NULL, NULL},
    {"host", PARAM_HOST, 0, 0, 0, NULL, "host, or a list of HOST[:PORT], tried in order"},
    {"init_command", PARAM_TEXT, AT(init_command), 0, 0, NULL, "SQL to run on connecting"},
    {"load_balance", PARAM_CHOICE, AT(load_balance), 0, 0, balances,
     "try the hosts in sequence or in random order: sequence or random"},
    {"local_infile", PARAM_BOOL, AT(local_infile), 0, 0, NULL,
     "send the files that LOAD DATA LOCAL statements name"},
    {"max_allowed_packet", PARAM_UINT, AT(max_allowed_packet), 1024, GIB, NULL,
     "largest packet to send or receive, in bytes"},
    {"max_overflow", PARAM_UINT, AT(max_overflow), 0, 100000, NULL,
     "connections the pool may open beyond pool_size"},
    {"password", PARAM_SECRET, AT(password), 0, 0, NULL, "password; without a value asks for it"},
    {"password_command", PARAM_TEXT, AT(password_command), 0, 0, NULL,
     "command that prints the password"},
    {"plugin_dir", PARAM_TEXT, AT(plugin_dir), 0, 0, NULL, "folder of client plugins"},
    {"pool_idle_timeout", PARAM_UINT, AT(pool_idle_timeout), 0, YEAR, NULL,
     "seconds after which an idle connection is closed, 0 for never"},
    {"pool_max_age", PARAM_INT, AT(pool_max_age), -1, YEAR, NULL,
     "seconds after which a returned connection is closed, -1 for never"},
    {"pool_min_idle", PARAM_UINT, AT(pool_min_idle), 0, 100000, NULL,
     "idle connections to keep ready"},
    {"pool_pre_ping", PARAM_CHOICE, AT(pool_pre_ping), 0, 0, pings,
     "ping a connection before it is lent: auto, never or always"},
    {"pool_recycle", PARAM_INT, AT(pool_recycle), -1, YEAR, NULL,
     "seconds after which a connection is replaced, -1 for never"},
    {"pool_reset_on_return", PARAM_CHOICE, AT(pool_reset_on_return), 0, 0, resets,
     "clean a returned connection by reset, rollback or none"},
    {"pool_size", PARAM_UINT, AT(pool_size), 1, 100000, NULL, "connections the pool keeps"},
    {"pool_timeout", PARAM_UINT, AT(pool_timeout), 0, YEAR, NULL, "seconds to wait for a lease"},
    {"pool_use_lifo", PARAM_BOOL, AT(pool_use_lifo), 0, 0, NULL,
     "lend the connection returned last rather than first"},
    {"port", PARAM_PORT, AT(port), 0, 65535, NULL, "TCP port"},
    {"protocol", PARAM_CHOICE, AT(protocol), 0, 0, protocols, "auto, tcp or socket"},
    {"read_timeout", PARAM_UINT, AT(read_timeout), 0, YEAR, NULL,
     "seconds after which a silent server is given up, 0 for never"},
    {"schema", PARAM_TEXT, AT(schema), 0, 0, NULL, NULL},
    {"session_idle_release", PARAM_INT, AT(session_idle_release), -1, YEAR, NULL,
     "seconds after which an idle session gives its connection back, -1 for never"},
    {"socket", PARAM_SOCKET, AT(socket), 0, 0, NULL, "Unix socket"},
    {"ssl", PARAM_TLS_ON, 0, 0, 0, NULL, "insist on TLS"},
    {"ssl_ca", PARAM_TLS_TEXT, AT(ssl_ca), 0, 0, NULL, "file of trusted certificate authorities"},
    {"ssl_capath", PARAM_TLS_TEXT, AT(ssl_capath), 0, 0, NULL, "folder of the same"},
    {"ssl_cert", PARAM_TLS_TEXT, AT(ssl_cert), 0, 0, NULL, "the client's certificate"},
    {"ssl_check_hostname", PARAM_TLS_VERIFY, 0, 0, 0, NULL, NULL},
    {"ssl_cipher", PARAM_TLS_TEXT, AT(ssl_cipher), 0, 0, NULL, "ciphers to allow"},
    {"ssl_disabled", PARAM_TLS_OFF, 0, 0, 0, NULL, NULL},
    {"ssl_key", PARAM_TLS_TEXT, AT(ssl_key), 0, 0, NULL, "the client's key"},
    {"ssl_mode", PARAM_TLS_MODE, 0, 0, 0, tls_modes,
     "disabled, preferred, required, verify_ca or verify_identity"},
    {"ssl_verify_cert", PARAM_TLS_VERIFY, 0, 0, 0, NULL, NULL},
    {"ssl_verify_identity", PARAM_TLS_VERIFY, 0, 0, 0, NULL, NULL},
    {"ssl_verify_server_cert", PARAM_TLS_VERIFY, 0, 0, 0, NULL,
     "insist on TLS with a certificate that is valid for the host"},
    {"target_role", PARAM_CHOICE, AT(target_role), 0, 0, roles,
     "which servers will do: any, primary or replica"},
    {"tls_version", PARAM_TLS_TEXT, AT(tls_version), 0, 0, NULL, "TLS versions to allow"},
    {"unix_socket", PARAM_SOCKET, AT(socket), 0, 0, NULL, NULL},
    {"use_unicode", PARAM_IGNORED, 0, 0, 0, NULL, NULL},
    {"user", PARAM_TEXT, AT(user), 0, 0, NULL, "user name"},
    {"username", PARAM_TEXT, AT(user), 0, 0, NULL, NULL},
    {"write_timeout", PARAM_UINT, AT(write_timeout), 0, YEAR, NULL,
     "seconds after which a server that does not read is given up, 0 for never"},
};

const size_t target_param_count = sizeof(target_params) / sizeof(target_params[0]);
