#include "marsh/sql/effects.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "marsh/base/mem.h"
#include "marsh/sql/lexer.h"

// By the first words of a statement; the first row that fits counts.
static const struct verb {
    const char *first;
    const char *second; // NULL: any
    unsigned flags;
} verbs[] = {
    {"alter", NULL, EFFECT_IMPLICIT_COMMIT},
    {"analyze", "table", EFFECT_IMPLICIT_COMMIT},
    {"analyze", NULL, 0},
    {"begin", "not", EFFECT_CALLS},
    {"begin", NULL, EFFECT_BEGINS},
    {"cache", NULL, EFFECT_IMPLICIT_COMMIT},
    {"call", NULL, EFFECT_CALLS},
    {"case", NULL, EFFECT_CALLS},
    {"change", NULL, EFFECT_IMPLICIT_COMMIT},
    {"check", NULL, EFFECT_IMPLICIT_COMMIT},
    {"commit", NULL, EFFECT_COMMITS},
    {"create", "temporary", 0},
    {"create", NULL, EFFECT_IMPLICIT_COMMIT},
    {"desc", NULL, EFFECT_READS},
    {"describe", NULL, EFFECT_READS},
    {"drop", "temporary", 0},
    {"drop", "prepare", 0},
    {"drop", NULL, EFFECT_IMPLICIT_COMMIT},
    {"execute", NULL, EFFECT_CALLS},
    {"explain", NULL, EFFECT_READS},
    {"flush", NULL, EFFECT_IMPLICIT_COMMIT},
    {"for", NULL, EFFECT_CALLS},
    {"grant", NULL, EFFECT_IMPLICIT_COMMIT},
    {"help", NULL, EFFECT_READS},
    {"if", NULL, EFFECT_CALLS},
    {"install", NULL, EFFECT_IMPLICIT_COMMIT},
    {"load", "index", EFFECT_IMPLICIT_COMMIT},
    {"lock", NULL, EFFECT_IMPLICIT_COMMIT},
    {"loop", NULL, EFFECT_CALLS},
    {"optimize", NULL, EFFECT_IMPLICIT_COMMIT},
    {"rename", NULL, EFFECT_IMPLICIT_COMMIT},
    {"repair", NULL, EFFECT_IMPLICIT_COMMIT},
    {"repeat", NULL, EFFECT_CALLS},
    {"reset", NULL, EFFECT_IMPLICIT_COMMIT},
    {"revoke", NULL, EFFECT_IMPLICIT_COMMIT},
    {"rollback", NULL, EFFECT_ROLLS_BACK},
    {"select", NULL, EFFECT_READS},
    {"set", "password", EFFECT_IMPLICIT_COMMIT},
    {"show", NULL, EFFECT_READS},
    {"shutdown", NULL, EFFECT_IMPLICIT_COMMIT},
    {"start", "transaction", EFFECT_BEGINS},
    {"start", NULL, EFFECT_IMPLICIT_COMMIT},
    {"stop", NULL, EFFECT_IMPLICIT_COMMIT},
    {"table", NULL, EFFECT_READS},
    {"truncate", NULL, EFFECT_IMPLICIT_COMMIT},
    {"uninstall", NULL, EFFECT_IMPLICIT_COMMIT},
    {"unlock", NULL, EFFECT_IMPLICIT_COMMIT},
    {"use", NULL, EFFECT_READS},
    {"values", NULL, EFFECT_READS},
    {"while", NULL, EFFECT_CALLS},
    {"with", NULL, EFFECT_READS},
    {"xa", NULL, EFFECT_CALLS},
};

// Reads one statement after the other; `token` is the one in hand.
struct reader {
    struct lexer lexer;
    struct token token;
    bool more;
    struct effects *effects;
    effect_trace trace;
    void *data;
};

static void next(struct reader *r)
{
    r->more = lexer_next(&r->lexer, &r->token);
}

static bool at(const struct reader *r, const char *word)
{
    return r->more && token_is(&r->token, word);
}

static bool at_char(const struct reader *r, char c)
{
    return r->more && token_is_char(&r->token, c);
}

static bool skip(struct reader *r, const char *word)
{
    bool found = at(r, word);
    if (found)
        next(r);
    return found;
}

