#include "query.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ends.h"
#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/copy/copy.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/shell.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"
#include "ranges.h"
#include "table.h"

struct query {
    struct context *context;
    struct cancel *cancel;
    struct session *session;
    struct buf text;
    enum query_use use;
    bool utc;
    char *zone;
    char *system;
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

// A FLOAT is shown with six digits, as a DOUBLE with all that it has.
static void add_column(struct buf *text, const struct table *table, const char *name)
{
    const struct table_column *column = table_find(table, name);
    bool is_float = column != NULL && column->is_float;
    buf_add_text(text, is_float ? "CAST(" : "");
    statement_add_name(text, name);
    buf_add_text(text, is_float ? " AS DOUBLE) AS " : "");
    if (is_float)
        statement_add_name(text, name);
}

// "a, `b c`" to "`a`, `b c`".
static bool add_columns(struct buf *text, const struct table *table, const char *columns,
                        struct error *err)
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
            add_column(text, table, column);
        else
            buf_add_text(text, ", ");
        name = !name;
    }
    return !name || error_set(err, ERROR_USAGE, "--columns takes names with commas between them");
}

static void add_all(const struct query *query, struct buf *text, const struct table *table)
{
    const char *comma = "";
    if (query->use == QUERY_PRINTED)
        buf_add_char(text, '*');
    for (size_t i = 0; i < table->count; i++) {
        if (query->use == QUERY_COPIED && table->columns[i].generated)
            continue;
        buf_add_text(text, comma);
        add_column(text, table, table->columns[i].name);
        comma = ", ";
    }
}

static bool make_select(struct query *query, const struct end *end,
                        const struct copy_options *options, const struct table *table,
                        struct error *err)
{
    struct buf *text = &query->text;
    buf_add_text(text, "SELECT ");
    if (options->columns == NULL)
        add_all(query, text, table);
    else if (!add_columns(text, table, options->columns, err))
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

// A query that is run for its rows alone.
static bool take_query(struct query *query, const struct end *end,
                       const struct copy_options *options, struct error *err)
{
    struct effects effects;
    struct buf *text = &query->text;
    if (options->where != NULL || options->columns != NULL)
        return error_set(err, ERROR_USAGE, "%s is for a table; a query has its own",
                         options->where != NULL ? "--where" : "--columns");
    if (options->jobs > 1 && query->use != QUERY_COPIED)
        return error_set(err, ERROR_USAGE, "--jobs is for a table: a query is not parted");
    buf_add_text(text, end->text);
    while (text->len > 0 && strchr("; \t\n", text->data[text->len - 1]) != NULL)
        text->len--;
    effects_read(buf_cstr(text), text->len, NULL, &effects, NULL, NULL);
    if (effects.statements > 1)
        return error_set(err, ERROR_USAGE, "what is copied is one query, not several statements");
    return (effects.flags & EFFECT_READS) != 0 ||
           error_set(
               err, ERROR_USAGE,
               "what is copied is a table or a query; %s is neither (a table's name may stand "
               "in backquotes)",
               effects.verb);
}

static bool make_text(struct query *query, const struct end *end,
                      const struct copy_options *options, struct error *err)
{
    struct table table = {.count = 0};
    if (end->kind == END_QUERY)
        return take_query(query, end, options, err);
    bool ok = query->use == QUERY_PRINTED || table_ask(&table, query->session, end, err);
    ok = ok && make_select(query, end, options, &table, err);
    // What a condition asks for is meant in the session's own zone.
    query->utc = query->use == QUERY_COPIED && table.has_instants && options->where == NULL;
    table_finish(&table);
    return ok;
}

bool query_set_session(struct session *session, bool utc, enum query_use use, struct error *err)
{
    static const char limit[] = "SET sql_select_limit=18446744073709551615";
    static const char names[] = "SET NAMES utf8mb4";
    static const char zone[] = "SET time_zone='+00:00'";
    struct sink *sink = sink_discard();
    return session_run(session, limit, strlen(limit), sink, err) &&
           (use != QUERY_COPIED || session_run(session, names, strlen(names), sink, err)) &&
           (!utc || session_run(session, zone, strlen(zone), sink, err));
}

static bool ask_zone(struct query *query, struct error *err)
{
    struct recorder rows;
    if (query->use != QUERY_COPIED)
        return true;
    recorder_init(&rows);
    bool ok = session_ask(query->session, QUERY_ZONE, strlen(QUERY_ZONE), &rows.sink, err);
    if (ok) {
        query->zone = mem_strdup(query->utc ? "+00:00" : recorder_cell(&rows, 0, 0));
        query->system = mem_strdup(recorder_cell(&rows, 0, 1));
    }
    recorder_finish(&rows);
    return ok;
}

const char *query_zone(const struct query *query, const char **system)
{
    *system = query->system;
    return query->zone;
}

struct query *query_create(struct context *context, const struct end *end,
                           const struct copy_options *options, enum query_use use,
                           struct error *err)
{
    struct query *query = mem_calloc(1, sizeof(*query));
    query->context = context;
    query->use = use;
    query->cancel = cancel_create();
    query->session = manager_open(context->manager, "reading", session_target(end->session),
                                  query->cancel);
    bool ok = make_text(query, end, options, err) && ask_zone(query, err);
    if (ok && end->kind == END_TABLE && options->jobs > 1) {
        struct ranges_plan plan = {
            context,       query->session, end, &query->text, options->where != NULL,
            options->jobs, query->utc,     use};
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
    free(query->zone);
    free(query->system);
    free(query);
}

static bool run(struct query *query, struct sink *sink, struct error *err)
{
    struct buf *text = &query->text;
    return query_set_session(query->session, query->utc, query->use, err) &&
           shell_send(query->context, query->session, buf_cstr(text), text->len, sink, err);
}

bool query_run(struct query *query, struct sink *sink, struct error *err)
{
    query->context->used = true;
    bool ok = query->ranges != NULL ? ranges_run(query->ranges, sink, err) : run(query, sink, err);
    bool unknown = session_outcome_is_unknown(query->session);
    CLEANUP(mem_free_at) char *notice = session_take_notice(query->session);
    // A session of its own has nothing else to lose that anybody would miss.
    if (unknown && notice != NULL) {
        struct buf line = BUF_INIT;
        text_add_printable(&line, notice, strlen(notice), false);
        buf_add_char(&line, '\n');
        caller_say(query->context->caller, line.data, line.len);
        buf_finish(&line);
    }
    return ok;
}

void query_interrupt(struct query *query)
{
    cancel_fire(query->cancel);
    if (query->ranges != NULL)
        ranges_interrupt(query->ranges);
}
