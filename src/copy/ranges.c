#include "ranges.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ends.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/data/packed.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/shell.h"
#include "marsh/sql/statement.h"
#include "pages.h"
#include "table.h"

// Rows of a range, bytes that wait in one unless a row alone is more, ranges on their way for each
// connection.
enum { ROWS_EACH = 20000, HELD_MAX = 2 << 20, AHEAD = 2 };

struct reader {
    struct sink sink;
    struct ranges *ranges;
    struct session *session;
    struct cancel *cancel;
    pthread_t thread;
    bool threaded;
    struct pages *pages; // of the range in hand
};

struct ranges {
    struct ranges_plan plan;
    struct table table;
    uint64_t low; // of the key; as it is in two's complement where that is signed
    uint64_t high;
    uint64_t count; // of ranges
    struct reader *readers;
    pthread_mutex_t lock;
    pthread_cond_t change;
    uint64_t next; // the first range that nobody has taken
    uint64_t head; // the one that is being pushed on
    struct pages *slots;
    size_t slot_count;
    struct column *columns;
    size_t column_count;
    bool described;
    bool over; // nothing more is wanted
    struct error fatal;
};

bool ranges_create(struct ranges **ranges, const struct ranges_plan *plan, struct error *err)
{
    struct ranges *self = mem_calloc(1, sizeof(*self));
    self->plan = *plan;
    pthread_mutex_init(&self->lock, NULL);
    clock_condition_init(&self->change);
    *ranges = self;
    if (!table_ask(&self->table, plan->session, plan->end, err))
        return false;
    if (self->table.key != NULL && self->table.transactional)
        return true;
    ranges_destroy(self);
    *ranges = NULL;
    return true;
}

static void end_readers(struct ranges *ranges)
{
    for (size_t i = 0; ranges->readers != NULL && i < ranges->plan.jobs; i++) {
        if (ranges->readers[i].threaded)
            pthread_join(ranges->readers[i].thread, NULL);
    }
    // One that fails cancels all the others.
    for (size_t i = 0; ranges->readers != NULL && i < ranges->plan.jobs; i++) {
        manager_close(ranges->plan.context->manager, ranges->readers[i].session);
        cancel_destroy(ranges->readers[i].cancel);
    }
    free(ranges->readers);
}

void ranges_destroy(struct ranges *ranges)
{
    if (ranges == NULL)
        return;
    end_readers(ranges);
    for (size_t i = 0; i < ranges->slot_count; i++)
        pages_finish(&ranges->slots[i]);
    for (size_t i = 0; i < ranges->column_count; i++)
        column_finish(&ranges->columns[i]);
    free(ranges->columns);
    free(ranges->slots);
    table_finish(&ranges->table);
    error_finish(&ranges->fatal);
    pthread_cond_destroy(&ranges->change);
    pthread_mutex_destroy(&ranges->lock);
    free(ranges);
}

static void stop(struct ranges *ranges, struct error *err)
{
    pthread_mutex_lock(&ranges->lock);
    ranges->over = true;
    if (err != NULL && ranges->fatal.kind == ERROR_NONE)
        error_move(&ranges->fatal, err);
    pthread_cond_broadcast(&ranges->change);
    struct reader *readers = ranges->readers;
    pthread_mutex_unlock(&ranges->lock);
    for (size_t i = 0; readers != NULL && i < ranges->plan.jobs; i++)
        cancel_fire(readers[i].cancel);
}

void ranges_interrupt(struct ranges *ranges)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERROR_CANCELLED, "interrupted");
    stop(ranges, &err);
    error_finish(&err);
}

// With the lock held: the columns, of the range that tells them first.
static void describe(struct ranges *ranges, const struct column *columns, size_t count)
{
    if (ranges->described)
        return;
    ranges->columns = mem_calloc(count, sizeof(*ranges->columns));
    for (size_t i = 0; i < count; i++)
        ranges->columns[i] = column_copy(&columns[i]);
    ranges->column_count = count;
    ranges->described = true;
    pthread_cond_broadcast(&ranges->change);
}

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct reader *reader = (struct reader *) sink;
    (void) kind, (void) err;
    pthread_mutex_lock(&reader->ranges->lock);
    describe(reader->ranges, columns, count);
    pthread_mutex_unlock(&reader->ranges->lock);
    return true;
}

