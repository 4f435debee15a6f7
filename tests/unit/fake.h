// A server in a test's hands: a connector whose connections do as they are told, and a clock that
// is turned by hand. Nothing is sent anywhere.
//
// Left alone, every call succeeds, and the fake knows just enough of a server: USE sets the schema,
// BEGIN opens a transaction, COMMIT and ROLLBACK end it, SET NAMES and SET autocommit do so, a
// reset undoes all of that. Everything else is planned. A plan is for the next call of its kind
// (with that text, if it has one), and is used up by it; several are used in the order in which
// they were made:
//
//     fake_plan(&fake, FAKE_OPEN, FAKE_REFUSED);             the next connect fails
//     fake_plan(&fake, FAKE_QUERY, FAKE_LOST);               the next statement loses its
//                                                            connection
//     fake_plan(&fake, FAKE_OPEN, FAKE_BLOCKS("db1"));       connecting to db1 hangs until
//     fake_await_blocked(&fake, 1);                          the test lets it go on
//     fake_release(&fake, FAKE_OPEN);
//     fake_plan(&fake, FAKE_QUERY, (struct fake_plan){.sets = &set, .set_count = 1});
//
// All calls but get_state and is_quiet are written down, one a line: "open 1", "query 1 SELECT 1",
// "close 1"; connections have the numbers 1, 2, ... in the order of their opening, which are their
// thread ids too. An open that fails is "open -"; where the seconds it may take matter, check_hosts
// has them. Thread-safe throughout.
#ifndef MARSH_TESTS_FAKE_H
#define MARSH_TESTS_FAKE_H

#include <pthread.h>
#include <stdatomic.h>

#include "marsh/base/clock.h"
#include "marsh/config/target.h"
#include "marsh/data/sink.h"
#include "marsh/db/connection.h"
#include "support.h"

enum fake_call {
    FAKE_OPEN,
    FAKE_QUERY,
    FAKE_EXECUTE,
    FAKE_RESET,
    FAKE_PING,
    FAKE_INTERRUPT,
    FAKE_CUT,
    FAKE_CLOSE,
    FAKE_CALLS
};

// A set that a statement answers with; without columns it is an OK.
struct fake_set {
    enum set_kind kind;
    const char *const *names;
    size_t columns;
    const char *const *cells; // rows * columns, NULL for SQL NULL
    size_t rows;
    uint64_t affected;
    uint64_t insert_id;
    unsigned warnings;
};

// Everything a plan points to is borrowed until the call that uses it has ended.
struct fake_plan {
    // Of an open the name of the host ("" for none), else the statement's text; NULL
    // for any.
    const char *text;
    // First it waits for fake_release. A statement that waits is also ended by the connection's
    // interrupt, as a server does it (1317), and by its cut (2013). An interrupt while no statement
    // runs is forgotten, as a server does that too.
    bool blocks;
    bool ignored; // an interrupt or cut that does not end what blocks
    // Then it answers; where it also fails, the last set that has columns is left without its
    // summary and aborted.
    const struct fake_set *sets;
    size_t set_count;
    // Then it fails, with an error of this kind, number and so on; `loses` takes the connection
    // with it, even where the call itself succeeds.
    bool fails;
    bool loses;
    bool unsent;   // it was lost before the statement was sent whole
    int64_t takes; // microseconds; the clock of `fake->clock` is turned by that
    enum error_kind kind;
    unsigned number;
    const char *sqlstate;
    const char *message;
    // What the server's status flags say from then on; NULL for no change. `lost`, thread_id and
    // the texts but schema and charset are not taken from it.
    const struct connection_state *state;
};

#define FAKE_REFUSED                                                                               \
    ((struct fake_plan){.fails = true,                                                             \
                        .kind = ERROR_CONNECTION,                                                  \
                        .number = 2002,                                                            \
                        .sqlstate = "HY000",                                                       \
                        .message = "Can't connect"})
#define FAKE_LOST                                                                                  \
    ((struct fake_plan){.fails = true,                                                             \
                        .loses = true,                                                             \
                        .kind = ERROR_CONNECTION,                                                  \
                        .number = 2013,                                                            \
                        .sqlstate = "HY000",                                                       \
                        .message = "Lost connection to server during query"})
// The server's own no: the connection stays good.
#define FAKE_SQL(its_number, its_state, its_message)                                               \
    ((struct fake_plan){.fails = true,                                                             \
                        .kind = ERROR_SQL,                                                         \
                        .number = (its_number),                                                    \
                        .sqlstate = (its_state),                                                   \
                        .message = (its_message)})
#define FAKE_BLOCKS(its_text) ((struct fake_plan){.text = (its_text), .blocks = true})

enum { FAKE_PLANS_MAX = 64, FAKE_CONNECTIONS_MAX = 256 };

struct fake_connection;
struct fake_clock;

struct fake {
    struct connector connector; // what a pool takes
    pthread_mutex_t lock;
    pthread_cond_t changed; // a call began to block, was released or ended
    struct {
        enum fake_call call;
        struct fake_plan plan;
    } plans[FAKE_PLANS_MAX];
    size_t plan_count;
    size_t counts[FAKE_CALLS];
    size_t blocked[FAKE_CALLS];
    size_t left[FAKE_CALLS];     // how many went on so far
    size_t releases[FAKE_CALLS]; // a blocked call goes on when its number changes
    unsigned opened;             // connections, for their numbers
    struct fake_connection *alive[FAKE_CONNECTIONS_MAX];
    struct buf log;
    struct buf hosts;
    struct fake_clock *clock; // turned by calls that take their time; may be NULL
};

void fake_init(struct fake *fake);
// Fails the test where a plan was not used or a connection is still open.
void fake_finish(struct fake *fake);

void fake_plan(struct fake *fake, enum fake_call call, struct fake_plan plan);
// How often it was called, failures included.
size_t fake_count(struct fake *fake, enum fake_call call);
// Connections that are open.
size_t fake_open_count(struct fake *fake);

// The calls since the last check; the log is empty afterwards.
#define check_calls(fake, expected) fake_check_calls(fake, expected, __FILE__, __LINE__)
void fake_check_calls(struct fake *fake, const char *expected, const char *file, int line);

// "db1 4\n" for each open since the last check: the host's name, and within how many seconds.
#define check_hosts(fake, expected) fake_check_hosts(fake, expected, __FILE__, __LINE__)
void fake_check_hosts(struct fake *fake, const char *expected, const char *file, int line);

// Waits until at least so many calls block.
void fake_await_blocked(struct fake *fake, size_t count);
// Lets every call of that kind go on that blocks now, and comes back when they have.
void fake_release(struct fake *fake, enum fake_call call);

// The server closes the idle connection of that number (0: all that are open): it is not quiet any
// more, and whatever is asked of it loses it.
void fake_kill(struct fake *fake, unsigned number);
// Sets what the status flags of a connection say, as a plan's `state`.
void fake_set_state(struct connection *connection, const struct connection_state *state);
unsigned fake_number(const struct connection *connection);

// Begins at 1000 s. A wait ends with its deadline as this clock shows it; with `jumps` a wait that
// begins turns the clock to its deadline itself, for tests of one thread: that of fake_clock_init.
// Others, such as a watchdog's, wait all the same.
struct fake_clock {
    struct clock clock; // what a pool takes
    _Atomic int64_t now;
    bool jumps;
    pthread_t owner;
};

void fake_clock_init(struct fake_clock *clock);
void fake_clock_turn(struct fake_clock *clock, int64_t microseconds);

#endif
