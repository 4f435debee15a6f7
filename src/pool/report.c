#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/sql/statement.h"
#include "pool_internal.h"

// So many of those who hold a connection are named.
enum { HOLDERS_TOLD = 5 };

static const char *state_name(const struct lease *slot)
{
    static const char *const names[SLOT_STATES] = {
        [SLOT_CONNECTING] = "connecting", [SLOT_IDLE] = "idle",
        [SLOT_CHECKING] = "checking",     [SLOT_LEASED] = "leased",
        [SLOT_RESETTING] = "resetting",
    };
    return names[slot->state];
}

// Looked at only here, not for each statement.
static const char *shown_statement(const struct lease *slot)
{
    return statement_is_secret(slot->statement, strlen(slot->statement)) ? "(hidden)"
                                                                         : slot->statement;
}

void report_holders(const struct pool *pool, struct error *err)
{
    int64_t now = clock_now(pool->clock);
    struct buf text = BUF_INIT;
    size_t told = 0;
    for (const struct lease *slot = pool->all; slot != NULL; slot = slot->next_any) {
        if (slot->state != SLOT_LEASED || told++ >= HOLDERS_TOLD)
            continue;
        double held = (double) (now - slot->since) / CLOCK_SECOND;
        buf_printf(&text, "; %s for %.1f s", slot->who, held);
        if (slot->statement[0] != '\0')
            buf_printf(&text, ", %s '%s'", slot->statement_done ? "after" : "on",
                       shown_statement(slot));
    }
    if (told > HOLDERS_TOLD)
        buf_printf(&text, "; and %zu more", told - HOLDERS_TOLD);
    error_set(err, ERROR_TIMEOUT, "no connection became free within %u s: all %zu are in use%s",
              pool->target.pool_timeout, pool->total, buf_cstr(&text));
    buf_finish(&text);
}

void pool_get_stats(struct pool *pool, struct pool_stats *stats)
{
    pthread_mutex_lock(&pool->lock);
    *stats = pool->stats;
    stats->idle = pool->counts[SLOT_IDLE];
    stats->leased = pool->total - stats->idle;
    stats->overflow = pool->total > pool->target.pool_size ? pool->total - pool->target.pool_size
                                                           : 0;
    stats->waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
}

void pool_each(struct pool *pool, void (*each)(void *data, const struct pool_entry *entry),
               void *data)
{
    pthread_mutex_lock(&pool->lock);
    int64_t now = clock_now(pool->clock);
    for (const struct lease *slot = pool->all; slot != NULL; slot = slot->next_any) {
        struct pool_entry entry = {
            .state = state_name(slot),
            .thread_id = slot->thread_id,
            .age = slot->connection == NULL ? 0 : now - slot->created,
            .in_state = now - slot->since,
            .uses = slot->uses,
            .who = slot->who,
            .statement = slot->statement_done ? "" : shown_statement(slot),
        };
        each(data, &entry);
    }
    pthread_mutex_unlock(&pool->lock);
}
