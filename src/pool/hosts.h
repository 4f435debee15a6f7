// The hosts of a target: in which order to try them, which were dead a moment ago, and whether a
// server is of the kind that is wanted. The pool's lock guards it, but for hosts_check_role.
#ifndef MARSH_POOL_HOSTS_H
#define MARSH_POOL_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct error;
struct target;

struct hosts {
    size_t count; // at least one: a target without hosts has its socket
    int64_t *dead_until;
    uint64_t random;
};

void hosts_init(struct hosts *hosts, const struct target *target, int64_t seed);
void hosts_finish(struct hosts *hosts);

// Every host once, those that were dead a moment ago behind the others. The caller frees it.
size_t *hosts_order(struct hosts *hosts, const struct target *target, int64_t now);
void hosts_mark(struct hosts *hosts, size_t host, bool dead, int64_t now);

// Whether another host may do better: this one can't be reached, rather than refused us.
bool hosts_is_unreachable(const struct error *err);

// Whether hosts_check_role has anything to ask.
bool hosts_want_role(const struct target *target);
// Asks read_only and wsrep_ready where that matters: of several hosts, or with target_role.
bool hosts_check_role(struct connection *connection, const struct target *target,
                      struct error *err);

#endif
