// Sessions that outlive the runs that use them: each by its name, for one run at a time. What one
// leaves behind that is of worth, as a transaction, is noted in a file of the user's runtime
// folder, so that whoever asks for the session after its end, or its keeper's, is told of the loss.
// Any thread.
#ifndef MARSH_KEEPER_KEPT_H
#define MARSH_KEEPER_KEPT_H

#include <stdbool.h>
#include <stdint.h>

struct cancel;
struct error;
struct kept_sessions;
struct manager;
struct pools;
struct session;

// The pools are borrowed.
struct kept_sessions *kept_create(struct pools *pools);
// Every one must have been swept. Takes NULL.
void kept_destroy(struct kept_sessions *sessions);

// What belongs to it; the session is NULL until its first run has opened it in the manager.
struct kept {
    char *name;
    struct manager *manager;
    struct cancel *cancel;
    struct session *session;
    int64_t idle_close; // microseconds without a run after which it is closed
    // Of this module.
    struct kept *next;
    int64_t since; // it is idle
    bool busy;
};

// Lends it for a run, and makes it where there is none. Waits for a run that has it, for at most
// that long: then ERROR_TIMEOUT. ERROR_USAGE for what is no name; ERROR_CONNECTION, once, where one
// of that name was lost with something of worth.
bool kept_take(struct kept_sessions *sessions, const char *name, int64_t timeout,
               struct kept **kept, struct error *err);
// What the run leaves behind, before its caller hears of its end: from then on a keeper that is
// killed may not take it in silence.
void kept_note(const struct kept *kept);
// The run is over. What nothing pins gives its connection back.
void kept_give(struct kept_sessions *sessions, struct kept *kept);

// Closes those that were idle for too long, or all that no run has. Calls back with what to say of
// each.
void kept_sweep(struct kept_sessions *sessions, bool all, void (*say)(void *data, const char *text),
                void *data);
// Whether there are any.
bool kept_any(struct kept_sessions *sessions);

struct kept_entry {
    const char *name;
    const char *target;
    const char *pins; // "" for nothing
    int64_t idle;     // microseconds; -1: a run has it
};
void kept_each(struct kept_sessions *sessions,
               void (*each)(void *data, const struct kept_entry *entry), void *data);

#endif
