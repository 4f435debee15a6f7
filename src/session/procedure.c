#include "marsh/session/procedure.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/column.h"
#include "marsh/data/sink.h"
#include "marsh/session/argument.h"
#include "marsh/session/routine.h"
#include "marsh/session/session.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/statement.h"
#include "marsh/sql/type.h"

// Whether each lone `?` stands for something that comes back, or has a value.
static bool check_places(const struct routine *routine, const struct call_text *call,
                         const struct value *values, struct error *err)
{
    size_t place = 0;
    for (size_t i = 0; i < call->count; i++) {
        if (!call->placeholders[i])
            continue;
        bool valued = values[place++].text != NULL;
        if (i >= routine->count || valued)
            continue;
        const struct parameter *parameter = &routine->parameters[i];
        if (parameter->mode == PARAMETER_IN)
            return routine_fail(routine,
                                mem_printf("parameter %zu of %s, %s, is IN: '?' stands only for "
                                           "values that come back",
                                           i + 1, routine->name, parameter->name),
                                err);
    }
    return true;
}

bool procedure_run(struct session *session, const char *text, size_t len,
                   const struct call_text *call, const struct value *values, struct sink *sink,
                   struct error *err)
{
    if (call->mixed)
        return error_set(err, ERROR_USAGE, "a '?' in a CALL is a whole argument, not part of one");
    const struct routine *routine = session_routine(session, call->schema, call->name, err);
    if (routine == NULL)
        return false;
    bool known = routine->known && routine->returns == NULL;
    return (!known || check_places(routine, call, values, err)) &&
           session_execute(session, text, len, values, call->placeholder_count, sink, err);
}

// The lexer takes a name that no quote ends, as `a, to the end of the text.
static bool is_closed_name(const struct token *token)
{
    size_t quotes = 0;
    for (size_t i = 0; i < token->len; i++)
        quotes += token->text[i] == token->text[0];
    return token->kind == TOKEN_NAME && token->len > 2 && quotes % 2 == 0;
}

bool procedure_parse_name(const char *text, char **schema, char **name, struct error *err)
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
        named = part[i].kind == TOKEN_WORD || is_closed_name(&part[i]);
    if (!named)
        return error_set(err, ERROR_USAGE, "'%s' is not a routine's name", text);
    *schema = dotted ? token_name(&part[0]) : NULL;
    *name = token_name(&part[count - 1]);
    return true;
}

struct procedure {
    const struct routine *routine;
    struct type *types; // one a parameter
    size_t count;
    struct buf text;
};

static void make_text(struct procedure *procedure)
{
    const struct routine *routine = procedure->routine;
    struct buf *text = &procedure->text;
    buf_add_text(text, routine->returns != NULL ? "SELECT " : "CALL ");
    if (routine->schema[0] != '\0') {
        statement_add_name(text, routine->schema);
        buf_add_char(text, '.');
    }
    statement_add_name(text, routine->name);
    for (size_t i = 0; i < procedure->count; i++)
        buf_add_text(text, i == 0 ? "(?" : ", ?");
    buf_add_text(text, procedure->count == 0 ? "()" : ")");
    if (routine->returns != NULL)
        buf_add_text(text, " AS result");
}

struct procedure *procedure_create(const struct routine *routine, size_t given)
{
    struct procedure *procedure = mem_calloc(1, sizeof(*procedure));
    procedure->routine = routine;
    procedure->count = routine->known ? routine->count : given;
    procedure->types = mem_calloc(procedure->count, sizeof(*procedure->types));
    for (size_t i = 0; i < routine->count; i++) {
        const struct parameter *parameter = &routine->parameters[i];
        bool text = parameter->charset != NULL;
        CLEANUP(mem_free_at)
        char *whole = mem_printf("%s%s%s", parameter->type, text ? " CHARSET " : "",
                                 text ? parameter->charset : "");
        type_parse(whole, &procedure->types[i]);
    }
    make_text(procedure);
    return procedure;
}

void procedure_destroy(struct procedure *procedure)
{
    if (procedure == NULL)
        return;
    for (size_t i = 0; i < procedure->routine->count; i++)
        type_finish(&procedure->types[i]);
    free(procedure->types);
    buf_finish(&procedure->text);
    free(procedure);
}

size_t procedure_count(const struct procedure *procedure)
{
    return procedure->count;
}

const struct buf *procedure_text(const struct procedure *procedure)
{
    return &procedure->text;
}

static bool is_out(const struct procedure *procedure, size_t index)
{
    const struct routine *routine = procedure->routine;
    return routine->known && routine->parameters[index].mode == PARAMETER_OUT;
}

static bool fail_unknown(const struct routine *routine, const char *name, struct error *err)
{
    const char *near = routine_nearest_parameter(routine, name);
    return routine_fail(routine,
                        mem_printf("%s has no parameter '%s'%s%s%s", routine->name, name,
                                   near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                                   near == NULL ? "" : "'?"),
                        err);
}

