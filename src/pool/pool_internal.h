// The pool's insides, shared by its files: slots.c (states and lists), open.c (connecting),
// maintain.c (the pool's thread), report.c (what it tells) and pool.c (leasing and returning).
#ifndef MARSH_POOL_POOL_INTERNAL_H
#define MARSH_POOL_POOL_INTERNAL_H

#include <pthread.h>

#include "hosts.h"
#include "marsh/base/clock.h"
#include "marsh/config/target.h"
#include "marsh/pool/pool.h"

enum { WHO_MAX = 64, STATEMENT_MAX = 120 };

// Where a connection is in its life. Changed by slot_move() alone, which knows what may follow
// what.
enum slot_state {
    SLOT_CONNECTING, // no connection yet; one thread is opening it
    SLOT_IDLE,       // in the idle list; nobody uses it
    SLOT_CHECKING,   // taken from the idle list; one thread finds out if it still lives
    SLOT_LEASED,     // one thread's, with a lease
    SLOT_RESETTING,  // returned; one thread is cleaning it
    SLOT_CLOSED,     // out of every list and count, about to be freed
    SLOT_STATES
};

// A connection and its lease in one: the lease is what the outside sees of a leased slot.
struct lease {
    struct pool *pool;
    enum slot_state state;
    struct connection *connection; // NULL only while connecting, or closed
    unsigned long thread_id;
    uint64_t number; // in the order of opening
    int64_t created;
    int64_t proven; // when it was opened, or last answered a ping
    int64_t since;  // in this state
    uint64_t uses;
    char who[WHO_MAX];
    char statement[STATEMENT_MAX];
    bool statement_done; // it was the last one, and nothing runs now
    struct lease *next;  // of the idle list
    struct lease *previous;
    struct lease *next_any; // of the list of all
    struct lease *previous_any;
};

// One thread that waits. It is handed a slot: a returned one to be checked, or room to connect.
struct waiter {
    pthread_cond_t granted;
    struct lease *slot;
    struct waiter *next;
};

// Everything but the target, the connector, the clock and the watchdog is guarded by the lock.
struct pool {
    pthread_mutex_t lock;
    unsigned holds;
    struct target target;
    struct connector *connector;
    const struct clock *clock;
    struct watchdog *watchdog;
    struct hosts hosts;
    struct lease *all; // in the order of opening
    struct lease *last_of_all;
    struct lease *first; // idle, the longest first
    struct lease *last;
    struct waiter *waiters; // the longest first
    struct waiter *last_waiter;
    size_t counts[SLOT_STATES];
    size_t total; // the sum of them
    size_t waiting;
    uint64_t numbers;
    int64_t suspect_before; // not proven since: pinged before it is lent
    int64_t close_before;   // opened before that: closed when it is returned
    int64_t open_again;     // after a failure, no idle connection is opened before that
    struct pool_stats stats;
    // The pool's thread.
    bool may_thread;
    bool threaded;
    int64_t wakes_at;
    bool ending;
    pthread_t thread;
    pthread_cond_t due;
};

// slots.c; the lock is held.
bool slot_has_room(const struct pool *pool);
struct lease *slot_add(struct pool *pool); // connecting
void slot_move(struct pool *pool, struct lease *slot, enum slot_state to);
// Joins the line, waits until a slot is handed over, NULL after the deadline or given up.
struct lease *slot_wait(struct pool *pool, const struct pool_request *request, int64_t deadline);
// Everyone who waits looks whether his request was given up.
void slot_wake_all(struct pool *pool);
// Lets the longest waiting go on with a slot of its own, in state connecting or checking.
void slot_hand_over(struct pool *pool, struct lease *slot);
// Takes it out of the pool and gives the room to who waits; the connection is left to the caller.
void slot_remove(struct pool *pool, struct lease *slot, enum close_reason reason);
// The same and closes it; the lock is not held.
void slot_drop(struct pool *pool, struct lease *slot, enum close_reason reason);

// open.c; the lock is not held. Gives a slot in state connecting its connection, and leaves the
// state to the caller. A request that is given up tries no other host.
bool slot_open(struct pool *pool, struct lease *slot, const struct pool_request *request,
               struct error *err);

// What the pool's watchdog does to one that does not answer in time.
int64_t pool_cut(void *connection);

// maintain.c; the lock is held. Starts or wakes the thread where there will be something to do.
void maintain_begin(struct pool *pool);
void maintain_end(struct pool *pool); // the lock is not held

// report.c; the lock is held. Says who holds the connections, for a wait in vain.
void report_holders(const struct pool *pool, struct error *err);

#endif
