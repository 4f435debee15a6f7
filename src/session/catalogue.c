#include "marsh/session/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"
#include "marsh/pool/pool.h"
#include "marsh/session/cancel.h"
#include "marsh/session/leasing.h"
#include "marsh/sql/statement.h"

struct name {
    enum name_kind kind;
    char *parent;
    char *name;
};

struct catalogue {
    struct name *names;
    size_t count;
};

// What is asked, each with the schema's name behind it but the first. Columns are parent and name.
static const struct {
    enum name_kind kind;
    const char *query;
    bool of_schema;
} questions[] = {
    {NAME_SCHEMA, "SELECT NULL, SCHEMA_NAME FROM information_schema.SCHEMATA LIMIT 10000", false},
    {NAME_TABLE,
     "SELECT NULL, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ", true},
    {NAME_PROCEDURE,
     "SELECT NULL, ROUTINE_NAME FROM information_schema.ROUTINES"
     " WHERE ROUTINE_TYPE = 'PROCEDURE' AND ROUTINE_SCHEMA = ",
     true},
    {NAME_FUNCTION,
     "SELECT NULL, ROUTINE_NAME FROM information_schema.ROUTINES"
     " WHERE ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA = ",
     true},
    {NAME_COLUMN,
     "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ", true},
};

struct catalogue *catalogue_create(void)
{
    return mem_calloc(1, sizeof(struct catalogue));
}

static void clear(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        free(catalogue->names[i].parent);
        free(catalogue->names[i].name);
    }
    free(catalogue->names);
    *catalogue = (struct catalogue){.count = 0};
}

void catalogue_destroy(struct catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    clear(catalogue);
    free(catalogue);
}

static void take(struct catalogue *catalogue, enum name_kind kind, const struct recorder *rows)
{
    size_t count = recorder_rows(rows);
    if (count == 0)
        return;
    size_t size = (catalogue->count + count) * sizeof(*catalogue->names);
    catalogue->names = mem_realloc(catalogue->names, size);
    for (size_t i = 0; i < count; i++) {
        const char *name = recorder_cell(rows, i, 1);
        if (name != NULL)
            catalogue->names[catalogue->count++] = (struct name){
                kind, mem_strdup(recorder_cell(rows, i, 0)), mem_strdup(name)};
    }
}

static bool ask(struct catalogue *catalogue, struct connection *connection, size_t question,
                const char *schema, struct error *err)
{
    struct connection_state state;
    struct buf query = BUF_INIT;
    struct recorder rows;
    connection_get_state(connection, &state);
    if (strstr(state.server_version, "MariaDB") != NULL)
        buf_add_text(&query, "SET STATEMENT max_statement_time = 2 FOR ");
    buf_add_text(&query, questions[question].query);
    if (questions[question].of_schema) {
        statement_add_string(&query, schema, strlen(schema));
        buf_add_text(&query, " LIMIT 20000");
    }
    recorder_init(&rows);
    bool ok = connection_query(connection, query.data, query.len, &rows.sink, err);
    take(catalogue, questions[question].kind, &rows);
    recorder_finish(&rows);
    buf_finish(&query);
    return ok;
}

bool catalogue_load(struct catalogue *catalogue, struct pool *pool, struct cancel *cancel,
                    const char *schema, struct error *err)
{
    struct lease *lease;
    clear(catalogue);
    if (!leasing_take(pool, "completion", cancel, &lease, err))
        return false;
    bool ok = cancel_begin(cancel, lease_connection(lease));
    bool begun = ok;
    for (size_t i = 0; ok && i < sizeof(questions) / sizeof(questions[0]); i++)
        ok = ask(catalogue, lease_connection(lease), i, schema, err);
    if (begun)
        cancel_end(cancel);
    leasing_return(lease, false, cancel);
    return ok;
}

void catalogue_each(const struct catalogue *catalogue, enum name_kind kind, const char *parent,
                    const char *prefix, void (*each)(void *data, const char *name), void *data)
{
    size_t len = strlen(prefix);
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct name *name = &catalogue->names[i];
        bool of_parent = parent == NULL ||
                         (name->parent != NULL && text_equals_nocase(name->parent, parent));
        if (name->kind == kind && of_parent && text_same_start_nocase(prefix, name->name, len))
            each(data, name->name);
    }
}
