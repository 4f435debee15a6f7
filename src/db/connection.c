// A connection over libmariadb: opening, state, reset and closing.
#include "marsh/db/connection.h"

#include <errmsg.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "maria.h"
#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/watchdog.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"

static struct maria *self_of(const struct connection *connection)
{
    return (struct maria *) connection;
}

// Errors after which nothing more can be said over the connection.
static bool ends_connection(unsigned number)
{
    static const unsigned numbers[] = {
        1053, // the server shuts down
        1079, // killed, in old servers
        1152,
        1158,
        1159,
        1160,
        1161,
        1184, // aborted; network errors the server noticed
        1927, // killed
        2003,
        CR_SERVER_GONE_ERROR,
        CR_SERVER_LOST,
        CR_COMMANDS_OUT_OF_SYNC,
        CR_MALFORMED_PACKET,
        CR_SSL_CONNECTION_ERROR,
        CR_SERVER_LOST_EXTENDED,
        4031, // idle for too long, in MySQL
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i] == number)
            return true;
    }
    return false;
}

// The smallest max_allowed_packet that a server is likely to have.
enum { LIKELY_PACKET = 1 << 20 };

// A server ends the connection of a packet that is too large, and what it says of that comes too
// late: the library is still sending.
static char *add_size(const struct maria *self, unsigned number, const char *message)
{
    bool gone = number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST ||
                number == CR_SERVER_LOST_EXTENDED;
    if (!gone || self->under_way <= LIKELY_PACKET)
        return NULL;
    return mem_printf("%s; the statement has %zu bytes: the server's max_allowed_packet may be "
                      "smaller",
                      message, self->under_way);
}

static bool fail_with(struct maria *self, unsigned number, const char *sqlstate,
                      const char *message, struct error *err)
{
    enum error_kind kind = ERROR_SQL;
    if (ends_connection(number)) {
        self->lost = true;
        kind = ERROR_CONNECTION;
    }
    CLEANUP(mem_free_at) char *longer = add_size(self, number, message);
    return error_set_sql(err, kind, number, sqlstate, longer == NULL ? message : longer);
}

bool maria_fail(struct maria *self, struct error *err)
{
    return fail_with(self, mysql_errno(self->mysql), mysql_sqlstate(self->mysql),
                     mysql_error(self->mysql), err);
}

// What ends a set while its rows are fetched is told to the connection alone.
bool maria_fail_stmt(struct maria *self, MYSQL_STMT *stmt, struct error *err)
{
    if (mysql_stmt_errno(stmt) == 0 && mysql_errno(self->mysql) != 0)
        return maria_fail(self, err);
    return fail_with(self, mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt),
                     mysql_stmt_error(stmt), err);
}

// A statement without a sink: its results are drained.
static bool run(struct maria *self, const char *text, struct error *err)
{
    return maria_ask(self, text, strlen(text), sink_discard(), err);
}

