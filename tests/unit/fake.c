#include "fake.h"

#include <stdio.h>

#include "marsh/base/mem.h"

struct fake_connection {
    struct connection connection;
    struct fake *fake;
    const struct target *target;
    unsigned number;
    struct connection_state state;
    char *schema;
    char *charset;
    bool gone;        // the server closed it
    bool running;     // a statement
    bool interrupted; // the one that runs
    bool cut;
};

static void note(struct fake *fake, const char *call, unsigned number, const char *text, size_t len)
{
    buf_add_text(&fake->log, call);
    if (number == 0)
        buf_add_text(&fake->log, " -");
    else
        buf_printf(&fake->log, " %u", number);
    if (text != NULL)
        buf_printf(&fake->log, " %.*s", (int) len, text);
    buf_add_char(&fake->log, '\n');
}

// Counts the call, and takes the plan that is for it off the list. The lock is held.
static struct fake_plan take_plan(struct fake *fake, enum fake_call call, const char *text,
                                  size_t len)
{
    fake->counts[call]++;
    for (size_t i = 0; i < fake->plan_count; i++) {
        struct fake_plan plan = fake->plans[i].plan;
        bool fits = plan.text == NULL ||
                    (strlen(plan.text) == len && (len == 0 || memcmp(plan.text, text, len) == 0));
        if (fake->plans[i].call != call || !fits)
            continue;
        fake->plan_count--;
        for (size_t j = i; j < fake->plan_count; j++)
            fake->plans[j] = fake->plans[j + 1];
        return plan;
    }
    return (struct fake_plan){.text = NULL};
}

// The lock is held.
static void block(struct fake *fake, enum fake_call call, const struct fake_connection *self)
{
    size_t releases = fake->releases[call];
    fake->blocked[call]++;
    pthread_cond_broadcast(&fake->changed);
    while (fake->releases[call] == releases && (self == NULL || !(self->interrupted || self->cut)))
        pthread_cond_wait(&fake->changed, &fake->lock);
    fake->blocked[call]--;
    fake->left[call]++;
    pthread_cond_broadcast(&fake->changed);
}

static void set_schema(struct fake_connection *self, const char *schema, size_t len)
{
    free(self->schema);
    self->schema = mem_strndup(schema, len);
    self->state.schema = self->schema;
}

static void set_charset(struct fake_connection *self, const char *charset, size_t len)
{
    free(self->charset);
    self->charset = mem_strndup(charset, len);
    self->state.charset = self->charset;
}

static void take_state(struct fake_connection *self, const struct connection_state *state)
{
    const char *schema = state->schema == NULL ? "" : state->schema;
    self->state.in_transaction = state->in_transaction;
    self->state.autocommit = state->autocommit;
    self->state.backslash_escapes = state->backslash_escapes;
    self->state.buffer_size = state->buffer_size;
    self->state.state_changed = state->state_changed;
    if (state->charset != NULL)
        set_charset(self, state->charset, strlen(state->charset));
    set_schema(self, schema, strlen(schema));
}

static void start_over(struct fake_connection *self)
{
    struct connection_state fresh = {.autocommit = true,
                                     .backslash_escapes = true,
                                     .schema = self->target->schema,
                                     .charset = "utf8mb4"};
    self->state.tracked = self->state.has_insert_id = false;
    take_state(self, &fresh);
}

// What a server makes of a few statements.
static void obey(struct fake_connection *self, const char *text, size_t len)
{
    if (len > 6 && strncmp(text, "USE `", 5) == 0)
        set_schema(self, text + 5, len - 6);
    else if ((len == 5 && strncmp(text, "BEGIN", 5) == 0) ||
             (len >= 17 && strncmp(text, "START TRANSACTION", 17) == 0))
        self->state.in_transaction = true;
    else if ((len == 6 && strncmp(text, "COMMIT", 6) == 0) ||
             (len == 8 && strncmp(text, "ROLLBACK", 8) == 0))
        self->state.in_transaction = false;
    else if (len > 10 && strncmp(text, "SET NAMES ", 10) == 0)
        set_charset(self, text + 10, len - 10);
    else if (len == 16 && strncmp(text, "SET autocommit=", 15) == 0)
        self->state.autocommit = text[15] == '1';
}

