// Commands about routines: calling one, listing them, showing how one is made.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/data/grid.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/procedure.h"
#include "marsh/session/routine.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"

struct words {
    char **list;
    size_t count;
};

static void words_finish(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->list[i]);
    free(words->list);
}

// As a shell cuts them: quotes group and go, in double ones a backslash keeps a quote or itself. A
// backslash outside of quotes stays, for \N.
static bool cut_words(const char *line, struct words *words, struct error *err)
{
    while (*(line += strspn(line, " \t")) != '\0') {
        struct buf word = BUF_INIT;
        char quote = '\0';
        for (; *line != '\0' && (quote != '\0' || (*line != ' ' && *line != '\t')); line++) {
            if (quote == '\0' && (*line == '\'' || *line == '"'))
                quote = *line;
            else if (*line == quote)
                quote = '\0';
            else if (quote == '"' && *line == '\\' && (line[1] == '"' || line[1] == '\\'))
                buf_add_char(&word, *++line);
            else
                buf_add_char(&word, *line);
        }
        words->list = mem_realloc(words->list, (words->count + 1) * sizeof(*words->list));
        words->list[words->count++] = buf_steal(&word);
        if (quote != '\0')
            return error_set(err, ERROR_USAGE, "a %c is not closed", quote);
    }
    return true;
}

bool command_call(struct context *context, char *const *args, struct error *err)
{
    struct words words = {.count = 0};
    size_t len = strlen(args[0]);
    // Out of habit.
    while (len > 0 && (args[0][len - 1] == ';' || text_is_space(args[0][len - 1])))
        len--;
    CLEANUP(mem_free_at) char *line = mem_strndup(args[0], len);
    bool ok = cut_words(line, &words, err);
    if (ok && words.count == 0)
        ok = error_set(err, ERROR_USAGE, "usage: \\call ROUTINE [ARGUMENT...]");
    ok = ok && context->call(context, words.list, words.count, err);
    words_finish(&words);
    return ok;
}

// "sales.ord*": * and ? as in file names, % and _ as in LIKE. Without a schema it is the one in
// use, and where there is none all but the server's own.
static void add_condition(struct buf *query, const char *schema_column, const char *name_column,
                          const char *schema, const char *pattern)
{
    struct buf like = BUF_INIT;
    for (const char *c = pattern; *c != '\0'; c++)
        buf_add_char(&like, *c == '*' ? '%' : *c == '?' ? '_' : *c);
    if (schema[0] != '\0') {
        buf_printf(query, "%s = ", schema_column);
        statement_add_string(query, schema, strlen(schema));
    } else {
        buf_printf(query, "%s NOT IN ('sys', 'mysql', 'information_schema', 'performance_schema')",
                   schema_column);
    }
    if (pattern[0] != '\0') {
        buf_printf(query, " AND %s LIKE ", name_column);
        statement_add_string(query, like.data, like.len);
    }
    buf_finish(&like);
}

// Each routine's own row comes before those of its parameters.
static void make_query(struct buf *query, const char *schema, const char *pattern)
{
    buf_add_text(query, "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, 0 AS place, NULL, NULL,"
                        " DTD_IDENTIFIER, ROUTINE_COMMENT FROM information_schema.ROUTINES WHERE ");
    add_condition(query, "ROUTINE_SCHEMA", "ROUTINE_NAME", schema, pattern);
    buf_add_text(query, " UNION ALL SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE,"
                        " ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER, NULL"
                        " FROM information_schema.PARAMETERS WHERE ORDINAL_POSITION > 0 AND ");
    add_condition(query, "SPECIFIC_SCHEMA", "SPECIFIC_NAME", schema, pattern);
    buf_add_text(query, " ORDER BY 1, 2, 3, 4");
}

static const struct column routine_columns[] = {
    GRID_COLUMN("schema", COLUMN_TEXT),  GRID_COLUMN("name", COLUMN_TEXT),
    GRID_COLUMN("type", COLUMN_TEXT),    GRID_COLUMN("parameters", COLUMN_TEXT),
    GRID_COLUMN("returns", COLUMN_TEXT), GRID_COLUMN("comment", COLUMN_TEXT),
};

