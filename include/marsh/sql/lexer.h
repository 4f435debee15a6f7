// Reads SQL text token by token, skipping white space and comments. It knows just what is needed
// to look at a statement without understanding it. The text is borrowed and need not be terminated.
#ifndef MARSH_SQL_LEXER_H
#define MARSH_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_WORD,        // an unquoted name or keyword
    TOKEN_NAME,        // `quoted`
    TOKEN_STRING,      // '...' or "..."
    TOKEN_NUMBER,      // as far as digits, letters and points go
    TOKEN_PLACEHOLDER, // ?
    TOKEN_VARIABLE,    // @x, @@x, @`x`
    TOKEN_PUNCTUATION, // any other single character
};

struct token {
    enum token_kind kind;
    const char *text; // within the lexer's text, quotes included
    size_t len;
};

struct lexer {
    const char *pos;
    const char *end;
    bool backslash_escapes; // in strings; on after lexer_init
};

void lexer_init(struct lexer *lexer, const char *text, size_t len);
// False at the end. What stands in /*! */ is read as code. An unterminated string is a token that
// ends with the text.
bool lexer_next(struct lexer *lexer, struct token *token);

// ASCII case is ignored; only for TOKEN_WORD. `word` is in small letters.
bool token_is(const struct token *token, const char *word);
bool token_is_char(const struct token *token, char c);
// A name or word without its quotes, doubled backticks made single; the caller frees it.
char *token_name(const struct token *token);

#endif
