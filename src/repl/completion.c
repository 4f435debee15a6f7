#include "completion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/config/resolve.h"
#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"
#include "marsh/render/render.h"
#include "marsh/session/cancel.h"
#include "marsh/session/catalogue.h"
#include "marsh/session/manager.h"
#include "marsh/session/procedure.h"
#include "marsh/session/routine.h"
#include "marsh/session/session.h"
#include "marsh/sql/keyword.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"

struct completion {
    struct context *context;
    struct catalogue *catalogue;
    bool loaded;
    char *schema; // the one that was in use then
};

// Candidates for the word in hand.
struct candidates {
    char **texts;
    size_t count;
    const char *word;
    bool in_backticks;
};

struct completion *completion_create(struct context *context)
{
    struct completion *completion = mem_calloc(1, sizeof(*completion));
    completion->context = context;
    completion->catalogue = catalogue_create();
    return completion;
}

void completion_destroy(struct completion *completion)
{
    if (completion == NULL)
        return;
    catalogue_destroy(completion->catalogue);
    free(completion->schema);
    free(completion);
}

static void add(struct candidates *list, char *text)
{
    list->texts = mem_realloc(list->texts, (list->count + 2) * sizeof(*list->texts));
    list->texts[list->count++] = text;
    list->texts[list->count] = NULL;
}

static bool is_plain_name(const char *name)
{
    bool digits = true;
    for (const char *c = name; *c != '\0'; c++) {
        if (!text_is_alnum(*c) && *c != '_' && *c != '$')
            return false;
        digits = digits && text_is_digit(*c);
    }
    return !digits && !keyword_is(name);
}

// A name as it has to be typed. One that a terminal would act on is not offered.
static void add_name(void *data, const char *name)
{
    struct candidates *list = data;
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, name, strlen(name), false);
    bool printable = shown.len == strlen(name) && memcmp(shown.data, name, shown.len) == 0;
    buf_finish(&shown);
    if (!printable)
        return;
    if (!list->in_backticks && is_plain_name(name)) {
        add(list, mem_strdup(name));
        return;
    }
    struct buf quoted = BUF_INIT;
    statement_add_name(&quoted, name);
    // The opening backtick is typed already, and the closing one is left to the user.
    if (list->in_backticks)
        add(list, mem_strndup(quoted.data + 1, quoted.len - 2));
    else
        add(list, mem_strdup(buf_cstr(&quoted)));
    buf_finish(&quoted);
}

static void add_if_prefix(struct candidates *list, const char *text)
{
    if (text_same_start_nocase(list->word, text, strlen(list->word)))
        add(list, mem_strdup(text));
}

// In the case that was typed.
static void add_keywords(struct candidates *list)
{
    size_t len = strlen(list->word);
    const char *keyword;
    for (size_t i = 0; (keyword = keyword_at(i)) != NULL; i++) {
        if (!text_same_start_nocase(list->word, keyword, len))
            continue;
        char *text = mem_strdup(keyword);
        bool lower = len == 0 || text_is_lower(list->word[0]);
        for (char *c = text; lower && *c != '\0'; c++)
            *c = text_lower(*c);
        add(list, text);
    }
}

static void add_kind(struct completion *self, struct candidates *list, enum name_kind kind,
                     const char *parent)
{
    catalogue_each(self->catalogue, kind, parent, list->word, add_name, list);
}

static void learn(struct completion *self)
{
    struct context *context = self->context;
    const char *schema = session_schema(context->session);
    if (self->loaded && !context->stale_names && strcmp(self->schema, schema) == 0)
        return;
    struct error ignored = ERROR_INIT;
    catalogue_load(self->catalogue, session_pool(context->session), context->cancel, schema,
                   &ignored);
    error_finish(&ignored);
    // What was pressed meanwhile is done with; at the line that is gone on with it is counted anew.
    cancel_reset(context->cancel);
    mem_replace(&self->schema, schema);
    self->loaded = true;
    context->stale_names = false;
}