// One routine, from the row that is its own to its last parameter's. Returns the row behind it.
static size_t add_routine(struct grid *grid, const struct recorder *rows, size_t row)
{
    struct buf parameters = BUF_INIT;
    const char *type = recorder_cell(rows, row, 2);
    bool function = strcmp(type, "FUNCTION") == 0;
    size_t next = row + 1;
    for (; next < recorder_rows(rows) && strcmp(recorder_cell(rows, next, 3), "0") != 0; next++) {
        const char *mode = recorder_cell(rows, next, 4);
        buf_printf(&parameters, "%s%s%s%s %s", parameters.len == 0 ? "" : ", ",
                   function || mode == NULL ? "" : mode, function || mode == NULL ? "" : " ",
                   recorder_cell(rows, next, 5), recorder_cell(rows, next, 6));
    }
    grid_add(grid, recorder_cell(rows, row, 0));
    grid_add(grid, recorder_cell(rows, row, 1));
    grid_add(grid, function ? "function" : "procedure");
    grid_add(grid, buf_cstr(&parameters));
    grid_add(grid, function ? recorder_cell(rows, row, 6) : NULL);
    grid_add(grid, recorder_cell(rows, row, 7));
    buf_finish(&parameters);
    return next;
}

bool command_df(struct context *context, char *const *args, struct error *err)
{
    const char *typed = args[0] == NULL ? "" : args[0];
    const char *dot = strchr(typed, '.');
    if (!session_connect(context->session, err))
        return false;
    CLEANUP(mem_free_at)
    char *schema = dot != NULL ? mem_strndup(typed, (size_t) (dot - typed))
                               : mem_strdup(session_schema(context->session));
    struct buf query = BUF_INIT;
    struct recorder rows;
    struct grid grid;
    recorder_init(&rows);
    grid_init(&grid, routine_columns, sizeof(routine_columns) / sizeof(routine_columns[0]));
    make_query(&query, schema, dot == NULL ? typed : dot + 1);
    bool ok = session_ask(context->session, query.data, query.len, &rows.sink, err);
    for (size_t row = 0; ok && row < recorder_rows(&rows);)
        row = add_routine(&grid, &rows, row);
    struct sink *sink = context->format->create(&context->render, context->output);
    ok = ok && grid_push(&grid, sink, err);
    context->format->destroy(sink);
    grid_finish(&grid);
    recorder_finish(&rows);
    buf_finish(&query);
    return ok;
}

// The text of SHOW CREATE; NULL where the server keeps it to itself.
static bool ask_body(struct context *context, const struct routine *routine, char **body,
                     struct error *err)
{
    struct buf query = BUF_INIT;
    struct recorder rows;
    recorder_init(&rows);
    buf_printf(&query, "SHOW CREATE %s ", routine->returns != NULL ? "FUNCTION" : "PROCEDURE");
    statement_add_name(&query, routine->schema);
    buf_add_char(&query, '.');
    statement_add_name(&query, routine->name);
    bool ok = session_ask(context->session, query.data, query.len, &rows.sink, err);
    if (ok)
        *body = mem_strdup(recorder_cell(&rows, 0, 2));
    recorder_finish(&rows);
    buf_finish(&query);
    return ok;
}

bool command_sf(struct context *context, char *const *args, struct error *err)
{
    CLEANUP(mem_free_at) char *schema = NULL;
    CLEANUP(mem_free_at) char *name = NULL;
    CLEANUP(mem_free_at) char *body = NULL;
    if (!procedure_parse_name(args[0], &schema, &name, err))
        return false;
    const struct routine *routine = session_routine(context->session, schema, name, err);
    if (routine == NULL)
        return false;
    if (!routine->known)
        return error_set(err, ERROR_USAGE, "there is no routine '%s', or no privilege on it",
                         args[0]);
    if (!ask_body(context, routine, &body, err))
        return false;
    struct buf *out = output_buffer(context->output);
    if (body == NULL) {
        CLEANUP(mem_free_at) char *signature = routine_signature(routine);
        buf_printf(out, "%s\nIts body is hidden: your privileges do not show it.\n", signature);
        return true;
    }
    render_add_text(out, &context->render, body, strlen(body), true);
    buf_add_char(out, '\n');
    return true;
}
