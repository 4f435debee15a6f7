#include "marsh/session/traces.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/sql/effects.h"

// A script may set any number of @variables; beyond so many only their number is kept.
enum { TRACES_MAX = 1000, NAMES_TOLD = 8, TRACE_UNKNOWN = TRACE_KINDS };

struct trace {
    unsigned kind;
    char *name;
};

struct change {
    enum trace_kind kind;
    char *name; // NULL: all of that kind
    bool add;
};

struct traces {
    struct change *changes; // of the statement that was read
    size_t change_count;
    struct trace *list;
    size_t count;
    size_t forgotten; // beyond TRACES_MAX
};

struct traces *traces_create(void)
{
    return mem_calloc(1, sizeof(struct traces));
}

void traces_clear(struct traces *traces)
{
    for (size_t i = 0; i < traces->count; i++)
        free(traces->list[i].name);
    traces->count = traces->forgotten = 0;
}

void traces_destroy(struct traces *traces)
{
    if (traces == NULL)
        return;
    traces_settle(traces, false);
    traces_clear(traces);
    free(traces->changes);
    free(traces->list);
    free(traces);
}

static void add(struct traces *traces, unsigned kind, const char *name)
{
    for (size_t i = 0; i < traces->count; i++) {
        if (traces->list[i].kind == kind && strcasecmp(traces->list[i].name, name) == 0)
            return;
    }
    if (traces->count == TRACES_MAX) {
        traces->forgotten++;
        return;
    }
    traces->list = mem_realloc(traces->list, (traces->count + 1) * sizeof(*traces->list));
    traces->list[traces->count++] = (struct trace){kind, mem_strdup(name)};
}

// The names of one kind, or all of it.
static void take_away(struct traces *traces, unsigned kind, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < traces->count; i++) {
        struct trace *each = &traces->list[i];
        if (each->kind == kind && (name == NULL || strcasecmp(each->name, name) == 0))
            free(each->name);
        else
            traces->list[kept++] = *each;
    }
    traces->count = kept;
}

static void note_change(void *data, enum trace_kind kind, const char *name, bool is_new)
{
    struct traces *traces = data;
    size_t size = (traces->change_count + 1) * sizeof(*traces->changes);
    traces->changes = mem_realloc(traces->changes, size);
    traces->changes[traces->change_count++] = (struct change){kind, mem_strdup(name), is_new};
}

void traces_read(struct traces *traces, const char *text, size_t len, struct effects *effects)
{
    traces_settle(traces, false);
    effects_read(text, len, effects, note_change, traces);
}

void traces_settle(struct traces *traces, bool has_run)
{
    for (size_t i = 0; i < traces->change_count; i++) {
        const struct change *change = &traces->changes[i];
        if (has_run && change->add)
            add(traces, change->kind, change->name);
        else if (has_run)
            take_away(traces, change->kind, change->name);
        free(traces->changes[i].name);
    }
    traces->change_count = 0;
}

void traces_add_unknown(struct traces *traces, const char *verb)
{
    add(traces, TRACE_UNKNOWN, verb);
}

size_t traces_count(const struct traces *traces)
{
    return traces->count;
}

static void add_separator(struct buf *out, size_t start)
{
    if (out->len > start)
        buf_add_text(out, ", ");
}

// Kinds that are told by number, and those that are told by name with their quotes.
static const struct {
    const char *one;
    const char *many;
    const char *prefix;
} kinds[] = {
    [TRACE_TEMPORARY_TABLE] = {"temporary table", "temporary tables", NULL},
    [TRACE_VARIABLE] = {NULL, "variables", ""},
    [TRACE_TABLE_LOCK] = {NULL, "table locks", ""},
    [TRACE_USER_LOCK] = {NULL, "locks", "lock "},
    [TRACE_PREPARED] = {"prepared statement", "prepared statements", NULL},
    [TRACE_SETTING] = {NULL, "settings", "setting "},
    [TRACE_UNKNOWN] = {NULL, "states", "what may be left of "},
};

static void describe_kind(const struct traces *traces, unsigned kind, struct buf *out, size_t start)
{
    size_t count = 0;
    for (size_t i = 0; i < traces->count; i++)
        count += traces->list[i].kind == kind;
    if (count == 0)
        return;
    if (kinds[kind].prefix == NULL || count > NAMES_TOLD) {
        add_separator(out, start);
        bool one = count == 1 && kinds[kind].one != NULL;
        buf_printf(out, "%zu %s", count, one ? kinds[kind].one : kinds[kind].many);
        return;
    }
    for (size_t i = 0; i < traces->count; i++) {
        if (traces->list[i].kind != kind)
            continue;
        const char *name = traces->list[i].name;
        add_separator(out, start);
        buf_add_text(out, kinds[kind].prefix);
        text_add_printable(out, name, strlen(name), false);
    }
}

void traces_describe(const struct traces *traces, struct buf *out)
{
    size_t start = out->len;
    for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
        describe_kind(traces, kind, out, start);
    if (traces->forgotten > 0) {
        add_separator(out, start);
        buf_printf(out, "%zu more", traces->forgotten);
    }
}