// The command that the line begins with, or NULL. *args: where its arguments begin.
static const struct command *line_command(const char *line, size_t *args)
{
    size_t start = strspn(line, " \t");
    bool backslash = line[start] == '\\';
    size_t name = start + (backslash ? 1 : 0);
    size_t len = strcspn(line + name, " \t");
    if (line[name + len] == '\0')
        return NULL;
    *args = name + len;
    return command_find(line + name, len, backslash);
}

bool completion_wants_file(const char *line)
{
    size_t args;
    const struct command *command = line_command(line, &args);
    return command != NULL && command->completer == COMPLETE_FILE;
}

static void add_commands(struct candidates *list)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        CLEANUP(mem_free_at) char *text = mem_printf("\\%s", command->name);
        add_if_prefix(list, text);
    }
}

// The signature of the routine that is written so, or NULL.
static const struct routine *find_routine(struct completion *self, const char *typed)
{
    CLEANUP(mem_free_at) char *schema = NULL;
    CLEANUP(mem_free_at) char *name = NULL;
    struct error ignored = ERROR_INIT;
    struct connection_state state;
    struct session *session = self->context->session;
    const struct routine *routine = NULL;
    // Nothing is connected to for the sake of a hint.
    if (session_get_state(session, &state) && procedure_parse_name(typed, &schema, &name, &ignored))
        routine = session_routine(session, schema, name, &ignored);
    error_finish(&ignored);
    free(session_take_notice(session));
    return routine != NULL && routine->known ? routine : NULL;
}

// Routines of another schema than the one in use: the catalogue knows nothing of them.
static void add_routines_of(struct completion *self, const char *schema, struct candidates *list)
{
    struct buf query = BUF_INIT;
    struct recorder rows;
    struct error ignored = ERROR_INIT;
    struct connection_state state;
    struct session *session = self->context->session;
    if (!session_get_state(session, &state))
        return;
    recorder_init(&rows);
    buf_add_text(&query, "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
                         " WHERE ROUTINE_SCHEMA = ");
    statement_add_string(&query, schema, strlen(schema));
    buf_add_text(&query, " AND LEFT(ROUTINE_NAME, ");
    buf_printf(&query, "CHAR_LENGTH(");
    statement_add_string(&query, list->word, strlen(list->word));
    buf_add_text(&query, ")) = ");
    statement_add_string(&query, list->word, strlen(list->word));
    buf_add_text(&query, " LIMIT 1000");
    if (session_ask(session, query.data, query.len, &rows.sink, &ignored)) {
        for (size_t i = 0; i < recorder_rows(&rows); i++)
            add_name(list, recorder_cell(&rows, i, 0));
    }
    error_finish(&ignored);
    free(session_take_notice(session));
    recorder_finish(&rows);
    buf_finish(&query);
}

// The schema in `schema.` before the word, or NULL.
static char *qualifier(const char *line, size_t start)
{
    struct lexer lexer;
    struct token token;
    struct token last = {.kind = TOKEN_PUNCTUATION};
    bool dotted = false;
    if (start == 0 || line[start - 1] != '.')
        return NULL;
    lexer_init(&lexer, line, start, NULL);
    while (lexer_next(&lexer, &token)) {
        dotted = token_is_char(&token, '.');
        if (!dotted)
            last = token;
    }
    return dotted && token_is_name(&last) ? token_name(&last) : NULL;
}

// The routine's name; behind it, for a call, `name=` for each parameter that takes a value.
static void add_routines(struct completion *self, const struct command *command, const char *args,
                         size_t start, struct candidates *list)
{
    size_t begin = strspn(args, " \t");
    size_t end = begin + strcspn(args + begin, " \t");
    if (start <= end) {
        CLEANUP(mem_free_at) char *schema = qualifier(args, start);
        if (schema != NULL) {
            add_routines_of(self, schema, list);
            return;
        }
        learn(self);
        add_kind(self, list, NAME_PROCEDURE, NULL);
        add_kind(self, list, NAME_FUNCTION, NULL);
        add_kind(self, list, NAME_SCHEMA, NULL);
        return;
    }
    CLEANUP(mem_free_at) char *name = mem_strndup(args + begin, end - begin);
    bool call = strcmp(command->name, "call") == 0;
    const struct routine *routine = call ? find_routine(self, name) : NULL;
    for (size_t i = 0; routine != NULL && i < routine->count; i++) {
        CLEANUP(mem_free_at) char *text = mem_printf("%s=", routine->parameters[i].name);
        if (routine->parameters[i].mode != PARAMETER_OUT)
            add_if_prefix(list, text);
    }
}

