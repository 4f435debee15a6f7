#include "marsh/session/traces.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/sql/effects.h"

// A script may set any number of @variables; beyond so many only their number is kept.
enum { TRACES_MAX = 1000, NAMES_TOLD = 8, TRACE_UNKNOWN = TRACE_KINDS };

struct trace {
    unsigned kind;
    char *schema; // of a temporary table, otherwise ""
    char *name;
    size_t count; // how often GET_LOCK took it
};

// As the effect_trace has it, with copies.
struct change {
    struct trace_change told;
    char *names[4];
};

struct traces {
    struct change *changes; // of the statement that was read
    size_t change_count;
    bool several; // it is more than one
    char *schema; // it is read in
    struct trace *list;
    size_t count;
    size_t forgotten; // beyond TRACES_MAX
};

struct traces *traces_create(void)
{
    return mem_calloc(1, sizeof(struct traces));
}

static void trace_finish(struct trace *trace)
{
    free(trace->schema);
    free(trace->name);
}

void traces_clear(struct traces *traces)
{
    for (size_t i = 0; i < traces->count; i++)
        trace_finish(&traces->list[i]);
    traces->count = traces->forgotten = 0;
}

static void forget_changes(struct traces *traces)
{
    for (size_t i = 0; i < traces->change_count; i++) {
        for (size_t j = 0; j < 4; j++)
            free(traces->changes[i].names[j]);
    }
    traces->change_count = 0;
}

void traces_destroy(struct traces *traces)
{
    if (traces == NULL)
        return;
    forget_changes(traces);
    traces_clear(traces);
    free(traces->changes);
    free(traces->schema);
    free(traces->list);
    free(traces);
}

// The server tells GET_LOCK('a') from GET_LOCK('A').
static bool is_it(const struct trace *trace, unsigned kind, const char *schema, const char *name)
{
    if (trace->kind != kind || !text_equals_nocase(trace->schema, schema))
        return false;
    return name == NULL || (kind == TRACE_USER_LOCK ? strcmp(trace->name, name)
                                                    : text_compare_nocase(trace->name, name)) == 0;
}

static void add(struct traces *traces, unsigned kind, const char *schema, const char *name)
{
    for (size_t i = 0; i < traces->count; i++) {
        if (is_it(&traces->list[i], kind, schema, name)) {
            traces->list[i].count++;
            return;
        }
    }
    if (traces->count == TRACES_MAX) {
        traces->forgotten++;
        return;
    }
    traces->list = mem_realloc(traces->list, (traces->count + 1) * sizeof(*traces->list));
    traces->list[traces->count++] = (struct trace){kind, mem_strdup(schema), mem_strdup(name), 1};
}

// The names of one kind, or all of it. Returns whether there was one.
static bool take_away(struct traces *traces, unsigned kind, const char *schema, const char *name)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < traces->count; i++) {
        struct trace *each = &traces->list[i];
        bool it = is_it(each, kind, schema, name);
        found = found || it;
        bool last = name == NULL || kind != TRACE_USER_LOCK || each->count == 1;
        if (it && last) {
            trace_finish(each);
            continue;
        }
        each->count -= it;
        traces->list[kept++] = *each;
    }
    traces->count = kept;
    return found;
}

static void note_change(void *data, const struct trace_change *told)
{
    struct traces *traces = data;
    size_t size = (traces->change_count + 1) * sizeof(*traces->changes);
    traces->changes = mem_realloc(traces->changes, size);
    traces->changes[traces->change_count++] = (struct change){
        *told,
        {mem_strdup(told->schema), mem_strdup(told->name), mem_strdup(told->new_schema),
         mem_strdup(told->new_name)}};
}

void traces_read(struct traces *traces, const char *text, size_t len, const struct dialect *dialect,
                 const char *schema, struct effects *effects)
{
    forget_changes(traces);
    mem_replace(&traces->schema, schema);
    effects_read(text, len, dialect, effects, note_change, traces);
    traces->several = effects->statements > 1;
}

