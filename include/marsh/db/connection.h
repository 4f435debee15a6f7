// One server connection, and the connector that opens them. This is an interface: the real ones
// come from connector_mariadb(), a test puts a fake in their place under the pool.
//
// A connection belongs to one thread at a time; only interrupt and cut may be called from another,
// while its owner keeps it from being closed. Where a call fails and the state says `lost`, the
// connection is of no more use but to be closed. Source: the MariaDB client/server protocol.
#ifndef MARSH_DB_CONNECTION_H
#define MARSH_DB_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/data/value.h"

struct connection;
struct connector;
struct error;
struct sink;
struct target;

// What is known without asking the server.
struct connection_state {
    bool lost;
    bool unsent; // it was lost before the last statement was sent whole: the server can't have run
                 // it
    bool in_transaction;
    bool autocommit;
    bool backslash_escapes; // in string literals
    const char *schema;     // borrowed until the next call; NULL or "" for none
    const char *charset;    // of the connection, as the library knows it
    size_t buffer_size;     // what the largest packet has made of the library's buffer
    // Since `track`, and in its answer to the last statement, the server has said that something of
    // its session's state has changed: a variable, a temporary table, a prepared statement, ...
    bool tracked;
    bool state_changed;
    // That answer could tell. What ends with rows or an error does not, nor is it told later.
    bool state_told;
    bool has_insert_id; // LAST_INSERT_ID() is not what it was when newly connected
    bool bulk;          // takes many rows of values in one statement
    unsigned long thread_id;
    const char *server_version;
    const char *tls_cipher; // NULL: not encrypted
    const char *where;      // "db1 via TCP/IP", as the library says it
};

enum interruption { INTERRUPT_STATEMENT, INTERRUPT_CONNECTION };

struct connection_ops {
    // Sends one text and pushes every result set into the sink. If the sink fails, the statement
    // is cancelled in the server, the rest drained, and the sink's error returned.
    bool (*query)(struct connection *connection, const char *text, size_t len, struct sink *sink,
                  struct error *err);
    // The same by way of a prepared statement, with a value for each `?`. After a CALL the values
    // of its OUT and INOUT parameters come as a set of kind SET_OUT. With more than one row, which
    // takes a server that can (state.bulk), there are `count` values for each of them, row by row,
    // of which a column's are all binary or none; the statement is carried out for all rows or,
    // where its tables know transactions, for none.
    bool (*execute)(struct connection *connection, const char *text, size_t len,
                    const struct value *values, size_t count, size_t rows, struct sink *sink,
                    struct error *err);
    // As if newly connected: transaction, variables, locks, schema, character set.
    bool (*reset)(struct connection *connection, struct error *err);
    bool (*ping)(struct connection *connection, struct error *err);
    // Asks the server to say when its session's state changes, until the next reset; see
    // connection_state. Of a server that can't nothing comes.
    bool (*track)(struct connection *connection, struct error *err);
    // Without a round trip: false where the server has closed an idle connection (or sent what
    // nobody asked for, which makes it as useless).
    bool (*is_quiet)(struct connection *connection);
    void (*get_state)(const struct connection *connection, struct connection_state *state);
    // From another thread: KILL QUERY, or KILL CONNECTION, over a connection of its own.
    bool (*interrupt)(struct connection *connection, enum interruption what, struct error *err);
    // From another thread: ends the socket, so that whatever waits on it fails.
    void (*cut)(struct connection *connection);
    void (*close)(struct connection *connection);
};

// The first member of what implements it.
struct connection {
    const struct connection_ops *ops;
};

struct connector {
    // Opens one of the target's hosts (0 where it has none) within so many seconds. The target is
    // borrowed for the connection's life.
    bool (*open)(struct connector *connector, const struct target *target, size_t host,
                 unsigned seconds, struct connection **connection, struct error *err);
};

// libmariadb; static, thread-safe.
struct connector *connector_mariadb(void);
// Frees what the library keeps, when no connection is left.
void connector_mariadb_end(void);

static inline bool connector_open(struct connector *connector, const struct target *target,
                                  size_t host, unsigned seconds, struct connection **connection,
                                  struct error *err)
{
    return connector->open(connector, target, host, seconds, connection, err);
}

static inline bool connection_query(struct connection *connection, const char *text, size_t len,
                                    struct sink *sink, struct error *err)
{
    return connection->ops->query(connection, text, len, sink, err);
}

static inline bool connection_execute(struct connection *connection, const char *text, size_t len,
                                      const struct value *values, size_t count, size_t rows,
                                      struct sink *sink, struct error *err)
{
    return connection->ops->execute(connection, text, len, values, count, rows, sink, err);
}

static inline bool connection_reset(struct connection *connection, struct error *err)
{
    return connection->ops->reset(connection, err);
}

static inline bool connection_ping(struct connection *connection, struct error *err)
{
    return connection->ops->ping(connection, err);
}

static inline bool connection_track(struct connection *connection, struct error *err)
{
    return connection->ops->track(connection, err);
}

static inline bool connection_is_quiet(struct connection *connection)
{
    return connection->ops->is_quiet(connection);
}

static inline void connection_get_state(const struct connection *connection,
                                        struct connection_state *state)
{
    connection->ops->get_state(connection, state);
}

static inline bool connection_interrupt(struct connection *connection, enum interruption what,
                                        struct error *err)
{
    return connection->ops->interrupt(connection, what, err);
}

static inline void connection_cut(struct connection *connection)
{
    connection->ops->cut(connection);
}

// Takes NULL.
static inline void connection_close(struct connection *connection)
{
    if (connection != NULL)
        connection->ops->close(connection);
}

#endif
