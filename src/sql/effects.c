#include "marsh/sql/effects.h"

#include <stdio.h>
#include <string.h>

#include "effects_internal.h"
#include "marsh/base/text.h"

// By the first words of a statement; the first row that fits counts.
static const struct verb {
    const char *first;
    const char *second; // NULL: any
    unsigned flags;
} verbs[] = {
    {"alter", NULL, EFFECT_IMPLICIT_COMMIT},
    {"analyze", "table", EFFECT_IMPLICIT_COMMIT},
    {"analyze", NULL, 0},
    {"backup", NULL, EFFECT_IMPLICIT_COMMIT},
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
    {"delete", NULL, EFFECT_MAY_FIRE},
    {"desc", NULL, EFFECT_READS},
    {"describe", NULL, EFFECT_READS},
    {"drop", "temporary", 0},
    {"drop", "prepare", 0},
    {"drop", NULL, EFFECT_IMPLICIT_COMMIT},
    {"execute", NULL, EFFECT_CALLS | EFFECT_EXECUTES},
    {"explain", NULL, EFFECT_READS},
    {"flush", NULL, EFFECT_IMPLICIT_COMMIT},
    {"for", NULL, EFFECT_CALLS},
    {"get", NULL, EFFECT_READS | EFFECT_ASKS_RESULT},
    {"grant", NULL, EFFECT_IMPLICIT_COMMIT},
    {"help", NULL, EFFECT_READS},
    {"if", NULL, EFFECT_CALLS},
    {"import", NULL, EFFECT_IMPLICIT_COMMIT},
    {"insert", NULL, EFFECT_MAY_FIRE},
    {"install", NULL, EFFECT_IMPLICIT_COMMIT},
    {"load", "index", EFFECT_IMPLICIT_COMMIT},
    {"load", NULL, EFFECT_MAY_FIRE},
    {"lock", NULL, EFFECT_IMPLICIT_COMMIT},
    {"loop", NULL, EFFECT_CALLS},
    {"optimize", NULL, EFFECT_IMPLICIT_COMMIT},
    {"rename", NULL, EFFECT_IMPLICIT_COMMIT},
    {"repair", NULL, EFFECT_IMPLICIT_COMMIT},
    {"repeat", NULL, EFFECT_CALLS},
    {"replace", NULL, EFFECT_MAY_FIRE},
    {"reset", NULL, EFFECT_IMPLICIT_COMMIT},
    {"revoke", NULL, EFFECT_IMPLICIT_COMMIT},
    {"rollback", NULL, EFFECT_ROLLS_BACK},
    {"select", NULL, EFFECT_READS},
    {"set", "password", EFFECT_IMPLICIT_COMMIT},
    {"show", "count", EFFECT_READS | EFFECT_ASKS_RESULT},
    {"show", "errors", EFFECT_READS | EFFECT_ASKS_RESULT},
    {"show", "warnings", EFFECT_READS | EFFECT_ASKS_RESULT},
    {"show", NULL, EFFECT_READS},
    {"shutdown", NULL, EFFECT_IMPLICIT_COMMIT},
    {"start", "transaction", EFFECT_BEGINS},
    {"start", NULL, EFFECT_IMPLICIT_COMMIT},
    {"stop", NULL, EFFECT_IMPLICIT_COMMIT},
    {"table", NULL, EFFECT_READS},
    {"truncate", NULL, EFFECT_IMPLICIT_COMMIT},
    {"uninstall", NULL, EFFECT_IMPLICIT_COMMIT},
    {"unlock", NULL, EFFECT_IMPLICIT_COMMIT},
    {"update", NULL, EFFECT_MAY_FIRE},
    {"use", NULL, EFFECT_READS},
    {"values", NULL, EFFECT_READS},
    {"while", NULL, EFFECT_CALLS},
    {"with", NULL, EFFECT_READS},
    {"xa", "recover", EFFECT_READS},
    {"xa", NULL, 0},
};

void reader_next(struct reader *r)
{
    static const struct token none = {.kind = TOKEN_PUNCTUATION, .text = "", .len = 0};
    struct token last = r->more ? r->token : none;
    r->more = lexer_next(&r->lexer, &r->token);
    if (r->more && r->heeds != 0)
        heed_token(r, &last);
}

void reader_next_of_note(struct reader *r)
{
    // Behind a name a space may matter, or a point.
    bool among_values = r->more && (r->token.kind == TOKEN_STRING || reader_at_char(r, '(') ||
                                    reader_at_char(r, ',') || r->token.kind == TOKEN_NUMBER);
    if (among_values && r->token.text[0] != '"') {
        lexer_skip_literals(&r->lexer, &r->token, &r->depth);
        r->name.text = NULL;
        r->dotted = false;
    }
    reader_next(r);
}

bool reader_at(const struct reader *r, const char *word)
{
    return r->more && token_is(&r->token, word);
}

bool reader_at_any(const struct reader *r, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (reader_at(r, *words))
            return true;
    }
    return false;
}

bool reader_at_char(const struct reader *r, char c)
{
    return r->more && token_is_char(&r->token, c);
}