// The page that is full goes into the queue, once there is room. False where nobody wants it.
static bool put_page(struct reader *reader)
{
    struct ranges *ranges = reader->ranges;
    struct pages *pages = reader->pages;
    pthread_mutex_lock(&ranges->lock);
    while (pages->first != NULL && pages->held >= HELD_MAX && !ranges->over)
        pthread_cond_wait(&ranges->change, &ranges->lock);
    bool wanted = !ranges->over;
    if (wanted && pages->filling != NULL) {
        if (pages->first == NULL)
            pages->first = pages->filling;
        else
            pages->last->next = pages->filling;
        pages->last = pages->filling;
        pages->held += pages->filling->bytes.len;
        pages->filling = NULL;
        pthread_cond_broadcast(&ranges->change);
    }
    pthread_mutex_unlock(&ranges->lock);
    return wanted;
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    struct reader *reader = (struct reader *) sink;
    struct pages *pages = reader->pages;
    if (pages->filling == NULL)
        pages->filling = page_create();
    page_add(pages->filling, row, reader->ranges->column_count);
    if (!page_is_full(pages->filling) || put_page(reader))
        return true;
    return error_set(err, ERROR_CANCELLED, "interrupted");
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    (void) summary;
    return put_page((struct reader *) sink) || error_set(err, ERROR_CANCELLED, "interrupted");
}

static void add_bound(struct buf *text, const struct ranges *ranges, uint64_t bound)
{
    const struct table_column *key = table_find(&ranges->table, ranges->table.key);
    if (key->type.is_unsigned)
        buf_printf(text, "%" PRIu64, bound);
    else
        buf_printf(text, "%" PRId64, (int64_t) bound);
}

// The first key of a range. Each has as many keys as any other, however many rows that are.
static uint64_t begin_of(const struct ranges *ranges, uint64_t index)
{
    uint64_t step = (ranges->high - ranges->low) / ranges->count;
    uint64_t more = (ranges->high - ranges->low) % ranges->count;
    return ranges->low + index * step + (index < more ? index : more);
}

static bool read_range(struct reader *reader, uint64_t index, struct error *err)
{
    const struct ranges *ranges = reader->ranges;
    struct buf text = BUF_INIT;
    bool last = index + 1 == ranges->count;
    buf_add(&text, ranges->plan.text->data, ranges->plan.text->len);
    buf_add_text(&text, ranges->plan.has_where ? " AND " : " WHERE ");
    statement_add_name(&text, ranges->table.key);
    buf_add_text(&text, " >= ");
    add_bound(&text, ranges, begin_of(ranges, index));
    buf_add_text(&text, " AND ");
    statement_add_name(&text, ranges->table.key);
    buf_add_text(&text, last ? " <= " : " < ");
    add_bound(&text, ranges, last ? ranges->high : begin_of(ranges, index + 1));
    buf_add_text(&text, " ORDER BY ");
    statement_add_name(&text, ranges->table.key);
    bool ok = shell_send(ranges->plan.context, reader->session, text.data, text.len, &reader->sink,
                         err);
    buf_finish(&text);
    return ok;
}

// The next range, as soon as its slot is empty. False when there is none.
static bool take_range(struct reader *reader, uint64_t *index)
{
    struct ranges *ranges = reader->ranges;
    pthread_mutex_lock(&ranges->lock);
    while (!ranges->over && ranges->next < ranges->count &&
           ranges->next >= ranges->head + ranges->slot_count)
        pthread_cond_wait(&ranges->change, &ranges->lock);
    bool taken = !ranges->over && ranges->next < ranges->count;
    if (taken) {
        *index = ranges->next++;
        reader->pages = &ranges->slots[*index % ranges->slot_count];
    }
    pthread_mutex_unlock(&ranges->lock);
    return taken;
}

