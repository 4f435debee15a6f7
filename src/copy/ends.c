#include "ends.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"
#include "marsh/feed/source.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"

static bool is_target(const char *word)
{
    return url_is(word) || word[0] == '@' || strncmp(word, "scratch:", strlen("scratch:")) == 0;
}

// More than one word, or a call of something in parentheses, is no table's name.
static bool is_query(const char *text)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, strlen(text), NULL);
    for (bool name = false; lexer_next(&lexer, &token); name = token_is_name(&token)) {
        if (name && token_is_name(&token))
            return true;
        if (!token_is_name(&token) && !token_is_char(&token, '.'))
            return true;
    }
    return false;
}

static void make_name(struct end *end)
{
    struct buf name = BUF_INIT;
    if (end->schema != NULL) {
        statement_add_name(&name, end->schema);
        buf_add_char(&name, '.');
    }
    statement_add_name(&name, end->table);
    end->name = mem_strdup(buf_cstr(&name));
    buf_finish(&name);
}

bool end_read_table(struct end *end, const char *text, struct error *err)
{
    struct lexer lexer;
    struct token token;
    size_t parts = 0;
    *end = (struct end){.kind = END_TABLE, .text = text};
    lexer_init(&lexer, text, strlen(text), NULL);
    while (lexer_next(&lexer, &token)) {
        // SCHEMA, a point, TABLE. What follows a point may begin with a digit.
        bool point = parts % 2 == 1;
        bool fits = point ? token_is_char(&token, '.')
                          : token_is_name(&token) || token.kind == TOKEN_NUMBER;
        if (!fits || parts > 2)
            return error_set(err, ERROR_USAGE, "'%s' is no table's name", text);
        if (!point) {
            free(end->schema);
            end->schema = end->table;
            end->table = token_name(&token);
        }
        parts++;
    }
    if (parts % 2 == 0)
        return error_set(err, ERROR_USAGE, "'%s' is no table's name", text);
    make_name(end);
    return true;
}

void end_finish(struct end *end)
{
    free(end->schema);
    free(end->table);
    free(end->name);
    *end = (struct end){.kind = END_FILE};
}

// A path, though nothing in it tells a format: that is said then, instead of looking for a table.
static bool is_path(const char *word)
{
    return strchr(word, '/') != NULL && strpbrk(word, " \t\n`\"'") == NULL;
}

static bool read_end(struct end *end, const char *word, struct error *err)
{
    if (source_is_file(word) || is_path(word)) {
        struct source source;
        *end = (struct end){.kind = END_FILE, .text = word};
        return source_parse(&source, word, err);
    }
    if (is_query(word)) {
        *end = (struct end){.kind = END_QUERY, .text = word};
        return true;
    }
    return end_read_table(end, word, err);
}

static bool open_session(struct context *context, const char *name, const char *word, size_t jobs,
                         struct session **session, struct error *err)
{
    struct target target;
    if (!context->resolve(context, word, &target, err))
        return false;
    if (2 * jobs + 2 > target.pool_size)
        target.pool_size = (unsigned) (2 * jobs + 2); // readers and writers may share it
    *session = manager_open(context->manager, name, &target, context->cancel);
    target_finish(&target);
    return true;
}

// The next end's words: its target, where there is one, and itself.
static bool take_end(struct end *end, struct context *context, size_t jobs, const char *side,
                     char *const **word, char *const *words_end, struct error *err)
{
    const char *target = *word < words_end && is_target(**word) ? *(*word)++ : NULL;
    if (*word == words_end)
        return error_set(err, ERROR_USAGE,
                         "copy takes FROM and TO: a file, a table, or a query to copy from");
    const char *text = *(*word)++;
    // Said of a URL that is too many, it would show its password.
    if (is_target(text))
        return error_set(err, ERROR_USAGE, "a target stands in front of a table, and is one");
    if (!read_end(end, text, err))
        return false;
    if (end->kind == END_FILE && target != NULL)
        return error_set(err, ERROR_USAGE, "%s: a file has no target in front of it", text);
    return target == NULL || open_session(context, side, target, jobs, &end->session, err);
}

static bool check_kinds(const struct ends *ends, struct error *err)
{
    if (ends->from.kind == END_FILE && ends->to.kind == END_FILE)
        return error_set(err, ERROR_USAGE, "%s and %s are both files: a table is in the database",
                         ends->from.text, ends->to.text);
    if (ends->to.kind == END_QUERY)
        return error_set(err, ERROR_USAGE, "what is copied into is a table or a file, no query");
    return true;
}

bool ends_open(struct ends *ends, struct context *context, size_t jobs, char *const *words,
               size_t count, struct error *err)
{
    char *const *word = words;
    *ends = (struct ends){.from = {.kind = END_FILE}};
    if (!take_end(&ends->from, context, jobs, "from", &word, words + count, err) ||
        !take_end(&ends->to, context, jobs, "to", &word, words + count, err))
        return false;
    if (word != words + count)
        return error_set(err, ERROR_USAGE, "copy takes FROM and TO, and nothing behind them");
    if (!check_kinds(ends, err))
        return false;
    struct session *session = context->session;
    if (ends->from.kind != END_FILE && ends->from.session == NULL)
        ends->from.session = session;
    if (ends->to.kind != END_FILE && ends->to.session == NULL)
        ends->to.session = ends->from.session != NULL ? ends->from.session : session;
    return true;
}

bool ends_are_one(const struct ends *ends)
{
    const struct end *from = &ends->from;
    const struct end *to = &ends->to;
    // Where one names its schema and the other does not, that may be the one in use.
    bool schemas = from->schema == NULL || to->schema == NULL ||
                   text_equals_nocase(from->schema, to->schema);
    return from->kind == END_TABLE && to->kind == END_TABLE && schemas &&
           text_equals_nocase(from->table, to->table) &&
           (from->session == to->session ||
            target_equals(session_target(from->session), session_target(to->session)));
}

void ends_finish(struct ends *ends)
{
    end_finish(&ends->from);
    end_finish(&ends->to);
}
