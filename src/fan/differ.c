#include "differ.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/data/sink.h"
#include "marsh/data/tape.h"

// A row: which set it is in, its bytes, and the how manyth of its kind in its target it is.
struct mark {
    uint64_t hash[2]; // both 0: free
    size_t targets;   // that have it
};

struct differ {
    struct mark *marks;
    size_t room; // a power of two
    size_t used;
    size_t targets;
};

struct differ *differ_create(void)
{
    struct differ *differ = mem_calloc(1, sizeof(*differ));
    differ->room = 1024;
    differ->marks = mem_calloc(differ->room, sizeof(*differ->marks));
    return differ;
}

void differ_destroy(struct differ *differ)
{
    if (differ == NULL)
        return;
    free(differ->marks);
    free(differ);
}

static struct mark *find(struct mark *marks, size_t room, const uint64_t *hash)
{
    size_t at = hash[0] & (room - 1);
    while ((marks[at].hash[0] | marks[at].hash[1]) != 0 &&
           memcmp(marks[at].hash, hash, sizeof(marks[at].hash)) != 0)
        at = (at + 1) & (room - 1);
    return &marks[at];
}

static void grow(struct differ *differ)
{
    size_t room = differ->room * 2;
    struct mark *marks = mem_calloc(room, sizeof(*marks));
    for (size_t i = 0; i < differ->room; i++) {
        const struct mark *mark = &differ->marks[i];
        if ((mark->hash[0] | mark->hash[1]) != 0)
            *find(marks, room, mark->hash) = *mark;
    }
    free(differ->marks);
    differ->marks = marks;
    differ->room = room;
}

// Two hashes that go different ways.
static void stir(uint64_t *hash, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) {
        hash[0] = (hash[0] ^ p[i]) * 1099511628211U;
        hash[1] = (hash[1] + p[i] + 1) * 0x9e3779b97f4a7c15U;
        hash[1] ^= hash[1] >> 29;
    }
}

// Walks over a tape's rows.
struct walker {
    struct sink sink;
    struct differ *differ;
    struct sink *next; // NULL while they are counted
    size_t set;
    size_t columns;
    struct differ *own; // how often each came in this target
    bool differs;
    bool begun; // the set was pushed on
    const struct tape_set *sets;
};

// Rows of other columns are other rows.
static void stir_columns(const struct tape_set *set, uint64_t *hash)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct column *column = &set->columns[i];
        stir(hash, &column->kind, sizeof(column->kind));
        stir(hash, &column->name_len, sizeof(column->name_len));
        stir(hash, column->name, column->name_len);
    }
}

static void hash_row(const struct walker *walker, const struct row *row, uint64_t nth,
                     uint64_t *hash)
{
    hash[0] = 14695981039346656037U;
    hash[1] = 0x2545f4914f6cdd1dU;
    stir(hash, &walker->set, sizeof(walker->set));
    stir(hash, &nth, sizeof(nth));
    for (size_t i = 0; i < walker->columns; i++) {
        size_t len = row->cells[i] == NULL ? SIZE_MAX : row->lengths[i];
        stir(hash, &len, sizeof(len));
        if (row->cells[i] != NULL)
            stir(hash, row->cells[i], len);
    }
    stir_columns(&walker->sets[walker->set], hash);
    hash[0] |= 1; // never 0
}

static size_t count(struct differ *differ, const uint64_t *hash)
{
    struct mark *mark = find(differ->marks, differ->room, hash);
    if (mark->targets++ == 0) {
        memcpy(mark->hash, hash, sizeof(mark->hash));
        if (++differ->used * 2 > differ->room)
            grow(differ);
        return 1;
    }
    return mark->targets;
}

// While rows are counted this one is, and is nothing to be shown; then, whether all targets have
// it.
static bool is_everywhere(const struct walker *walker, const uint64_t *hash)
{
    struct differ *differ = walker->differ;
    if (walker->next != NULL)
        return find(differ->marks, differ->room, hash)->targets == differ->targets;
    count(differ, hash);
    return true;
}

// Begins the set where rows of it are shown.
static bool show_set(struct walker *walker, struct error *err)
{
    const struct tape_set *set = &walker->sets[walker->set];
    bool begun = walker->begun;
    walker->differs = walker->begun = true;
    return begun || sink_columns(walker->next, set->kind, set->columns, set->count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct walker *walker = (struct walker *) sink;
    uint64_t hash[2];
    hash_row(walker, row, 0, hash);
    hash_row(walker, row, count(walker->own, hash), hash);
    return is_everywhere(walker, hash) ||
           (show_set(walker, err) && sink_row(walker->next, row, err));
}

// The set itself is as a row of no cells: one that another target does not have is shown even
// where it is empty.
static bool look_at_set(struct walker *walker, struct error *err)
{
    const struct row none = {NULL, NULL};
    size_t columns = walker->columns;
    walker->columns = 0;
    uint64_t hash[2];
    hash_row(walker, &none, 0, hash);
    walker->columns = columns;
    return is_everywhere(walker, hash) || show_set(walker, err);
}

static bool walk(struct differ *differ, struct tape *tape, struct sink *next, bool *differs,
                 struct error *err)
{
    static const struct sink_ops ops = {.row = take_row};
    struct walker walker = {.sink = {&ops}, .differ = differ, .next = next, .sets = tape->sets};
    bool ok = true;
    walker.own = differ_create();
    for (size_t i = 0; ok && i < tape->count; i++) {
        walker.set = i;
        walker.columns = tape->sets[i].count;
        walker.begun = false;
        if (tape->sets[i].columns != NULL)
            ok = look_at_set(&walker, err) && tape_play_rows(tape, i, &walker.sink, err);
        if (ok && walker.begun)
            ok = sink_summary(next, &tape->sets[i].summary, err);
    }
    differ_destroy(walker.own);
    if (differs != NULL)
        *differs = *differs || walker.differs;
    return ok;
}

bool differ_add(struct differ *differ, struct tape *tape, struct error *err)
{
    differ->targets++;
    return walk(differ, tape, NULL, NULL, err);
}

bool differ_play(struct differ *differ, struct tape *tape, struct sink *sink, bool *differs,
                 struct error *err)
{
    return walk(differ, tape, sink, differs, err);
}