static bool at_end(const struct reader *r)
{
    return !r->more || token_is_char(&r->token, ';');
}

static void leave(struct reader *r, enum trace_kind kind, const char *name, bool add)
{
    if (r->trace != NULL)
        r->trace(r->data, kind, name, add);
}

// The name in hand, without quotes; a qualified one is the part behind the last dot.
static char *read_name(struct reader *r)
{
    char *name = NULL;
    while (r->more && (r->token.kind == TOKEN_WORD || r->token.kind == TOKEN_NAME)) {
        free(name);
        name = token_name(&r->token);
        next(r);
        if (!at_char(r, '.'))
            break;
        next(r);
    }
    return name;
}

static void trace_names(struct reader *r, enum trace_kind kind, bool add)
{
    do {
        CLEANUP(mem_free_at) char *name = read_name(r);
        if (name == NULL)
            return;
        leave(r, kind, name, add);
        if (!at_char(r, ','))
            return;
        next(r);
    } while (r->more);
}

static bool is_user_variable(const struct token *token)
{
    return token->kind == TOKEN_VARIABLE && token->len > 1 && token->text[1] != '@';
}

static void leave_variable(struct reader *r)
{
    CLEANUP(mem_free_at) char *name = mem_strndup(r->token.text, r->token.len);
    for (char *c = name; *c != '\0'; c++)
        *c = (char) tolower((unsigned char) *c);
    leave(r, TRACE_VARIABLE, name, true);
}

// GET_LOCK('name', ...) and its kin, with the name in hand.
static void read_lock_function(struct reader *r)
{
    bool get = at(r, "get_lock");
    bool release = at(r, "release_lock");
    bool release_all = at(r, "release_all_locks");
    if (!get && !release && !release_all) {
        next(r);
        return;
    }
    next(r);
    if (!at_char(r, '('))
        return;
    next(r);
    if (release_all) {
        leave(r, TRACE_USER_LOCK, NULL, false);
        return;
    }
    // What is computed can't be known: it gets a name of its own, which no release takes away.
    bool literal = r->more && r->token.kind == TOKEN_STRING && r->token.len >= 2;
    if (!literal && !get)
        return;
    CLEANUP(mem_free_at)
    char *name = literal ? mem_strndup(r->token.text + 1, r->token.len - 2) : mem_strdup("?");
    leave(r, TRACE_USER_LOCK, name, get);
}

// The rest of a statement: what may stand anywhere in one. In a CALL every @variable may be set.
static void read_rest(struct reader *r, bool call)
{
    bool into = false;
    while (!at_end(r)) {
        if (is_user_variable(&r->token)) {
            struct reader behind = *r;
            next(&behind);
            bool assigned = at_char(&behind, ':');
            if (call || into || assigned)
                leave_variable(r);
            next(r);
            into = into && at_char(r, ',');
            if (into)
                next(r);
        } else if (r->token.kind == TOKEN_WORD) {
            into = at(r, "into");
            read_lock_function(r);
        } else {
            into = false;
            next(r);
        }
    }
}

static void skip_value(struct reader *r)
{
    size_t depth = 0;
    while (!at_end(r) && (depth > 0 || !at_char(r, ','))) {
        depth += at_char(r, '(');
        depth -= at_char(r, ')') && depth > 0;
        if (r->token.kind == TOKEN_WORD)
            read_lock_function(r);
        else
            next(r);
    }
    if (at_char(r, ','))
        next(r);
}

// @@name, @@session.name, @@global.name: the name, or NULL where it is not the session's.
static char *system_variable(const struct token *token)
{
    const char *text = token->text + 2;
    size_t len = token->len - 2;
    static const char *const mine[] = {"session.", "local."};
    for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++) {
        size_t prefix = strlen(mine[i]);
        if (len > prefix && strncasecmp(text, mine[i], prefix) == 0)
            return mem_strndup(text + prefix, len - prefix);
    }
    return memchr(text, '.', len) == NULL ? mem_strndup(text, len) : NULL;
}

static void leave_setting(struct reader *r, const char *name)
{
    if (name == NULL)
        return;
    if (strcasecmp(name, "autocommit") != 0 && strncasecmp(name, "character_set_", 14) != 0 &&
        strcasecmp(name, "session_track_state_change") != 0)
        leave(r, TRACE_SETTING, name, true);
    else if (strcasecmp(name, "autocommit") == 0)
        r->effects->flags |= EFFECT_IMPLICIT_COMMIT;
}