static bool push_set(struct sink *sink, const struct fake_set *set, bool cut_off, struct error *err)
{
    struct summary summary = {.has_columns = set->columns > 0,
                              .kind = set->kind,
                              .rows = set->rows,
                              .affected = set->affected,
                              .insert_id = set->insert_id,
                              .warnings = set->warnings};
    struct column *columns = mem_calloc(set->columns, sizeof(*columns));
    unsigned long *lengths = mem_calloc(set->columns, sizeof(*lengths));
    for (size_t i = 0; i < set->columns; i++)
        columns[i] = (struct column){set->names[i], strlen(set->names[i]), COLUMN_TEXT};
    bool ok = set->columns == 0 || sink_columns(sink, set->kind, columns, set->columns, err);
    for (size_t row = 0; ok && row < set->rows; row++) {
        const char *const *cells = &set->cells[row * set->columns];
        for (size_t i = 0; i < set->columns; i++)
            lengths[i] = cells[i] == NULL ? 0 : strlen(cells[i]);
        ok = sink_row(sink, &(struct row){cells, lengths}, err);
    }
    if (!ok || (cut_off && set->columns > 0))
        sink_abort(sink);
    else
        ok = sink_summary(sink, &summary, err);
    free(columns);
    free(lengths);
    return ok;
}

static bool fail_with(const struct fake_plan *plan, struct error *err)
{
    return error_set_sql(err, plan->kind, plan->number, plan->sqlstate, plan->message);
}

// A call that goes to the server and back. The lock is held, but for while it blocks.
static bool go(struct fake_connection *self, enum fake_call call, struct fake_plan plan,
               struct error *err)
{
    self->running = call == FAKE_QUERY || call == FAKE_EXECUTE;
    if (plan.blocks)
        block(self->fake, call, self);
    if (self->gone || self->cut || self->state.lost)
        plan = FAKE_LOST;
    else if (self->interrupted)
        plan = FAKE_SQL(1317, "70100", "Query execution was interrupted");
    self->running = self->interrupted = false;
    if (self->fake->clock != NULL)
        fake_clock_turn(self->fake->clock, plan.takes);
    self->state.unsent = plan.unsent;
    if (plan.loses)
        self->state.lost = true;
    else if (plan.state != NULL)
        take_state(self, plan.state);
    return !plan.fails || fail_with(&plan, err);
}

static bool run(struct connection *connection, enum fake_call call, const char *text, size_t len,
                struct sink *sink, struct error *err)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    struct fake *fake = self->fake;
    pthread_mutex_lock(&fake->lock);
    note(fake, call == FAKE_QUERY ? "query" : "execute", self->number, text, len);
    struct fake_plan plan = take_plan(fake, call, text, len);
    struct error failure = ERROR_INIT;
    self->state.state_changed = false;
    self->state.state_told = !plan.fails &&
                             (plan.set_count == 0 || plan.sets[plan.set_count - 1].columns == 0);
    for (size_t i = 0; i < plan.set_count; i++)
        self->state.has_insert_id = self->state.has_insert_id || plan.sets[i].insert_id != 0;
    bool ok = go(self, call, plan, &failure);
    if (ok && plan.state == NULL)
        obey(self, text, len);
    pthread_mutex_unlock(&fake->lock);
    static const struct fake_set nothing = {.columns = 0};
    bool bare = plan.set_count == 0 && ok;
    const struct fake_set *sets = bare ? &nothing : plan.sets;
    size_t count = bare ? 1 : plan.set_count;
    bool pushed = true;
    for (size_t i = 0; pushed && i < count; i++)
        pushed = push_set(sink, &sets[i], !ok && i + 1 == count, err);
    if (pushed && !ok)
        error_move(err, &failure);
    error_finish(&failure);
    return pushed && ok;
}

static bool query(struct connection *connection, const char *text, size_t len, struct sink *sink,
                  struct error *err)
{
    return run(connection, FAKE_QUERY, text, len, sink, err);
}

static bool execute(struct connection *connection, const char *text, size_t len,
                    const struct value *values, size_t count, size_t rows, struct sink *sink,
                    struct error *err)
{
    (void) values, (void) count, (void) rows;
    return run(connection, FAKE_EXECUTE, text, len, sink, err);
}

static bool reset(struct connection *connection, struct error *err)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    note(self->fake, "reset", self->number, NULL, 0);
    bool ok = go(self, FAKE_RESET, take_plan(self->fake, FAKE_RESET, NULL, 0), err);
    if (ok)
        start_over(self);
    pthread_mutex_unlock(&self->fake->lock);
    return ok;
}

