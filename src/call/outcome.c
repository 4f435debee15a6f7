#include "outcome.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"

// DIR/1.csv, DIR/2.csv, ..., DIR/out.csv.
static bool open_file(struct outcome *self, enum set_kind kind, struct error *err)
{
    const struct context *context = self->context;
    const char *suffix = context->format->name;
    CLEANUP(mem_free_at)
    char *path = kind == SET_OUT ? mem_printf("%s/out.%s", self->folder, suffix)
                                 : mem_printf("%s/%zu.%s", self->folder, self->sets, suffix);
    struct stat st;
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    self->fd = open(path, flags, 0600);
    if (self->fd >= 0 && (fstat(self->fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(self->fd);
        return error_set(err, ERROR_USAGE, "%s: is no file", path);
    }
    if (self->fd < 0)
        return error_set_errno(err, "%s", path);
    struct render_options plain = context->render;
    plain.terminal = false;
    self->file = output_create(NULL, self->fd);
    self->renderer = context->format->create(&plain, self->file);
    self->next = self->renderer;
    return true;
}

static bool close_file(struct outcome *self, struct error *err)
{
    if (self->file == NULL)
        return true;
    bool ok = output_flush(self->file, err);
    self->context->format->destroy(self->renderer);
    output_destroy(self->file);
    if (close(self->fd) != 0 && ok)
        ok = error_set_errno(err, "writing a result set");
    self->file = NULL;
    self->renderer = self->next = NULL;
    return ok;
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct outcome *self = (struct outcome *) sink;
    self->sets += kind == SET_ROWS;
    self->passes = self->only == 0 || (kind == SET_ROWS && self->sets == self->only);
    if (self->folder != NULL && !open_file(self, kind, err))
        return false;
    self->passes = self->passes && self->next != NULL;
    if (kind == SET_OUT) {
        self->has_out = true;
        if (!sink_columns(&self->out.sink, kind, columns, count, err))
            return false;
    }
    return !self->passes || sink_columns(self->next, kind, columns, count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct outcome *self = (struct outcome *) sink;
    if (self->has_out && !sink_row(&self->out.sink, row, err))
        return false;
    return !self->passes || sink_row(self->next, row, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct outcome *self = (struct outcome *) sink;
    self->warnings = summary->warnings;
    if (!summary->has_columns)
        self->affected = summary->affected;
    if (!summary->has_columns)
        return self->next == NULL || self->only > 0 || sink_summary(self->next, summary, err);
    bool ok = !self->passes || sink_summary(self->next, summary, err);
    return self->folder == NULL ? ok : close_file(self, err) && ok;
}

static void take_abort(struct sink *sink)
{
    struct outcome *self = (struct outcome *) sink;
    struct error ignored = ERROR_INIT;
    if (self->passes && self->next != NULL)
        sink_abort(self->next);
    close_file(self, &ignored);
    error_finish(&ignored);
}

// What a run before has left behind the last set would be taken for sets of this one.
static void remove_older(const struct outcome *self)
{
    const char *suffix = self->context->format->name;
    bool there = true;
    for (size_t i = self->sets + 1; there; i++) {
        CLEANUP(mem_free_at) char *path = mem_printf("%s/%zu.%s", self->folder, i, suffix);
        there = unlink(path) == 0;
    }
    CLEANUP(mem_free_at) char *out = mem_printf("%s/out.%s", self->folder, suffix);
    if (!self->has_out)
        unlink(out);
}

void outcome_end_files(const struct outcome *outcome)
{
    if (outcome->folder != NULL)
        remove_older(outcome);
}

void outcome_init(struct outcome *outcome, struct sink *next)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort};
    *outcome = (struct outcome){.sink = {&ops}, .next = next};
    recorder_init(&outcome->out);
}

void outcome_finish(struct outcome *outcome)
{
    recorder_finish(&outcome->out);
}

bool outcome_find(const struct outcome *outcome, const char *name, const char **text, size_t *len)
{
    if (outcome->out.count == 0 || outcome->out.sets[0].rows == 0)
        return false;
    const struct recorded_set *set = &outcome->out.sets[0];
    for (size_t i = 0; i < set->columns; i++) {
        if (!text_equals_nocase(set->names[i], name))
            continue;
        *text = set->cells[i];
        *len = set->cells[i] == NULL ? 0 : set->lengths[i];
        return true;
    }
    return false;
}
