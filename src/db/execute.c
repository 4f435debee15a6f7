// Prepared statements, for what only they can do: OUT and INOUT values of a CALL, and values that
// never become part of the text. Every cell is fetched as text, whatever its type.
#include <stdlib.h>
#include <string.h>

#include "maria.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/sink.h"

// The bindings of one set's columns. Fetching with no room at all yields each cell's length; then
// the cells are fetched one behind the other into one buffer.
struct fetch {
    MYSQL_BIND *binds;
    unsigned long *lengths;
    my_bool *nulls;
    const char **cells;
    size_t count;
    struct buf text;
};

static void fetch_finish(struct fetch *fetch)
{
    free(fetch->binds);
    free(fetch->lengths);
    free(fetch->nulls);
    free(fetch->cells);
    buf_finish(&fetch->text);
    *fetch = (struct fetch){.count = 0};
}

static void fetch_init(struct fetch *fetch, size_t count)
{
    *fetch = (struct fetch){.count = count};
    fetch->binds = mem_calloc(count, sizeof(*fetch->binds));
    fetch->lengths = mem_calloc(count, sizeof(*fetch->lengths));
    fetch->nulls = mem_calloc(count, sizeof(*fetch->nulls));
    fetch->cells = mem_calloc(count, sizeof(*fetch->cells));
    for (size_t i = 0; i < count; i++) {
        fetch->binds[i].buffer_type = MYSQL_TYPE_STRING;
        fetch->binds[i].length = &fetch->lengths[i];
        fetch->binds[i].is_null = &fetch->nulls[i];
    }
}

// Numbers and times tell their length only when they are converted: they get room for any.
enum { SHORT_CELL = 512 };

static bool fetch_cells(struct fetch *fetch, MYSQL_STMT *stmt)
{
    size_t total = 0;
    for (size_t i = 0; i < fetch->count; i++)
        total += fetch->nulls[i] ? 0 : fetch->lengths[i] + SHORT_CELL;
    buf_clear(&fetch->text);
    buf_reserve(&fetch->text, total + 1);
    for (size_t i = 0; i < fetch->count; i++) {
        fetch->cells[i] = NULL;
        if (fetch->nulls[i])
            continue;
        unsigned long length = 0;
        MYSQL_BIND bind = {
            .buffer_type = MYSQL_TYPE_STRING,
            .buffer = fetch->text.data + fetch->text.len,
            .buffer_length = fetch->lengths[i] + SHORT_CELL,
            .length = &length,
        };
        if (mysql_stmt_fetch_column(stmt, &bind, (unsigned) i, 0) != 0)
            return false;
        if (length > bind.buffer_length)
            length = bind.buffer_length;
        fetch->cells[i] = fetch->text.data + fetch->text.len;
        fetch->lengths[i] = length;
        fetch->text.len += length;
    }
    return true;
}

static bool push_rows(struct fetch *fetch, MYSQL_STMT *stmt, struct sink *sink, uint64_t *rows,
                      bool *sink_failed, struct error *err, struct maria *self)
{
    int got;
    while ((got = mysql_stmt_fetch(stmt)) == 0 || got == MYSQL_DATA_TRUNCATED) {
        if (!fetch_cells(fetch, stmt))
            return maria_fail_stmt(self, stmt, err);
        struct row row = {fetch->cells, fetch->lengths};
        ++*rows;
        if (!sink_row(sink, &row, err)) {
            *sink_failed = true;
            return false;
        }
    }
    return got == MYSQL_NO_DATA || maria_fail_stmt(self, stmt, err);
}

static bool push_columns(struct maria *self, MYSQL_STMT *stmt, struct sink *sink, bool *sink_failed,
                         struct error *err)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt);
    if (meta == NULL)
        return maria_fail_stmt(self, stmt, err);
    size_t count = mysql_num_fields(meta);
    bool out_set = (maria_status(self) & SERVER_PS_OUT_PARAMS) != 0;
    enum set_kind kind = out_set ? SET_OUT : SET_ROWS;
    uint64_t rows = 0;
    struct fetch fetch;
    fetch_init(&fetch, count);
    maria_describe(self, mysql_fetch_fields(meta), count, out_set);
    bool ok = mysql_stmt_bind_result(stmt, fetch.binds) == 0 || maria_fail_stmt(self, stmt, err);
    if (ok) {
        ok = sink_columns(sink, kind, self->columns, count, err);
        *sink_failed = !ok;
    }
    ok = ok && push_rows(&fetch, stmt, sink, &rows, sink_failed, err, self);
    struct summary summary = {
        .has_columns = true,
        .kind = kind,
        .rows = rows,
        .warnings = mysql_warning_count(self->mysql),
    };
    if (ok) {
        ok = sink_summary(sink, &summary, err);
        *sink_failed = !ok;
    }
    if (!ok)
        sink_abort(sink);
    fetch_finish(&fetch);
    mysql_free_result(meta);
    return ok;
}

