#include "marsh/sql/lexer.h"

#include <stdint.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"

void lexer_init(struct lexer *lexer, const char *text, size_t len, const struct dialect *dialect)
{
    *lexer = (struct lexer){.pos = text, .end = (len > 0 ? text + len : text)};
    if (dialect != NULL)
        lexer->dialect = *dialect;
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

// As the servers do it, with one comment more in a comment whose version is too high.
static void skip_long_comment(struct lexer *lexer, bool nested)
{
    lexer->pos += 2;
    while (lexer->pos < lexer->end && !looks_at(lexer, "*/")) {
        if (nested && looks_at(lexer, "/*"))
            skip_long_comment(lexer, false);
        else
            lexer->pos++;
    }
    lexer->pos += lexer->pos < lexer->end ? 2 : 0;
}

// Of five or six digits, or 0.
static unsigned read_version(const struct lexer *lexer, size_t *digits)
{
    unsigned version = 0;
    const char *p = lexer->pos;
    for (*digits = 0; *digits < 6 && p < lexer->end && text_is_digit(*p); p++) {
        version = version * 10 + (unsigned) (*p - '0');
        ++*digits;
    }
    *digits = *digits < 5 ? 0 : *digits;
    return *digits == 0 ? 0 : version;
}

enum reading { READ_CODE, READ_COMMENT, READ_DOUBT };

// Whether the server runs what stands in a comment of that version.
static enum reading judge(const struct dialect *dialect, bool maria, size_t digits,
                          unsigned version)
{
    enum { ANY_SERVER = 50500, NO_SERVER = 900000, MYSQL_57 = 50700, MYSQL_LAST = 99999 };
    if (dialect->version == 0)
        return !maria && version <= ANY_SERVER ? READ_CODE : READ_DOUBT;
    if (maria && !dialect->mariadb)
        return READ_COMMENT;
    // Some MySQLs take five of the digits and some six.
    if (!dialect->mariadb && digits == 6)
        return version >= NO_SERVER ? READ_COMMENT : READ_DOUBT;
    // What newer MySQLs know MariaDB leaves to them.
    bool theirs = dialect->mariadb && !maria && version >= MYSQL_57 && version <= MYSQL_LAST;
    return version <= dialect->version && !theirs ? READ_CODE : READ_COMMENT;
}

// At /*! or /*M!
static void open_code(struct lexer *lexer)
{
    const char *begin = lexer->pos;
    bool maria = begin[2] == 'M';
    size_t digits;
    lexer->pos += maria ? 4 : 3;
    unsigned version = read_version(lexer, &digits);
    enum reading reading = judge(&lexer->dialect, maria, digits, version);
    lexer->doubtful = lexer->doubtful || reading == READ_DOUBT;
    if (reading == READ_CODE || (reading == READ_DOUBT && !lexer->cautious)) {
        lexer->in_code = true;
        lexer->pos += digits;
        return;
    }
    lexer->pos = begin;
    // To MySQL /*M! is a comment like any other.
    skip_long_comment(lexer, digits > 0 && (!maria || lexer->dialect.mariadb));
}

// True if there was a comment, or the opening or closing of one whose content is code.
static bool skip_comment(struct lexer *lexer)
{
    const char *p = lexer->pos;
    size_t left = (size_t) (lexer->end - p);
    if (p[0] != '-' && p[0] != '#' && p[0] != '/' && p[0] != '*')
        return false;
    bool dashes = looks_at(lexer, "--") &&
                  (left == 2 || text_is_space(p[2]) || text_is_cntrl(p[2]));
    if (dashes || p[0] == '#') {
        skip_past(lexer, "\n");
    } else if (looks_at(lexer, "/*!") || looks_at(lexer, "/*M!")) {
        open_code(lexer);
    } else if (looks_at(lexer, "/*")) {
        skip_long_comment(lexer, false);
    } else if (lexer->in_code && looks_at(lexer, "*/")) {
        lexer->in_code = false;
        lexer->pos += 2;
    } else {
        return false;
    }
    return true;
}

// Whether one of eight bytes is a quote or a backslash.
static bool has_either(uint64_t eight, char quote)
{
    const uint64_t ones = 0x0101010101010101U;
    uint64_t quotes = eight ^ (ones * (unsigned char) quote);
    uint64_t backslashes = eight ^ (ones * '\\');
    return ((((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes)) & (ones << 7)) !=
           0;
}

// Dumps are strings, most of them.
static void skip_plain(struct lexer *lexer, char quote)
{
    uint64_t eight;
    while ((size_t) (lexer->end - lexer->pos) >= sizeof(eight)) {
        memcpy(&eight, lexer->pos, sizeof(eight));
        if (has_either(eight, quote))
            return;
        lexer->pos += sizeof(eight);
    }
}

static void read_quoted(struct lexer *lexer)
{
    char quote = *lexer->pos++;
    skip_plain(lexer, quote);
    while (lexer->pos < lexer->end) {
        char c = *lexer->pos++;
        if (c == '\\' && quote != '`' && lexer->pos < lexer->end) {
            lexer->backslash = true;
            lexer->pos += lexer->dialect.plain_backslashes ? 0 : 1;
        } else if (c == quote) {
            if (lexer->pos == lexer->end || *lexer->pos != quote)
                return;
            lexer->pos++;
        }
    }
}

// Of a system variable with all its parts.
static void read_variable(struct lexer *lexer)
{
    const char *begin = lexer->pos;
    while (lexer->pos < lexer->end && *lexer->pos == '@')
        lexer->pos++;
    bool system = lexer->pos - begin > 1;
    for (bool more = true; more; lexer->pos += more) {
        char c = lexer->pos < lexer->end ? *lexer->pos : '\0';
        if (c == '`' || c == '\'' || c == '"') {
            read_quoted(lexer);
        } else {
            while (lexer->pos < lexer->end &&
                   (lexer_is_name_char(*lexer->pos) || (!system && *lexer->pos == '.')))
                lexer->pos++;
        }
        more = system && lexer->pos < lexer->end && *lexer->pos == '.';
    }
}

static void read_number(struct lexer *lexer)
{
    while (lexer->pos < lexer->end && (text_is_digit(*lexer->pos) || *lexer->pos == '.'))
        lexer->pos++;
    while (lexer->pos < lexer->end && (lexer_is_name_char(*lexer->pos) || *lexer->pos == '.')) {
        bool exponent = (*lexer->pos | 0x20) == 'e';
        lexer->pos++;
        if (exponent && lexer->pos < lexer->end && (*lexer->pos == '+' || *lexer->pos == '-'))
            lexer->pos++;
    }
}

// NULL with nothing of a name behind it.
static bool at_null(const struct lexer *lexer)
{
    const char *p = lexer->pos;
    size_t left = (size_t) (lexer->end - p);
    return left >= 4 && text_same_start_nocase(p, "null", 4) &&
           (left == 4 || !lexer_is_name_char(p[4]));
}

void lexer_skip_literals(struct lexer *lexer, struct token *last, size_t *depth)
{
    while (lexer->pos < lexer->end) {
        char c = *lexer->pos;
        const char *begin = lexer->pos;
        bool dashes = c == '-' && lexer->end - lexer->pos > 1 && lexer->pos[1] == '-';
        if (c == '\'')
            read_quoted(lexer);
        else if (text_is_digit(c))
            read_number(lexer);
        else if ((c | 0x20) == 'n' && at_null(lexer))
            lexer->pos += 4;
        else if (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '(' || c == ')' ||
                 c == '+' || (c == '-' && !dashes))
            lexer->pos++;
        else
            return;
        *depth += c == '(';
        *depth -= c == ')' && *depth > 0;
        if (c == '(' || c == ')' || c == ',')
            *last = (struct token){TOKEN_PUNCTUATION, begin, 1};
        else if (c == '\'' || text_is_digit(c))
            *last = (struct token){c == '\'' ? TOKEN_STRING : TOKEN_NUMBER, begin,
                                   (size_t) (lexer->pos - begin)};
    }
}

bool lexer_next(struct lexer *lexer, struct token *token)
{
    while (lexer->pos < lexer->end && (text_is_space(*lexer->pos) || skip_comment(lexer))) {
        if (lexer->pos < lexer->end && text_is_space(*lexer->pos))
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
    } else if (text_is_digit(c)) {
        token->kind = TOKEN_NUMBER;
        read_number(lexer);
    } else if (lexer_is_name_char(c)) {
        token->kind = TOKEN_WORD;
        while (lexer->pos < lexer->end && lexer_is_name_char(*lexer->pos))
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
           text_same_start_nocase(token->text, word, token->len) && word[token->len] == '\0';
}

bool token_is_char(const struct token *token, char c)
{
    return token->kind == TOKEN_PUNCTUATION && token->text[0] == c;
}

bool token_is_name(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_NAME ||
           (token->kind == TOKEN_STRING && token->text[0] == '"');
}

char *token_name(const struct token *token)
{
    struct buf name = BUF_INIT;
    char quote = token->text[0];
    if (token->kind != TOKEN_NAME && (token->kind != TOKEN_STRING || quote != '"')) {
        buf_add(&name, token->text, token->len);
        return buf_steal(&name);
    }
    bool closed = token->len >= 2 && token->text[token->len - 1] == quote;
    for (size_t i = 1; i < token->len - (closed ? 1 : 0); i++) {
        buf_add_char(&name, token->text[i]);
        i += token->text[i] == quote ? 1 : 0;
    }
    return buf_steal(&name);
}
