#include "show.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/data/grid.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"
#include "marsh/session/argument.h"
#include "marsh/sql/type.h"
#include "outcome.h"
#include "prepared.h"
#include "shell_words.h"

static const struct column statement_columns[] = {GRID_COLUMN("statement", COLUMN_TEXT)};
static const struct column parameter_columns[] = {
    GRID_COLUMN("parameter", COLUMN_TEXT), GRID_COLUMN("mode", COLUMN_TEXT),
    GRID_COLUMN("type", COLUMN_TEXT), GRID_COLUMN("value", COLUMN_TEXT)};

static void add_parameter(struct grid *grid, const struct prepared *prepared, size_t index)
{
    const struct routine *routine = &prepared->routine;
    const struct argument *argument = prepared->slots[index];
    const struct parameter *parameter = routine->known ? &routine->parameters[index] : NULL;
    if (parameter != NULL)
        grid_add(grid, parameter->name);
    else
        grid_printf(grid, "%zu", index + 1);
    grid_add(grid, parameter == NULL ? NULL : parameter_mode_name(parameter->mode));
    grid_add(grid, parameter == NULL ? NULL : parameter->type);
    grid_add(grid, argument == NULL ? NULL : argument->text);
}

bool show_explanation(struct context *context, const struct prepared *prepared,
                      const struct call_values *values, struct error *err)
{
    struct grid statement;
    struct grid parameters;
    const struct buf *text = procedure_text(prepared->procedure);
    struct sink *sink = context->format->create(&context->render, context->output);
    grid_init(&statement, statement_columns, 1);
    grid_init(&parameters, parameter_columns, 4);
    grid_printf(&statement, "%.*s", (int) text->len, text->data);
    for (size_t i = 0; i < values->count; i++)
        add_parameter(&parameters, prepared, i);
    bool ok = grid_push(&statement, sink, err) &&
              (values->count == 0 || grid_push(&parameters, sink, err)) &&
              output_flush(context->output, err);
    context->format->destroy(sink);
    grid_finish(&statement);
    grid_finish(&parameters);
    return ok;
}

static bool find(const struct outcome *outcome, const char *name, const char **text, size_t *len,
                 struct error *err)
{
    return outcome_find(outcome, name, text, len) ||
           error_set(err, ERROR_USAGE, "the call has no OUT value '%s'", name);
}

// What is bytes must stay as it is to be of use in a file.
static bool is_bytes(const struct prepared *prepared, const char *name)
{
    const struct routine *routine = &prepared->routine;
    const struct parameter *parameter = routine_parameter(routine, name);
    const char *declared = parameter != NULL ? parameter->type : routine->returns;
    struct type type;
    bool known = declared != NULL && type_parse(declared, &type);
    bool bytes = known && type_is_binary(&type) && type.kind != TYPE_BIT;
    if (declared != NULL)
        type_finish(&type);
    return bytes;
}

bool show_value(struct context *context, const struct prepared *prepared,
                const struct outcome *outcome, const char *name, struct error *err)
{
    const char *text;
    size_t len;
    if (!find(outcome, name, &text, &len, err))
        return false;
    struct buf *out = output_buffer(context->output);
    if (text == NULL)
        return true;
    render_add_text(out, &context->render, text, len, true);
    if (!is_bytes(prepared, name))
        buf_add_char(out, '\n');
    return output_flush(context->output, err);
}

static bool check_name(const char *name, struct error *err)
{
    bool fits = text_is_alpha(name[0]) || name[0] == '_';
    for (const char *c = name; *c != '\0'; c++)
        fits = fits && (text_is_alnum(*c) || *c == '_');
    if (!fits)
        return error_set(err, ERROR_USAGE, "'%s' is no name of a shell variable", name);
    if (shell_word_is_special(name))
        return error_set(err, ERROR_USAGE,
                         "'%s' is a variable that the shell goes by: use --out for it", name);
    return true;
}

bool show_check_env(const struct prepared *prepared, struct error *err)
{
    const struct routine *routine = &prepared->routine;
    for (size_t i = 0; i < routine->count; i++) {
        if (routine->parameters[i].mode != PARAMETER_IN &&
            !check_name(routine->parameters[i].name, err))
            return false;
    }
    return true;
}

static bool add_assignment(struct buf *out, const char *name, const char *text, size_t len,
                           struct error *err)
{
    if (!check_name(name, err))
        return false;
    if (text == NULL) {
        buf_printf(out, "unset %s\n", name);
        return true;
    }
    if (memchr(text, '\0', len) != NULL)
        return error_set(err, ERROR_SQL, "%s holds a NUL, which no shell variable can: use --out",
                         name);
    buf_printf(out, "%s='", name);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_char(out, text[i]);
    }
    buf_add_text(out, "'\n");
    return true;
}

bool show_env(struct context *context, const struct outcome *outcome, struct error *err)
{
    struct buf lines = BUF_INIT;
    bool ok = true;
    const struct recorded_set *set = outcome->out.count > 0 ? &outcome->out.sets[0] : NULL;
    for (size_t i = 0; ok && set != NULL && set->rows > 0 && i < set->columns; i++)
        ok = add_assignment(&lines, set->names[i], set->cells[i], set->lengths[i], err);
    if (ok)
        render_add_text(output_buffer(context->output), &context->render, lines.data, lines.len,
                        true);
    buf_finish(&lines);
    return ok && output_flush(context->output, err);
}

bool show_status(const struct outcome *outcome, const char *name, int *status, struct error *err)
{
    const char *text;
    size_t len;
    if (!find(outcome, name, &text, &len, err))
        return false;
    char *end = NULL;
    long value = text == NULL ? -1 : strtol(text, &end, 10);
    if (text == NULL || end == text || *end != '\0' || value < 0 || value > 255)
        return error_set(err, ERROR_SQL, "%s is no exit status: %s", name,
                         text == NULL ? "NULL" : text);
    *status = (int) value;
    return true;
}

void show_warnings(struct context *context, const struct recorder *rows)
{
    struct buf lines = BUF_INIT;
    for (size_t i = 0; i < recorder_rows(rows); i++) {
        const char *message = recorder_cell(rows, i, 2);
        buf_printf(&lines, "%s %s: ", recorder_cell(rows, i, 0), recorder_cell(rows, i, 1));
        text_add_printable(&lines, message, strlen(message), true);
        buf_add_char(&lines, '\n');
    }
    context->say(context, lines.data, lines.len);
    buf_finish(&lines);
}
