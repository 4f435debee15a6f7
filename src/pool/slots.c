#include <assert.h>
#include <stdlib.h>

#include "marsh/base/mem.h"
#include "marsh/db/connection.h"
#include "pool_internal.h"

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

static void unlink_any(struct pool *pool, struct lease *slot)
{
    *(slot->previous_any != NULL ? &slot->previous_any->next_any : &pool->all) = slot->next_any;
    *(slot->next_any != NULL ? &slot->next_any->previous_any
                             : &pool->last_of_all) = slot->previous_any;
}

static void link_any(struct pool *pool, struct lease *slot)
{
    slot->previous_any = pool->last_of_all;
    *(pool->last_of_all != NULL ? &pool->last_of_all->next_any : &pool->all) = slot;
    pool->last_of_all = slot;
}

bool slot_has_room(const struct pool *pool)
{
    return pool->total < (size_t) pool->target.pool_size + pool->target.max_overflow;
}

struct lease *slot_add(struct pool *pool)
{
    struct lease *slot = mem_calloc(1, sizeof(*slot));
    slot->pool = pool;
    slot->number = ++pool->numbers;
    slot->state = SLOT_CONNECTING;
    slot->since = clock_now(pool->clock);
    link_any(pool, slot);
    pool->counts[SLOT_CONNECTING]++;
    pool->total++;
    return slot;
}

// What holds in each state, besides that exactly one thread has a slot that is not idle.
static void check_invariants(const struct lease *slot)
{
    bool connected = slot->connection != NULL;
    assert(slot->state == SLOT_CONNECTING || slot->state == SLOT_CLOSED || connected);
    assert(slot->state == SLOT_IDLE || (slot->next == NULL && slot->previous == NULL));
    assert((slot->who[0] == '\0') == (slot->state != SLOT_LEASED));
    (void) connected;
}

void slot_move(struct pool *pool, struct lease *slot, enum slot_state to)
{
    static const unsigned allowed[SLOT_STATES] = {
        [SLOT_CONNECTING] = 1U << SLOT_LEASED | 1U << SLOT_IDLE | 1U << SLOT_CHECKING |
                            1U << SLOT_CLOSED,
        [SLOT_IDLE] = 1U << SLOT_CHECKING | 1U << SLOT_CLOSED,
        // One that was found dead is opened anew in its place.
        [SLOT_CHECKING] = 1U << SLOT_LEASED | 1U << SLOT_CONNECTING | 1U << SLOT_CLOSED,
        [SLOT_LEASED] = 1U << SLOT_RESETTING | 1U << SLOT_CLOSED,
        [SLOT_RESETTING] = 1U << SLOT_IDLE | 1U << SLOT_CHECKING | 1U << SLOT_CLOSED,
    };
    assert((allowed[slot->state] & 1U << to) != 0);
    if (slot->state == SLOT_IDLE)
        unlink_idle(pool, slot);
    pool->counts[slot->state]--;
    pool->counts[to]++;
    slot->state = to;
    if (to == SLOT_IDLE)
        link_idle(pool, slot);
    if (to != SLOT_LEASED)
        slot->who[0] = slot->statement[0] = '\0';
    if (to == SLOT_CLOSED) {
        unlink_any(pool, slot);
        pool->counts[SLOT_CLOSED]--;
        pool->total--;
    }
    check_invariants(slot);
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

struct lease *slot_wait(struct pool *pool, const struct pool_request *request, int64_t deadline)
{
    struct waiter self = {.slot = NULL};
    clock_condition_init(&self.granted);
    *(pool->last_waiter != NULL ? &pool->last_waiter->next : &pool->waiters) = &self;
    pool->last_waiter = &self;
    pool->waiting++;
    bool in_time = true;
    while (self.slot == NULL && in_time && !request->given_up)
        in_time = clock_wait(pool->clock, &self.granted, &pool->lock, deadline) ||
                  clock_now(pool->clock) < deadline;
    if (self.slot == NULL)
        remove_waiter(pool, &self);
    pthread_cond_destroy(&self.granted);
    return self.slot;
}

void slot_wake_all(struct pool *pool)
{
    for (struct waiter *each = pool->waiters; each != NULL; each = each->next)
        pthread_cond_signal(&each->granted);
}

void slot_hand_over(struct pool *pool, struct lease *slot)
{
    struct waiter *waiter = pool->waiters;
    remove_waiter(pool, waiter);
    waiter->slot = slot;
    pthread_cond_signal(&waiter->granted);
}

void slot_remove(struct pool *pool, struct lease *slot, enum close_reason reason)
{
    slot_move(pool, slot, SLOT_CLOSED);
    if (slot->connection != NULL)
        pool->stats.closed[reason]++;
    if (pool->waiters != NULL && slot_has_room(pool))
        slot_hand_over(pool, slot_add(pool));
}

void slot_drop(struct pool *pool, struct lease *slot, enum close_reason reason)
{
    pthread_mutex_lock(&pool->lock);
    slot_remove(pool, slot, reason);
    pthread_mutex_unlock(&pool->lock);
    connection_close(slot->connection);
    free(slot);
}
