#include "marsh/pool/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"

// An idle connection older than this since its last use is pinged before it is lent: a server that
// closed it is seen without that, only a silently dead network is not.
enum { PING_AFTER = 5 * 1000000 };

// Where a connection is in its life. Changed by move() alone.
enum slot_state {
    SLOT_CONNECTING, // no connection yet; one thread is opening it
    SLOT_IDLE,       // in the idle list; nobody uses it
    SLOT_CHECKING,   // taken from the idle list; one thread finds out if it still lives
    SLOT_LEASED,     // one thread's, with a lease
    SLOT_RESETTING,  // returned; one thread is cleaning it
    SLOT_CLOSED,     // out of every count, about to be freed
    SLOT_STATES
};

// A connection and its lease in one: the lease is what the outside sees of a leased slot.
struct lease {
    struct pool *pool;
    enum slot_state state;
    struct connection *connection; // NULL only while connecting, or closed
    int64_t created;
    int64_t used;       // when it became idle
    struct lease *next; // of the idle list
    struct lease *previous;
};

// One thread that waits. It is handed a checked-out idle slot, or leave to open one.
struct waiter {
    pthread_cond_t granted;
    struct lease *slot;
    struct waiter *next;
};

struct pool {
    pthread_mutex_t lock;
    struct target target;
    struct connector *connector;
    const struct clock *clock;
    struct lease *first; // idle, the longest first
    struct lease *last;
    struct waiter *waiters; // the longest first
    struct waiter *last_waiter;
    size_t counts[SLOT_STATES];
    size_t waiting;
    int64_t suspect_before; // connections older than this were opened before the server went away
    struct pool_stats stats;
};

static void unlink_idle(struct pool *pool, struct lease *slot)
{
    *(slot->previous != NULL ? &slot->previous->next : &pool->first) = slot->next;
    *(slot->next != NULL ? &slot->next->previous : &pool->last) = slot->previous;
    slot->next = slot->previous = NULL;
}

static void link_idle(struct pool *pool, struct lease *slot)
{
    slot->previous = pool->last;
    slot->next = NULL;
    *(pool->last != NULL ? &pool->last->next : &pool->first) = slot;
    pool->last = slot;
}

// The one place where a slot changes its state. The lock is held.
static void move(struct pool *pool, struct lease *slot, enum slot_state to)
{
    static const unsigned allowed[SLOT_STATES] = {
        [SLOT_CONNECTING] = 1U << SLOT_LEASED | 1U << SLOT_CLOSED,
        [SLOT_IDLE] = 1U << SLOT_CHECKING | 1U << SLOT_CLOSED,
        [SLOT_CHECKING] = 1U << SLOT_LEASED | 1U << SLOT_CLOSED,
        [SLOT_LEASED] = 1U << SLOT_RESETTING | 1U << SLOT_CLOSED,
        [SLOT_RESETTING] = 1U << SLOT_IDLE | 1U << SLOT_CHECKING | 1U << SLOT_CLOSED,
    };
    assert((allowed[slot->state] & 1U << to) != 0);
    assert(slot->connection != NULL || slot->state == SLOT_CONNECTING);
    if (slot->state == SLOT_IDLE)
        unlink_idle(pool, slot);
    pool->counts[slot->state]--;
    slot->state = to;
    if (to != SLOT_CLOSED)
        pool->counts[to]++;
    if (to == SLOT_IDLE) {
        slot->used = clock_now(pool->clock);
        link_idle(pool, slot);
    }
}

static size_t total(const struct pool *pool)
{
    size_t sum = 0;
    for (size_t i = 0; i < SLOT_STATES; i++)
        sum += pool->counts[i];
    return sum;
}

static bool has_room(const struct pool *pool)
{
    return total(pool) < (size_t) pool->target.pool_size + pool->target.max_overflow;
}

// A new slot, counted as connecting. The lock is held.
static struct lease *add_slot(struct pool *pool)
{
    struct lease *slot = mem_calloc(1, sizeof(*slot));
    slot->pool = pool;
    slot->state = SLOT_CONNECTING;
    pool->counts[SLOT_CONNECTING]++;
    return slot;
}

