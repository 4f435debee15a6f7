// The one thread that owns signals. SIGINT cancels the running statement; what else it does depends
// on who is at the keyboard. Private to main.
#ifndef MARSH_MAIN_SIGNALS_H
#define MARSH_MAIN_SIGNALS_H

#include <stdbool.h>

struct cancel;
struct signals;

// Blocks the signals in every thread: to be called before any is started.
void signals_block(void);

// Starts the thread. Whoever does not react to SIGTERM for five seconds, to a second SIGINT for
// three, or to a third one at once, is ended as by the signal itself.
//
//  With wake_fd >= 0 a person types: signals that no running statement takes are
// written there, as one byte each ("I" for SIGINT, "T" for SIGTERM and SIGHUP, "W" for SIGWINCH,
// "Z" for SIGTSTP). Otherwise those end the process with 128 + their number. With
// `deaf` a SIGINT is as if it had not come.
struct signals *signals_start(struct cancel *cancel, int wake_fd, bool deaf);
// For a caller whose signals come by other ways, one after the other: without a thread. False where
// nothing runs that would end by it.
struct signals *signals_create(struct cancel *cancel, bool deaf);
bool signals_take(struct signals *signals, int number);
bool signals_are_deaf(const struct signals *signals);

// Ends the thread. Takes NULL.
void signals_stop(struct signals *signals);

// The signal that asks the process to end, or 0.
int signals_ending(const struct signals *signals);

#endif
