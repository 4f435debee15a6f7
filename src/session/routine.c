#include "marsh/session/routine.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/data/recorder.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

static const char *const mode_names[] = {"IN", "OUT", "INOUT"};

// CELL_COMMENT is the routine's; of a parameter it is the character set.
enum { CELL_TYPE, CELL_MODE, CELL_NAME, CELL_DECLARED, CELL_COMMENT, CELL_SQL_MODE };

// Constants for schema and name on either table let the server look one routine up, where a join
// makes it read them all. The routine comes first: one without parameters is only there.
static void make_query(struct buf *query, const char *schema, const char *name)
{
    buf_add_text(query,
                 "SELECT ROUTINE_TYPE, NULL, NULL, DTD_IDENTIFIER, ROUTINE_COMMENT, @@sql_mode,"
                 " 0 AS place FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ");
    statement_add_string(query, schema, strlen(schema));
    buf_add_text(query, " AND ROUTINE_NAME = ");
    statement_add_string(query, name, strlen(name));
    buf_add_text(query,
                 " UNION ALL SELECT ROUTINE_TYPE, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER,"
                 " CHARACTER_SET_NAME, NULL, ORDINAL_POSITION FROM information_schema.PARAMETERS"
                 " WHERE ORDINAL_POSITION > 0 AND SPECIFIC_SCHEMA = ");
    statement_add_string(query, schema, strlen(schema));
    buf_add_text(query, " AND SPECIFIC_NAME = ");
    statement_add_string(query, name, strlen(name));
    buf_add_text(query, " ORDER BY ROUTINE_TYPE DESC, place");
}

static char *copy_cell(const struct recorder *rows, size_t row, size_t column)
{
    const char *cell = recorder_cell(rows, row, column);
    return mem_strdup(cell == NULL ? "" : cell);
}

static void add_parameter(struct routine *routine, const struct recorder *rows, size_t row)
{
    struct parameter *parameter = &routine->parameters[routine->count++];
    const char *mode = recorder_cell(rows, row, CELL_MODE);
    *parameter = (struct parameter){.mode = PARAMETER_IN};
    for (size_t i = 0; mode != NULL && i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
        if (strcmp(mode, mode_names[i]) == 0)
            parameter->mode = (enum parameter_mode) i;
    }
    parameter->name = copy_cell(rows, row, CELL_NAME);
    parameter->type = copy_cell(rows, row, CELL_DECLARED);
    const char *charset = recorder_cell(rows, row, CELL_COMMENT);
    if (charset != NULL)
        parameter->charset = mem_strdup(charset);
}

// The rows of the procedure come first, then those of a function of the same name.
static void fill(struct routine *routine, const struct recorder *rows)
{
    size_t count = recorder_rows(rows);
    const char *type = recorder_cell(rows, 0, CELL_TYPE);
    if (count == 0 || type == NULL)
        return;
    const char *sql_mode = recorder_cell(rows, 0, CELL_SQL_MODE);
    routine->known = true;
    routine->strict = sql_mode != NULL && strstr(sql_mode, "STRICT_") != NULL;
    routine->comment = copy_cell(rows, 0, CELL_COMMENT);
    if (strcmp(type, "FUNCTION") == 0)
        routine->returns = copy_cell(rows, 0, CELL_DECLARED);
    routine->parameters = mem_calloc(count, sizeof(*routine->parameters));
    for (size_t i = 1; i < count && strcmp(recorder_cell(rows, i, CELL_TYPE), type) == 0; i++)
        add_parameter(routine, rows, i);
}

bool routine_lookup(struct session *session, const char *schema, const char *name,
                    struct routine *routine, struct error *err)
{
    *routine = (struct routine){.known = false};
    if (!session_connect(session, err)) // it knows the schema in use
        return false;
    schema = schema == NULL ? session_schema(session) : schema;
    struct buf query = BUF_INIT;
    struct recorder rows;
    recorder_init(&rows);
    make_query(&query, schema, name);
    bool ok = session_ask(session, query.data, query.len, &rows.sink, err);
    if (ok) {
        routine->schema = mem_strdup(schema);
        routine->name = mem_strdup(name);
        fill(routine, &rows);
    }
    recorder_finish(&rows);
    buf_finish(&query);
    return ok;
}

