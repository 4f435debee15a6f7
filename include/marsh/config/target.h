// A target: where to connect and how, in one value. Built up layer by layer, later ones winning:
// option files, environment, the target argument, options. Plain data once it is built; a pool
// keeps a copy of its own. Passwords are wiped when it is finished, and no error quotes one.
#ifndef MARSH_CONFIG_TARGET_H
#define MARSH_CONFIG_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct error;

enum tls_mode { TLS_DEFAULT, TLS_DISABLED, TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY };
enum pre_ping { PRE_PING_AUTO, PRE_PING_NEVER, PRE_PING_ALWAYS };
enum reset_on_return { RESET_FULL, RESET_ROLLBACK, RESET_NONE };
enum load_balance { BALANCE_SEQUENCE, BALANCE_RANDOM };
enum target_role { ROLE_ANY, ROLE_PRIMARY, ROLE_REPLICA };
enum protocol { PROTOCOL_AUTO, PROTOCOL_TCP, PROTOCOL_SOCKET };

struct host {
    char *name;
    unsigned port; // 0: the target's
};

struct target {
    char *label; // how the user named it ("@prod", "scratch:demo"), or NULL; never holds a secret
    struct host *hosts; // none: the local server's socket
    size_t host_count;
    unsigned port; // 0: 3306
    char *socket;
    unsigned protocol;
    char *user;
    char *password; // NULL: none
    char *password_command;
    bool ask_password;
    char *schema;
    char *charset;
    char *init_command;
    char *autocommit; // "0", "1" or NULL: the server's
    char *scratch;    // a scratch server's name: its socket is filled in when it is started

    unsigned tls;
    bool tls_asked; // any ssl setting was given: TLS is then enforced
    char *ssl_ca;
    char *ssl_capath;
    char *ssl_cert;
    char *ssl_crl;
    char *ssl_crlpath;
    char *ssl_key;
    char *ssl_cipher;
    char *tls_version;

    char *auth_plugins; // what a server may ask for; NULL: those that can't reveal the password
    char *plugin_dir;
    bool compress;
    bool takes_expired;       // a password that has expired is good for setting a new one
    bool local_infile;        // a file that the user's statement names is sent
    unsigned connect_timeout; // seconds, 0: none
    unsigned read_timeout;    // seconds, 0: none
    unsigned write_timeout;
    unsigned max_allowed_packet; // bytes, 0: the library's

    unsigned pool_size;
    unsigned max_overflow;
    unsigned pool_timeout; // seconds
    int pool_recycle;      // seconds, -1: never
    unsigned pool_pre_ping;
    bool pool_use_lifo;
    unsigned pool_reset_on_return;
    unsigned pool_min_idle;
    unsigned pool_idle_timeout; // seconds, 0: never
    int pool_max_age;           // seconds, -1: never
    unsigned load_balance;
    unsigned target_role;
    int session_idle_release; // seconds, -1: never

    unsigned keeper;             // see enum keeper_use
    unsigned keeper_persist;     // seconds without a caller after which a keeper ends; 0: not said
    unsigned session_idle_close; // seconds, of one that a keeper keeps by its name; 0: not said

    // Which of host and socket the layer in hand has set, so that it displaces earlier ones once.
    unsigned layer;
    unsigned layer_set;
    unsigned password_layer;
    bool socket_wins; // a URL or bind named a socket beside its host
};

// Whether a one-shot command is handed over to a keeper: where one runs, one is started where none
// does, or never.
enum keeper_use { KEEPER_ON, KEEPER_AUTO, KEEPER_OFF };

enum target_layer { LAYER_DEFAULTS, LAYER_FILES, LAYER_ENVIRONMENT, LAYER_ARGUMENT, LAYER_OPTIONS };

void target_init(struct target *target);
void target_finish(struct target *target);
void target_copy(struct target *to, const struct target *from);
// The same place, user, secret and settings, so that connections of one will do for the other.
bool target_equals(const struct target *a, const struct target *b);

// From here on what is set belongs to that layer.
void target_begin_layer(struct target *target, enum target_layer layer);

// Sets one parameter by its name, "pool_size" or "pool-size"; value NULL where none was given.
// ERROR_USAGE names the nearest known parameter, or what the value should be; it never quotes a
// secret.
bool target_set(struct target *target, const char *name, const char *value, struct error *err);

// Appends a host of a list. Displaces a socket of an earlier layer.
void target_add_host(struct target *target, const char *name, size_t len, unsigned port);

// Forgets where to connect to, and a password that was for there (not one of the environment).
void target_clear_place(struct target *target);

// Fills in what follows from the rest: the protocol, TLS, the user.
void target_settle(struct target *target);

// Makes the paths in it that are relative those of this folder, for who may be in another one.
void target_root_paths(struct target *target, const char *folder);

// False, and ERROR_USAGE, for settings that contradict each other.
bool target_check(const struct target *target, struct error *err);

// "root@db1:3307", "@prod", "scratch:": for prompts and messages. The caller frees it.
char *target_describe(const struct target *target);

// True for a socket or a loopback address, where nobody listens in.
bool target_is_local(const struct target *target);

// A parameter table's row, for options, completion and documentation.
struct target_param {
    const char *name;
    unsigned kind;
    size_t offset;
    long min;
    long max;
    const char *const *choices; // for choices, "a", "b", NULL
    const char *summary;        // NULL: an alias or one that is ignored
};
// By index, in alphabetical order; NULL past the end.
const struct target_param *target_param_at(size_t index);
// By name with - or _; NULL if there is none.
const struct target_param *target_param_find(const char *name);
bool target_param_is_secret(const struct target_param *param);
// It names a command or a library.
bool target_param_runs_code(const struct target_param *param);
// What a value looks like: "N", "BOOL", "TEXT", ...
const char *target_param_value_name(const struct target_param *param);

#endif
