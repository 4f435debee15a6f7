// What statements leave on the connection, as far as their text tells.
#include <stdlib.h>
#include <string.h>

#include "effects_internal.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"

// A name as it is written: [schema.]name
struct written {
    char *schema;
    char *name;
};

static void written_finish(struct written *written)
{
    free(written->schema);
    free(written->name);
}

static void tell(struct reader *r, const struct trace_change *change)
{
    if (r->trace != NULL && (change->what == TRACE_LEFT || !r->never_takes))
        r->trace(r->data, change);
}

static void leave(struct reader *r, enum trace_kind kind, const char *name)
{
    tell(r, &(struct trace_change){.kind = kind, .what = TRACE_LEFT, .name = name});
}

static void take(struct reader *r, enum trace_kind kind, const char *name)
{
    tell(r, &(struct trace_change){.kind = kind, .what = TRACE_TAKEN, .name = name});
}

// The name in hand; false where there is none.
static bool read_name(struct reader *r, struct written *written)
{
    *written = (struct written){.name = NULL};
    while (r->more && token_is_name(&r->token)) {
        free(written->schema);
        written->schema = written->name;
        written->name = token_name(&r->token);
        reader_next(r);
        if (!reader_at_char(r, '.'))
            break;
        reader_next(r);
    }
    return written->name != NULL;
}

static void trace_names(struct reader *r, enum trace_kind kind, bool left)
{
    struct written written;
    while (read_name(r, &written)) {
        bool table = kind == TRACE_TEMPORARY_TABLE;
        tell(r, &(struct trace_change){.kind = kind,
                                       .what = left ? TRACE_LEFT : TRACE_TAKEN,
                                       .schema = table ? written.schema : NULL,
                                       .name = written.name});
        written_finish(&written);
        if (!reader_at_char(r, ','))
            return;
        reader_next(r);
    }
}

static bool is_user_variable(const struct token *token)
{
    return token->kind == TOKEN_VARIABLE && token->len > 1 && token->text[1] != '@';
}

static void leave_variable(struct reader *r)
{
    CLEANUP(mem_free_at) char *name = mem_strndup(r->token.text, r->token.len);
    for (char *c = name; *c != '\0'; c++)
        *c = text_lower(*c);
    leave(r, TRACE_VARIABLE, name);
}

// A word, quoted or not, that needs no unquoting.
static bool is_called(const struct token *token, const char *word)
{
    size_t quotes = token->kind == TOKEN_WORD ? 0 : 1;
    size_t len = strlen(word);
    return token->len > quotes && (token->text[quotes] | 0x20) == word[0] &&
           token->len == len + 2 * quotes &&
           text_same_start_nocase(token->text + quotes, word, len);
}

// GET_LOCK('name', ...) and its kin, with the name in hand.
static void read_lock_function(struct reader *r)
{
    bool get = is_called(&r->token, "get_lock");
    bool release = is_called(&r->token, "release_lock");
    bool release_all = is_called(&r->token, "release_all_locks");
    reader_next(r);
    if ((!get && !release && !release_all) || !reader_at_char(r, '('))
        return;
    reader_next(r);
    if (release_all) {
        take(r, TRACE_USER_LOCK, NULL);
        return;
    }
    // What is computed can't be known: it gets a name of its own, which no release takes away.
    bool literal = r->more && r->token.kind == TOKEN_STRING && r->token.len >= 2;
    if (!literal && !get)
        return;
    CLEANUP(mem_free_at)
    char *name = literal ? mem_strndup(r->token.text + 1, r->token.len - 2) : mem_strdup("?");
    if (get)
        leave(r, TRACE_USER_LOCK, name);
    else
        take(r, TRACE_USER_LOCK, name);
}

// Where @variables of a statement are set.
enum setting { SET_BY_COLON, SET_BY_EQUALS, SET_ALL };

static bool is_assigned(const struct reader *r, enum setting setting)
{
    struct lexer ahead = r->lexer;
    struct token token;
    bool more = lexer_next(&ahead, &token);
    return setting == SET_ALL ||
           (more && (token_is_char(&token, ':') ||
                     (setting == SET_BY_EQUALS && token_is_char(&token, '='))));
}