static void *read_ranges(void *data)
{
    struct reader *reader = data;
    struct ranges *ranges = reader->ranges;
    struct error err = ERROR_INIT;
    uint64_t index;
    while (take_range(reader, &index)) {
        if (!read_range(reader, index, &err)) {
            stop(ranges, &err);
            break;
        }
        pthread_mutex_lock(&ranges->lock);
        reader->pages->ended = true;
        pthread_cond_broadcast(&ranges->change);
        pthread_mutex_unlock(&ranges->lock);
    }
    error_finish(&err);
    return NULL;
}

// The next page of the range at the head; NULL at its end, or where the reading is over.
static struct page *take_page(struct ranges *ranges)
{
    struct pages *pages = &ranges->slots[ranges->head % ranges->slot_count];
    pthread_mutex_lock(&ranges->lock);
    while (pages->first == NULL && !pages->ended && !ranges->over)
        pthread_cond_wait(&ranges->change, &ranges->lock);
    struct page *page = ranges->over ? NULL : pages->first;
    if (page != NULL) {
        pages->first = page->next;
        pages->held -= page->bytes.len;
    } else {
        pages->ended = false;
        ranges->head = ranges->over ? ranges->count : ranges->head + 1;
    }
    pthread_cond_broadcast(&ranges->change);
    pthread_mutex_unlock(&ranges->lock);
    return page;
}

static bool push_page(const struct ranges *ranges, const struct page *page, const char **cells,
                      unsigned long *lengths, struct sink *sink, struct error *err)
{
    const struct row row = {cells, lengths};
    const char *at = page->bytes.data;
    for (size_t i = 0; i < page->rows; i++) {
        at = packed_read(at, cells, lengths, ranges->column_count);
        if (!sink_row(sink, &row, err))
            return false;
    }
    return true;
}

static bool push_ranges(struct ranges *ranges, struct sink *sink, uint64_t *rows, struct error *err)
{
    const char **cells = mem_calloc(ranges->column_count, sizeof(*cells));
    unsigned long *lengths = mem_calloc(ranges->column_count, sizeof(*lengths));
    bool ok = sink_columns(sink, SET_ROWS, ranges->columns, ranges->column_count, err);
    struct page *page;
    // The head moves on at each range's end, and behind the last where nothing more is wanted.
    while (ok && ranges->head < ranges->count) {
        while (ok && (page = take_page(ranges)) != NULL) {
            ok = push_page(ranges, page, cells, lengths, sink, err);
            *rows += page->rows;
            page_destroy(page);
        }
    }
    free(cells);
    free(lengths);
    return ok;
}

static bool push(struct ranges *ranges, struct sink *sink, struct error *err)
{
    uint64_t rows = 0;
    pthread_mutex_lock(&ranges->lock);
    while (!ranges->described && !ranges->over)
        pthread_cond_wait(&ranges->change, &ranges->lock);
    bool described = ranges->described;
    pthread_mutex_unlock(&ranges->lock);
    bool ok = described && push_ranges(ranges, sink, &rows, err);
    struct error cancelled = ERROR_INIT;
    stop(ranges, ok ? NULL : &cancelled);
    error_finish(&cancelled);
    pthread_mutex_lock(&ranges->lock);
    if (err->kind == ERROR_NONE && ranges->fatal.kind != ERROR_NONE) {
        error_move(err, &ranges->fatal);
        ok = false;
    }
    pthread_mutex_unlock(&ranges->lock);
    const struct summary summary = {.has_columns = true, .rows = rows};
    if (ok)
        return sink_summary(sink, &summary, err);
    sink_abort(sink);
    return false;
}