static void add_variables(struct completion *self, const char *mark, struct candidates *list)
{
    const struct variables *variables = &self->context->variables;
    for (size_t i = 0; i < variables->count; i++) {
        CLEANUP(mem_free_at) char *text = mem_printf("%s%s", mark, variables->items[i].name);
        add_if_prefix(list, text);
    }
}

struct typed_bind {
    struct candidates *list;
    const char *begin; // of the name, up to the word in hand, which a - in it begins anew
    size_t len;
};

static void add_bind(void *data, const char *name)
{
    const struct typed_bind *typed = data;
    if (strncmp(name, typed->begin, typed->len) == 0)
        add_if_prefix(typed->list, name + typed->len);
}

// `\session NAME @bind`; elsewhere the names of sessions.
static void add_sessions(struct completion *self, const char *args, size_t start,
                         struct candidates *list)
{
    const struct session *session;
    size_t begin = start;
    while (begin > 0 && strchr(" \t", args[begin - 1]) == NULL)
        begin--;
    if (begin < start && args[begin] == '@' && begin > strspn(args, " \t")) {
        struct typed_bind typed = {list, args + begin + 1, start - begin - 1};
        resolve_each_bind(NULL, add_bind, &typed);
        return;
    }
    for (size_t i = 0; (session = manager_session_at(self->context->manager, i)) != NULL; i++)
        add_if_prefix(list, session_name(session));
}

static void add_argument(struct completion *self, const struct command *command, const char *args,
                         size_t start, struct candidates *list)
{
    const struct render_format *format;
    const struct command *other;
    switch (command->completer) {
    case COMPLETE_SCHEMA:
        learn(self);
        add_kind(self, list, NAME_SCHEMA, NULL);
        break;
    case COMPLETE_FORMAT:
        for (size_t i = 0; (format = render_format_at(i)) != NULL; i++)
            add_if_prefix(list, format->name);
        break;
    case COMPLETE_COMMAND:
        for (size_t i = 0; (other = command_at(i)) != NULL; i++)
            add_if_prefix(list, other->name);
        break;
    case COMPLETE_SESSION:
        add_sessions(self, args, start, list);
        break;
    case COMPLETE_ROUTINE:
        add_routines(self, command, args, start, list);
        break;
    case COMPLETE_VARIABLE:
        add_variables(self, "", list);
        break;
    case COMPLETE_FILE:
    case COMPLETE_NOTHING:
        break;
    }
}

// The last two tokens before the word.
struct before {
    struct token first;
    struct token last;
    struct token last_but_one;
    size_t count;
};

static struct before look_back(const char *line, size_t start)
{
    struct before before = {.count = 0};
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, line, start, NULL);
    while (lexer_next(&lexer, &token)) {
        before.last_but_one = before.last;
        before.last = token;
        before.first = before.count == 0 ? token : before.first;
        before.count++;
    }
    return before;
}

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(token, *words))
            return true;
    }
    return false;
}

static bool is_name(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_NAME;
}

// The table that the line calls so ("orders o", "orders AS o"), or NULL.
static char *find_aliased(const char *line, const char *alias)
{
    struct lexer lexer;
    struct token token;
    struct token table = {.kind = TOKEN_PUNCTUATION};
    lexer_init(&lexer, line, strlen(line), NULL);
    while (lexer_next(&lexer, &token)) {
        if (token_is(&token, "as"))
            continue;
        CLEANUP(mem_free_at) char *name = is_name(&token) ? token_name(&token) : NULL;
        if (name != NULL && is_name(&table) && text_equals_nocase(name, alias))
            return token_name(&table);
        table = token;
    }
    return NULL;
}

