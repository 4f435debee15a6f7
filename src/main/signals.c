#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/session/cancel.h"

struct signals {
    pthread_t thread;
    bool threaded;
    struct cancel *cancel;
    int wake_fd;
    bool deaf;
    atomic_int ending;
    atomic_bool over;  // the thread shall end
    bool has_terminal; // then this is how it was found
    struct termios terminal;
};

static void fill(sigset_t *set)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(set, numbers[i]);
}

void signals_block(void)
{
    sigset_t set;
    fill(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int signals_ending(const struct signals *signals)
{
    return signals == NULL ? 0 : atomic_load(&signals->ending);
}

// Ends the process as the signal would have, with the terminal as it was found.
static void die(struct signals *self, int number)
{
    if (self->has_terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &self->terminal);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + number);
}

static void stop_process(void)
{
    raise(SIGSTOP);
}

static void take_unattended(struct signals *self, int number)
{
    if (number == SIGWINCH)
        return;
    if (number == SIGTSTP) {
        stop_process();
        return;
    }
    atomic_store(&self->ending, number);
    if (!cancel_fire(self->cancel))
        _exit(128 + number);
}

static void take_attended(struct signals *self, int number)
{
    char letter = number == SIGINT ? 'I' : number == SIGWINCH ? 'W' : number == SIGTSTP ? 'Z' : 'T';
    bool ends = number == SIGTERM || number == SIGHUP;
    if (number == SIGTSTP && cancel_is_running(self->cancel)) {
        stop_process();
        return;
    }
    if (ends)
        atomic_store(&self->ending, number);
    if ((number == SIGINT || ends) && cancel_fire(self->cancel) && !ends)
        return;
    fs_write_all(self->wake_fd, &letter, 1);
}

// After a signal that should end something, how long that may take before the process just ends:
// whatever hangs, a write that nobody reads or a server that is silent, nobody needs kill -9. The
// first SIGINT gives the server time to undo a statement; -1 is for ever.
static int patience_after(const struct signals *self, int number)
{
    unsigned fired = cancel_times_fired(self->cancel);
    if (number == SIGTERM || number == SIGHUP)
        return 5;
    return number != SIGINT || fired < 2 ? -1 : fired < 3 ? 3 : 0;
}

static int wait_for_signal(const sigset_t *set, int patience)
{
    const struct timespec limit = {.tv_sec = patience};
    int number;
    if (patience >= 0)
        return sigtimedwait(set, NULL, &limit);
    return sigwait(set, &number) == 0 ? number : 0;
}

static void *own_signals(void *data)
{
    struct signals *self = data;
    sigset_t set;
    int patience = -1;
    int last = 0;
    fill(&set);
    for (;;) {
        int number = wait_for_signal(&set, patience);
        if (atomic_load(&self->over))
            return NULL;
        // Interrupted, it has done something since: then there is nothing that hangs.
        bool hangs = last != SIGINT || cancel_times_fired(self->cancel) >= 2;
        if (number < 0 && errno == EAGAIN && hangs)
            die(self, last);
        if (number <= 0 || (number == SIGINT && self->deaf)) {
            patience = -1;
            continue;
        }
        if (self->wake_fd >= 0)
            take_attended(self, number);
        else
            take_unattended(self, number);
        patience = patience_after(self, number);
        last = number;
        if (patience == 0)
            die(self, number);
    }
    return NULL;
}

struct signals *signals_create(struct cancel *cancel, bool deaf)
{
    struct signals *self = mem_calloc(1, sizeof(*self));
    self->cancel = cancel;
    self->wake_fd = -1;
    self->deaf = deaf;
    return self;
}

bool signals_are_deaf(const struct signals *self)
{
    return self->deaf;
}

bool signals_take(struct signals *self, int number)
{
    if (number == SIGINT && self->deaf)
        return true;
    atomic_store(&self->ending, number);
    return cancel_fire(self->cancel);
}

struct signals *signals_start(struct cancel *cancel, int wake_fd, bool deaf)
{
    struct signals *self = signals_create(cancel, deaf);
    self->wake_fd = wake_fd;
    self->threaded = true;
    self->has_terminal = tcgetattr(STDIN_FILENO, &self->terminal) == 0;
    if (pthread_create(&self->thread, NULL, own_signals, self) != 0)
        abort();
    return self;
}

void signals_stop(struct signals *self)
{
    if (self == NULL)
        return;
    // Cancelling it would load a library for that alone.
    atomic_store(&self->over, true);
    if (self->threaded) {
        pthread_kill(self->thread, SIGWINCH);
        pthread_join(self->thread, NULL);
    }
    free(self);
}
