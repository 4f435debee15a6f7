// A libmariadb connection's insides, shared by the files of this room.
#ifndef MARSH_DB_MARIA_H
#define MARSH_DB_MARIA_H

#include <mysql.h>
#include <stdbool.h>

#include "infile.h"
#include "marsh/db/connection.h"
#include "rows.h"

struct column;
struct column_origin;

enum { COLLATIONS_KEPT = 8 };
struct collation {
    unsigned number;
    const char *name; // the library's own
};

struct maria {
    struct connection base;
    MYSQL *mysql;
    const struct target *target;
    size_t host; // which of the target's; its index
    int cut_fd;  // the socket's duplicate: the library closes its own when it likes
    bool lost;
    bool unsent;
    size_t under_way;      // bytes of a statement to which no answer has begun, with its values
    bool stale;            // just reset: the status flags are still those of before
    bool fresh_autocommit; // as it is after a reset
    bool tracked;
    bool state_changed;
    bool state_told;
    bool has_insert_id;
    bool bulk; // the server takes rows of values
    // The prepared statement that was executed last, for who executes it again next; with its text
    // and the schema that was in use.
    MYSQL_STMT *kept;
    char *kept_text;
    size_t kept_len;
    char *kept_schema;
    struct infile infile;
    struct sink *watcher; // of the statement in hand; NULL: nobody hears how far it is
    struct rows rows;
    struct column *columns; // of the set in hand
    struct column_origin *origins;
    size_t column_room;
    struct collation collations[COLLATIONS_KEPT]; // names that were asked for
};

// Opens one host of the target (index 0 where it has none). A new handle for every try: the library
// forgets the options of a failed one.
MYSQL *maria_connect(const struct target *target, size_t host, unsigned seconds, struct error *err);

// Sends a text without reading the answer; where that fails the server has not got it whole.
bool maria_send(struct maria *self, const char *text, size_t len, struct error *err);
// After an OK packet: takes over what the server says of its session.
void maria_observe(struct maria *self);

// Takes the library's last error over, marks the connection lost where it is. Returns false.
bool maria_fail(struct maria *self, struct error *err);
bool maria_fail_stmt(struct maria *self, MYSQL_STMT *stmt, struct error *err);

// A statement into a sink, as maria_query does it, but for no text of the user's: no file is sent.
bool maria_ask(struct maria *self, const char *text, size_t len, struct sink *sink,
               struct error *err);

// Whom the library tells how far the server is, once a connection has it as its user data.
void maria_watch(struct maria *self);

// The status flags of the last reply that had any.
unsigned maria_status(const struct maria *self);

// After an error in a transaction asks the server how that stands: error packets do not say.
void maria_resync(struct maria *self);

// Describes a set's columns in self->columns. out_set: they are OUT values.
void maria_describe(struct maria *self, const MYSQL_FIELD *fields, size_t count, bool out_set);

// The sink has failed while results were coming: cancels and drains, or cuts.
void maria_stop(struct maria *self);
// Reads to the end what the server still has for us.
void maria_drain(struct maria *self);

bool maria_query(struct connection *connection, const char *text, size_t len, struct sink *sink,
                 struct error *err);
bool maria_execute(struct connection *connection, const char *text, size_t len,
                   const struct value *values, size_t count, size_t rows, struct sink *sink,
                   struct error *err);

// Values bound to a prepared statement, column by column. Theirs is what the library reads when the
// statement is executed. bulk_finish after that.
struct bulk {
    MYSQL_BIND *binds;
    const char **texts;
    unsigned long *lengths;
    char *indicators;
};
bool bulk_bind(struct bulk *bulk, struct maria *self, MYSQL_STMT *stmt, const struct value *values,
               size_t rows, struct error *err);
void bulk_finish(struct bulk *bulk);
// Closes the statement that is kept.
void maria_drop_kept(struct maria *self);
bool maria_interrupt(struct connection *connection, enum interruption what, struct error *err);
void maria_cut(struct connection *connection);

#endif