static bool push_set(struct maria *self, MYSQL_STMT *stmt, struct sink *sink, bool *sink_failed,
                     struct error *err)
{
    if (mysql_stmt_field_count(stmt) > 0)
        return push_columns(self, stmt, sink, sink_failed, err);
    maria_observe(self);
    struct summary summary = {
        .affected = mysql_stmt_affected_rows(stmt),
        .insert_id = mysql_stmt_insert_id(stmt),
        .warnings = mysql_warning_count(self->mysql),
    };
    self->has_insert_id = self->has_insert_id || summary.insert_id != 0;
    bool ok = sink_summary(sink, &summary, err);
    *sink_failed = !ok;
    return ok;
}

static bool run(struct maria *self, MYSQL_STMT *stmt, struct sink *sink, bool *sink_failed,
                struct error *err)
{
    if (mysql_stmt_execute(stmt) != 0)
        return maria_fail_stmt(self, stmt, err);
    self->under_way = 0;
    for (;;) {
        if (!push_set(self, stmt, sink, sink_failed, err))
            return false;
        if (!mysql_stmt_more_results(stmt))
            return true;
        if (mysql_stmt_next_result(stmt) != 0)
            return maria_fail_stmt(self, stmt, err);
    }
}

void maria_drop_kept(struct maria *self)
{
    if (self->kept != NULL)
        mysql_stmt_close(self->kept);
    free(self->kept_text);
    free(self->kept_schema);
    self->kept = NULL;
    self->kept_text = self->kept_schema = NULL;
}

static const char *schema_of(const struct maria *self)
{
    return self->mysql->db == NULL ? "" : self->mysql->db;
}

static void keep(struct maria *self, MYSQL_STMT *stmt, const char *text, size_t len)
{
    mysql_stmt_free_result(stmt);
    if (stmt == self->kept)
        return;
    self->kept = stmt;
    self->kept_text = mem_strndup(text, len);
    self->kept_len = len;
    self->kept_schema = mem_strdup(schema_of(self));
}

// Prepares, where the one that is kept is another. What is lost meanwhile was not carried out.
static MYSQL_STMT *prepare(struct maria *self, const char *text, size_t len, struct error *err)
{
    if (self->kept != NULL && self->kept_len == len && memcmp(self->kept_text, text, len) == 0 &&
        strcmp(self->kept_schema, schema_of(self)) == 0)
        return self->kept;
    maria_drop_kept(self);
    MYSQL_STMT *stmt = mysql_stmt_init(self->mysql);
    if (stmt == NULL) {
        maria_fail(self, err);
        return NULL;
    }
    if (mysql_stmt_prepare(stmt, text, len) == 0)
        return stmt;
    maria_fail_stmt(self, stmt, err);
    self->unsent = self->lost;
    mysql_stmt_close(stmt);
    return NULL;
}

bool maria_execute(struct connection *connection, const char *text, size_t len,
                   const struct value *values, size_t count, size_t rows, struct sink *sink,
                   struct error *err)
{
    struct maria *self = (struct maria *) connection;
    struct bulk bulk = {.binds = NULL};
    self->unsent = self->stale = self->state_changed = self->state_told = false;
    bool sink_failed = false;
    infile_begin(self, NULL, 0);
    self->under_way = len;
    self->watcher = sink;
    MYSQL_STMT *stmt = prepare(self, text, len, err);
    bool ok = stmt != NULL &&
              (mysql_stmt_param_count(stmt) == count ||
               error_set(err, ERROR_USAGE, "the statement has %lu places for values, not %zu",
                         mysql_stmt_param_count(stmt), count)) &&
              bulk_bind(&bulk, self, stmt, values, rows, err) &&
              run(self, stmt, sink, &sink_failed, err);
    bulk_finish(&bulk);
    self->under_way = 0;
    self->watcher = NULL;
    if (sink_failed)
        maria_stop(self);
    if (ok) {
        keep(self, stmt, text, len);
        return true;
    }
    infile_end(self, false, err);
    // Closing reads to the end what is still coming.
    if (stmt != NULL && stmt != self->kept)
        mysql_stmt_close(stmt);
    maria_drop_kept(self);
    maria_resync(self);
    return false;
}
