#include "marsh/pool/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/watchdog.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "pool_internal.h"

// An idle connection older than this since its last use is pinged before it is lent: a server that
// closed it is seen without that, only a silently dead network is not.
#define PING_AFTER (5 * CLOCK_SECOND)

// The library's buffer never shrinks again: one that has grown so far goes.
enum { HUGE_BUFFER = 16 << 20 };

// Each connection's own share of the largest age, so that they do not all end at once: between 90
// and 100 percent, spread evenly by the golden ratio.
static int64_t age_limit(const struct pool *pool, const struct lease *slot)
{
    int64_t age = pool->target.pool_max_age * CLOCK_SECOND;
    uint64_t fraction = slot->number * 0x9e3779b97f4a7c15U >> 44; // of 2^20
    return age - (int64_t) ((uint64_t) age / 10 * fraction >> 20);
}

// Whether its time is over, and why.
static bool is_too_old(const struct pool *pool, const struct lease *slot, int64_t now,
                       enum close_reason *reason)
{
    const struct target *target = &pool->target;
    int64_t age = now - slot->created;
    bool asked = slot->created < pool->close_before;
    bool old = (target->pool_recycle >= 0 && age >= target->pool_recycle * CLOCK_SECOND) ||
               (target->pool_max_age >= 0 && age >= age_limit(pool, slot));
    if (asked || old)
        *reason = asked ? CLOSE_ASKED : CLOSE_RECYCLED;
    return asked || old;
}

// What is asked of a slot in state checking.
struct checking {
    bool too_old;
    bool doubtful; // it has to answer a ping
    enum close_reason reason;
};

static struct checking doubts_about(const struct pool *pool, const struct lease *slot, int64_t now)
{
    unsigned ping = pool->target.pool_pre_ping;
    bool long_idle = ping == PRE_PING_AUTO && now - slot->since > PING_AFTER;
    struct checking checking = {
        .doubtful = ping == PRE_PING_ALWAYS || long_idle || slot->proven < pool->suspect_before,
        .reason = CLOSE_DEAD,
    };
    checking.too_old = is_too_old(pool, slot, now, &checking.reason);
    return checking;
}

static bool is_alive(struct pool *pool, struct lease *slot, bool doubtful)
{
    if (!connection_is_quiet(slot->connection))
        return false;
    if (!doubtful)
        return true;
    struct error err = ERROR_INIT;
    int64_t asked = clock_now(pool->clock);
    int64_t deadline = asked + pool->target.connect_timeout * CLOCK_SECOND;
    struct limit limit;
    watchdog_begin(pool->watchdog, &limit, deadline, pool_cut, slot->connection);
    bool alive = connection_ping(slot->connection, &err);
    alive = watchdog_end(pool->watchdog, &limit) == 0 && alive;
    error_finish(&err);
    pthread_mutex_lock(&pool->lock);
    if (alive)
        slot->proven = asked;
    else
        pool->stats.ping_failures++;
    pthread_mutex_unlock(&pool->lock);
    return alive;
}

// A slot whose connection is of no more use gets a new one in its place: whoever has it keeps it,
// and does not wait again.
static void renew(struct pool *pool, struct lease *slot, enum close_reason reason)
{
    struct connection *connection = slot->connection;
    pthread_mutex_lock(&pool->lock);
    pool->stats.closed[reason]++;
    if (reason == CLOSE_DEAD)
        pool->suspect_before = clock_now(pool->clock);
    slot_move(pool, slot, SLOT_CONNECTING);
    slot->since = clock_now(pool->clock);
    slot->connection = NULL;
    slot->thread_id = 0;
    slot->uses = 0;
    pthread_mutex_unlock(&pool->lock);
    connection_close(connection);
}