static struct waiter *pop_waiter(struct pool *pool)
{
    struct waiter *waiter = pool->waiters;
    pool->waiters = waiter->next;
    if (pool->waiters == NULL)
        pool->last_waiter = NULL;
    pool->waiting--;
    return waiter;
}

// Lets the longest waiting go on with a slot of its own. The lock is held.
static void hand_over(struct pool *pool, struct lease *slot)
{
    struct waiter *waiter = pop_waiter(pool);
    waiter->slot = slot;
    pthread_cond_signal(&waiter->granted);
}

// Takes a slot out of the pool, and gives the room to who waits. Closing happens outside the lock.
static void drop(struct pool *pool, struct lease *slot)
{
    pthread_mutex_lock(&pool->lock);
    move(pool, slot, SLOT_CLOSED);
    if (slot->connection != NULL)
        pool->stats.closed++;
    if (pool->waiters != NULL && has_room(pool))
        hand_over(pool, add_slot(pool));
    pthread_mutex_unlock(&pool->lock);
    connection_close(slot->connection);
    free(slot);
}

static void move_locked(struct pool *pool, struct lease *slot, enum slot_state to)
{
    pthread_mutex_lock(&pool->lock);
    move(pool, slot, to);
    pthread_mutex_unlock(&pool->lock);
}

static bool is_too_old(const struct pool *pool, const struct lease *slot, int64_t now)
{
    int recycle = pool->target.pool_recycle;
    return recycle >= 0 && now - slot->created >= recycle * CLOCK_SECOND;
}

// Whether a slot that is being checked may be lent.
static bool check(struct pool *pool, struct lease *slot, int64_t suspect_before)
{
    int64_t now = clock_now(pool->clock);
    unsigned ping = pool->target.pool_pre_ping;
    if (is_too_old(pool, slot, now) || slot->created < suspect_before)
        return false;
    bool alive = connection_is_quiet(slot->connection);
    bool doubtful = ping == PRE_PING_ALWAYS ||
                    (ping == PRE_PING_AUTO && now - slot->used > PING_AFTER);
    if (alive && doubtful) {
        struct error err = ERROR_INIT;
        alive = connection_ping(slot->connection, &err);
        error_finish(&err);
    }
    if (!alive) {
        pthread_mutex_lock(&pool->lock);
        pool->stats.dead++;
        pool->suspect_before = now;
        pthread_mutex_unlock(&pool->lock);
    }
    return alive;
}

static bool connect_slot(struct pool *pool, struct lease *slot, struct error *err)
{
    struct connection *connection = NULL;
    if (!connector_open(pool->connector, &pool->target, &connection, err)) {
        drop(pool, slot);
        return false;
    }
    slot->connection = connection;
    slot->created = slot->used = clock_now(pool->clock);
    pthread_mutex_lock(&pool->lock);
    pool->stats.created++;
    move(pool, slot, SLOT_LEASED);
    pthread_mutex_unlock(&pool->lock);
    return true;
}

static void remove_waiter(struct pool *pool, const struct waiter *waiter)
{
    struct waiter *before = NULL;
    for (struct waiter *each = pool->waiters; each != NULL; before = each, each = each->next) {
        if (each != waiter)
            continue;
        *(before != NULL ? &before->next : &pool->waiters) = each->next;
        if (pool->last_waiter == each)
            pool->last_waiter = before;
        pool->waiting--;
        return;
    }
}

// Waits in the line until a slot is handed over. The lock is held.
static struct lease *wait_in_line(struct pool *pool, struct error *err)
{
    struct waiter self = {.slot = NULL};
    clock_condition_init(&self.granted);
    int64_t deadline = clock_now(pool->clock) + pool->target.pool_timeout * CLOCK_SECOND;
    *(pool->last_waiter != NULL ? &pool->last_waiter->next : &pool->waiters) = &self;
    pool->last_waiter = &self;
    pool->waiting++;
    bool in_time = true;
    while (self.slot == NULL && in_time)
        in_time = clock_wait(pool->clock, &self.granted, &pool->lock, deadline) ||
                  clock_now(pool->clock) < deadline;
    if (self.slot == NULL) {
        remove_waiter(pool, &self);
        pool->stats.timeouts++;
        error_set(err, ERROR_TIMEOUT, "no connection became free within %u s: all %zu are in use",
                  pool->target.pool_timeout, total(pool));
    }
    pthread_cond_destroy(&self.granted);
    return self.slot;
}