void routine_hint(const struct routine *routine, struct session *session, struct error *err)
{
    struct buf query = BUF_INIT;
    struct recorder rows;
    struct nearest nearest;
    struct error ignored = ERROR_INIT;
    if (routine->known || routine->name == NULL)
        return;
    recorder_init(&rows);
    nearest_init(&nearest, routine->name);
    buf_add_text(&query, "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
                         " WHERE ROUTINE_SCHEMA = ");
    statement_add_string(&query, routine->schema, strlen(routine->schema));
    buf_add_text(&query, " ORDER BY ROUTINE_NAME LIMIT 10000");
    session_ask(session, query.data, query.len, &rows.sink, &ignored);
    for (size_t i = 0; i < recorder_rows(&rows); i++)
        nearest_offer(&nearest, recorder_cell(&rows, i, 0));
    const char *name = nearest_get(&nearest);
    if (name != NULL)
        error_append(err, " (did you mean '%s'?)", name);
    error_finish(&ignored);
    recorder_finish(&rows);
    buf_finish(&query);
}

void routine_copy(struct routine *routine, const struct routine *other)
{
    *routine = *other;
    routine->schema = mem_strdup(other->schema);
    routine->name = mem_strdup(other->name);
    routine->returns = mem_strdup(other->returns);
    routine->comment = mem_strdup(other->comment);
    routine->parameters = mem_calloc(other->count, sizeof(*routine->parameters));
    for (size_t i = 0; i < other->count; i++) {
        const struct parameter *from = &other->parameters[i];
        routine->parameters[i] = (struct parameter){mem_strdup(from->name), mem_strdup(from->type),
                                                    mem_strdup(from->charset), from->mode};
    }
}

void routine_finish(struct routine *routine)
{
    for (size_t i = 0; i < routine->count; i++) {
        free(routine->parameters[i].name);
        free(routine->parameters[i].type);
        free(routine->parameters[i].charset);
    }
    free(routine->parameters);
    free(routine->schema);
    free(routine->name);
    free(routine->returns);
    free(routine->comment);
    *routine = (struct routine){.known = false};
}

const struct parameter *routine_parameter(const struct routine *routine, const char *name)
{
    for (size_t i = 0; i < routine->count; i++) {
        if (text_equals_nocase(routine->parameters[i].name, name))
            return &routine->parameters[i];
    }
    return NULL;
}

const char *routine_nearest_parameter(const struct routine *routine, const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < routine->count; i++)
        nearest_offer(&nearest, routine->parameters[i].name);
    return nearest_get(&nearest);
}

const char *parameter_mode_name(enum parameter_mode mode)
{
    return mode_names[mode];
}

char *routine_signature(const struct routine *routine)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s(", routine->name);
    for (size_t i = 0; i < routine->count; i++) {
        const struct parameter *parameter = &routine->parameters[i];
        // A function's are all IN, which nobody writes.
        bool plain = routine->returns != NULL && parameter->mode == PARAMETER_IN;
        buf_printf(&text, "%s%s%s%s %s", i == 0 ? "" : ", ",
                   plain ? "" : mode_names[parameter->mode], plain ? "" : " ", parameter->name,
                   parameter->type);
    }
    buf_add_char(&text, ')');
    if (routine->returns != NULL)
        buf_printf(&text, " returns %s", routine->returns);
    return buf_steal(&text);
}

bool routine_fail(const struct routine *routine, char *message, struct error *err)
{
    CLEANUP(mem_free_at) char *signature = routine_signature(routine);
    error_set(err, ERROR_USAGE, "%s; it is %s", message, signature);
    free(message);
    return false;
}
