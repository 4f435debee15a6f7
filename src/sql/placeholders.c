#include "marsh/sql/placeholders.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/sql/lexer.h"

static bool is_one_of(const struct token *token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (token_is(token, words[i]))
            return true;
    }
    return false;
}
#define IS_ONE_OF(token, words) is_one_of(token, words, sizeof(words) / sizeof((words)[0]))

// CREATE or ALTER: what comes first of the kinds of things that are made decides.
static bool makes_routine(struct lexer *lexer)
{
    static const char *const routines[] = {"procedure", "function", "trigger", "event", "package"};
    static const char *const others[] = {"table",    "view", "index",  "database", "schema",
                                         "sequence", "user", "server", "role",     "tablespace"};
    struct token token;
    while (lexer_next(lexer, &token)) {
        // DEFINER = user: that is a name.
        if (token_is(&token, "definer") && lexer_next(lexer, &token))
            lexer_next(lexer, &token);
        else if (IS_ONE_OF(&token, routines))
            return true;
        else if (IS_ONE_OF(&token, others))
            return false;
    }
    return false;
}

// label: BEGIN NOT ATOMIC, or a loop, behind the label's name; `select :loop` is none.
static bool is_labelled(struct lexer *lexer, const struct token *name)
{
    static const char *const compounds[] = {"begin", "for", "loop", "repeat", "while"};
    struct token colon;
    struct token word;
    if ((name->kind != TOKEN_WORD && name->kind != TOKEN_NAME) || !lexer_next(lexer, &colon) ||
        !token_is_char(&colon, ':') || !lexer_next(lexer, &word))
        return false;
    bool apart = colon.text > name->text + name->len && word.text == colon.text + 1;
    return !apart && IS_ONE_OF(&word, compounds);
}

// Whether the statement is, or has within, code of a routine's kind.
static bool has_body(struct lexer lexer)
{
    static const char *const compounds[] = {"begin", "case", "declare", "for",
                                            "if",    "loop", "repeat",  "while"};
    static const char *const makers[] = {"create", "alter"};
    struct token first;
    if (!lexer_next(&lexer, &first))
        return false;
    if (IS_ONE_OF(&first, makers))
        return makes_routine(&lexer);
    // <<label>> is that of Oracle's dialect.
    return IS_ONE_OF(&first, compounds) || token_is_char(&first, '<') ||
           is_labelled(&lexer, &first);
}

static bool may_stand_behind(const char *begin, const char *colon)
{
    if (colon == begin)
        return true;
    unsigned char c = (unsigned char) colon[-1];
    return !text_is_alnum((char) c) && c < 0x80 && c != '\0' && strchr("_$:?@`'\"", c) == NULL;
}

static void add_place(struct placeholders *found, const struct token *token)
{
    bool named = token->kind == TOKEN_WORD;
    size_t size = (found->count + 1) * sizeof(*found->names);
    found->names = mem_realloc(found->names, size);
    found->names[found->count++] = named ? mem_strndup(token->text, token->len) : NULL;
    found->named += named;
}

static void find(struct lexer lexer, struct placeholders *found)
{
    const char *begin = lexer.pos;
    const char *copied = begin;
    const char *end = lexer.end;
    struct token token;
    const char *colon = begin;
    bool begins = false;
    while (lexer_next(&lexer, &token)) {
        bool behind = begins && token.text == colon + 1 && token.kind == TOKEN_WORD;
        if (behind) {
            buf_add(&found->text, copied, (size_t) (colon - copied));
            buf_add_char(&found->text, '?');
            copied = token.text + token.len;
            add_place(found, &token);
        } else if (token.kind == TOKEN_PLACEHOLDER) {
            add_place(found, &token);
        }
        colon = token.text;
        begins = token_is_char(&token, ':') && may_stand_behind(begin, colon);
    }
    buf_add(&found->text, copied, (size_t) (end - copied));
}

void placeholders_find(const struct lexer *lexer, struct placeholders *found)
{
    *found = (struct placeholders){.text = BUF_INIT};
    if (has_body(*lexer))
        buf_add(&found->text, lexer->pos, (size_t) (lexer->end - lexer->pos));
    else
        find(*lexer, found);
}

void placeholders_finish(struct placeholders *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->names[i]);
    free(found->names);
    buf_finish(&found->text);
    *found = (struct placeholders){.text = BUF_INIT};
}
