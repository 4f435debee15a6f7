// Any text, as a statement: what is found are words that stand in it behind colons, one ? for each;
// with the names put back it is the text again; in the rewritten text there is nothing to find, and
// as many more places for values as names were found.
#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/placeholders.h"

static void find(const char *text, size_t len, bool escapes, struct placeholders *found)
{
    struct lexer lexer;
    const struct dialect dialect = {.plain_backslashes = !escapes};
    lexer_init(&lexer, text, len, &dialect);
    placeholders_find(&lexer, found);
}

static size_t count_places(const char *text, size_t len, bool escapes)
{
    struct lexer lexer;
    struct token token;
    size_t count = 0;
    const struct dialect dialect = {.plain_backslashes = !escapes};
    lexer_init(&lexer, text, len, &dialect);
    while (lexer_next(&lexer, &token))
        count += token.kind == TOKEN_PLACEHOLDER;
    return count;
}

// Each name is in the text where a ? is in the rewritten one; all else is the same.
static void check_rest(const char *text, size_t len, const struct placeholders *found)
{
    size_t at = 0;
    size_t name = 0;
    for (size_t i = 0; i < found->text.len; i++) {
        char c = found->text.data[i];
        HOLDS(at < len);
        if (c == text[at]) {
            at++;
            continue;
        }
        while (name < found->count && found->names[name] == NULL)
            name++;
        HOLDS(c == '?' && text[at] == ':' && name < found->count);
        size_t name_len = strlen(found->names[name]);
        HOLDS(name_len > 0 && name_len <= len - at - 1);
        HOLDS(memcmp(text + at + 1, found->names[name++], name_len) == 0);
        at += 1 + name_len;
    }
    while (name < found->count && found->names[name] == NULL)
        name++;
    HOLDS(at == len && name == found->count);
}

static void check(const char *text, size_t len, bool escapes)
{
    struct placeholders found;
    struct placeholders again;
    find(text, len, escapes, &found);
    check_rest(text, len, &found);
    size_t before = count_places(text, len, escapes);
    // None is looked for where the statement has a body.
    HOLDS(found.count == 0 || found.count == before + found.named);
    HOLDS(count_places(found.text.data, found.text.len, escapes) == before + found.named);
    find(found.text.data, found.text.len, escapes, &again);
    HOLDS(again.named == 0 && again.text.len == found.text.len);
    placeholders_finish(&found);
    placeholders_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check((const char *) data, size, false);
    check((const char *) data, size, true);
    return 0;
}
