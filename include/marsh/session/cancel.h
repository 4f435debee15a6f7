// The cancel token: lets one thread stop the statement that another is running.
//
// The first cancel_fire sends KILL QUERY over a connection of its own, so that only the statement
// ends; the second ends the socket, and the connection in the server. Neither can hit a later
// statement: cancel_end waits until the kill has been answered. cancel_fire returns at once and may
// be called from any thread.
#ifndef MARSH_SESSION_CANCEL_H
#define MARSH_SESSION_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

struct cancel;
struct connection;

struct cancel *cancel_create(void);
// No statement may be running. Takes NULL.
void cancel_destroy(struct cancel *cancel);

// The owner's thread, around each statement. False where the token was fired since the last
// cancel_reset: then the statement shall not start.
bool cancel_begin(struct cancel *cancel, struct connection *connection);
void cancel_end(struct cancel *cancel);

// Around a wait for what can't be stopped, as connecting: fired meanwhile, `leave` is called, in
// the thread that fires and with the token locked, for the owner to stop waiting. False as
// cancel_begin.
typedef void (*cancel_leave)(void *data);
bool cancel_begin_leaving(struct cancel *cancel, cancel_leave leave, void *data);
void cancel_end_leaving(struct cancel *cancel);
// Somebody may fire while the owner waits, and wants the process to go on then. Off at first; set
// before the token is shared.
void cancel_set_attended(struct cancel *cancel, bool attended);
bool cancel_is_attended(const struct cancel *cancel);

// Returns false where no statement is running, nor a wait: then there is nothing to stop but what
// the caller does itself.
bool cancel_fire(struct cancel *cancel);

// Waits until then; false where it was fired before that.
bool cancel_wait(struct cancel *cancel, int64_t deadline);

// Whether a statement is running, or a wait, that cancel_fire would stop.
bool cancel_is_running(struct cancel *cancel);

// While a child has the terminal, what is pressed there is meant for it as well, however often.
void cancel_lend_terminal(struct cancel *cancel, bool lent);

// Whether, and how often, it was fired since the last cancel_reset. A child's share is not counted.
unsigned cancel_times_fired(struct cancel *cancel);
bool cancel_was_fired(struct cancel *cancel);
void cancel_reset(struct cancel *cancel);

#endif
