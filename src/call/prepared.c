#include "prepared.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/session/argument.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

static bool is_parameter(void *data, const char *name)
{
    return routine_parameter(data, name) != NULL;
}

static bool parse_arguments(struct prepared *prepared, char *const *words, size_t count,
                            struct error *err)
{
    prepared->arguments = mem_calloc(count, sizeof(*prepared->arguments));
    for (size_t i = 0; i < count; i++) {
        prepared->argument_count++;
        if (!argument_parse(words[i], is_parameter, &prepared->routine, &prepared->arguments[i],
                            err))
            return false;
    }
    return true;
}

bool prepared_init(struct prepared *prepared, struct context *context, char *const *words,
                   size_t count, struct error *err)
{
    CLEANUP(mem_free_at) char *schema = NULL;
    CLEANUP(mem_free_at) char *name = NULL;
    *prepared = (struct prepared){.caller = context->caller};
    if (!procedure_parse_name(words[0], &schema, &name, err))
        return false;
    const struct routine *routine = session_routine(context->session, schema, name, err);
    if (routine == NULL)
        return false;
    routine_copy(&prepared->routine, routine);
    if (!parse_arguments(prepared, words + 1, count - 1, err))
        return false;
    prepared->procedure = procedure_create(&prepared->routine, count - 1);
    size_t places = procedure_count(prepared->procedure);
    prepared->slots = mem_calloc(places, sizeof(const struct argument *));
    if (procedure_assign(prepared->procedure, prepared->arguments, prepared->argument_count,
                         prepared->slots, err))
        return true;
    routine_hint(&prepared->routine, context->session, err);
    return false;
}

void prepared_finish(struct prepared *prepared)
{
    for (size_t i = 0; i < prepared->argument_count; i++)
        argument_finish(&prepared->arguments[i]);
    free(prepared->arguments);
    free(prepared->slots);
    procedure_destroy(prepared->procedure);
    routine_finish(&prepared->routine);
}

static void say_printable(struct caller *caller, const char *text)
{
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, text, strlen(text), false);
    caller_say(caller, shown.data, shown.len);
    buf_finish(&shown);
}

// One line from the terminal, which gives no more with one read. False where there is none, or
// Ctrl-C was pressed: no signal ends the wait by itself.
static bool read_line(struct caller *caller, struct cancel *cancel, struct buf *line)
{
    struct pollfd input = {.fd = caller_in(caller), .events = POLLIN};
    enum { LINE_ROOM = 4096, LOOK_EVERY = 50 };
    while (!cancel_was_fired(cancel)) {
        if (poll(&input, 1, LOOK_EVERY) <= 0)
            continue;
        buf_reserve(line, LINE_ROOM);
        ssize_t got = caller_read(caller, input.fd, line->data + line->len, LINE_ROOM);
        if (got <= 0)
            return false;
        line->len += (size_t) got;
        if (line->data[line->len - 1] != '\n')
            continue;
        line->len--;
        return true;
    }
    return false;
}

// \N is NULL.
static bool ask_for(struct caller *caller, struct cancel *cancel, const struct parameter *parameter,
                    struct argument *argument, struct error *err)
{
    struct buf line = BUF_INIT;
    CLEANUP(mem_free_at) char *prompt = mem_printf("%s %s: ", parameter->name, parameter->type);
    say_printable(caller, prompt);
    if (!read_line(caller, cancel, &line)) {
        buf_finish(&line);
        caller_say(caller, "\n", 1);
        return error_set(err, ERROR_CANCELLED, "no value for %s", parameter->name);
    }
    *argument = (struct argument){.name = mem_strdup(parameter->name), .len = line.len};
    bool null = strcmp(buf_cstr(&line), "\\N") == 0;
    if (null)
        argument->len = 0;
    else
        argument->text = mem_strndup(line.data, line.len);
    buf_finish(&line);
    return true;
}

