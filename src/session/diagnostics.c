#include "marsh/session/diagnostics.h"

#include <string.h>

#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"
#include "marsh/session/session.h"

bool diagnostics_ask_warnings(struct session *session, struct recorder *rows, struct error *err)
{
    static const char query[] = "SHOW WARNINGS";
    return session_ask(session, query, strlen(query), &rows->sink, err);
}

// Variables of a block, for @variables would stay with the session. A DECLARE's own name is not
// that of its item, which would be the variable again.
bool diagnostics_ask_condition(struct session *session, struct recorder *rows, struct error *err)
{
    static const char query[] =
        "BEGIN NOT ATOMIC DECLARE a, b, c, d, e, f, g, h, i, j TEXT DEFAULT '';"
        " GET DIAGNOSTICS CONDITION 1 a = CONSTRAINT_SCHEMA, b = CONSTRAINT_NAME,"
        " c = SCHEMA_NAME, d = TABLE_NAME, e = COLUMN_NAME, f = CURSOR_NAME, g = SUBCLASS_ORIGIN,"
        " h = CLASS_ORIGIN, i = CONSTRAINT_CATALOG, j = CATALOG_NAME;"
        " SELECT a AS constraint_schema, b AS constraint_name, c AS schema_name, d AS table_name,"
        " e AS column_name, f AS cursor_name, g AS subclass_origin, h AS class_origin,"
        " i AS constraint_catalog, j AS catalog_name; END";
    struct connection_state state;
    if (!session_get_state(session, &state) || strstr(state.server_version, "MariaDB") == NULL)
        return true;
    return session_ask(session, query, strlen(query), &rows->sink, err);
}
