#include "query.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ends.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/copy/copy.h"
#include "marsh/data/sink.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/shell.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"
#include "ranges.h"
#include "table.h"

struct query {
    struct context *context;
    struct cancel *cancel;
    struct session *session;
    struct buf text;
    bool copies;           // its rows go into another table: instants are in UTC
    struct ranges *ranges; // NULL: one connection reads it all
};

// One expression, which can't end the statement or close a parenthesis that is not its own.
static bool check_condition(const char *where, struct error *err)
{
    struct lexer lexer;
    struct token token;
    long depth = 0;
    lexer_init(&lexer, where, strlen(where), NULL);
    while (lexer_next(&lexer, &token)) {
        depth += token_is_char(&token, '(') ? 1 : token_is_char(&token, ')') ? -1 : 0;
        if (depth < 0 || token_is_char(&token, ';'))
            break;
    }
    return depth == 0 && !token_is_char(&token, ';')
               ? true
               : error_set(err, ERROR_USAGE, "--where takes one condition, as --where 'id > 5'");
}

// "a, `b c`" to "`a`, `b c`".
static bool add_columns(struct buf *text, const char *columns, struct error *err)
{
    struct lexer lexer;
    struct token token;
    bool name = true; // comes next
    lexer_init(&lexer, columns, strlen(columns), NULL);
    while (lexer_next(&lexer, &token)) {
        if (name ? !token_is_name(&token) : !token_is_char(&token, ','))
            return error_set(err, ERROR_USAGE,
                             "--columns takes names with commas between them, not '%s'", columns);
        CLEANUP(mem_free_at) char *column = name ? token_name(&token) : NULL;
        if (name)
            statement_add_name(text, column);
        else
            buf_add_text(text, ", ");
        name = !name;
    }
    return !name || error_set(err, ERROR_USAGE, "--columns takes names with commas between them");
}

// A copy has the columns that * leaves out, too, but none that the server makes itself.
static bool add_all(struct query *query, const struct end *end, struct error *err)
{
    struct table table;
    if (!query->copies) {
        buf_add_char(&query->text, '*');
        return true;
    }
    bool ok = table_ask(&table, query->session, end, err);
    const char *comma = "";
    for (size_t i = 0; i < table.count; i++) {
        if (table.columns[i].generated)
            continue;
        buf_add_text(&query->text, comma);
        statement_add_name(&query->text, table.columns[i].name);
        comma = ", ";
    }
    table_finish(&table);
    return ok;
}

static bool make_text(struct query *query, const struct end *end,
                      const struct copy_options *options, struct error *err)
{
    struct buf *text = &query->text;
    if (end->kind == END_QUERY) {
        if (options->where != NULL || options->columns != NULL)
            return error_set(err, ERROR_USAGE, "%s is for a table; a query has its own",
                             options->where != NULL ? "--where" : "--columns");
        if (options->jobs > 1 && !query->copies)
            return error_set(err, ERROR_USAGE, "--jobs is for a table: a query is not parted");
        buf_add_text(text, end->text);
        while (text->len > 0 && strchr("; \t\n", text->data[text->len - 1]) != NULL)
            text->len--;
        return true;
    }
    buf_add_text(text, "SELECT ");
    if (options->columns != NULL ? !add_columns(text, options->columns, err)
                                 : !add_all(query, end, err))
        return false;
    buf_printf(text, " FROM %s", end->name);
    if (options->where == NULL)
        return true;
    if (!check_condition(options->where, err))
        return false;
    // A comment in it ends with its line.
    buf_printf(text, " WHERE (%s\n)", options->where);
    return true;
}

struct query *query_create(struct context *context, const struct end *end,
                           const struct copy_options *options, bool copies, struct error *err)
{
    struct query *query = mem_calloc(1, sizeof(*query));
    query->context = context;
    query->copies = copies;
    query->cancel = cancel_create();
    query->session = manager_open(context->manager, "reading", session_target(end->session),
                                  query->cancel);
    bool ok = make_text(query, end, options, err);
    if (ok && end->kind == END_TABLE && options->jobs > 1) {
        struct ranges_plan plan = {context,      query->session,         end,
                                   &query->text, options->where != NULL, options->jobs,
                                   copies};
        ok = ranges_create(&query->ranges, &plan, err);
    }
    if (ok)
        return query;
    query_destroy(query);
    return NULL;
}

void query_destroy(struct query *query)
{
    if (query == NULL)
        return;
    ranges_destroy(query->ranges);
    manager_close(query->context->manager, query->session);
    cancel_destroy(query->cancel);
    buf_finish(&query->text);
    free(query);
}

static bool run(struct query *query, struct sink *sink, struct error *err)
{
    static const char zone[] = "SET time_zone='+00:00'";
    struct buf *text = &query->text;
    if (query->copies && !session_run(query->session, zone, sizeof(zone) - 1, sink_discard(), err))
        return false;
    return shell_send(query->context, query->session, buf_cstr(text), text->len, sink, err);
}

bool query_run(struct query *query, struct sink *sink, struct error *err)
{
    query->context->used = true;
    bool ok = query->ranges != NULL ? ranges_run(query->ranges, sink, err) : run(query, sink, err);
    bool unknown = session_outcome_is_unknown(query->session);
    CLEANUP(mem_free_at) char *notice = session_take_notice(query->session);
    // A session of its own has nothing else to lose that anybody would miss.
    if (unknown && notice != NULL) {
        CLEANUP(mem_free_at) char *line = mem_printf("%s\n", notice);
        fs_write_all(STDERR_FILENO, line, strlen(line));
    }
    return ok;
}

void query_interrupt(struct query *query)
{
    cancel_fire(query->cancel);
    if (query->ranges != NULL)
        ranges_interrupt(query->ranges);
}