// A slot of this thread's own, in state checking or connecting; NULL and an error after a timeout.
static struct lease *take(struct pool *pool, const struct pool_request *request, int64_t now,
                          struct checking *checking, struct error *err)
{
    pthread_mutex_lock(&pool->lock);
    struct lease *slot = NULL;
    bool line = pool->waiters != NULL;
    if (!line && pool->first != NULL) {
        slot = pool->target.pool_use_lifo ? pool->last : pool->first;
        slot_move(pool, slot, SLOT_CHECKING);
        *checking = doubts_about(pool, slot, now);
        slot->since = now;
    } else if (!line && slot_has_room(pool)) {
        slot = slot_add(pool);
    } else {
        slot = slot_wait(pool, request, now + pool->target.pool_timeout * CLOCK_SECOND);
        if (slot != NULL && slot->state == SLOT_CHECKING)
            *checking = doubts_about(pool, slot, now);
    }
    if (slot == NULL && request->given_up) {
        error_set(err, ERROR_CANCELLED, "the wait for a lease was given up");
    } else if (slot == NULL) {
        pool->stats.timeouts++;
        report_holders(pool, err);
    }
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

void pool_give_up(struct pool *pool, struct pool_request *request)
{
    pthread_mutex_lock(&pool->lock);
    request->given_up = true;
    slot_wake_all(pool);
    pthread_mutex_unlock(&pool->lock);
}

bool pool_lease(struct pool *pool, struct pool_request *request, struct lease **lease,
                struct error *err)
{
    const char *who = request->who;
    int64_t asked = clock_now(pool->clock);
    struct checking checking = {.doubtful = false};
    struct lease *slot = take(pool, request, asked, &checking, err);
    if (slot == NULL)
        return false;
    if (slot->state == SLOT_CHECKING &&
        (checking.too_old || !is_alive(pool, slot, checking.doubtful)))
        renew(pool, slot, checking.reason);
    if (slot->state == SLOT_CONNECTING && !slot_open(pool, slot, request, err)) {
        slot_drop(pool, slot, CLOSE_DEAD);
        return false;
    }
    pthread_mutex_lock(&pool->lock);
    size_t len = strnlen(who, WHO_MAX - 1);
    memcpy(slot->who, len > 0 ? who : "?", len > 0 ? len : 1);
    slot->who[len > 0 ? len : 1] = '\0';
    slot_move(pool, slot, SLOT_LEASED);
    slot->since = clock_now(pool->clock);
    slot->uses++;
    pool->stats.leases++;
    histogram_add(&pool->stats.wait, slot->since - asked);
    if (pool->target.pool_min_idle > 0)
        maintain_begin(pool);
    pthread_mutex_unlock(&pool->lock);
    *lease = slot;
    return true;
}

struct pool *lease_pool(const struct lease *lease)
{
    return lease->pool;
}

struct connection *lease_connection(const struct lease *lease)
{
    return lease->connection;
}

void lease_note(struct lease *lease, const char *statement, size_t len)
{
    len = len < STATEMENT_MAX ? len : STATEMENT_MAX - 1;
    pthread_mutex_lock(&lease->pool->lock);
    memcpy(lease->statement, statement, len);
    lease->statement[len] = '\0';
    lease->statement_done = false;
    pthread_mutex_unlock(&lease->pool->lock);
}

void lease_note_done(struct lease *lease)
{
    pthread_mutex_lock(&lease->pool->lock);
    lease->statement_done = true;
    pthread_mutex_unlock(&lease->pool->lock);
}

static bool reset(struct lease *slot, unsigned how)
{
    struct error err = ERROR_INIT;
    bool ok = true;
    if (how == RESET_FULL)
        ok = connection_reset(slot->connection, &err);
    else if (how == RESET_ROLLBACK)
        ok = connection_query(slot->connection, "ROLLBACK", strlen("ROLLBACK"), sink_discard(),
                              &err);
    error_finish(&err);
    return ok;
}

// Makes a slot in state resetting fit for others. False, and why it is to be closed instead.
static bool clean(struct lease *slot, unsigned how, enum close_reason *reason)
{
    struct connection_state state;
    connection_get_state(slot->connection, &state);
    if (state.lost)
        *reason = CLOSE_LOST;
    else if (state.buffer_size > HUGE_BUFFER)
        *reason = CLOSE_HUGE;
    else if (!reset(slot, how))
        *reason = CLOSE_UNCLEAN;
    else
        return true;
    return false;
}

// A connection that was lost makes the others suspect, however that came out.
static void drop_unfit(struct pool *pool, struct lease *slot, enum close_reason reason)
{
    struct connection_state state;
    connection_get_state(slot->connection, &state);
    if (state.lost) {
        pthread_mutex_lock(&pool->lock);
        pool->suspect_before = clock_now(pool->clock);
        pthread_mutex_unlock(&pool->lock);
    }
    slot_drop(pool, slot, reason);
}

static void give_back(struct lease *slot, unsigned how)
{
    struct pool *pool = slot->pool;
    enum close_reason reason = CLOSE_SURPLUS;
    pthread_mutex_lock(&pool->lock);
    int64_t now = clock_now(pool->clock);
    histogram_add(&pool->stats.hold, now - slot->since);
    bool keep = pool->total <= pool->target.pool_size || pool->waiters != NULL;
    keep = keep && !is_too_old(pool, slot, now, &reason);
    slot_move(pool, slot, SLOT_RESETTING);
    slot->since = now;
    pthread_mutex_unlock(&pool->lock);
    if (!keep || !clean(slot, how, &reason)) {
        drop_unfit(pool, slot, reason);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    slot->since = clock_now(pool->clock);
    // Who waited may have given up, and others may have opened more, while it was cleaned.
    bool surplus = pool->waiters == NULL && pool->total > pool->target.pool_size;
    if (pool->waiters != NULL) {
        slot_move(pool, slot, SLOT_CHECKING);
        slot_hand_over(pool, slot);
    } else if (!surplus) {
        slot_move(pool, slot, SLOT_IDLE);
        maintain_begin(pool);
    } else {
        slot_remove(pool, slot, CLOSE_SURPLUS);
    }
    pthread_mutex_unlock(&pool->lock);
    if (surplus) {
        connection_close(slot->connection);
        free(slot);
    }
}

void lease_return(struct lease *lease)
{
    give_back(lease, lease->pool->target.pool_reset_on_return);
}

void lease_return_reset(struct lease *lease)
{
    give_back(lease, RESET_FULL);
}

void lease_discard(struct lease *lease)
{
    struct pool *pool = lease->pool;
    struct connection_state state;
    connection_get_state(lease->connection, &state);
    pthread_mutex_lock(&pool->lock);
    histogram_add(&pool->stats.hold, clock_now(pool->clock) - lease->since);
    pthread_mutex_unlock(&pool->lock);
    drop_unfit(pool, lease, state.lost ? CLOSE_LOST : CLOSE_DISCARDED);
}

struct pool *pool_create(const struct target *target, struct connector *connector,
                         const struct clock *clock)
{
    struct pool *pool = mem_calloc(1, sizeof(*pool));
    pthread_mutex_init(&pool->lock, NULL);
    clock_condition_init(&pool->due);
    target_copy(&pool->target, target);
    pool->holds = 1;
    mem_lock_secret(pool->target.password);
    pool->connector = connector;
    pool->clock = clock;
    pool->watchdog = watchdog_create(clock);
    hosts_init(&pool->hosts, target, clock_now(clock));
    pool->suspect_before = pool->close_before = pool->open_again = INT64_MIN;
    return pool;
}

void pool_close_idle(struct pool *pool, bool those_leased)
{
    pthread_mutex_lock(&pool->lock);
    if (those_leased)
        pool->close_before = clock_now(pool->clock) + 1;
    while (pool->first != NULL) {
        struct lease *slot = pool->first;
        slot_remove(pool, slot, CLOSE_ASKED);
        pthread_mutex_unlock(&pool->lock);
        connection_close(slot->connection);
        free(slot);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

void pool_hold(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->holds++;
    pthread_mutex_unlock(&pool->lock);
}

bool pool_is_shared(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool shared = pool->holds > 1;
    pthread_mutex_unlock(&pool->lock);
    return shared;
}

bool pool_destroy(struct pool *pool)
{
    if (pool == NULL)
        return true;
    pthread_mutex_lock(&pool->lock);
    bool held = --pool->holds > 0;
    pthread_mutex_unlock(&pool->lock);
    if (held)
        return false;
    maintain_end(pool);
    pool_close_idle(pool, false);
    assert(pool->total == 0 && pool->waiters == NULL);
    watchdog_destroy(pool->watchdog);
    hosts_finish(&pool->hosts);
    target_finish(&pool->target);
    pthread_cond_destroy(&pool->due);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
    return true;
}

const struct target *pool_target(const struct pool *pool)
{
    return &pool->target;
}