// In which schema a name is that is written without one.
static const char *schema_of(const struct traces *traces, enum trace_kind kind, const char *written)
{
    if (kind != TRACE_TEMPORARY_TABLE)
        return "";
    return written != NULL ? written : traces->schema;
}

static void settle_change(struct traces *traces, const struct change *change, bool has_run)
{
    unsigned kind = change->told.kind;
    const char *schema = schema_of(traces, change->told.kind, change->names[0]);
    if (change->told.what == TRACE_LEFT)
        add(traces, kind, schema, change->names[1]);
    else if (has_run && take_away(traces, kind, schema, change->names[1]) &&
             change->told.what == TRACE_RENAMED)
        add(traces, kind, schema_of(traces, change->told.kind, change->names[2]), change->names[3]);
}

void traces_settle(struct traces *traces, bool has_run)
{
    for (size_t i = 0; i < traces->change_count && (has_run || traces->several); i++)
        settle_change(traces, &traces->changes[i], has_run);
    forget_changes(traces);
}

void traces_add_unseen(struct traces *traces, const struct effects *effects,
                       const struct heard *heard)
{
    bool calls = (effects->flags & (EFFECT_CALLS | EFFECT_MAY_CALL)) != 0;
    // For triggers nobody begins to watch; and what the text has told is what has changed.
    bool fires = (effects->flags & EFFECT_MAY_FIRE) != 0 && traces->change_count == 0;
    bool changed = heard->watched && heard->changed;
    bool unsure = !heard->watched || !heard->told || (effects->flags & EFFECT_EXECUTES) != 0;
    if ((calls && (changed || unsure)) || (fires && changed))
        add(traces, TRACE_UNKNOWN, "", effects->verb);
}

size_t traces_count(const struct traces *traces)
{
    return traces->count;
}

bool traces_have(const struct traces *traces, enum trace_kind kind, const char *name)
{
    for (size_t i = 0; i < traces->count; i++) {
        if (is_it(&traces->list[i], kind, "", name))
            return true;
    }
    return false;
}

bool traces_take(struct traces *traces, enum trace_kind kind, const char *name)
{
    return take_away(traces, kind, "", name);
}

bool traces_have_unseen(const struct traces *traces)
{
    for (size_t i = 0; i < traces->count; i++) {
        if (traces->list[i].kind == TRACE_UNKNOWN)
            return true;
    }
    return false;
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
    [TRACE_HANDLER] = {NULL, "handlers", "handler "},
    [TRACE_PREPARED] = {"prepared statement", "prepared statements", NULL},
    [TRACE_SETTING] = {NULL, "settings", "setting "},
    [TRACE_UNKNOWN] = {NULL, "states", "what may be left of "},
};

static void describe_kind(const struct traces *traces, unsigned kind, bool by_name, struct buf *out,
                          size_t start)
{
    size_t count = 0;
    for (size_t i = 0; i < traces->count; i++)
        count += traces->list[i].kind == kind;
    if (count == 0)
        return;
    if ((kinds[kind].prefix == NULL && !by_name) || count > NAMES_TOLD) {
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
        if (kinds[kind].prefix != NULL)
            buf_add_text(out, kinds[kind].prefix);
        else
            buf_printf(out, "%s ", kinds[kind].one);
        text_add_printable(out, name, strlen(name), false);
    }
}

static void describe(const struct traces *traces, bool by_name, struct buf *out)
{
    size_t start = out->len;
    for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
        describe_kind(traces, kind, by_name, out, start);
    if (traces->forgotten > 0) {
        add_separator(out, start);
        buf_printf(out, "%zu more", traces->forgotten);
    }
}

void traces_describe(const struct traces *traces, struct buf *out)
{
    describe(traces, false, out);
}

void traces_list(const struct traces *traces, struct buf *out)
{
    describe(traces, true, out);
}
