#include "marsh/session/routine.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/recorder.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

static const char *const mode_names[] = {"IN", "OUT", "INOUT"};

// ROUTINES first: a procedure without parameters has no row in PARAMETERS.
static void make_query(struct buf *query, const char *schema, const char *name)
{
    buf_add_text(query, "SELECT p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER"
                        " FROM information_schema.ROUTINES r"
                        " LEFT JOIN information_schema.PARAMETERS p"
                        " ON p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA"
                        " AND p.SPECIFIC_NAME = r.SPECIFIC_NAME"
                        " AND p.ROUTINE_TYPE = r.ROUTINE_TYPE"
                        " WHERE r.ROUTINE_TYPE = 'PROCEDURE' AND r.ROUTINE_SCHEMA = ");
    statement_add_string(query, schema, strlen(schema));
    buf_add_text(query, " AND r.ROUTINE_NAME = ");
    statement_add_string(query, name, strlen(name));
    buf_add_text(query, " ORDER BY p.ORDINAL_POSITION");
}

static void fill(struct routine *routine, const struct recorder *rows)
{
    size_t count = recorder_rows(rows);
    routine->known = count > 0;
    routine->parameters = mem_calloc(count, sizeof(*routine->parameters));
    for (size_t i = 0; i < count; i++) {
        const char *mode = recorder_cell(rows, i, 0);
        if (mode == NULL)
            continue;
        struct parameter *parameter = &routine->parameters[routine->count++];
        for (size_t j = 0; j < sizeof(mode_names) / sizeof(mode_names[0]); j++) {
            if (strcmp(mode, mode_names[j]) == 0)
                parameter->mode = (enum parameter_mode) j;
        }
        parameter->name = mem_strdup(recorder_cell(rows, i, 1));
        parameter->type = mem_strdup(recorder_cell(rows, i, 2));
    }
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
    bool ok = session_run(session, query.data, query.len, &rows.sink, err);
    if (ok) {
        routine->schema = mem_strdup(schema);
        routine->name = mem_strdup(name);
        fill(routine, &rows);
    }
    recorder_finish(&rows);
    buf_finish(&query);
    return ok;
}

void routine_finish(struct routine *routine)
{
    for (size_t i = 0; i < routine->count; i++) {
        free(routine->parameters[i].name);
        free(routine->parameters[i].type);
    }
    free(routine->parameters);
    free(routine->schema);
    free(routine->name);
    *routine = (struct routine){.known = false};
}

char *routine_signature(const struct routine *routine)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s(", routine->name);
    for (size_t i = 0; i < routine->count; i++) {
        const struct parameter *parameter = &routine->parameters[i];
        buf_printf(&text, "%s%s %s %s", i == 0 ? "" : ", ", mode_names[parameter->mode],
                   parameter->name, parameter->type);
    }
    buf_add_char(&text, ')');
    return buf_steal(&text);
}