static bool ping(struct connection *connection, struct error *err)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    note(self->fake, "ping", self->number, NULL, 0);
    bool ok = go(self, FAKE_PING, take_plan(self->fake, FAKE_PING, NULL, 0), err);
    pthread_mutex_unlock(&self->fake->lock);
    return ok;
}

static bool track(struct connection *connection, struct error *err)
{
    (void) err;
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    note(self->fake, "track", self->number, NULL, 0);
    self->state.tracked = true;
    self->state.state_changed = false;
    pthread_mutex_unlock(&self->fake->lock);
    return true;
}

static bool is_quiet(struct connection *connection)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    bool quiet = !self->gone && !self->state.lost;
    pthread_mutex_unlock(&self->fake->lock);
    return quiet;
}

static void get_state(const struct connection *connection, struct connection_state *state)
{
    const struct fake_connection *self = (const struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    *state = self->state;
    pthread_mutex_unlock(&self->fake->lock);
}

static bool interrupt(struct connection *connection, enum interruption what, struct error *err)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    note(self->fake, what == INTERRUPT_STATEMENT ? "interrupt" : "kill", self->number, NULL, 0);
    struct fake_plan plan = take_plan(self->fake, FAKE_INTERRUPT, NULL, 0);
    if (plan.blocks)
        block(self->fake, FAKE_INTERRUPT, NULL);
    self->interrupted = self->running && !plan.fails && !plan.ignored;
    pthread_cond_broadcast(&self->fake->changed);
    pthread_mutex_unlock(&self->fake->lock);
    return !plan.fails || fail_with(&plan, err);
}

static void cut(struct connection *connection)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    note(self->fake, "cut", self->number, NULL, 0);
    self->cut = !take_plan(self->fake, FAKE_CUT, NULL, 0).ignored;
    pthread_cond_broadcast(&self->fake->changed);
    pthread_mutex_unlock(&self->fake->lock);
}

static void close_fake(struct connection *connection)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    struct fake *fake = self->fake;
    pthread_mutex_lock(&fake->lock);
    note(fake, "close", self->number, NULL, 0);
    if (take_plan(fake, FAKE_CLOSE, NULL, 0).blocks)
        block(fake, FAKE_CLOSE, NULL);
    for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (fake->alive[i] == self)
            fake->alive[i] = NULL;
    }
    pthread_mutex_unlock(&fake->lock);
    free(self->schema);
    free(self->charset);
    free(self);
}

// The lock is held.
static struct fake_connection *add_connection(struct fake *fake, const struct target *target)
{
    static const struct connection_ops ops = {query,    execute,   reset,     ping, track,
                                              is_quiet, get_state, interrupt, cut,  close_fake};
    struct fake_connection *self = mem_calloc(1, sizeof(*self));
    self->connection.ops = &ops;
    self->fake = fake;
    self->target = target;
    self->number = ++fake->opened;
    self->state.thread_id = self->number;
    self->state.server_version = "11.4.0-MariaDB-fake";
    self->state.where = "a fake";
    start_over(self);
    size_t place = 0;
    while (place < FAKE_CONNECTIONS_MAX && fake->alive[place] != NULL)
        place++;
    if (place == FAKE_CONNECTIONS_MAX)
        abort();
    fake->alive[place] = self;
    return self;
}

static bool open_fake(struct connector *connector, const struct target *target, size_t number,
                      unsigned seconds, struct connection **connection, struct error *err)
{
    struct fake *fake = (struct fake *) connector;
    const char *host = target->host_count == 0 ? "" : target->hosts[number].name;
    pthread_mutex_lock(&fake->lock);
    struct fake_plan plan = take_plan(fake, FAKE_OPEN, host, strlen(host));
    if (plan.blocks)
        block(fake, FAKE_OPEN, NULL);
    if (fake->clock != NULL)
        fake_clock_turn(fake->clock, plan.takes);
    buf_printf(&fake->hosts, "%s %u\n", host, seconds);
    struct fake_connection *self = plan.fails ? NULL : add_connection(fake, target);
    note(fake, "open", self == NULL ? 0 : self->number, NULL, 0);
    if (self != NULL && plan.state != NULL)
        take_state(self, plan.state);
    if (self != NULL)
        *connection = &self->connection;
    pthread_mutex_unlock(&fake->lock);
    return self != NULL || fail_with(&plan, err);
}

void fake_init(struct fake *fake)
{
    *fake = (struct fake){.connector = {.open = open_fake}};
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
}

