#include "hosts.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/config/target.h"
#include "marsh/data/recorder.h"
#include "marsh/db/connection.h"

// A host that could not be reached is tried last for that long.
enum { DEAD_SECONDS = 30 };

void hosts_init(struct hosts *hosts, const struct target *target, int64_t seed)
{
    hosts->count = target->host_count > 0 ? target->host_count : 1;
    hosts->dead_until = mem_calloc(hosts->count, sizeof(*hosts->dead_until));
    for (size_t i = 0; i < hosts->count; i++)
        hosts->dead_until[i] = INT64_MIN;
    hosts->random = (uint64_t) seed * 2862933555777941757U + 3037000493U;
}

void hosts_finish(struct hosts *hosts)
{
    free(hosts->dead_until);
}

static size_t pick(struct hosts *hosts, size_t below)
{
    hosts->random = hosts->random * 6364136223846793005U + 1442695040888963407U;
    return (size_t) (hosts->random >> 33) % below;
}

size_t *hosts_order(struct hosts *hosts, const struct target *target, int64_t now)
{
    size_t *order = mem_calloc(hosts->count, sizeof(*order));
    size_t *mixed = mem_calloc(hosts->count, sizeof(*mixed));
    for (size_t i = 0; i < hosts->count; i++) {
        size_t other = target->load_balance == BALANCE_RANDOM ? pick(hosts, i + 1) : i;
        mixed[i] = mixed[other];
        mixed[other] = i;
    }
    size_t used = 0;
    for (int dead = 0; dead <= 1; dead++) {
        for (size_t i = 0; i < hosts->count; i++) {
            if ((hosts->dead_until[mixed[i]] > now) == (dead == 1))
                order[used++] = mixed[i];
        }
    }
    free(mixed);
    return order;
}

void hosts_mark(struct hosts *hosts, size_t host, bool dead, int64_t now)
{
    hosts->dead_until[host] = dead ? now + DEAD_SECONDS * CLOCK_SECOND : INT64_MIN;
}

bool hosts_is_unreachable(const struct error *err)
{
    static const unsigned numbers[] = {
        1040,                               // too many connections
        1053,                               // shutting down
        1129,                               // the host is blocked
        1927,                               // killed while logging in
        2002, 2003, 2005,                   // not reached, unknown
        2006, 2012, 2013, 2027, 2055, 5014, // gone during the handshake
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (err->number == numbers[i])
            return true;
    }
    return false;
}

// Left as it is where the server does not have the variable.
static bool ask(struct connection *connection, const char *sql, bool *on, struct error *err)
{
    struct recorder recorder;
    recorder_init(&recorder);
    bool ok = connection_query(connection, sql, strlen(sql), &recorder.sink, err);
    const char *value = ok ? recorder_cell(&recorder, 0, 1) : NULL;
    if (value != NULL)
        *on = strcmp(value, "ON") == 0 || strcmp(value, "1") == 0;
    recorder_finish(&recorder);
    return ok;
}

bool hosts_want_role(const struct target *target)
{
    return target->target_role != ROLE_ANY || target->host_count >= 2;
}

bool hosts_check_role(struct connection *connection, const struct target *target, struct error *err)
{
    bool cluster = false;
    bool ready = true;
    bool read_only = false;
    if (!hosts_want_role(target))
        return true;
    // Without a cluster wsrep_ready is OFF, which then means nothing.
    if (!ask(connection, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'", &cluster, err) ||
        (cluster && !ask(connection, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'", &ready, err)) ||
        !ask(connection, "SHOW GLOBAL VARIABLES LIKE 'read_only'", &read_only, err))
        return false;
    struct connection_state state;
    connection_get_state(connection, &state);
    if (!ready)
        return error_set(err, ERROR_CONNECTION, "%s is not ready: it is not part of its cluster",
                         state.where);
    if (target->target_role == ROLE_PRIMARY && read_only)
        return error_set(err, ERROR_CONNECTION, "%s is read-only, and a primary is wanted",
                         state.where);
    if (target->target_role == ROLE_REPLICA && !read_only)
        return error_set(err, ERROR_CONNECTION, "%s is a primary, and a replica is wanted",
                         state.where);
    return true;
}
