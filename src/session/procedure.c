#include "marsh/session/procedure.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/value.h"
#include "marsh/session/routine.h"
#include "marsh/session/session.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"

// Adds the signature to a message about a call that does not fit it.
static bool fail(struct error *err, const struct routine *routine, char *message)
{
    CLEANUP(mem_free_at) char *signature = routine_signature(routine);
    error_set(err, ERROR_USAGE, "%s; it is %s", message, signature);
    free(message);
    return false;
}

// Whether each lone `?` stands for something that comes back.
static bool check_places(const struct routine *routine, const struct call_text *call,
                         struct error *err)
{
    for (size_t i = 0; i < call->count && i < routine->count; i++) {
        const struct parameter *parameter = &routine->parameters[i];
        if (call->placeholders[i] && parameter->mode == PARAMETER_IN)
            return fail(err, routine,
                        mem_printf("parameter %zu of %s, %s, is IN: '?' stands only for values "
                                   "that come back",
                                   i + 1, routine->name, parameter->name));
    }
    return true;
}

bool procedure_run(struct session *session, const char *text, size_t len,
                   const struct call_text *call, struct sink *sink, struct error *err)
{
    if (call->mixed)
        return error_set(err, ERROR_USAGE, "a '?' in a CALL is a whole argument, not part of one");
    struct routine routine;
    if (!routine_lookup(session, call->schema, call->name, &routine, err))
        return false;
    struct value *values = mem_calloc(call->placeholder_count, sizeof(*values));
    bool ok = (!routine.known || check_places(&routine, call, err)) &&
              session_execute(session, text, len, values, call->placeholder_count, sink, err);
    free(values);
    routine_finish(&routine);
    return ok;
}

// "schema.name", either part in backticks if need be.
static bool parse_name(const char *text, char **schema, char **name, struct error *err)
{
    struct lexer lexer;
    struct token part[4];
    size_t count = 0;
    lexer_init(&lexer, text, strlen(text), NULL);
    while (count < 4 && lexer_next(&lexer, &part[count]))
        count++;
    bool dotted = count == 3 && token_is_char(&part[1], '.');
    bool named = count > 0 && count < 4 && (count == 1 || dotted);
    for (size_t i = 0; named && i < count; i += 2)
        named = part[i].kind == TOKEN_WORD || part[i].kind == TOKEN_NAME;
    if (!named)
        return error_set(err, ERROR_USAGE, "'%s' is not a procedure's name", text);
    *schema = dotted ? token_name(&part[0]) : NULL;
    *name = token_name(&part[count - 1]);
    return true;
}

static size_t count_values(const struct routine *routine)
{
    size_t wanted = 0;
    for (size_t i = 0; i < routine->count; i++)
        wanted += routine->parameters[i].mode != PARAMETER_OUT;
    return wanted;
}

static bool check_count(const struct routine *routine, size_t count, struct error *err)
{
    size_t wanted = count_values(routine);
    if (!routine->known || count == wanted)
        return true;
    return fail(err, routine,
                mem_printf("%s takes %zu value%s, not %zu", routine->name, wanted,
                           wanted == 1 ? "" : "s", count));
}

static void add_call(struct buf *text, const struct routine *routine, size_t places)
{
    buf_add_text(text, "CALL ");
    if (routine->schema[0] != '\0') {
        statement_add_name(text, routine->schema);
        buf_add_char(text, '.');
    }
    statement_add_name(text, routine->name);
    for (size_t i = 0; i < places; i++)
        buf_add_text(text, i == 0 ? "(?" : ", ?");
    buf_add_text(text, places == 0 ? "()" : ")");
}

static bool call_routine(struct session *session, const struct routine *routine, char *const *texts,
                         size_t count, struct sink *sink, struct error *err)
{
    if (!check_count(routine, count, err))
        return false;
    size_t places = routine->known ? routine->count : count;
    struct value *values = mem_calloc(places, sizeof(*values));
    for (size_t i = 0, next = 0; i < places && next < count; i++) {
        bool out = routine->known && routine->parameters[i].mode == PARAMETER_OUT;
        if (!out && strcmp(texts[next], "\\N") != 0)
            values[i] = (struct value){texts[next], strlen(texts[next])};
        next += out ? 0 : 1;
    }
    struct buf text = BUF_INIT;
    add_call(&text, routine, places);
    bool ok = session_execute(session, text.data, text.len, values, places, sink, err);
    buf_finish(&text);
    free(values);
    return ok;
}

bool procedure_call(struct session *session, const char *name, char *const *values, size_t count,
                    struct sink *sink, struct error *err)
{
    CLEANUP(mem_free_at) char *schema = NULL;
    CLEANUP(mem_free_at) char *routine_name = NULL;
    struct routine routine;
    if (!parse_name(name, &schema, &routine_name, err) ||
        !routine_lookup(session, schema, routine_name, &routine, err))
        return false;
    bool ok = call_routine(session, &routine, values, count, sink, err);
    routine_finish(&routine);
    return ok;
}