// The rest of a statement: what may stand anywhere in one.
static void read_rest(struct reader *r, enum setting setting)
{
    bool into = false;
    while (!reader_at_end(r)) {
        if (is_user_variable(&r->token)) {
            if (into || is_assigned(r, setting))
                leave_variable(r);
            reader_next(r);
            into = into && reader_at_char(r, ',');
            if (into)
                reader_next(r);
        } else if (token_is_name(&r->token)) {
            into = reader_at(r, "into");
            read_lock_function(r);
        } else {
            into = false;
            reader_next_of_note(r);
        }
    }
}

static void skip_value(struct reader *r)
{
    size_t depth = 0;
    while (!reader_at_end(r) && (depth > 0 || !reader_at_char(r, ','))) {
        depth += reader_at_char(r, '(');
        depth -= reader_at_char(r, ')') && depth > 0;
        if (is_user_variable(&r->token) && is_assigned(r, SET_BY_COLON))
            leave_variable(r);
        if (token_is_name(&r->token))
            read_lock_function(r);
        else
            reader_next(r);
    }
    if (reader_at_char(r, ','))
        reader_next(r);
}

// @@name, @@session.name, @@global.name: the name, or NULL where it is not the session's.
static char *read_system_variable(struct reader *r)
{
    struct lexer lexer;
    struct token token;
    char *scope = NULL;
    char *name = NULL;
    lexer_init(&lexer, r->token.text + 2, r->token.len - 2, &r->lexer.dialect);
    reader_next(r);
    while (lexer_next(&lexer, &token)) {
        if (token_is_name(&token)) {
            free(scope);
            scope = name;
            name = token_name(&token);
        }
    }
    // "@@session . name"
    if (reader_at_char(r, '.')) {
        reader_next(r);
        free(scope);
        scope = name;
        name = r->more && token_is_name(&r->token) ? token_name(&r->token) : NULL;
        if (name != NULL)
            reader_next(r);
    }
    if (scope != NULL && !text_equals_nocase(scope, "session") &&
        !text_equals_nocase(scope, "local")) {
        free(name);
        name = NULL;
    }
    free(scope);
    return name;
}

static void leave_setting(struct reader *r, const char *name)
{
    if (text_equals_nocase(name, "autocommit"))
        r->effects->flags |= EFFECT_IMPLICIT_COMMIT;
    else
        leave(r, TRACE_SETTING, name);
}

// SET NAMES alone is put back on another connection, and sets all of these anew.
static void read_names(struct reader *r)
{
    static const char *const names[] = {"character_set_client", "character_set_connection",
                                        "character_set_results", "collation_connection"};
    bool collation = false;
    bool plain = reader_skip(r, "names");
    if (!plain)
        leave(r, TRACE_SETTING, "character_set_connection");
    for (size_t i = 0; plain && i < sizeof(names) / sizeof(names[0]); i++)
        take(r, TRACE_SETTING, names[i]);
    for (; !reader_at_end(r) && !reader_at_char(r, ','); reader_next(r))
        collation = collation || reader_at(r, "collate");
    if (collation)
        leave(r, TRACE_SETTING, "collation_connection");
    if (reader_at_char(r, ','))
        reader_next(r);
}

// GLOBAL goes for all that follow, up to another such word.
static void read_assignment(struct reader *r, bool *global)
{
    static const char *const all[] = {"global", "persist", "persist_only", NULL};
    static const char *const mine[] = {"session", "local", NULL};
    static const char *const charsets[] = {"names", "character", "charset", NULL};
    struct written written;
    bool named = reader_at_any(r, all) || reader_at_any(r, mine);
    if (named) {
        *global = reader_at_any(r, all);
        reader_next(r);
    }
    if (reader_at_any(r, charsets)) {
        read_names(r);
        return;
    }
    if (reader_at(r, "transaction")) {
        if (!*global)
            leave(r, TRACE_SETTING, named ? "transaction_isolation" : "transaction");
        while (!reader_at_end(r))
            reader_next(r);
        return;
    }
    if (is_user_variable(&r->token)) {
        leave_variable(r);
        reader_next(r);
    } else if (r->token.kind == TOKEN_VARIABLE && r->token.len > 2) {
        CLEANUP(mem_free_at) char *name = read_system_variable(r);
        if (name != NULL)
            leave_setting(r, name);
    } else if (read_name(r, &written)) {
        if (!*global)
            leave_setting(r, written.name);
        written_finish(&written);
    }
    skip_value(r);
}