// The list grows, and so may move: the slots are told anew.
static void take_asked(struct prepared *prepared, size_t index, const struct argument *asked)
{
    size_t places = procedure_count(prepared->procedure);
    size_t *places_of = mem_calloc(places, sizeof(*places_of));
    for (size_t i = 0; i < places; i++)
        places_of[i] = prepared->slots[i] == NULL
                           ? SIZE_MAX
                           : (size_t) (prepared->slots[i] - prepared->arguments);
    places_of[index] = prepared->argument_count;
    size_t size = (prepared->argument_count + 1) * sizeof(*prepared->arguments);
    prepared->arguments = mem_realloc(prepared->arguments, size);
    prepared->arguments[prepared->argument_count++] = *asked;
    for (size_t i = 0; i < places; i++)
        prepared->slots[i] = places_of[i] == SIZE_MAX ? NULL : &prepared->arguments[places_of[i]];
    free(places_of);
}

bool prepared_ask(struct prepared *prepared, struct cancel *cancel, struct error *err)
{
    const struct routine *routine = &prepared->routine;
    bool told = routine->comment == NULL || routine->comment[0] == '\0';
    for (size_t i = 0; i < routine->count; i++) {
        struct argument asked;
        if (!procedure_is_missing(prepared->procedure, i, prepared->slots[i] != NULL))
            continue;
        if (!told) {
            say_printable(prepared->caller, routine->comment);
            caller_say(prepared->caller, "\n", 1);
            told = true;
        }
        if (!ask_for(prepared->caller, cancel, &routine->parameters[i], &asked, err))
            return false;
        take_asked(prepared, i, &asked);
    }
    return true;
}

static bool check_missing(const struct prepared *prepared, struct error *err)
{
    size_t places = procedure_count(prepared->procedure);
    bool *given = mem_calloc(places, sizeof(*given));
    for (size_t i = 0; i < places; i++)
        given[i] = prepared->slots[i] != NULL;
    bool ok = procedure_check_missing(prepared->procedure, given, err);
    free(given);
    return ok;
}

bool prepared_load(struct prepared *prepared, bool may_read_input, struct error *err)
{
    return check_missing(prepared, err) && prepared_load_given(prepared, may_read_input, err);
}

bool prepared_load_given(struct prepared *prepared, bool may_read_input, struct error *err)
{
    size_t inputs = 0;
    for (size_t i = 0; i < prepared->argument_count; i++)
        inputs += argument_reads_stdin(&prepared->arguments[i]);
    if (inputs > 1)
        return error_set(err, ERROR_USAGE, "the standard input can be read only once");
    if (inputs == 1 && !may_read_input)
        return error_set(err, ERROR_USAGE,
                         "the standard input is not there for @-: it can't be read again, or is "
                         "read for something else");
    for (size_t i = 0; i < prepared->argument_count; i++) {
        if (!argument_load(&prepared->arguments[i], prepared->caller, err))
            return false;
    }
    return true;
}

// What is read from a pipe is gone when it was read. Of what is not there the loading says so.
bool prepared_check_files(const struct prepared *prepared, struct error *err)
{
    for (size_t i = 0; i < prepared->argument_count; i++) {
        const char *file = prepared->arguments[i].file;
        struct stat st;
        if (file == NULL || argument_reads_stdin(&prepared->arguments[i]) || stat(file, &st) != 0 ||
            S_ISREG(st.st_mode))
            continue;
        return error_set(err, ERROR_USAGE, "--retry needs files: %s can't be read again", file);
    }
    return true;
}

bool prepared_take(const struct prepared *prepared, struct call_values *values, struct error *err)
{
    for (size_t i = 0; i < values->count; i++) {
        const struct argument *argument = prepared->slots[i];
        if (argument != NULL &&
            !procedure_take(prepared->procedure, values, i, argument->text, argument->len, err))
            return false;
    }
    return true;
}