bool reader_skip(struct reader *r, const char *word)
{
    bool found = reader_at(r, word);
    if (found)
        reader_next(r);
    return found;
}

bool reader_at_end(const struct reader *r)
{
    return !r->more || token_is_char(&r->token, ';');
}

// "CREATE TABLE" where the second word belongs to it, "INSERT" where it does not.
static void take_verb(struct reader *r, const struct token *first, const struct verb *verb)
{
    struct effects *effects = r->effects;
    size_t len = 0;
    bool two = verb != NULL &&
               (verb->second != NULL || (verb->flags & EFFECT_IMPLICIT_COMMIT) != 0 ||
                token_is(first, "xa")) &&
               !token_is(first, "show");
    struct reader second = *r;
    // TRUNCATE t: that is no word of the language.
    two = two && (!token_is(first, "truncate") || reader_at(&second, "table"));
    if (reader_skip(&second, "or"))
        reader_skip(&second, "replace");
    const struct token *words[] = {first, two && second.more ? &second.token : NULL};
    for (size_t i = 0; i < 2 && words[i] != NULL && words[i]->kind == TOKEN_WORD; i++) {
        if (i > 0 && len + 1 < sizeof(effects->verb))
            effects->verb[len++] = ' ';
        for (size_t j = 0; j < words[i]->len && len + 1 < sizeof(effects->verb); j++)
            effects->verb[len++] = text_upper(words[i]->text[j]);
    }
    effects->verb[len] = '\0';
}

static const struct verb *find_verb(const struct reader *r, const struct token *first)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const struct verb *verb = &verbs[i];
        if (verb->first[0] == (first->text[0] | 0x20) && token_is(first, verb->first) &&
            (verb->second == NULL || reader_at(r, verb->second)))
            return verb;
    }
    return NULL;
}

// SET STATEMENT name=value FOR statement: the settings are gone with that.
static void skip_set_statement(struct reader *r)
{
    for (struct reader ahead = *r; reader_skip(&ahead, "set") && reader_at(&ahead, "statement");
         ahead = *r) {
        *r = ahead;
        while (!reader_at_end(r) && !reader_at(r, "for"))
            reader_next(r);
        reader_skip(r, "for");
    }
}

// Behind its common table expressions WITH may have what changes data.
static bool with_changes_data(struct reader ahead)
{
    static const char *const changes[] = {"delete", "insert", "replace", "update"};
    size_t depth = 0;
    for (; !reader_at_end(&ahead); reader_next(&ahead)) {
        depth += reader_at_char(&ahead, '(');
        depth -= reader_at_char(&ahead, ')') && depth > 0;
        if (depth == 0 && reader_at(&ahead, "select"))
            return false;
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]) && depth == 0; i++) {
            if (reader_at(&ahead, changes[i]))
                return true;
        }
    }
    return false;
}

// A savepoint ends nothing.
static bool rolls_back_to_savepoint(struct reader ahead)
{
    while (!reader_at_end(&ahead)) {
        if (reader_at(&ahead, "to"))
            return true;
        reader_next(&ahead);
    }
    return false;
}

// XA verb 'gtrid'[, 'bqual'[, format]]
static void read_xa(struct reader *r)
{
    static const struct {
        const char *word;
        enum effect_xa xa;
    } words[] = {{"prepare", XA_PREPARE}, {"commit", XA_COMMIT}, {"rollback", XA_ROLLBACK}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (reader_at(r, words[i].word))
            r->effects->xa = words[i].xa;
    }
    if (r->effects->xa == XA_NONE || r->effects->xid != NULL)
        return;
    reader_next(r);
    for (; !reader_at_end(r) && !reader_at(r, "one"); reader_next(r)) {
        if (r->effects->xid == NULL)
            r->effects->xid = r->token.text;
        r->effects->xid_len = (size_t) (r->token.text + r->token.len - r->effects->xid);
    }
    if (reader_at(r, "one"))
        r->effects->xa = XA_COMMIT_ONE_PHASE;
}

// What a compound statement holds is one with it.
static bool is_compound(const struct token *first, unsigned flags)
{
    return (flags & EFFECT_CALLS) != 0 && !token_is(first, "call") && !token_is(first, "execute");
}

static unsigned heeds_of(const struct reader *r, const struct token *first, unsigned flags)
{
    if (token_is(first, "create"))
        return reader_at(r, "temporary") || reader_at(r, "table") ? HEED_ASKS | HEED_FROM_SELECT
                                                                  : 0;
    if ((flags & EFFECT_IMPLICIT_COMMIT) != 0 || is_compound(first, flags))
        return 0;
    return (flags & EFFECT_CALLS) != 0 ? HEED_ASKS : HEED_ASKS | HEED_CALLS;
}

static unsigned flags_of(const struct reader *r, const struct token *first, const struct verb *verb)
{
    unsigned flags = verb == NULL ? 0 : verb->flags;
    if ((flags & EFFECT_ROLLS_BACK) != 0 && rolls_back_to_savepoint(*r))
        return 0;
    if (token_is(first, "with") && with_changes_data(*r))
        return EFFECT_MAY_FIRE;
    return flags;
}

