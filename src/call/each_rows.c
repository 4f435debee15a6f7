#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "each_internal.h"
#include "marsh/base/buf.h"
#include "marsh/base/hash.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/data/value.h"
#include "marsh/feed/feed.h"
#include "marsh/session/argument.h"

static bool fail_column(const struct each *each, const char *column, const char *parameter,
                        struct error *err)
{
    const struct routine *routine = &each->prepared.routine;
    const char *near = routine_nearest_parameter(routine, parameter);
    return routine_fail(routine,
                        mem_printf("column '%s' is for no parameter%s%s%s; --map '%s=PARAMETER' "
                                   "says for which, --map '%s=' leaves it out",
                                   column, near == NULL ? "" : ", did you mean '",
                                   near == NULL ? "" : near, near == NULL ? "" : "'?", column,
                                   column),
                        err);
}

static struct source_maps maps_of(const struct each *each)
{
    return (struct source_maps){each->options->maps, each->options->map_count};
}

static bool place_column(struct each *each, size_t index, bool *given, struct error *err)
{
    const struct routine *routine = &each->prepared.routine;
    const char *column = feed_column_name(each->feed, index);
    struct source_maps maps = maps_of(each);
    const char *name = source_mapped(&maps, column);
    each->parameters[index] = SIZE_MAX;
    if (name != NULL && name[0] == '\0')
        return true;
    const struct parameter *parameter = routine_parameter(routine, name == NULL ? column : name);
    if (parameter == NULL)
        return fail_column(each, column, name == NULL ? column : name, err);
    size_t place = (size_t) (parameter - routine->parameters);
    if (parameter->mode == PARAMETER_OUT)
        return routine_fail(
            routine, mem_printf("column '%s' is for %s, which is OUT", column, parameter->name),
            err);
    if (given[place])
        return routine_fail(routine, mem_printf("%s is given twice", parameter->name), err);
    given[place] = true;
    each->parameters[index] = place;
    return true;
}

static bool check_maps(const struct each *each, struct error *err)
{
    struct source_maps maps = maps_of(each);
    const char **columns = mem_calloc(each->column_count, sizeof(*columns));
    for (size_t i = 0; i < each->column_count; i++)
        columns[i] = feed_column_name(each->feed, i);
    bool ok = source_check_maps(&maps, columns, each->column_count, each->source.name, "PARAMETER",
                                err);
    free(columns);
    return ok;
}

static bool place_columns(struct each *each, struct error *err)
{
    const struct prepared *prepared = &each->prepared;
    size_t places = procedure_count(prepared->procedure);
    bool *given = mem_calloc(places, sizeof(*given));
    for (size_t i = 0; i < places; i++)
        given[i] = prepared->slots[i] != NULL;
    each->parameters = mem_calloc(each->column_count, sizeof(*each->parameters));
    bool ok = check_maps(each, err);
    for (size_t i = 0; ok && i < each->column_count; i++)
        ok = place_column(each, i, given, err);
    // Without a row there is nobody to lack anything.
    ok = ok &&
         (each->column_count == 0 || procedure_check_missing(prepared->procedure, given, err));
    free(given);
    return ok;
}

bool each_open(struct each *each, struct error *err)
{
    if (!each->prepared.routine.known) {
        error_set(err, ERROR_USAGE,
                  "the signature of %s can't be seen, so columns find no parameters",
                  each->prepared.routine.name);
        routine_hint(&each->prepared.routine, each->context->session, err);
        return false;
    }
    if (!source_parse(&each->source, each->options->path, err) ||
        !source_open(&each->source, each->context->caller, err))
        return false;
    if (pipe2(each->wake, O_CLOEXEC) != 0)
        return error_set_errno(err, "pipe");
    each->feed = feed_create(each->source.fd, each->source.name, each->source.format);
    feed_set_wake(each->feed, each->wake[0]);
    if (!feed_open(each->feed, err))
        return false;
    each->column_count = feed_column_count(each->feed);
    return place_columns(each, err);
}