void fake_finish(struct fake *fake)
{
    assert_int_equal(fake->plan_count, 0);
    assert_int_equal(fake_open_count(fake), 0);
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->lock);
    buf_finish(&fake->log);
    buf_finish(&fake->hosts);
}

void fake_plan(struct fake *fake, enum fake_call call, struct fake_plan plan)
{
    pthread_mutex_lock(&fake->lock);
    if (fake->plan_count == FAKE_PLANS_MAX)
        abort();
    fake->plans[fake->plan_count].call = call;
    fake->plans[fake->plan_count++].plan = plan;
    pthread_mutex_unlock(&fake->lock);
}

size_t fake_count(struct fake *fake, enum fake_call call)
{
    pthread_mutex_lock(&fake->lock);
    size_t count = fake->counts[call];
    pthread_mutex_unlock(&fake->lock);
    return count;
}

size_t fake_open_count(struct fake *fake)
{
    pthread_mutex_lock(&fake->lock);
    size_t count = 0;
    for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++)
        count += fake->alive[i] != NULL;
    pthread_mutex_unlock(&fake->lock);
    return count;
}

static void check_log(struct fake *fake, struct buf *log, const char *expected, const char *file,
                      int line)
{
    pthread_mutex_lock(&fake->lock);
    CLEANUP(mem_free_at) char *text = mem_strdup(buf_cstr(log));
    buf_clear(log);
    pthread_mutex_unlock(&fake->lock);
    support_check_text(text, expected, file, line);
}

void fake_check_calls(struct fake *fake, const char *expected, const char *file, int line)
{
    check_log(fake, &fake->log, expected, file, line);
}

void fake_check_hosts(struct fake *fake, const char *expected, const char *file, int line)
{
    check_log(fake, &fake->hosts, expected, file, line);
}

static size_t count_blocked(const struct fake *fake)
{
    size_t count = 0;
    for (size_t i = 0; i < FAKE_CALLS; i++)
        count += fake->blocked[i];
    return count;
}

void fake_await_blocked(struct fake *fake, size_t count)
{
    pthread_mutex_lock(&fake->lock);
    while (count_blocked(fake) < count)
        pthread_cond_wait(&fake->changed, &fake->lock);
    pthread_mutex_unlock(&fake->lock);
}

void fake_release(struct fake *fake, enum fake_call call)
{
    pthread_mutex_lock(&fake->lock);
    size_t target = fake->left[call] + fake->blocked[call];
    fake->releases[call]++;
    pthread_cond_broadcast(&fake->changed);
    while (fake->left[call] < target)
        pthread_cond_wait(&fake->changed, &fake->lock);
    pthread_mutex_unlock(&fake->lock);
}

void fake_kill(struct fake *fake, unsigned number)
{
    pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (fake->alive[i] != NULL && (number == 0 || fake->alive[i]->number == number))
            fake->alive[i]->gone = true;
    }
    pthread_mutex_unlock(&fake->lock);
}

void fake_set_state(struct connection *connection, const struct connection_state *state)
{
    struct fake_connection *self = (struct fake_connection *) connection;
    pthread_mutex_lock(&self->fake->lock);
    take_state(self, state);
    pthread_mutex_unlock(&self->fake->lock);
}

unsigned fake_number(const struct connection *connection)
{
    return ((const struct fake_connection *) connection)->number;
}

static int64_t now(const struct clock *clock)
{
    return atomic_load(&((struct fake_clock *) (uintptr_t) clock)->now);
}

// Comes back every now and then, as a wait may: who turns the hands knows nothing of the condition,
// and a signal that meets the end of such a round would be lost if this went on by itself.
static bool wait_for(const struct clock *clock, pthread_cond_t *condition, pthread_mutex_t *mutex,
                     int64_t deadline)
{
    struct fake_clock *self = (struct fake_clock *) (uintptr_t) clock;
    if (self->jumps && pthread_equal(self->owner, pthread_self()) && now(clock) < deadline)
        atomic_store(&self->now, deadline);
    if (now(clock) >= deadline)
        return false;
    const struct clock *real = clock_monotonic();
    return clock_wait(real, condition, mutex, clock_now(real) + 1000) || now(clock) < deadline;
}

void fake_clock_init(struct fake_clock *clock)
{
    *clock = (struct fake_clock){.clock = {now, wait_for}, .owner = pthread_self()};
    atomic_init(&clock->now, 1000 * CLOCK_SECOND);
}

void fake_clock_turn(struct fake_clock *clock, int64_t microseconds)
{
    atomic_fetch_add(&clock->now, microseconds);
}