static void read_set(struct reader *r)
{
    static const char *const others[] = {"password", "default", "role", NULL};
    bool global = false;
    if (reader_at(r, "role"))
        leave(r, TRACE_SETTING, "role");
    if (reader_at_any(r, others))
        return;
    while (!reader_at_end(r))
        read_assignment(r, &global);
}

static bool skip_any(struct reader *r, const char *const *words)
{
    bool found = reader_at_any(r, words);
    if (found)
        reader_next(r);
    return found;
}

static const char *const tables[] = {"table", "tables", "sequence", NULL};

static void skip_if_exists(struct reader *r)
{
    if (reader_skip(r, "if")) {
        reader_skip(r, "not");
        reader_skip(r, "exists");
    }
}

static void read_table(struct reader *r, bool left)
{
    if (!skip_any(r, tables))
        return;
    skip_if_exists(r);
    trace_names(r, TRACE_TEMPORARY_TABLE, left);
}

// A routine's body is no statement of this session's, nor does a view's SELECT run now.
static void read_create(struct reader *r)
{
    static const char *const routines[] = {"procedure", "function", "trigger",
                                           "event",     "package",  NULL};
    if (reader_skip(r, "temporary")) {
        read_table(r, true);
        return;
    }
    struct reader ahead = *r;
    bool body = false;
    bool runs = false;
    while (!reader_at_end(&ahead) && !reader_at_char(&ahead, '(') && !body && !runs) {
        runs = reader_at(&ahead, "table");
        body = reader_at_any(&ahead, routines);
        reader_next(&ahead);
    }
    while (body ? r->more : (!runs && !reader_at_end(r)))
        reader_next(r);
}

static void read_drop(struct reader *r)
{
    reader_skip(r, "temporary");
    if (reader_skip(r, "prepare"))
        trace_names(r, TRACE_PREPARED, false);
    else
        read_table(r, false);
}

static void rename_to(struct reader *r, struct written *from)
{
    struct written to;
    if (read_name(r, &to)) {
        tell(r, &(struct trace_change){.kind = TRACE_TEMPORARY_TABLE,
                                       .what = TRACE_RENAMED,
                                       .schema = from->schema,
                                       .name = from->name,
                                       .new_schema = to.schema,
                                       .new_name = to.name});
        written_finish(&to);
    }
}

// RENAME TABLE a TO b, c TO d
static void read_rename(struct reader *r)
{
    struct written from;
    if (!skip_any(r, tables))
        return;
    skip_if_exists(r);
    while (read_name(r, &from)) {
        while (!reader_at_end(r) && !reader_at(r, "to"))
            reader_next(r);
        reader_skip(r, "to");
        rename_to(r, &from);
        written_finish(&from);
        if (!reader_at_char(r, ','))
            return;
        reader_next(r);
    }
}

// ALTER TABLE a ..., RENAME [TO|AS|=] b, ...
static void read_alter(struct reader *r)
{
    static const char *const fillers[] = {"online", "ignore", NULL};
    static const char *const parts[] = {"column", "index", "key", "constraint", NULL};
    static const char *const to[] = {"to", "as", NULL};
    struct written from;
    while (skip_any(r, fillers))
        ;
    if (!skip_any(r, tables))
        return;
    skip_if_exists(r);
    if (!read_name(r, &from))
        return;
    while (!reader_at_end(r)) {
        if (!reader_skip(r, "rename")) {
            reader_next(r);
        } else if (!reader_at_any(r, parts)) {
            if (!skip_any(r, to) && reader_at_char(r, '='))
                reader_next(r);
            rename_to(r, &from);
        }
    }
    written_finish(&from);
}

