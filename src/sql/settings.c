#include "marsh/sql/settings.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"

struct reading {
    struct lexer lexer;
    struct token token;
    bool more;
    settings_is_lost is_lost;
    void *data;
    bool all; // GLOBAL was said, which goes for all that follow
    size_t count;
    size_t globals;
    size_t nexts;
    bool other;
};

// Functions whose value is that of their arguments. What is not here may be any.
static const char *const pure[] = {"abs",         "and",
                                   "ascii",       "bin",
                                   "cast",        "ceil",
                                   "ceiling",     "char",
                                   "char_length", "coalesce",
                                   "concat",      "concat_ws",
                                   "conv",        "convert",
                                   "date_format", "elt",
                                   "field",       "find_in_set",
                                   "floor",       "format",
                                   "from_base64", "greatest",
                                   "hex",         "if",
                                   "ifnull",      "in",
                                   "instr",       "lcase",
                                   "least",       "left",
                                   "length",      "locate",
                                   "lower",       "lpad",
                                   "ltrim",       "make_set",
                                   "md5",         "mid",
                                   "mod",         "not",
                                   "nullif",      "or",
                                   "ord",         "pow",
                                   "power",       "quote",
                                   "repeat",      "replace",
                                   "reverse",     "right",
                                   "round",       "rpad",
                                   "rtrim",       "sha1",
                                   "sha2",        "sign",
                                   "space",       "sqrt",
                                   "strcmp",      "substr",
                                   "substring",   "substring_index",
                                   "to_base64",   "trim",
                                   "truncate",    "ucase",
                                   "unhex",       "upper",
                                   "user",        "version",
                                   NULL};

// Words that stand for what may be another one the next time.
static const char *const varying[] = {
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
    "next",         "nextval",      "previous",          "select",    "table",
    "utc_date",     "utc_time",     "utc_timestamp",     "values",    NULL};

// The same of @@variables: of the clock, the statement before, the connection.
static const char *const varying_settings[] = {
    "error_count",    "gtid_binlog_pos",  "gtid_binlog_state", "gtid_current_pos",
    "identity",       "insert_id",        "in_transaction",    "last_gtid",
    "last_insert_id", "pseudo_thread_id", "rand_seed1",        "rand_seed2",
    "timestamp",      "uptime",           "warning_count",     NULL};

// Settings that the next statement uses up.
static const char *const used_up[] = {"gtid_seq_no", "insert_id", "rand_seed1", "rand_seed2", NULL};

static bool is_any(const char *name, size_t len, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strlen(*names) == len && text_same_start_nocase(name, *names, len))
            return true;
    }
    return false;
}

static void next(struct reading *r)
{
    r->more = lexer_next(&r->lexer, &r->token);
}

static bool at(const struct reading *r, const char *word)
{
    return r->more && token_is(&r->token, word);
}

static bool at_end(const struct reading *r)
{
    return !r->more || token_is_char(&r->token, ';');
}

// "@@session.`name`" ends with that: its last name, and whether another scope is written.
static char *system_name(const struct token *token, bool *global)
{
    struct lexer lexer;
    struct token part;
    char *scope = NULL;
    char *name = NULL;
    lexer_init(&lexer, token->text + 2, token->len - 2, NULL);
    while (lexer_next(&lexer, &part)) {
        if (!token_is_name(&part))
            continue;
        free(scope);
        scope = name;
        name = token_name(&part);
    }
    *global = scope != NULL && !text_equals_nocase(scope, "session") &&
              !text_equals_nocase(scope, "local");
    free(scope);
    return name == NULL ? mem_strdup("") : name;
}

static bool is_system(const struct token *token)
{
    return token->kind == TOKEN_VARIABLE && token->len > 2 && token->text[1] == '@';
}

