#include "marsh/sql/statement.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/sql/lexer.h"

void call_text_finish(struct call_text *call)
{
    free(call->schema);
    free(call->name);
    free(call->placeholders);
    *call = (struct call_text){.count = 0};
}

// One argument, up to its comma or the closing parenthesis, which *closing tells.
static bool read_argument(struct lexer *lexer, struct call_text *call, bool *closing)
{
    struct token token;
    size_t depth = 0;
    size_t tokens = 0;
    size_t placeholders = 0;
    while (lexer_next(lexer, &token)) {
        bool ends = depth == 0 && (token_is_char(&token, ',') || token_is_char(&token, ')'));
        if (ends) {
            *closing = token_is_char(&token, ')');
            if (tokens == 0)
                return *closing && call->count == 0;
            call->placeholders = mem_realloc(call->placeholders,
                                             (call->count + 1) * sizeof(*call->placeholders));
            bool lone = placeholders == 1 && tokens == 1;
            call->placeholders[call->count++] = lone;
            call->placeholder_count += placeholders;
            call->mixed = call->mixed || (placeholders > 0 && !lone);
            return true;
        }
        tokens++;
        placeholders += token.kind == TOKEN_PLACEHOLDER;
        depth += token_is_char(&token, '(');
        depth -= token_is_char(&token, ')') && depth > 0;
    }
    return false;
}

bool call_text_parse(const char *text, size_t len, const struct dialect *dialect,
                     struct call_text *call)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, len, dialect);
    if (!lexer_next(&lexer, &token) || !token_is(&token, "call") || !lexer_next(&lexer, &token) ||
        !token_is_name(&token))
        return false;
    struct call_text parsed = {.name = token_name(&token)};
    bool more = lexer_next(&lexer, &token);
    if (more && token_is_char(&token, '.')) {
        parsed.schema = parsed.name;
        parsed.name = NULL;
        more = lexer_next(&lexer, &token) && token_is_name(&token);
        parsed.name = more ? token_name(&token) : NULL;
        more = more && lexer_next(&lexer, &token);
    }
    bool ok = parsed.name != NULL && (!more || token_is_char(&token, '('));
    bool closing = !more;
    while (ok && !closing)
        ok = read_argument(&lexer, &parsed, &closing);
    if (!ok || lexer_next(&lexer, &token)) {
        call_text_finish(&parsed);
        return false;
    }
    *call = parsed;
    return true;
}

static bool names_secret(const struct token *token)
{
    static const char *const words[] = {"password",
                                        "identified",
                                        "master_password",
                                        "old_password",
                                        "via",
                                        "source_password",
                                        "des_encrypt",
                                        "encrypt",
                                        "aes_encrypt",
                                        "aes_decrypt",
                                        "secret",
                                        "passwd",
                                        "authentication_string"};
    CLEANUP(mem_free_at) char *name = token_name(token);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_equals_nocase(name, words[i]))
            return true;
    }
    return false;
}

static bool is_secret(struct lexer *lexer)
{
    struct token token;
    while (lexer_next(lexer, &token)) {
        if (token.kind == TOKEN_STRING && memmem(token.text, token.len, "://", 3) != NULL)
            return true;
        if (token_is_name(&token) && names_secret(&token))
            return true;
    }
    return false;
}

bool statement_is_secret(const char *text, size_t len)
{
    // Nobody asks which server it is for: it is secret if any reads it so.
    bool doubtful = false;
    bool backslash = false;
    for (unsigned reading = 0; reading < 4; reading++) {
        struct dialect dialect = {.plain_backslashes = (reading & 1) != 0};
        struct lexer lexer;
        if ((dialect.plain_backslashes && !backslash) || (reading > 1 && !doubtful))
            continue;
        lexer_init(&lexer, text, len, &dialect);
        lexer.cautious = reading > 1;
        if (is_secret(&lexer))
            return true;
        doubtful = doubtful || lexer.doubtful;
        backslash = backslash || lexer.backslash;
    }
    return false;
}

bool statement_changes_names(const char *text, size_t len)
{
    static const char *const words[] = {"create", "drop", "alter", "rename", "use"};
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, len, NULL);
    if (!lexer_next(&lexer, &token))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (token_is(&token, words[i]))
            return true;
    }
    return false;
}

void statement_add_name(struct buf *buf, const char *name)
{
    buf_add_char(buf, '`');
    for (; *name != '\0'; name++) {
        if (*name == '`')
            buf_add_char(buf, '`');
        buf_add_char(buf, *name);
    }
    buf_add_char(buf, '`');
}

void statement_add_string(struct buf *buf, const char *text, size_t len)
{
    if (len == 0) {
        buf_add_text(buf, "''");
        return;
    }
    buf_add_text(buf, "_utf8mb4 X'");
    for (size_t i = 0; i < len; i++)
        buf_printf(buf, "%02X", (unsigned char) text[i]);
    buf_add_char(buf, '\'');
}
