#include "marsh/sql/local_file.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"

void local_files_init(struct local_files *files, const char *text, size_t len,
                      const struct dialect *dialect)
{
    *files = (struct local_files){.over = false};
    lexer_init(&files->lexer, text, len, dialect);
    files->lexer.cautious = true;
}

static char unescape(char c)
{
    static const char from[] = "0btnrZ";
    static const char to[] = "\0\b\t\n\r\x1a";
    const char *found = c == '\0' ? NULL : strchr(from, c);
    return found == NULL ? c : to[found - from];
}

// As the server reads it. NULL for one that is not closed, and for one that no file can have.
static char *read_string(const struct token *token, bool plain_backslashes)
{
    struct buf name = BUF_INIT;
    char quote = token->text[0];
    const char *p = token->text + 1;
    const char *end = token->text + token->len;
    bool closed = false;
    while (p < end && !closed) {
        char c = *p++;
        if (c == '\\' && !plain_backslashes && p < end) {
            // Of these the backslash stays.
            if (*p == '_' || *p == '%')
                buf_add_char(&name, '\\');
            buf_add_char(&name, unescape(*p++));
        } else if (c == quote && (p == end || *p != quote)) {
            closed = true;
        } else {
            buf_add_char(&name, c);
            p += c == quote ? 1 : 0;
        }
    }
    bool good = closed && name.len > 0 && memchr(name.data, '\0', name.len) == NULL;
    char *text = buf_steal(&name);
    if (good)
        return text;
    free(text);
    return NULL;
}

static bool skip_word(struct lexer *lexer, struct token *token, const char *word)
{
    return token_is(token, word) && lexer_next(lexer, token);
}

// At a statement's first token. Leaves the one behind what it has understood in *token.
static char *read_load(struct local_files *files, struct token *token)
{
    struct lexer *lexer = &files->lexer;
    if (!skip_word(lexer, token, "load") ||
        (!skip_word(lexer, token, "data") && !skip_word(lexer, token, "xml")))
        return NULL;
    if (token_is(token, "low_priority") || token_is(token, "concurrent"))
        lexer_next(lexer, token);
    if (!skip_word(lexer, token, "local") || !skip_word(lexer, token, "infile") ||
        token->kind != TOKEN_STRING)
        return NULL;
    return read_string(token, lexer->dialect.plain_backslashes);
}

// SET STATEMENT a = 1, ... FOR: to the first token behind that.
static bool skip_settings(struct lexer *lexer, struct token *token)
{
    size_t depth = 0;
    do {
        depth += token_is_char(token, '(');
        depth -= token_is_char(token, ')') && depth > 0;
        if (depth == 0 && token_is(token, "for"))
            return lexer_next(lexer, token);
    } while (!token_is_char(token, ';') && lexer_next(lexer, token));
    return false;
}

// What stands in a body is not of the statement in hand.
static bool has_body(struct local_files *files, const struct token *token)
{
    static const char *const verbs[] = {"alter", "case", "create", "declare", "for",
                                        "if",    "loop", "repeat", "while"};
    struct lexer ahead = files->lexer;
    struct token next;
    bool more = lexer_next(&ahead, &next);
    bool label = more && (token_is_char(&next, ':') || token_is_char(token, '<'));
    bool block = token_is(token, "begin") && more && token_is(&next, "not");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        block = block || token_is(token, verbs[i]);
    return label || block;
}

// Whether the keyword stands anywhere at all, which is nearly always enough to know. Its f is its
// rarest letter.
static bool mentions_file(const char *text, const char *end)
{
    static const char sign[] = "fF";
    for (size_t i = 0; i < 2; i++) {
        const char *at = text;
        while ((at = memchr(at, sign[i], (size_t) (end - at))) != NULL) {
            if (at - text >= 2 && end - at >= 4 && text_same_start_nocase(at - 2, "infile", 6))
                return true;
            at++;
        }
    }
    return false;
}

char *local_files_next(struct local_files *files)
{
    struct lexer *lexer = &files->lexer;
    if (!files->begun)
        files->over = !mentions_file(lexer->pos, lexer->end);
    files->begun = true;
    struct token token;
    char *name = NULL;
    while (!files->over && name == NULL && lexer_next(lexer, &token)) {
        if (has_body(files, &token)) {
            files->over = true;
            break;
        }
        if (!skip_word(lexer, &token, "set") || !skip_word(lexer, &token, "statement") ||
            skip_settings(lexer, &token))
            name = read_load(files, &token);
        while (!token_is_char(&token, ';') && lexer_next(lexer, &token)) {
        }
    }
    return name;
}

bool local_files_are_followed(const struct local_files *files)
{
    struct lexer lexer = files->lexer;
    struct token token;
    while (lexer_next(&lexer, &token)) {
        if (!token_is_char(&token, ';'))
            return true;
    }
    return false;
}

bool local_files_are_among_many(const char *text, size_t len, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    bool over = false;
    lexer_init(&lexer, text, len, dialect);
    while (lexer_next(&lexer, &token)) {
        if (over && !token_is_char(&token, ';'))
            return true;
        over = over || token_is_char(&token, ';');
    }
    return false;
}