void each_close(struct each *each)
{
    feed_destroy(each->feed);
    source_close(&each->source);
    for (size_t i = 0; i < 2; i++) {
        if (each->wake[i] >= 0)
            close(each->wake[i]);
    }
    free(each->parameters);
}

static void copy_row(const struct each *each, struct task *task, const struct feed_row *row)
{
    task->number = row->number;
    task->line = row->line;
    task->fate = FATE_DONE;
    task->offset = row->end.offset;
    task->hash = each->hash;
    buf_clear(&task->raw);
    buf_clear(&task->bytes);
    buf_clear(&task->result);
    error_finish(&task->err);
    buf_add(&task->raw, row->raw, row->raw_len);
    if (row->values == NULL)
        return;
    for (size_t i = 0; i < each->column_count; i++)
        buf_add(&task->bytes, row->values[i].text, row->values[i].len);
    size_t used = 0;
    for (size_t i = 0; i < each->column_count; i++) {
        const struct value *value = &row->values[i];
        const char *text = task->bytes.data == NULL ? "" : task->bytes.data + used;
        task->values[i] = (struct value){value->text == NULL ? NULL : text, value->len, false};
        task->absent[i] = row->absent[i];
        used += value->len;
    }
}

// A row of an earlier run: true where it is done, and nothing is to be told of it.
static bool was_done(struct each *each, struct task *task, bool bad)
{
    // One that is no row was not begun, and so is done once it was told.
    if (bad)
        return checkpoint_is_bad(each->checkpoint, task->number);
    if (task->number > checkpoint_begun(each->checkpoint) ||
        checkpoint_is_unsent(each->checkpoint, task->number))
        return false;
    if (!checkpoint_is_unknown(each->checkpoint, task->number))
        return true;
    task->fate = FATE_UNKNOWN;
    error_set(&task->err, ERROR_CONNECTION,
              "it was being called when an earlier run ended: it may have been carried out or not");
    return false;
}

static void put_row(struct each *each, struct task *task, enum feed_result result,
                    struct error *err)
{
    if (was_done(each, task, result == FEED_BAD_ROW))
        return; // the task is still free
    if (result == FEED_BAD_ROW) {
        task->fate = FATE_FAILED;
        error_move(&task->err, err);
    }
    bool over = result == FEED_BAD_ROW || task->fate == FATE_UNKNOWN;
    ring_put(each->ring, task, over ? TASK_DONE : TASK_READY);
}

// What was read so far is what an earlier run had read: it would be told of rows that it never saw.
static bool check_same(struct each *each, uint64_t number, bool over)
{
    uint64_t hash;
    uint64_t hashed = checkpoint_hashed(each->checkpoint, &hash);
    if (hashed == 0 || number > hashed || (number < hashed && !over) ||
        (number == hashed && each->hash == hash))
        return true;
    return error_set(&each->reader_error, ERROR_USAGE,
                     "%s: is of another call, or of rows that are not the same",
                     each->options->checkpoint);
}

static void *read_rows(void *data)
{
    struct each *each = data;
    struct task *task;
    uint64_t number = 0;
    while ((task = ring_get_free(each->ring)) != NULL) {
        struct feed_row row;
        struct error err = ERROR_INIT;
        enum feed_result result = feed_next(each->feed, &row, &err);
        if (result == FEED_END || result == FEED_FAILED) {
            if (result == FEED_FAILED && err.kind != ERROR_CANCELLED)
                error_move(&each->reader_error, &err);
            else if (result == FEED_END)
                check_same(each, number, true);
            error_finish(&err);
            break;
        }
        number = row.number;
        if (each->checkpoint != NULL)
            hash_add(&each->hash, row.raw, row.raw_len);
        if (!check_same(each, number, false)) {
            error_finish(&err);
            break;
        }
        copy_row(each, task, &row);
        put_row(each, task, result, &err);
        error_finish(&err);
    }
    ring_end(each->ring);
    return NULL;
}

bool each_start_reader(struct each *each, struct error *err)
{
    each->reading = pthread_create(&each->reader, NULL, read_rows, each) == 0;
    return each->reading || error_set(err, ERROR_SYSTEM, "no thread is to be had");
}