static void read_assignment(struct reader *r)
{
    bool global = at(r, "global") || at(r, "persist") || at(r, "persist_only");
    bool named = global || at(r, "session") || at(r, "local");
    if (named)
        next(r);
    if (at(r, "names") || at(r, "character") || at(r, "charset")) {
        skip_value(r);
        return;
    }
    if (at(r, "transaction")) {
        if (!global)
            leave(r, TRACE_SETTING, named ? "transaction_isolation" : "transaction", true);
        while (!at_end(r))
            next(r);
        return;
    }
    if (is_user_variable(&r->token)) {
        leave_variable(r);
        next(r);
    } else if (r->token.kind == TOKEN_VARIABLE && r->token.len > 2) {
        CLEANUP(mem_free_at) char *name = system_variable(&r->token);
        leave_setting(r, name);
        next(r);
    } else {
        CLEANUP(mem_free_at) char *name = read_name(r);
        if (!global)
            leave_setting(r, name);
    }
    skip_value(r);
}

static void read_set(struct reader *r)
{
    if (at(r, "role"))
        leave(r, TRACE_SETTING, "role", true);
    if (at(r, "password") || at(r, "default") || at(r, "role")) {
        read_rest(r, false);
        return;
    }
    while (!at_end(r))
        read_assignment(r);
}

static void read_table(struct reader *r, bool add)
{
    if (!skip(r, "table") && !skip(r, "tables"))
        return;
    if (skip(r, "if")) {
        skip(r, "not");
        skip(r, "exists");
    }
    trace_names(r, TRACE_TEMPORARY_TABLE, add);
}

// "CREATE TABLE" where the second word belongs to it, "INSERT" where it does not.
static void take_verb(struct reader *r, const struct token *first, const struct verb *verb)
{
    struct effects *effects = r->effects;
    size_t len = 0;
    bool two = verb != NULL &&
               (verb->second != NULL || (verb->flags & EFFECT_IMPLICIT_COMMIT) != 0);
    struct reader second = *r;
    if (skip(&second, "or"))
        skip(&second, "replace");
    const struct token *words[] = {first, two && second.more ? &second.token : NULL};
    for (size_t i = 0; i < 2 && words[i] != NULL && words[i]->kind == TOKEN_WORD; i++) {
        if (i > 0 && len + 1 < sizeof(effects->verb))
            effects->verb[len++] = ' ';
        for (size_t j = 0; j < words[i]->len && len + 1 < sizeof(effects->verb); j++)
            effects->verb[len++] = (char) toupper((unsigned char) words[i]->text[j]);
    }
    effects->verb[len] = '\0';
}

// A routine's body is no statement of this session's, nor does a view's SELECT run now.
static void read_create(struct reader *r)
{
    static const char *const routines[] = {"procedure", "function", "trigger", "event", "package"};
    if (skip(r, "temporary")) {
        read_table(r, true);
        return;
    }
    struct reader ahead = *r;
    bool body = false;
    bool runs = false;
    while (!at_end(&ahead) && !at_char(&ahead, '(') && !body && !runs) {
        runs = at(&ahead, "table");
        for (size_t i = 0; i < sizeof(routines) / sizeof(routines[0]); i++)
            body = body || at(&ahead, routines[i]);
        next(&ahead);
    }
    while (body ? r->more : (!runs && !at_end(r)))
        next(r);
}

static void read_special(struct reader *r, const struct token *first)
{
    if (token_is(first, "set")) {
        read_set(r);
    } else if (token_is(first, "create")) {
        read_create(r);
    } else if (token_is(first, "drop") && at(r, "temporary")) {
        next(r);
        read_table(r, false);
    } else if (token_is(first, "drop") && (at(r, "table") || at(r, "tables"))) {
        read_table(r, false);
    } else if (token_is(first, "lock") || (token_is(first, "flush") && at(r, "tables"))) {
        bool locks = token_is(first, "lock");
        while (!at_end(r)) {
            locks = locks || at(r, "lock") || at(r, "export");
            next(r);
        }
        if (locks)
            leave(r, TRACE_TABLE_LOCK, "LOCK TABLES", true);
    } else if (token_is(first, "unlock")) {
        leave(r, TRACE_TABLE_LOCK, NULL, false);
    } else if (token_is(first, "prepare")) {
        trace_names(r, TRACE_PREPARED, true);
    } else if (token_is(first, "deallocate") || (token_is(first, "drop") && at(r, "prepare"))) {
        skip(r, "prepare");
        trace_names(r, TRACE_PREPARED, false);
    }
}

