// Any text, as a statement: tokens lie within it, in order, none of them empty, and begin as their
// kind does; what is told of a CALL agrees with its tokens; a secret stays one with text behind it;
// names and strings that are written for the server are read back as one name and one string; what
// a statement does to its session is the same however it is asked for, and known behind any text.
#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"

static void check_begin(const struct token *token)
{
    char c = token->text[0];
    HOLDS((token->kind == TOKEN_NAME) == (c == '`'));
    HOLDS((token->kind == TOKEN_STRING) == (c == '\'' || c == '"'));
    HOLDS((token->kind == TOKEN_VARIABLE) == (c == '@'));
    HOLDS((token->kind == TOKEN_PLACEHOLDER) == (c == '?'));
    HOLDS((token->kind == TOKEN_NUMBER) == (c >= '0' && c <= '9'));
    HOLDS(token->kind != TOKEN_PUNCTUATION || token->len == 1);
}

// Returns how many placeholders there are.
static size_t check_tokens(const char *text, size_t len, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    const char *seen = text;
    size_t placeholders = 0;
    lexer_init(&lexer, text, len, dialect);
    while (lexer_next(&lexer, &token)) {
        HOLDS(token.len > 0);
        HOLDS(token.text >= seen && token.text < text + len);
        HOLDS(token.len <= (size_t) (text + len - token.text));
        seen = token.text + token.len;
        check_begin(&token);
        placeholders += token.kind == TOKEN_PLACEHOLDER;
        char *name = token_name(&token);
        HOLDS(strlen(name) <= token.len);
        free(name);
    }
    HOLDS(!lexer_next(&lexer, &token));
    return placeholders;
}

static void check_call(const char *text, size_t len, size_t placeholders)
{
    struct call_text call = {.count = 12345};
    if (!call_text_parse(text, len, NULL, &call)) {
        HOLDS(call.count == 12345 && call.name == NULL && call.placeholders == NULL);
        return;
    }
    size_t lone = 0;
    for (size_t i = 0; i < call.count; i++)
        lone += call.placeholders[i];
    HOLDS(call.name != NULL);
    HOLDS(call.placeholder_count == placeholders);
    HOLDS(call.mixed == (lone < placeholders));
    call_text_finish(&call);
}

static void check_secret(const char *text, size_t len)
{
    struct buf secret = BUF_INIT;
    buf_add_text(&secret, "SET /* x */ Password = ");
    buf_add(&secret, text, len);
    HOLDS(statement_is_secret(secret.data, secret.len));
    buf_finish(&secret);
    statement_is_secret(text, len);
    statement_changes_names(text, len);
}

static void check_round_trip(const char *text, size_t len)
{
    struct buf sql = BUF_INIT;
    struct buf name = BUF_INIT;
    buf_add(&name, text, len);
    const char *wanted = buf_cstr(&name); // to its first NUL
    buf_add_text(&sql, "CALL ");
    statement_add_name(&sql, wanted);
    buf_add_char(&sql, '(');
    statement_add_string(&sql, text, len);
    buf_add_text(&sql, ",?)");
    struct call_text call;
    HOLDS(call_text_parse(sql.data, sql.len, NULL, &call));
    HOLDS(strcmp(call.name, wanted) == 0 && call.schema == NULL);
    HOLDS(call.count == 2 && !call.placeholders[0] && call.placeholders[1] && !call.mixed);
    call_text_finish(&call);
    buf_finish(&sql);
    buf_finish(&name);
}

static void note_trace(void *data, const struct trace_change *change)
{
    size_t *count = data;
    HOLDS(change->kind < TRACE_KINDS);
    HOLDS(change->what == TRACE_TAKEN || change->name != NULL);
    HOLDS((change->what == TRACE_RENAMED) == (change->new_name != NULL));
    HOLDS(change->schema == NULL || change->kind == TRACE_TEMPORARY_TABLE);
    (*count)++;
}

static void check_effects(const char *text, size_t len, const struct dialect *dialect)
{
    struct effects effects;
    struct effects again;
    size_t traces = 0;
    effects_read(text, len, dialect, &effects, note_trace, &traces);
    effects_read(text, len, dialect, &again, NULL, NULL);
    HOLDS(effects.flags == again.flags && strcmp(effects.verb, again.verb) == 0);
    HOLDS(effects.flags <= 2 * EFFECT_EXECUTES - 1);
    HOLDS(memchr(effects.verb, '\0', sizeof(effects.verb)) != NULL);
    HOLDS(effects.xid == NULL || (effects.xid >= text && effects.xid_len > 0 &&
                                  effects.xid + effects.xid_len <= text + len));
    // Each trace has a token of its own, but for SET NAMES, which has more.
    HOLDS(traces <= 2 * len);
    // A statement in front hides nothing, and what commits there still does.
    struct buf sql = BUF_INIT;
    buf_add_text(&sql, "COMMIT;");
    buf_add(&sql, text, len);
    size_t more = 0;
    effects_read(sql.data, sql.len, dialect, &again, note_trace, &more);
    HOLDS((again.flags & EFFECT_COMMITS) != 0 && (again.flags & EFFECT_READS) == 0);
    HOLDS((again.flags | EFFECT_READS) == (effects.flags | EFFECT_COMMITS | EFFECT_READS));
    HOLDS(more == traces && strcmp(again.verb, "COMMIT") == 0);
    HOLDS(again.statements == effects.statements + 1);
    buf_finish(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dialect dialects[] = {
        {.version = 0},
        {.plain_backslashes = true, .mariadb = true, .version = 101119},
        {.version = 80036},
    };
    const char *text = (const char *) data;
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        check_tokens(text, size, &dialects[i]);
        check_effects(text, size, &dialects[i]);
    }
    check_call(text, size, check_tokens(text, size, NULL));
    check_secret(text, size);
    check_round_trip(text, size);
    return 0;
}