// A slot in state checking or connecting, this thread's alone; NULL and an error after a timeout.
static struct lease *take(struct pool *pool, int64_t *suspect_before, struct error *err)
{
    pthread_mutex_lock(&pool->lock);
    struct lease *slot = NULL;
    bool line = pool->waiters != NULL;
    if (!line && pool->first != NULL) {
        slot = pool->target.pool_use_lifo ? pool->last : pool->first;
        move(pool, slot, SLOT_CHECKING);
    } else if (!line && has_room(pool)) {
        slot = add_slot(pool);
    } else {
        slot = wait_in_line(pool, err);
    }
    *suspect_before = pool->suspect_before;
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

bool pool_lease(struct pool *pool, struct lease **lease, struct error *err)
{
    for (;;) {
        int64_t suspect_before;
        struct lease *slot = take(pool, &suspect_before, err);
        if (slot == NULL)
            return false;
        if (slot->state == SLOT_CONNECTING) {
            if (!connect_slot(pool, slot, err))
                return false;
            *lease = slot;
            return true;
        }
        if (check(pool, slot, suspect_before)) {
            move_locked(pool, slot, SLOT_LEASED);
            *lease = slot;
            return true;
        }
        drop(pool, slot);
    }
}

struct connection *lease_connection(const struct lease *lease)
{
    return lease->connection;
}

static bool clean(struct pool *pool, struct lease *slot)
{
    struct connection_state state;
    connection_get_state(slot->connection, &state);
    if (state.lost)
        return false;
    struct error err = ERROR_INIT;
    bool ok = true;
    if (pool->target.pool_reset_on_return == RESET_FULL)
        ok = connection_reset(slot->connection, &err);
    else if (pool->target.pool_reset_on_return == RESET_ROLLBACK)
        ok = connection_query(slot->connection, "ROLLBACK", strlen("ROLLBACK"), sink_discard(),
                              &err);
    error_finish(&err);
    return ok;
}

void lease_return(struct lease *slot)
{
    struct pool *pool = slot->pool;
    pthread_mutex_lock(&pool->lock);
    bool surplus = total(pool) > pool->target.pool_size && pool->waiters == NULL;
    move(pool, slot, SLOT_RESETTING);
    pthread_mutex_unlock(&pool->lock);
    if (surplus || is_too_old(pool, slot, clock_now(pool->clock)) || !clean(pool, slot)) {
        drop(pool, slot);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    if (pool->waiters != NULL) {
        slot->used = clock_now(pool->clock);
        move(pool, slot, SLOT_CHECKING);
        hand_over(pool, slot);
    } else {
        move(pool, slot, SLOT_IDLE);
    }
    pthread_mutex_unlock(&pool->lock);
}

void lease_discard(struct lease *lease)
{
    drop(lease->pool, lease);
}

struct pool *pool_create(const struct target *target, struct connector *connector,
                         const struct clock *clock)
{
    struct pool *pool = mem_calloc(1, sizeof(*pool));
    pthread_mutex_init(&pool->lock, NULL);
    target_copy(&pool->target, target);
    pool->connector = connector;
    pool->clock = clock;
    pool->suspect_before = INT64_MIN;
    return pool;
}

void pool_destroy(struct pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->first != NULL)
        drop(pool, pool->first);
    assert(total(pool) == 0 && pool->waiters == NULL);
    target_finish(&pool->target);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

const struct target *pool_target(const struct pool *pool)
{
    return &pool->target;
}

void pool_get_stats(struct pool *pool, struct pool_stats *stats)
{
    pthread_mutex_lock(&pool->lock);
    *stats = pool->stats;
    stats->idle = pool->counts[SLOT_IDLE];
    stats->leased = total(pool) - stats->idle;
    stats->waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
}