static const struct verb *find_verb(const struct reader *r, const struct token *first)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const struct verb *verb = &verbs[i];
        if (verb->first[0] == (first->text[0] | 0x20) && token_is(first, verb->first) &&
            (verb->second == NULL || at(r, verb->second)))
            return verb;
    }
    return NULL;
}

// SET STATEMENT name=value FOR statement: the settings are gone with that.
static void skip_set_statement(struct reader *r)
{
    for (struct reader ahead = *r; skip(&ahead, "set") && at(&ahead, "statement"); ahead = *r) {
        *r = ahead;
        while (!at_end(r) && !at(r, "for"))
            next(r);
        skip(r, "for");
    }
}

// Behind its common table expressions WITH may have what changes data.
static bool with_changes_data(struct reader ahead)
{
    static const char *const changes[] = {"delete", "insert", "replace", "update"};
    size_t depth = 0;
    for (; !at_end(&ahead); next(&ahead)) {
        depth += at_char(&ahead, '(');
        depth -= at_char(&ahead, ')') && depth > 0;
        if (depth == 0 && at(&ahead, "select"))
            return false;
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]) && depth == 0; i++) {
            if (at(&ahead, changes[i]))
                return true;
        }
    }
    return false;
}

// A savepoint ends nothing.
static bool rolls_back_to_savepoint(struct reader ahead)
{
    while (!at_end(&ahead)) {
        if (at(&ahead, "to"))
            return true;
        next(&ahead);
    }
    return false;
}

static bool is_compound(const struct token *first, unsigned flags)
{
    static const char *const others[] = {"call", "execute", "xa"};
    bool compound = (flags & EFFECT_CALLS) != 0;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        compound = compound && !token_is(first, others[i]);
    return compound;
}

static void read_statement(struct reader *r)
{
    while (at_char(r, '('))
        next(r);
    skip_set_statement(r);
    if (at_end(r))
        return;
    struct token first = r->token;
    next(r);
    if (token_is(&first, "create") && skip(r, "or"))
        skip(r, "replace");
    const struct verb *verb = find_verb(r, &first);
    if (r->effects->verb[0] == '\0')
        take_verb(r, &first, verb);
    unsigned flags = verb == NULL ? 0 : verb->flags;
    if (((flags & EFFECT_ROLLS_BACK) != 0 && rolls_back_to_savepoint(*r)) ||
        (token_is(&first, "with") && with_changes_data(*r)))
        flags = 0;
    r->effects->flags |= flags;
    // SET TRANSACTION is for the next one.
    if ((flags & EFFECT_BEGINS) != 0)
        leave(r, TRACE_SETTING, "transaction", false);
    read_special(r, &first);
    read_rest(r, token_is(&first, "call"));
    // The body of a compound statement is one with it.
    while (r->more && is_compound(&first, flags))
        next(r);
}

void effects_read(const char *text, size_t len, struct effects *effects, effect_trace trace,
                  void *data)
{
    struct reader r = {.effects = effects, .trace = trace, .data = data};
    size_t count = 0;
    bool reads = true;
    *effects = (struct effects){.flags = 0};
    lexer_init(&r.lexer, text, len);
    next(&r);
    while (r.more) {
        if (at_char(&r, ';')) {
            next(&r);
            continue;
        }
        unsigned before = effects->flags;
        effects->flags &= ~(unsigned) EFFECT_READS;
        read_statement(&r);
        reads = reads && (effects->flags & EFFECT_READS) != 0;
        effects->flags |= before & ~(unsigned) EFFECT_READS;
        count++;
    }
    effects->flags &= ~(unsigned) EFFECT_READS;
    if (reads && count > 0)
        effects->flags |= EFFECT_READS;
}