static bool ask_bounds(struct ranges *ranges, struct session *session, struct error *err)
{
    struct buf text = BUF_INIT;
    struct buf key = BUF_INIT;
    struct recorder rows;
    statement_add_name(&key, ranges->table.key);
    buf_printf(&text, "SELECT MIN(%s), MAX(%s) FROM %s", buf_cstr(&key), key.data,
               ranges->plan.end->name);
    recorder_init(&rows);
    bool ok = session_ask(session, text.data, text.len, &rows.sink, err);
    if (ok) {
        const char *low = recorder_cell(&rows, 0, 0);
        const char *high = recorder_cell(&rows, 0, 1);
        bool negative = low != NULL && low[0] == '-';
        ranges->low = low == NULL ? 0
                      : negative  ? (uint64_t) strtoll(low, NULL, 10)
                                  : strtoull(low, NULL, 10);
        ranges->high = high == NULL     ? 0
                       : high[0] == '-' ? (uint64_t) strtoll(high, NULL, 10)
                                        : strtoull(high, NULL, 10);
    }
    recorder_finish(&rows);
    buf_finish(&text);
    buf_finish(&key);
    return ok;
}

// Enough that each connection gets some, of which no one is alone with most of the rows.
static void choose_count(struct ranges *ranges)
{
    uint64_t span = ranges->high - ranges->low;
    uint64_t count = ranges->table.rows / ROWS_EACH;
    uint64_t least = ranges->plan.jobs * 4;
    count = count < least ? least : count;
    ranges->count = span == 0 ? 1 : count < span ? count : span;
    ranges->slot_count = ranges->plan.jobs * AHEAD;
    ranges->slots = mem_calloc(ranges->slot_count, sizeof(*ranges->slots));
}

static bool say(struct session *session, const char *text, struct error *err)
{
    return session_run(session, text, strlen(text), sink_discard(), err);
}

static bool open_readers(struct ranges *ranges, struct error *err)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, NULL};
    struct reader *readers = mem_calloc(ranges->plan.jobs, sizeof(*readers));
    for (size_t i = 0; i < ranges->plan.jobs; i++) {
        struct reader *reader = &readers[i];
        CLEANUP(mem_free_at) char *name = mem_printf("reading %zu", i + 1);
        reader->sink.ops = &ops;
        reader->ranges = ranges;
        reader->cancel = cancel_create();
        reader->session = manager_open(ranges->plan.context->manager, name,
                                       session_target(ranges->plan.session), reader->cancel);
    }
    pthread_mutex_lock(&ranges->lock);
    ranges->readers = readers;
    bool over = ranges->over;
    pthread_mutex_unlock(&ranges->lock);
    if (over)
        return error_set(err, ERROR_CANCELLED, "interrupted");
    for (size_t i = 0; i < ranges->plan.jobs; i++) {
        if (!query_set_session(readers[i].session, ranges->plan.utc, ranges->plan.use, err) ||
            !say(readers[i].session, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", err))
            return false;
    }
    return true;
}

static bool start_readers(struct ranges *ranges, struct error *err)
{
    for (size_t i = 0; i < ranges->plan.jobs; i++) {
        struct reader *reader = &ranges->readers[i];
        reader->threaded = pthread_create(&reader->thread, NULL, read_ranges, reader) == 0;
        if (!reader->threaded)
            return error_set(err, ERROR_SYSTEM, "no thread is to be had");
    }
    return true;
}

// Nobody writes while the snapshots begin, so they are one.
static bool lock_table(struct ranges *ranges, struct error *err)
{
    struct session *session = ranges->plan.session;
    CLEANUP(mem_free_at) char *text = mem_printf("LOCK TABLES %s READ", ranges->plan.end->name);
    if (say(session, "SET lock_wait_timeout=LEAST(@@lock_wait_timeout, 50)", err) &&
        say(session, text, err))
        return true;
    return error_append(err, " (--jobs locks the table while the snapshots begin)");
}

bool ranges_run(struct ranges *ranges, struct sink *sink, struct error *err)
{
    struct session *session = ranges->plan.session;
    // The lock has to have held until here, which the answer to its end says.
    if (!lock_table(ranges, err) || !open_readers(ranges, err) ||
        !ask_bounds(ranges, session, err) || !say(session, "UNLOCK TABLES", err))
        return false;
    choose_count(ranges);
    if (start_readers(ranges, err))
        return push(ranges, sink, err);
    stop(ranges, NULL);
    return false;
}