static bool assign_named(const struct procedure *procedure, const struct argument *argument,
                         const struct argument **slots, struct error *err)
{
    const struct routine *routine = procedure->routine;
    if (!routine->known)
        return error_set(err, ERROR_USAGE,
                         "the signature of %s can't be seen: there is no such routine, or no "
                         "privilege on it; arguments can only be given in order",
                         routine->name);
    const struct parameter *parameter = routine_parameter(routine, argument->name);
    if (parameter == NULL)
        return fail_unknown(routine, argument->name, err);
    size_t index = (size_t) (parameter - routine->parameters);
    if (parameter->mode == PARAMETER_OUT)
        return routine_fail(routine, mem_printf("%s is OUT: it takes no value", parameter->name),
                            err);
    if (slots[index] != NULL)
        return routine_fail(routine, mem_printf("%s is given twice", parameter->name), err);
    slots[index] = argument;
    return true;
}

static size_t count_values(const struct procedure *procedure)
{
    size_t wanted = 0;
    for (size_t i = 0; i < procedure->count; i++)
        wanted += !is_out(procedure, i);
    return wanted;
}

static bool fail_count(const struct procedure *procedure, size_t count, struct error *err)
{
    size_t wanted = count_values(procedure);
    const char *name = procedure->routine->name;
    return routine_fail(
        procedure->routine,
        mem_printf("%s takes %zu value%s, not %zu", name, wanted, wanted == 1 ? "" : "s", count),
        err);
}

bool procedure_assign(const struct procedure *procedure, const struct argument *arguments,
                      size_t count, const struct argument **slots, struct error *err)
{
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].name != NULL)
            continue;
        while (next < procedure->count && is_out(procedure, next))
            next++;
        if (next == procedure->count)
            return fail_count(procedure, count, err);
        slots[next++] = &arguments[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].name != NULL && !assign_named(procedure, &arguments[i], slots, err))
            return false;
    }
    return true;
}

bool procedure_is_missing(const struct procedure *procedure, size_t index, bool given)
{
    return !given && !is_out(procedure, index);
}

bool procedure_check_missing(const struct procedure *procedure, const bool *given,
                             struct error *err)
{
    struct buf names = BUF_INIT;
    const struct routine *routine = procedure->routine;
    for (size_t i = 0; i < procedure->count; i++) {
        if (procedure_is_missing(procedure, i, given[i]))
            buf_printf(&names, "%s%s", names.len == 0 ? "" : ", ", routine->parameters[i].name);
    }
    if (names.len == 0)
        return true;
    char *message = mem_printf("%s lacks a value for %s", routine->name, buf_cstr(&names));
    buf_finish(&names);
    return routine_fail(routine, message, err);
}

void call_values_init(struct call_values *values, const struct procedure *procedure)
{
    values->count = procedure->count;
    values->values = mem_calloc(values->count, sizeof(*values->values));
    values->converted = mem_calloc(values->count, sizeof(*values->converted));
}

void call_values_finish(struct call_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        buf_finish(&values->converted[i]);
    free(values->values);
    free(values->converted);
    *values = (struct call_values){.count = 0};
}

bool procedure_take(const struct procedure *procedure, struct call_values *values, size_t index,
                    const char *text, size_t len, struct error *err)
{
    struct value *value = &values->values[index];
    *value = (struct value){text, len, false};
    if (text == NULL || !procedure->routine->known)
        return true;
    const struct type *type = &procedure->types[index];
    const struct routine *routine = procedure->routine;
    struct buf *room = &values->converted[index];
    buf_clear(room);
    value->binary = type_is_binary(type);
    bool ok = type_check(type, text, len, routine->strict, err) &&
              (!type_is_converted(type) || type_convert(type, text, len, room, err));
    if (!ok) {
        char *message = mem_printf("%s: %s", routine->parameters[index].name, err->message);
        return routine_fail(routine, message, err);
    }
    if (type_is_converted(type))
        *value = (struct value){room->data == NULL ? "" : room->data, room->len, true};
    return true;
}

// A function's value is told as a procedure's OUT value is; BIT too, which the server delivers as a
// number there and as bytes in a row.
struct out_sink {
    struct sink sink;
    struct sink *next;
    struct column column;
    bool bits;
};

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct out_sink *self = (struct out_sink *) sink;
    (void) kind;
    self->column = columns[0];
    self->bits = columns[0].kind == COLUMN_BIT;
    if (self->bits)
        self->column.kind = COLUMN_NUMBER;
    return sink_columns(self->next, SET_OUT, &self->column, count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    const struct out_sink *self = (const struct out_sink *) sink;
    const char *cell = row->cells[0];
    char number[24];
    uint64_t bits = 0;
    if (!self->bits || cell == NULL)
        return sink_row(self->next, row, err);
    for (size_t i = 0; i < row->lengths[0]; i++)
        bits = bits << 8 | (unsigned char) cell[i];
    const unsigned long len = (unsigned long) snprintf(number, sizeof(number), "%" PRIu64, bits);
    cell = number;
    struct row told = {&cell, &len};
    return sink_row(self->next, &told, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct summary out = *summary;
    out.kind = SET_OUT;
    return sink_summary(((struct out_sink *) sink)->next, &out, err);
}

static void take_abort(struct sink *sink)
{
    sink_abort(((struct out_sink *) sink)->next);
}

bool procedure_send(const struct procedure *procedure, struct session *session,
                    const struct call_values *values, struct sink *sink, struct error *err)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    struct out_sink out = {.sink = {&ops}, .next = sink};
    const struct buf *text = &procedure->text;
    return session_execute(session, text->data, text->len, values->values, values->count,
                           procedure->routine->returns != NULL ? &out.sink : sink, err);
}
