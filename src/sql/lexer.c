#include "marsh/sql/lexer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "marsh/base/buf.h"

void lexer_init(struct lexer *lexer, const char *text, size_t len)
{
    *lexer = (struct lexer){.pos = text, .end = text + len, .backslash_escapes = true};
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char) c) != 0 || c == '_' || c == '$' || (unsigned char) c >= 0x80;
}

static bool looks_at(const struct lexer *lexer, const char *text)
{
    size_t len = strlen(text);
    return (size_t) (lexer->end - lexer->pos) >= len && memcmp(lexer->pos, text, len) == 0;
}

static void skip_past(struct lexer *lexer, const char *closing)
{
    while (lexer->pos < lexer->end && !looks_at(lexer, closing))
        lexer->pos++;
    lexer->pos += lexer->pos < lexer->end ? strlen(closing) : 0;
}

// True if there was a comment, or the opening or closing of one whose content is code.
static bool skip_comment(struct lexer *lexer)
{
    const char *p = lexer->pos;
    size_t left = (size_t) (lexer->end - p);
    bool dashes = looks_at(lexer, "--") && (left == 2 || isspace((unsigned char) p[2]) != 0 ||
                                            iscntrl((unsigned char) p[2]) != 0);
    if (dashes || p[0] == '#') {
        skip_past(lexer, "\n");
    } else if (looks_at(lexer, "/*!") || looks_at(lexer, "/*M!")) {
        skip_past(lexer, "!");
        while (lexer->pos < lexer->end && isdigit((unsigned char) *lexer->pos))
            lexer->pos++;
    } else if (looks_at(lexer, "/*")) {
        lexer->pos += 2;
        skip_past(lexer, "*/");
    } else if (looks_at(lexer, "*/")) {
        lexer->pos += 2;
    } else {
        return false;
    }
    return true;
}

static void read_quoted(struct lexer *lexer)
{
    char quote = *lexer->pos++;
    while (lexer->pos < lexer->end) {
        char c = *lexer->pos++;
        if (c == '\\' && quote != '`' && lexer->backslash_escapes && lexer->pos < lexer->end) {
            lexer->pos++;
        } else if (c == quote) {
            if (lexer->pos == lexer->end || *lexer->pos != quote)
                return;
            lexer->pos++;
        }
    }
}

static void read_variable(struct lexer *lexer)
{
    while (lexer->pos < lexer->end && *lexer->pos == '@')
        lexer->pos++;
    if (lexer->pos < lexer->end && strchr("`'\"", *lexer->pos) != NULL && *lexer->pos != '\0') {
        read_quoted(lexer);
        return;
    }
    while (lexer->pos < lexer->end && (is_name_char(*lexer->pos) || *lexer->pos == '.'))
        lexer->pos++;
}

static void read_number(struct lexer *lexer)
{
    while (lexer->pos < lexer->end && (is_name_char(*lexer->pos) || *lexer->pos == '.')) {
        bool exponent = (*lexer->pos | 0x20) == 'e';
        lexer->pos++;
        if (exponent && lexer->pos < lexer->end && (*lexer->pos == '+' || *lexer->pos == '-'))
            lexer->pos++;
    }
}

bool lexer_next(struct lexer *lexer, struct token *token)
{
    while (lexer->pos < lexer->end &&
           (isspace((unsigned char) *lexer->pos) != 0 || skip_comment(lexer))) {
        if (lexer->pos < lexer->end && isspace((unsigned char) *lexer->pos) != 0)
            lexer->pos++;
    }
    if (lexer->pos >= lexer->end)
        return false;
    char c = *lexer->pos;
    token->text = lexer->pos;
    if (c == '\'' || c == '"' || c == '`') {
        token->kind = c == '`' ? TOKEN_NAME : TOKEN_STRING;
        read_quoted(lexer);
    } else if (c == '@') {
        token->kind = TOKEN_VARIABLE;
        read_variable(lexer);
    } else if (isdigit((unsigned char) c) != 0) {
        token->kind = TOKEN_NUMBER;
        read_number(lexer);
    } else if (is_name_char(c)) {
        token->kind = TOKEN_WORD;
        while (lexer->pos < lexer->end && is_name_char(*lexer->pos))
            lexer->pos++;
    } else {
        token->kind = c == '?' ? TOKEN_PLACEHOLDER : TOKEN_PUNCTUATION;
        lexer->pos++;
    }
    token->len = (size_t) (lexer->pos - token->text);
    return true;
}

bool token_is(const struct token *token, const char *word)
{
    // The first letter rules out nearly everything that a statement's words are compared with.
    return token->kind == TOKEN_WORD && (token->text[0] | 0x20) == word[0] &&
           strncasecmp(token->text, word, token->len) == 0 && word[token->len] == '\0';
}

bool token_is_char(const struct token *token, char c)
{
    return token->kind == TOKEN_PUNCTUATION && token->text[0] == c;
}

char *token_name(const struct token *token)
{
    struct buf name = BUF_INIT;
    if (token->kind != TOKEN_NAME) {
        buf_add(&name, token->text, token->len);
        return buf_steal(&name);
    }
    bool closed = token->len >= 2 && token->text[token->len - 1] == '`';
    for (size_t i = 1; i < token->len - (closed ? 1 : 0); i++) {
        buf_add_char(&name, token->text[i]);
        i += token->text[i] == '`' ? 1 : 0;
    }
    return buf_steal(&name);
}