unsigned maria_status(const struct maria *self)
{
    unsigned status = 0;
    mariadb_get_infov(self->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    return status;
}

void maria_resync(struct maria *self)
{
    if (self->lost || (maria_status(self) & SERVER_STATUS_IN_TRANS) == 0)
        return;
    // One that leaves the diagnostics of the failed statement as they are.
    static const char question[] = "SHOW WARNINGS LIMIT 0";
    MYSQL_RES *nothing = NULL;
    if (mysql_real_query(self->mysql, question, strlen(question)) == 0)
        nothing = mysql_store_result(self->mysql);
    if (nothing == NULL) {
        struct error ignored = ERROR_INIT;
        maria_fail(self, &ignored);
        error_finish(&ignored);
    }
    mysql_free_result(nothing);
}

// What the target asks to be set on every new connection, and again after a reset.
static bool prepare(struct maria *self, struct error *err)
{
    const struct target *target = self->target;
    if (target->autocommit != NULL) {
        CLEANUP(mem_free_at) char *text = mem_printf("SET autocommit=%s", target->autocommit);
        if (!run(self, text, err))
            return false;
    }
    if (target->init_command != NULL && !run(self, target->init_command, err))
        return error_context(err, "init_command");
    return true;
}

// The reset keeps the schema that was used last, and puts the character set back to the one of the
// handshake, which is the target's: only the library has to be told of that.
static bool reset_session(struct maria *self, struct error *err)
{
    const struct target *target = self->target;
    const char *schema = self->mysql->db == NULL ? "" : self->mysql->db;
    const char *wanted = target->schema == NULL ? "" : target->schema;
    bool leave_schema = schema[0] != '\0' && wanted[0] == '\0';
    if (leave_schema) {
        // Only logging in again leads out of a schema.
        if (mysql_change_user(self->mysql, target->user, target->password, NULL) != 0)
            return maria_fail(self, err);
        return true;
    }
    if (mysql_reset_connection(self->mysql) != 0)
        return maria_fail(self, err);
    if (target->charset != NULL && target->charset[0] != '\0' &&
        strcmp(mysql_character_set_name(self->mysql), target->charset) != 0 &&
        mysql_set_character_set(self->mysql, target->charset) != 0)
        return maria_fail(self, err);
    if (strcmp(schema, wanted) != 0 && mysql_select_db(self->mysql, wanted) != 0)
        return maria_fail(self, err);
    return true;
}

static bool reset(struct connection *connection, struct error *err)
{
    struct maria *self = self_of(connection);
    maria_drop_kept(self);
    if (!reset_session(self, err))
        return false;
    self->stale = true; // until something is sent
    if (!prepare(self, err))
        return false;
    self->tracked = self->state_changed = self->has_insert_id = false;
    return true;
}

static bool track(struct connection *connection, struct error *err)
{
    struct maria *self = self_of(connection);
    bool ok = run(self, "SET session_track_state_change=1", err);
    if (!ok && !self->lost)
        error_finish(err); // an old server
    self->tracked = !self->lost;
    self->state_changed = false;
    return !self->lost;
}

bool maria_send(struct maria *self, const char *text, size_t len, struct error *err)
{
    self->unsent = self->stale = self->state_changed = self->state_told = false;
    if (mysql_send_query(self->mysql, text, len) == 0)
        return true;
    maria_fail(self, err);
    self->unsent = self->lost;
    return false;
}

void maria_observe(struct maria *self)
{
    const char *data;
    size_t len;
    if (mysql_session_track_get_first(self->mysql, SESSION_TRACK_STATE_CHANGE, &data, &len) == 0)
        self->state_changed = true;
    self->state_told = true;
}

static bool ping(struct connection *connection, struct error *err)
{
    struct maria *self = self_of(connection);
    return mysql_ping(self->mysql) == 0 || maria_fail(self, err);
}

static bool is_quiet(struct connection *connection)
{
    struct maria *self = self_of(connection);
    struct pollfd fd = {.fd = mysql_get_socket(self->mysql), .events = POLLIN};
    // Nobody was asked anything: what comes is the end.
    self->lost = self->lost || poll(&fd, 1, 0) != 0;
    return !self->lost;
}

static void get_state(const struct connection *connection, struct connection_state *state)
{
    const struct maria *self = self_of(connection);
    unsigned status = maria_status(self);
    *state = (struct connection_state){
        .lost = self->lost,
        .unsent = self->unsent,
        .in_transaction = !self->stale && (status & SERVER_STATUS_IN_TRANS) != 0,
        .autocommit = self->stale ? self->fresh_autocommit
                                  : (status & SERVER_STATUS_AUTOCOMMIT) != 0,
        .backslash_escapes = (status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0,
        .schema = self->mysql->db,
        .charset = mysql_character_set_name(self->mysql),
        .buffer_size = self->mysql->net.max_packet,
        .tracked = self->tracked,
        .state_changed = self->state_changed,
        .state_told = self->state_told,
        .has_insert_id = self->has_insert_id,
        .bulk = self->bulk,
        .thread_id = mysql_thread_id(self->mysql),
        .server_version = mysql_get_server_info(self->mysql),
        .tls_cipher = mysql_get_ssl_cipher(self->mysql),
        .where = mysql_get_host_info(self->mysql),
    };
}

static void close_connection(struct connection *connection)
{
    struct maria *self = self_of(connection);
    maria_drop_kept(self);
    mysql_close(self->mysql);
    if (self->cut_fd >= 0)
        close(self->cut_fd);
    infile_finish(&self->infile);
    rows_finish(&self->rows);
    free(self->columns);
    free(self->origins);
    free(self);
}

bool maria_interrupt(struct connection *connection, enum interruption what, struct error *err)
{
    struct maria *self = self_of(connection);
    // A kill that was on its way before the server waits for a file may be forgotten there.
    bool loading = infile_is_open(&self->infile);
    // Shallow: only for this call. The schema may be gone by now, and nobody waits long for this.
    struct target target = *self->target;
    target.schema = NULL;
    target.local_infile = false;
    unsigned seconds = target.connect_timeout < 2 ? target.connect_timeout : 2;
    MYSQL *control = maria_connect(&target, self->host, seconds, err);
    if (control == NULL)
        return false;
    CLEANUP(mem_free_at)
    char *text = mem_printf("KILL %s %lu", what == INTERRUPT_STATEMENT ? "QUERY" : "CONNECTION",
                            mysql_thread_id(self->mysql));
    bool ok = mysql_real_query(control, text, strlen(text)) == 0 ||
              error_set_sql(err, ERROR_SQL, mysql_errno(control), mysql_sqlstate(control),
                            mysql_error(control));
    mysql_close(control);
    if (ok && loading)
        infile_stop(&self->infile);
    return ok;
}

void maria_cut(struct connection *connection)
{
    struct maria *self = self_of(connection);
    shutdown(self->cut_fd, SHUT_RDWR);
    infile_stop(&self->infile);
}

static const struct connection_ops ops = {
    .query = maria_query,
    .execute = maria_execute,
    .reset = reset,
    .ping = ping,
    .track = track,
    .is_quiet = is_quiet,
    .get_state = get_state,
    .interrupt = maria_interrupt,
    .cut = maria_cut,
    .close = close_connection,
};

static int64_t cut_late(void *data)
{
    maria_cut(data);
    return 0;
}

// The same, cut off at the deadline.
static bool prepare_until(struct maria *self, int64_t deadline, unsigned seconds, struct error *err)
{
    if (self->target->autocommit == NULL && self->target->init_command == NULL)
        return true;
    struct limit limit;
    struct watchdog *watchdog = watchdog_create(clock_monotonic());
    watchdog_begin(watchdog, &limit, deadline, cut_late, self);
    bool ok = prepare(self, err);
    unsigned bites = watchdog_end(watchdog, &limit);
    watchdog_destroy(watchdog);
    if (bites == 0)
        return ok;
    CLEANUP(mem_free_at)
    char *message = mem_printf(
        "%s is not done within %u s",
        self->target->init_command == NULL ? "SET autocommit" : "init_command", seconds);
    return error_set_sql(err, ERROR_CONNECTION, CR_SERVER_LOST, "HY000", message);
}

static bool has_bulk(MYSQL *mysql)
{
    // Those of MariaDB alone, which begin with the 33rd.
    unsigned capabilities = 0;
    mariadb_get_infov(mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities);
    return (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

static bool open_connection(struct connector *connector, const struct target *target, size_t host,
                            unsigned seconds, struct connection **connection, struct error *err)
{
    (void) connector;
    int64_t deadline = clock_now(clock_monotonic()) + seconds * CLOCK_SECOND;
    MYSQL *mysql = maria_connect(target, host, seconds, err);
    if (mysql == NULL)
        return false;
    struct maria *self = mem_calloc(1, sizeof(*self));
    self->base.ops = &ops;
    self->mysql = mysql;
    self->target = target;
    self->host = host;
    self->cut_fd = fcntl(mysql_get_socket(mysql), F_DUPFD_CLOEXEC, 0);
    infile_set_handler(mysql, self);
    maria_watch(self);
    rows_init(&self->rows, mysql, target->read_timeout > 0);
    self->bulk = has_bulk(mysql);
    self->fresh_autocommit = (maria_status(self) & SERVER_STATUS_AUTOCOMMIT) != 0;
    if (!prepare_until(self, deadline, seconds, err)) {
        close_connection(&self->base);
        return false;
    }
    *connection = &self->base;
    return true;
}

struct connector *connector_mariadb(void)
{
    static struct connector connector = {.open = open_connection};
    return &connector;
}

void connector_mariadb_end(void)
{
    mysql_library_end();
}