// EXECUTE IMMEDIATE 'literal': what it does to the transaction stands there.
static void read_immediate(struct reader *r)
{
    const unsigned ends = EFFECT_BEGINS | EFFECT_COMMITS | EFFECT_ROLLS_BACK |
                          EFFECT_IMPLICIT_COMMIT;
    struct lexer ahead = r->lexer;
    struct token text;
    struct effects inner;
    if (!reader_at(r, "immediate") || !lexer_next(&ahead, &text) || text.kind != TOKEN_STRING ||
        text.len < 2)
        return;
    effects_read(text.text + 1, text.len - 2, &r->lexer.dialect, &inner, NULL, NULL);
    if ((inner.flags & ends) == 0)
        return;
    r->effects->flags |= inner.flags & ends;
    snprintf(r->effects->verb, sizeof(r->effects->verb), "EXECUTE %.20s", inner.verb);
}

static void read_statement(struct reader *r)
{
    while (reader_at_char(r, '('))
        reader_next(r);
    skip_set_statement(r);
    if (reader_at_end(r))
        return;
    struct token first = r->token;
    reader_next(r);
    if (token_is(&first, "create") && reader_skip(r, "or"))
        reader_skip(r, "replace");
    const struct verb *verb = find_verb(r, &first);
    if (r->effects->verb[0] == '\0')
        take_verb(r, &first, verb);
    unsigned flags = flags_of(r, &first, verb);
    r->effects->flags |= flags;
    if ((flags & EFFECT_BEGINS) != 0)
        traces_of_begin(r);
    else if (token_is(&first, "xa"))
        read_xa(r);
    else if (token_is(&first, "execute"))
        read_immediate(r);
    unsigned heeds = heeds_of(r, &first, flags);
    bool names_tables = token_is(&first, "with");
    heed_begin(r, heeds);
    r->names_tables = names_tables;
    if (r->more && heeds != 0)
        heed_token(r, &first);
    traces_of_statement(r, &first);
    if (is_compound(&first, flags))
        traces_of_body(r);
    if (r->changes || (r->effects->flags & EFFECT_MAY_CALL) != 0)
        r->effects->flags &= ~(unsigned) EFFECT_READS;
}

// Returns whether there is a comment of which nobody knows whether it is one.
static bool read_text(struct reader *r)
{
    unsigned all = 0;
    bool reads = true;
    reader_next(r);
    while (r->more) {
        if (reader_at_char(r, ';')) {
            reader_next(r);
            continue;
        }
        heed_begin(r, 0);
        r->effects->flags = 0;
        read_statement(r);
        reads = reads && (r->effects->flags & EFFECT_READS) != 0;
        all |= r->effects->flags;
        r->effects->statements++;
    }
    r->effects->flags = all & ~(unsigned) EFFECT_READS;
    if (reads && r->effects->statements > 0)
        r->effects->flags |= EFFECT_READS;
    return r->lexer.doubtful;
}

// The sign is rarer than what stands before it: memchr passes over the rest faster than memmem.
static bool has_code_in_comments(const char *text, size_t len)
{
    const char *end = text + len;
    const char *sign = text;
    while ((sign = memchr(sign, '!', (size_t) (end - sign))) != NULL) {
        size_t before = (size_t) (sign - text);
        if ((before >= 2 && memcmp(sign - 2, "/*", 2) == 0) ||
            (before >= 3 && memcmp(sign - 3, "/*M", 3) == 0))
            return true;
        sign++;
    }
    return false;
}

// Whatever either does, the other may not do; what both only read is only read.
static void merge(struct effects *into, const struct effects *other)
{
    bool reads = (into->statements == 0 || (into->flags & EFFECT_READS) != 0) &&
                 (other->statements == 0 || (other->flags & EFFECT_READS) != 0) &&
                 into->statements + other->statements > 0;
    unsigned flags = (into->flags | other->flags) & ~(unsigned) EFFECT_READS;
    size_t statements = into->statements > other->statements ? into->statements : other->statements;
    if (into->verb[0] == '\0' || (into->xa == XA_NONE && other->xa != XA_NONE))
        *into = *other;
    into->flags = flags | (reads ? EFFECT_READS : 0);
    into->statements = statements;
}

void effects_read(const char *text, size_t len, const struct dialect *dialect,
                  struct effects *effects, effect_trace trace, void *data)
{
    struct reader r = {.effects = effects, .data = data};
    *effects = (struct effects){.flags = 0};
    lexer_init(&r.lexer, text, len, dialect);
    struct reader again = r;
    if (has_code_in_comments(text, len)) {
        bool doubtful = read_text(&r);
        *effects = (struct effects){.flags = 0};
        r = again;
        r.never_takes = doubtful;
    }
    r.trace = trace;
    if (!read_text(&r))
        return;
    struct effects cautious = {.flags = 0};
    again.effects = &cautious;
    again.trace = trace;
    again.never_takes = true;
    again.lexer.cautious = true;
    read_text(&again);
    merge(effects, &cautious);
}
