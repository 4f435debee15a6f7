// Result sets of the text protocol, streamed into a sink without a copy.
#include <errmsg.h>
#include <stdlib.h>
#include <string.h>

#include "maria.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/sink.h"
#include "marsh/sql/lexer.h"

void maria_stop(struct maria *self)
{
    struct error ignored = ERROR_INIT;
    if (!maria_interrupt(&self->base, INTERRUPT_STATEMENT, &ignored)) {
        maria_cut(&self->base);
        self->lost = true;
    }
    error_finish(&ignored);
}

void maria_drain(struct maria *self)
{
    MYSQL_RES *result;
    while (!self->lost && mysql_more_results(self->mysql) && mysql_next_result(self->mysql) == 0) {
        result = mysql_use_result(self->mysql);
        mysql_free_result(result);
    }
}

// Of a row that can't be read the library knows no more than that; what follows it is as
// unreadable.
static void fail_rows(struct maria *self, struct error *err)
{
    if (mysql_errno(self->mysql) != CR_UNKNOWN_ERROR) {
        maria_fail(self, err);
        return;
    }
    self->lost = true;
    error_set_sql(err, ERROR_CONNECTION, CR_MALFORMED_PACKET, "HY000", "Malformed packet");
}

static bool push_rows(struct maria *self, MYSQL_RES *result, struct sink *sink, struct error *err)
{
    size_t count = mysql_num_fields(result);
    uint64_t rows = 0;
    self->state_told = false;
    maria_describe(self, mysql_fetch_fields(result), count, false);
    bool ok = sink_columns(sink, SET_ROWS, self->columns, count, err);
    rows_begin(&self->rows, result);
    struct row row;
    while (ok && rows_next(&self->rows, &row)) {
        rows++;
        ok = sink_row(sink, &row, err);
    }
    if (ok && mysql_errno(self->mysql) != 0) {
        fail_rows(self, err);
        sink_abort(sink);
        mysql_free_result(result);
        return false;
    }
    struct summary summary = {
        .has_columns = true,
        .kind = SET_ROWS,
        .rows = rows,
        .warnings = mysql_warning_count(self->mysql),
    };
    ok = ok && sink_summary(sink, &summary, err);
    if (ok) {
        mysql_free_result(result);
        return true;
    }
    sink_abort(sink);
    maria_stop(self);
    mysql_free_result(result);
    maria_drain(self);
    return false;
}

static bool push_set(struct maria *self, struct sink *sink, struct error *err)
{
    MYSQL_RES *result = mysql_use_result(self->mysql);
    if (result != NULL)
        return push_rows(self, result, sink, err);
    if (mysql_field_count(self->mysql) > 0)
        return maria_fail(self, err);
    struct summary summary = {
        .affected = mysql_affected_rows(self->mysql),
        .insert_id = mysql_insert_id(self->mysql),
        .warnings = mysql_warning_count(self->mysql),
        .info = mysql_info(self->mysql),
    };
    maria_observe(self);
    self->has_insert_id = self->has_insert_id || summary.insert_id != 0;
    if (sink_summary(sink, &summary, err))
        return true;
    maria_stop(self);
    maria_drain(self);
    return false;
}

// Any other may change how the text of a prepared statement would be read.
static bool leaves_kept(const char *text, size_t len)
{
    static const char *const words[] = {"commit", "release", "rollback", "savepoint", "start"};
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, len, NULL);
    if (memchr(text, ';', len) != NULL || !lexer_next(&lexer, &token))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (token_is(&token, words[i]))
            return true;
    }
    return false;
}

static bool ask(struct maria *self, const char *text, size_t len, struct sink *sink,
                struct error *err)
{
    if (self->kept != NULL && !leaves_kept(text, len))
        maria_drop_kept(self);
    self->under_way = len;
    bool ok = maria_send(self, text, len, err) &&
              (mysql_read_query_result(self->mysql) == 0 || maria_fail(self, err));
    self->under_way = 0;
    bool more = ok;
    while (more) {
        ok = push_set(self, sink, err);
        more = ok && mysql_more_results(self->mysql);
        if (more && mysql_next_result(self->mysql) != 0)
            ok = more = maria_fail(self, err);
    }
    ok = infile_end(self, ok, err);
    if (!ok)
        maria_resync(self);
    return ok;
}

bool maria_ask(struct maria *self, const char *text, size_t len, struct sink *sink,
               struct error *err)
{
    infile_begin(self, NULL, 0);
    return ask(self, text, len, sink, err);
}

bool maria_query(struct connection *connection, const char *text, size_t len, struct sink *sink,
                 struct error *err)
{
    struct maria *self = (struct maria *) connection;
    infile_begin(self, text, len);
    self->watcher = sink;
    bool ok = ask(self, text, len, sink, err);
    self->watcher = NULL;
    return ok;
}