static void read_flush(struct reader *r)
{
    static const char *const fillers[] = {"local", "no_write_to_binlog", NULL};
    static const char *const locks[] = {"lock", "export", NULL};
    skip_any(r, fillers);
    if (!skip_any(r, tables))
        return;
    while (!reader_at_end(r)) {
        if (reader_at_any(r, locks)) {
            leave(r, TRACE_TABLE_LOCK, "FLUSH TABLES");
            return;
        }
        reader_next(r);
    }
}

static void read_lock(struct reader *r)
{
    leave(r, TRACE_TABLE_LOCK, reader_at(r, "instance") ? "LOCK INSTANCE" : "LOCK TABLES");
}

static void read_unlock(struct reader *r)
{
    if (reader_at(r, "instance")) {
        take(r, TRACE_TABLE_LOCK, "LOCK INSTANCE");
        return;
    }
    take(r, TRACE_TABLE_LOCK, "LOCK TABLES");
    take(r, TRACE_TABLE_LOCK, "FLUSH TABLES");
}

static void read_backup(struct reader *r)
{
    if (reader_skip(r, "stage")) {
        if (reader_at(r, "end"))
            take(r, TRACE_TABLE_LOCK, "BACKUP STAGE");
        else
            leave(r, TRACE_TABLE_LOCK, "BACKUP STAGE");
    } else if (reader_at(r, "lock")) {
        leave(r, TRACE_TABLE_LOCK, "BACKUP LOCK");
    } else if (reader_at(r, "unlock")) {
        take(r, TRACE_TABLE_LOCK, "BACKUP LOCK");
    }
}

// HANDLER t OPEN [[AS] a], HANDLER a CLOSE
static void read_handler(struct reader *r)
{
    struct written written;
    if (!read_name(r, &written))
        return;
    if (reader_skip(r, "open")) {
        struct written alias = {.name = NULL};
        reader_skip(r, "as");
        leave(r, TRACE_HANDLER, read_name(r, &alias) ? alias.name : written.name);
        written_finish(&alias);
    } else if (reader_at(r, "close")) {
        take(r, TRACE_HANDLER, written.name);
    }
    written_finish(&written);
}

static void read_prepare(struct reader *r)
{
    trace_names(r, TRACE_PREPARED, true);
}

static void read_deallocate(struct reader *r)
{
    reader_skip(r, "prepare");
    trace_names(r, TRACE_PREPARED, false);
}

void traces_of_begin(struct reader *r)
{
    take(r, TRACE_SETTING, "transaction");
    take(r, TRACE_TABLE_LOCK, "LOCK TABLES");
}

void traces_of_statement(struct reader *r, const struct token *first)
{
    static const struct {
        const char *word;
        void (*read)(struct reader *r); // before the rest; may be NULL
        enum setting setting;
    } rows[] = {
        {"alter", read_alter},
        {"backup", read_backup},
        {"call", NULL, SET_ALL},
        {"create", read_create},
        {"deallocate", read_deallocate},
        {"drop", read_drop},
        {"flush", read_flush},
        {"get", NULL, SET_BY_EQUALS},
        {"handler", read_handler},
        {"load", NULL, SET_ALL},
        {"lock", read_lock},
        {"prepare", read_prepare},
        {"rename", read_rename},
        {"set", read_set},
        {"unlock", read_unlock},
    };
    enum setting setting = SET_BY_COLON;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!token_is(first, rows[i].word))
            continue;
        setting = rows[i].setting;
        if (rows[i].read != NULL)
            rows[i].read(r);
    }
    read_rest(r, setting);
}

void traces_of_body(struct reader *r)
{
    bool never_takes = r->never_takes;
    r->never_takes = true;
    while (r->more) {
        read_rest(r, SET_BY_COLON);
        reader_next(r);
    }
    r->never_takes = never_takes;
}
