#include "effects_check.h"

#include <ctype.h>

#include "marsh/base/mem.h"

static void note_name(struct buf *out, const char *schema, const char *name)
{
    buf_printf(out, "%s%s%s", schema == NULL ? "" : schema, schema == NULL ? "" : ".",
               name == NULL ? "*" : name);
}

static void note(void *data, const struct trace_change *change)
{
    static const char *const kinds[TRACE_KINDS] = {"table",   "variable", "tables", "user_lock",
                                                   "handler", "prepared", "setting"};
    static const char whats[] = {[TRACE_LEFT] = '+', [TRACE_TAKEN] = '-', [TRACE_RENAMED] = '>'};
    buf_printf(data, " %c%s:", whats[change->what], kinds[change->kind]);
    note_name(data, change->schema, change->name);
    if (change->new_name != NULL) {
        buf_add_text(data, "=");
        note_name(data, change->new_schema, change->new_name);
    }
}

const struct dialect effects_maria = {.mariadb = true, .version = 101119};
const struct dialect effects_mysql = {.version = 80036};
const struct dialect effects_unknown = {.version = 0};

// "CREATE TABLE: commits-implicitly +table:t"
void effects_describe(const char *text, size_t len, const struct dialect *dialect, struct buf *out)
{
    static const char *const names[] = {
        "reads", "begins",  "commits",     "rolls-back", "implicit",     "calls",      "may-call",
        "fires", "asks-id", "asks-result", "executes",   "takes-number", "asks-number"};
    static const char *const xas[] = {"", " prepare ", " commit ", " one-phase ", " rollback "};
    struct effects effects;
    struct buf traces = BUF_INIT;
    // Exactly as long as the text: a look behind it is an error that the sanitizers see.
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    effects_read(copy, len, dialect, &effects, note, &traces);
    buf_printf(out, "%s:", effects.verb);
    for (unsigned i = 0; i < LENGTH(names); i++) {
        if ((effects.flags & 1U << i) != 0)
            buf_printf(out, " %s", names[i]);
    }
    buf_add_text(out, xas[effects.xa]);
    buf_add(out, effects.xid, effects.xid_len);
    buf_add(out, buf_cstr(&traces), traces.len);
    // The same without anyone to tell.
    struct effects again;
    effects_read(copy, len, dialect, &again, NULL, NULL);
    assert_int_equal(again.flags, effects.flags);
    assert_string_equal(again.verb, effects.verb);
    buf_finish(&traces);
    free(copy);
}

void effects_check_for(const struct dialect *dialect, const char *text, const char *expected,
                       const char *file, int line)
{
    struct buf out = BUF_INIT;
    effects_describe(text, strlen(text), dialect, &out);
    if (strcmp(buf_cstr(&out), expected) != 0)
        print_error("%s\n", text);
    support_check_text(buf_cstr(&out), expected, file, line);
    buf_finish(&out);
}

void effects_check_rows(const struct effects_row *rows, size_t count, const char *file, int line)
{
    for (size_t i = 0; i < count; i++) {
        effects_check_for(&effects_maria, rows[i].text, rows[i].expected, file, line);
        // Case and what stands between the words make no difference.
        CLEANUP(mem_free_at) char *lower = mem_strdup(rows[i].text);
        for (char *c = lower; *c != '\0'; c++)
            *c = (char) tolower((unsigned char) *c);
        CLEANUP(mem_free_at) char *padded = mem_printf(" /* x; */ -- y\n%s ;; ", lower);
        effects_check_for(&effects_maria, padded, rows[i].expected, file, line);
    }
}
