#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/session/cancel.h"

struct signals {
    pthread_t thread;
    struct cancel *cancel;
    int wake_fd;
    atomic_int ending;
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

static void take_unattended(struct signals *self, int number)
{
    if (number == SIGWINCH)
        return;
    if (number == SIGTSTP) {
        raise(SIGSTOP);
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
    if (ends)
        atomic_store(&self->ending, number);
    if ((number == SIGINT || ends) && cancel_fire(self->cancel) && !ends)
        return;
    fs_write_all(self->wake_fd, &letter, 1);
}

static void *own_signals(void *data)
{
    struct signals *self = data;
    sigset_t set;
    fill(&set);
    for (;;) {
        int number;
        if (sigwait(&set, &number) != 0)
            continue;
        if (self->wake_fd >= 0)
            take_attended(self, number);
        else
            take_unattended(self, number);
    }
    return NULL;
}

struct signals *signals_start(struct cancel *cancel, int wake_fd)
{
    struct signals *self = mem_calloc(1, sizeof(*self));
    self->cancel = cancel;
    self->wake_fd = wake_fd;
    if (pthread_create(&self->thread, NULL, own_signals, self) != 0)
        abort();
    return self;
}

void signals_stop(struct signals *self)
{
    if (self == NULL)
        return;
    pthread_cancel(self->thread); // sigwait is where it is
    pthread_join(self->thread, NULL);
    free(self);
}