static void read_variable(struct reading *r)
{
    if (!is_system(&r->token)) {
        CLEANUP(mem_free_at) char *name = mem_strndup(r->token.text, r->token.len);
        for (char *c = name; *c != '\0'; c++)
            *c = text_lower(*c);
        r->other = r->other || (r->is_lost != NULL && r->is_lost(r->data, name));
        return;
    }
    bool global;
    CLEANUP(mem_free_at) char *name = system_name(&r->token, &global);
    // What was global then may have been set since.
    r->other = r->other || global || is_any(name, strlen(name), varying_settings);
}

// Up to the comma behind it.
static void read_value(struct reading *r)
{
    size_t depth = 0;
    for (; !at_end(r) && (depth > 0 || !token_is_char(&r->token, ',')); next(r)) {
        struct token token = r->token;
        depth += token_is_char(&token, '(');
        depth -= token_is_char(&token, ')') && depth > 0;
        if (token.kind == TOKEN_VARIABLE) {
            read_variable(r);
        } else if (token.kind == TOKEN_WORD || token.kind == TOKEN_NAME) {
            struct lexer ahead = r->lexer;
            struct token behind;
            bool calls = lexer_next(&ahead, &behind) && token_is_char(&behind, '(');
            bool quoted = token.kind == TOKEN_NAME;
            r->other = r->other || (!quoted && is_any(token.text, token.len, varying)) ||
                       (calls && (quoted || !is_any(token.text, token.len, pure)));
        }
    }
    if (!at_end(r))
        next(r);
}

static void read_target(struct reading *r)
{
    bool global = r->all;
    CLEANUP(mem_free_at) char *name = NULL;
    if (is_system(&r->token))
        name = system_name(&r->token, &global);
    else if (r->token.kind != TOKEN_VARIABLE && token_is_name(&r->token))
        name = token_name(&r->token);
    else
        global = false;
    r->globals += global;
    r->nexts += !global && name != NULL && is_any(name, strlen(name), used_up);
    next(r);
}

static void read_assignment(struct reading *r)
{
    static const char *const all[] = {"global", "persist", "persist_only", NULL};
    static const char *const mine[] = {"session", "local", NULL};
    bool is_word = r->token.kind == TOKEN_WORD;
    bool globally = is_word && is_any(r->token.text, r->token.len, all);
    bool locally = is_word && is_any(r->token.text, r->token.len, mine);
    if (globally || locally) {
        r->all = globally;
        next(r);
    }
    r->count++;
    if (r->more && (at(r, "password") || at(r, "default"))) {
        r->globals++;
    } else if (at(r, "transaction")) {
        r->globals += r->all;
        r->nexts += !globally && !locally;
        // Its parts have commas between them.
        while (!at_end(r))
            next(r);
    } else if (r->more) {
        read_target(r);
    }
    read_value(r);
}

enum settings settings_read(const char *text, size_t len, const struct dialect *dialect,
                            settings_is_lost is_lost, void *data)
{
    const unsigned asks = EFFECT_ASKS_ID | EFFECT_ASKS_RESULT | EFFECT_ASKS_NUMBER |
                          EFFECT_TAKES_NUMBER | EFFECT_MAY_CALL | EFFECT_CALLS | EFFECT_MAY_FIRE;
    struct reading r = {.is_lost = is_lost, .data = data};
    struct effects effects;
    effects_read(text, len, dialect, &effects, NULL, NULL);
    lexer_init(&r.lexer, text, len, dialect);
    next(&r);
    if (effects.statements != 1 || strncmp(effects.verb, "SET", 3) != 0 || !at(&r, "set"))
        return SETTINGS_NONE;
    next(&r);
    if (at(&r, "statement"))
        return SETTINGS_NONE;
    while (!at_end(&r))
        read_assignment(&r);
    if (r.count > 0 && r.globals == r.count)
        return SETTINGS_GLOBAL;
    if (r.other || r.globals > 0 || (effects.flags & asks) != 0 || r.lexer.doubtful)
        return SETTINGS_OTHER;
    if (r.nexts > 0)
        return r.nexts == r.count ? SETTINGS_NEXT : SETTINGS_OTHER;
    return SETTINGS_SAME;
}
