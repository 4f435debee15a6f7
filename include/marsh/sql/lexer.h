// Reads SQL text token by token, skipping white space and comments. It knows just what is needed
// to look at a statement without understanding it. The text is borrowed and need not be terminated.
#ifndef MARSH_SQL_LEXER_H
#define MARSH_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/text.h"
#include "marsh/sql/dialect.h"

enum token_kind {
    TOKEN_WORD,        // an unquoted name or keyword
    TOKEN_NAME,        // `quoted`
    TOKEN_STRING,      // '...' or "..."
    TOKEN_NUMBER,      // as far as digits, letters and points go
    TOKEN_PLACEHOLDER, // ?
    TOKEN_VARIABLE,    // @x, @@x, @`x`, @@session.`x`
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
    struct dialect dialect;
    bool in_code;   // within /*! */ whose content is read
    bool cautious;  // to be set: where nobody knows whether /*! */ is code, it is a comment
    bool doubtful;  // such a comment was met
    bool backslash; // a string had one
};

// `dialect` is copied; NULL: not known.
void lexer_init(struct lexer *lexer, const char *text, size_t len, const struct dialect *dialect);
// False at the end. What stands in /*! */ is read as the server does it. An unterminated string is
// a token that ends with the text.
bool lexer_next(struct lexer *lexer, struct token *token);

// Skips, where one is next, strings in ', numbers, NULL, commas, parentheses and signs: what rows
// of values are made of. *depth goes up and down with the parentheses, but not below 0; *last
// becomes the last token that was skipped, signs and NULL apart.
void lexer_skip_literals(struct lexer *lexer, struct token *last, size_t *depth);

// What a name may have without quotes. Without a call, for all those in a dump.
static inline bool lexer_is_name_char(char c)
{
    return text_is_alnum(c) || c == '_' || c == '$' || (unsigned char) c >= 0x80;
}

// ASCII case is ignored; only for TOKEN_WORD. `word` is in small letters.
bool token_is(const struct token *token, const char *word);
bool token_is_char(const struct token *token, char c);
// A word, `quoted` or "quoted", which is a string or a name as sql_mode will have it.
bool token_is_name(const struct token *token);
// A name or word without its quotes, doubled ones made single; the caller frees it.
char *token_name(const struct token *token);

#endif
