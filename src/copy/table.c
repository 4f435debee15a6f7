#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "ends.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

enum { CELL_NAME, CELL_TYPE, CELL_EXTRA, CELL_KEY };

static void add_place(struct buf *query, const struct end *end)
{
    buf_add_text(query, "TABLE_SCHEMA = ");
    if (end->schema != NULL)
        statement_add_string(query, end->schema, strlen(end->schema));
    else
        buf_add_text(query, "DATABASE()");
    buf_add_text(query, " AND TABLE_NAME = ");
    statement_add_string(query, end->table, strlen(end->table));
}

static bool ask(struct session *session, struct buf *query, struct recorder *rows,
                struct error *err)
{
    recorder_init(rows);
    bool ok = session_ask(session, buf_cstr(query), query->len, &rows->sink, err);
    buf_finish(query);
    return ok;
}

static bool has(const struct recorder *rows, size_t row, size_t column, const char *word)
{
    const char *cell = recorder_cell(rows, row, column);
    return cell != NULL && text_equals_nocase(cell, word);
}

static void add_column(struct table *table, const struct recorder *rows, size_t row)
{
    struct table_column *column = &table->columns[table->count++];
    const char *extra = recorder_cell(rows, row, CELL_EXTRA);
    *column = (struct table_column){.name = mem_strdup(recorder_cell(rows, row, CELL_NAME))};
    type_parse(recorder_cell(rows, row, CELL_TYPE), &column->type);
    column->generated = extra != NULL && strstr(extra, "GENERATED") != NULL &&
                        strstr(extra, "DEFAULT_GENERATED") == NULL;
    table->has_instants = table->has_instants || column->type.kind == TYPE_TIMESTAMP;
    column->is_float = text_same_start_nocase(recorder_cell(rows, row, CELL_TYPE), "float", 5);
    column->automatic = extra != NULL && strstr(extra, "auto_increment") != NULL;
    if (has(rows, row, CELL_KEY, "1") && column->type.kind == TYPE_INTEGER)
        table->key = mem_strdup(column->name);
}

static bool ask_columns(struct table *table, struct session *session, const struct end *end,
                        struct error *err)
{
    struct buf query = BUF_INIT;
    struct recorder rows;
    buf_add_text(&query,
                 "SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.EXTRA, (SELECT s.SEQ_IN_INDEX FROM "
                 "information_schema.STATISTICS s WHERE ");
    // Constants let the server look at this one table alone.
    add_place(&query, end);
    buf_add_text(&query, " AND s.INDEX_NAME = 'PRIMARY' AND s.COLUMN_NAME = c.COLUMN_NAME) FROM "
                         "information_schema.COLUMNS c WHERE ");
    add_place(&query, end);
    buf_add_text(&query, " ORDER BY c.ORDINAL_POSITION");
    bool ok = ask(session, &query, &rows, err);
    size_t count = ok ? recorder_rows(&rows) : 0;
    table->columns = mem_calloc(count, sizeof(*table->columns));
    for (size_t i = 0; i < count; i++)
        add_column(table, &rows, i);
    recorder_finish(&rows);
    return ok;
}

// Of a view nobody knows what is below it.
static bool ask_properties(struct table *table, struct session *session, const struct end *end,
                           struct error *err)
{
    struct buf query = BUF_INIT;
    struct recorder rows;
    buf_add_text(&query,
                 "SELECT (SELECT e.TRANSACTIONS FROM information_schema.ENGINES e WHERE "
                 "e.ENGINE = t.ENGINE), (SELECT 'YES' FROM information_schema."
                 "REFERENTIAL_CONSTRAINTS r WHERE r.CONSTRAINT_SCHEMA = t.TABLE_SCHEMA AND "
                 "r.TABLE_NAME = t.TABLE_NAME AND r.REFERENCED_TABLE_NAME = t.TABLE_NAME "
                 "LIMIT 1), t.TABLE_ROWS, @@max_allowed_packet, (SELECT 'YES' FROM "
                 "information_schema.TRIGGERS g WHERE g.EVENT_OBJECT_SCHEMA = t.TABLE_SCHEMA "
                 "AND g.EVENT_OBJECT_TABLE = t.TABLE_NAME AND g.EVENT_MANIPULATION = "
                 "'INSERT' LIMIT 1) FROM information_schema.TABLES t WHERE ");
    add_place(&query, end);
    bool ok = ask(session, &query, &rows, err);
    if (ok && recorder_rows(&rows) > 0) {
        table->transactional = has(&rows, 0, 0, "YES");
        table->refers_itself = has(&rows, 0, 1, "YES");
        const char *count = recorder_cell(&rows, 0, 2);
        table->rows = count == NULL ? 0 : strtoull(count, NULL, 10);
        table->packet = strtoull(recorder_cell(&rows, 0, 3), NULL, 10);
        table->fires = has(&rows, 0, 4, "YES");
    }
    recorder_finish(&rows);
    return ok;
}

// In the server's own words: it may be there and not to be seen, or no schema is in use.
static bool fail_unseen(struct session *session, const struct end *end, struct error *err)
{
    CLEANUP(mem_free_at) char *query = mem_printf("SELECT 1 FROM %s LIMIT 0", end->name);
    if (!session_ask(session, query, strlen(query), sink_discard(), err))
        return false;
    return error_set(err, ERROR_SQL, "the columns of %s can't be seen", end->name);
}

bool table_ask(struct table *table, struct session *session, const struct end *end,
               struct error *err)
{
    *table = (struct table){.count = 0};
    if (!ask_columns(table, session, end, err))
        return false;
    if (table->count == 0)
        return fail_unseen(session, end, err);
    return ask_properties(table, session, end, err);
}

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->columns[i].name);
        type_finish(&table->columns[i].type);
    }
    free(table->columns);
    free(table->key);
    *table = (struct table){.count = 0};
}

const struct table_column *table_find(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (text_equals_nocase(table->columns[i].name, name))
            return &table->columns[i];
    }
    return NULL;
}

const char *table_nearest(const struct table *table, const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < table->count; i++)
        nearest_offer(&nearest, table->columns[i].name);
    return nearest_get(&nearest);
}
