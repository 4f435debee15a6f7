// What may be called anywhere in a statement, and what asks for what the connection did before.
#include <string.h>

#include "effects_internal.h"

#include "marsh/base/text.h"

void heed_begin(struct reader *r, unsigned heeds)
{
    r->heeds = heeds;
    r->changes = false;
    r->name.text = NULL;
    r->before = (struct token){.kind = TOKEN_PUNCTUATION, .text = "", .len = 0};
    r->dotted = r->qualified = false;
    r->depth = 0;
    r->names_tables = false;
}

static const struct effects_word *find_word(const struct token *token)
{
    size_t low = 0;
    size_t high;
    const struct effects_word *words = effects_words(&high);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = text_compare_start_nocase(token->text, words[middle].name, token->len);
        if (order == 0 && words[middle].name[token->len] == '\0')
            return &words[middle];
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool is_known(const struct effects_word *word, const struct dialect *dialect)
{
    // What every server has that is in use.
    enum { OLD_MARIADB = 100303, OLD_MYSQL = 50722 };
    if (dialect->version == 0)
        return word->mariadb <= OLD_MARIADB && word->mysql <= OLD_MYSQL;
    return (dialect->mariadb ? word->mariadb : word->mysql) <= dialect->version;
}

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(token, *words))
            return true;
    }
    return false;
}

// A name behind these is a table's, a column's or an alias, and what is in parentheses a list.
static bool names_no_function(const struct reader *r)
{
    static const char *const words[] = {"into",          "table",  "as",        "insert",
                                        "replace",       "ignore", "delayed",   "low_priority",
                                        "high_priority", "with",   "recursive", "partition",
                                        "set",           "call",   "member",    NULL};
    const struct token *before = &r->before;
    if (before->kind != TOKEN_WORD && before->kind != TOKEN_PUNCTUATION)
        return true;
    if (token_is_char(before, ','))
        return r->names_tables && r->depth == 0;
    return token_is_char(before, ')') || is_one_of(before, words);
}

static bool asks_nothing(struct lexer ahead)
{
    struct token token;
    return !lexer_next(&ahead, &token) || !token_is_char(&token, ')');
}

// At the parenthesis behind a name.
static void heed_call(struct reader *r)
{
    const struct effects_word *word = NULL;
    bool glued = r->name.text + r->name.len == r->token.text;
    if (names_no_function(r))
        return;
    if (r->name.kind == TOKEN_WORD && !r->qualified)
        word = find_word(&r->name);
    if (word != NULL && !is_known(word, &r->lexer.dialect))
        word = NULL;
    if ((r->heeds & HEED_CALLS) != 0 &&
        (word == NULL || ((word->flags & WORD_GLUED) != 0 && !glued)))
        r->effects->flags |= EFFECT_MAY_CALL;
    if (word == NULL)
        return;
    r->changes = r->changes || (word->flags & WORD_CHANGES) != 0;
    if ((word->flags & WORD_ASKS_RESULT) != 0)
        r->effects->flags |= EFFECT_ASKS_RESULT;
    if ((word->flags & WORD_TAKES_NUMBER) != 0)
        r->effects->flags |= EFFECT_TAKES_NUMBER;
    if ((word->flags & WORD_ASKS_NUMBER) != 0)
        r->effects->flags |= EFFECT_ASKS_NUMBER;
    // With an argument it sets what it is asked for later.
    if ((word->flags & WORD_ASKS_ID) != 0 && !asks_nothing(r->lexer))
        r->effects->flags |= EFFECT_ASKS_ID;
}

static void heed_variable(struct reader *r)
{
    static const struct {
        const char *name;
        unsigned flag;
    } asks[] = {
        {"identity", EFFECT_ASKS_ID},
        {"last_insert_id", EFFECT_ASKS_ID},
        {"warning_count", EFFECT_ASKS_RESULT},
        {"error_count", EFFECT_ASKS_RESULT},
    };
    const char *text = r->token.text;
    size_t end = r->token.len - (text[r->token.len - 1] == '`');
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]) && text[1] == '@'; i++) {
        size_t len = strlen(asks[i].name);
        bool ends = end > len + 1 && text_same_start_nocase(text + end - len, asks[i].name, len);
        if (ends && strchr("@.`", text[end - len - 1]) != NULL)
            r->effects->flags |= asks[i].flag;
    }
}

// NEXT VALUE FOR s, PREVIOUS VALUE FOR s
static void heed_sequence(struct reader *r, const struct token *last)
{
    struct lexer ahead = r->lexer;
    struct token token;
    bool next = token_is(last, "next");
    if ((!next && !token_is(last, "previous")) || !token_is(&r->token, "value") ||
        !lexer_next(&ahead, &token) || !token_is(&token, "for"))
        return;
    r->effects->flags |= next ? EFFECT_TAKES_NUMBER : EFFECT_ASKS_NUMBER;
    r->changes = r->changes || next;
}

static void heed_name(struct reader *r, const struct token *last)
{
    static const char *const statements[] = {"select",  "insert", "update", "delete",
                                             "replace", "values", "table",  NULL};
    r->qualified = r->dotted;
    if (!r->dotted)
        r->before = *last;
    r->name = r->token;
    r->dotted = false;
    if ((r->heeds & HEED_FROM_SELECT) != 0 && token_is(&r->token, "select"))
        r->heeds |= HEED_CALLS;
    if (r->names_tables && r->depth == 0 && is_one_of(&r->token, statements))
        r->names_tables = false;
    heed_sequence(r, last);
    if (token_is(&r->token, "outfile") || token_is(&r->token, "dumpfile"))
        r->changes = true;
}

void heed_token(struct reader *r, const struct token *last)
{
    const struct token *token = &r->token;
    if (token_is_name(token)) {
        heed_name(r, last);
        return;
    }
    if (token_is_char(token, '.') && r->name.text != NULL && !r->dotted) {
        r->dotted = true;
        return;
    }
    if (token_is_char(token, '(') && r->name.text != NULL && !r->dotted)
        heed_call(r);
    else if (token->kind == TOKEN_VARIABLE && token->len > 2)
        heed_variable(r);
    r->depth += token_is_char(token, '(');
    r->depth -= token_is_char(token, ')') && r->depth > 0;
    r->name.text = NULL;
    r->dotted = false;
}