static void add_sql(struct completion *self, const char *line, size_t start,
                    struct candidates *list)
{
    static const char *const tables[] = {"from",     "join", "into",     "update", "table",
                                         "describe", "desc", "truncate", "view",   NULL};
    static const char *const schemas[] = {"use", "database", "schema", NULL};
    struct before before = look_back(line, start);
    if (list->word[0] == ':') {
        add_variables(self, ":", list);
        return;
    }
    learn(self);
    if (before.count >= 2 && token_is_char(&before.last, '.')) {
        CLEANUP(mem_free_at) char *parent = token_name(&before.last_but_one);
        if (before.count == 3 && token_is(&before.first, "call")) {
            add_routines_of(self, parent, list);
            return;
        }
        CLEANUP(mem_free_at) char *table = find_aliased(line, parent);
        add_kind(self, list, NAME_COLUMN, parent);
        if (table != NULL)
            add_kind(self, list, NAME_COLUMN, table);
        if (strcmp(parent, session_schema(self->context->session)) == 0)
            add_kind(self, list, NAME_TABLE, NULL);
        return;
    }
    if (before.count > 0 && token_is(&before.last, "call")) {
        add_kind(self, list, NAME_PROCEDURE, NULL);
        return;
    }
    if (before.count > 0 && is_one_of(&before.last, schemas)) {
        add_kind(self, list, NAME_SCHEMA, NULL);
        return;
    }
    add_kind(self, list, NAME_TABLE, NULL);
    if (before.count > 0 && is_one_of(&before.last, tables)) {
        add_kind(self, list, NAME_SCHEMA, NULL);
        return;
    }
    add_kind(self, list, NAME_COLUMN, NULL);
    add_kind(self, list, NAME_FUNCTION, NULL);
    if (!list->in_backticks)
        add_keywords(list);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static char **sorted_once(struct candidates *list)
{
    if (list->count == 0)
        return NULL;
    qsort(list->texts, list->count, sizeof(*list->texts), compare);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (kept > 0 && strcmp(list->texts[kept - 1], list->texts[i]) == 0)
            free(list->texts[i]);
        else
            list->texts[kept++] = list->texts[i];
    }
    list->texts[kept] = NULL;
    return list->texts;
}

char **completion_find(void *data, const char *line, size_t start, size_t end)
{
    struct completion *self = data;
    CLEANUP(mem_free_at) char *word = mem_strndup(line + start, end - start);
    struct candidates list = {.word = word, .in_backticks = start > 0 && line[start - 1] == '`'};
    size_t args;
    const struct command *command = line_command(line, &args);
    if (word[0] == '\\')
        add_commands(&list);
    else if (command != NULL && start >= args)
        add_argument(self, command, line + args, start - args, &list);
    else
        add_sql(self, line, start, &list);
    return sorted_once(&list);
}

// "\call name " or "CALL name(", with nothing behind it: the name as it is written, or NULL.
static char *called_name(const char *line)
{
    size_t args;
    size_t len = strlen(line);
    const struct command *command = line_command(line, &args);
    if (command != NULL && strcmp(command->name, "call") == 0) {
        size_t begin = args + strspn(line + args, " \t");
        size_t end = begin + strcspn(line + begin, " \t");
        return end > begin && end + 1 == len ? mem_strndup(line + begin, end - begin) : NULL;
    }
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, line, len, NULL);
    if (len == 0 || line[len - 1] != '(' || !lexer_next(&lexer, &token) ||
        !token_is(&token, "call"))
        return NULL;
    const char *name = token.text + token.len;
    return mem_strndup(name, (size_t) (line + len - 1 - name));
}

char *completion_hint(void *data, const char *line)
{
    struct completion *self = data;
    CLEANUP(mem_free_at) char *name = called_name(line);
    const struct routine *routine = name == NULL ? NULL : find_routine(self, name);
    if (routine == NULL)
        return NULL;
    CLEANUP(mem_free_at) char *signature = routine_signature(routine);
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, signature, strlen(signature), false);
    return buf_steal(&shown);
}
