#include "marsh/keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/keeper/door.h"
#include "marsh/keeper/log.h"
#include "marsh/keeper/wire.h"

enum {
    CLIENTS_MAX = 2000, // more wait at the door
    ASK_SECONDS = 5,    // that a caller may take for its request
    PUSH_EVERY = 20,    // milliseconds, for callers that are gone
    LOOK_EVERY = 1000,  // milliseconds, at all else
    SWEEP_EVERY = 1,    // seconds
    FDS_EACH = 12,      // descriptors that a client may need
    FIXED = 3,          // descriptors that are not clients'
};

struct keeper {
    const struct keeper_work *work;
    int64_t began;
    int64_t alone; // since when there is no caller
    uint64_t callers;
    char *path;
    int lock_fd;
    int listen_fd; // -1: nobody is taken in any more
    int wake_fd;
    int signal_fd;
    bool told;            // to end
    bool retiring;        // another one has its place
    pthread_mutex_t lock; // of the list, for those who look, and what follows
    struct keeper_client *clients;
    size_t count;
    size_t most; // that are taken in at a time
    pthread_cond_t due;
    pthread_t sweeper;
    bool ending;
};

const struct keeper_work *keeper_work_of(const struct keeper *keeper)
{
    return keeper->work;
}

void keeper_wake(struct keeper *keeper)
{
    const uint64_t one = 1;
    while (write(keeper->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
}

void keeper_each(struct keeper *keeper, void (*each)(void *data, const struct keeper_entry *entry),
                 void *data)
{
    int64_t now = clock_now(clock_monotonic());
    pthread_mutex_lock(&keeper->lock);
    for (struct keeper_client *client = keeper->clients; client != NULL; client = client->next) {
        pthread_mutex_lock(&client->lock);
        if (client->what != NULL && !client->told)
            each(data, &(struct keeper_entry){client->pid, now - client->since, client->what});
        pthread_mutex_unlock(&client->lock);
    }
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_age(struct keeper *keeper, int64_t *age, uint64_t *callers)
{
    pthread_mutex_lock(&keeper->lock);
    *age = clock_now(clock_monotonic()) - keeper->began;
    *callers = keeper->callers;
    pthread_mutex_unlock(&keeper->lock);
}

// The place, and with it the right to be the keeper, is given up.
static void leave_place(struct keeper *keeper)
{
    if (keeper->listen_fd < 0)
        return;
    close(keeper->listen_fd);
    unlink(keeper->path);
    close(keeper->lock_fd);
    keeper->listen_fd = keeper->lock_fd = -1;
}

void keeper_asked(struct keeper *keeper, struct keeper_client *client, char type)
{
    if (type == 'R' && keeper->work->keeps(keeper->work->data)) {
        keeper_log("a newer marsh (caller %d) has to wait: sessions are kept", (int) client->pid);
        wire_send(client->fd, 'N', NULL, 0, NULL, 0);
        return;
    }
    keeper_log(type == 'R' ? "a newer marsh takes its place (caller %d)"
                           : "told to end by caller %d",
               (int) client->pid);
    leave_place(keeper);
    keeper->told = true;
    keeper->retiring = type == 'R';
}

static void add_client(struct keeper *keeper, int fd, pid_t pid)
{
    struct keeper_client *client = client_create(keeper, fd, pid);
    pthread_mutex_lock(&keeper->lock);
    client->next = keeper->clients;
    keeper->clients = client;
    keeper->count++;
    keeper->callers++;
    pthread_mutex_unlock(&keeper->lock);
}

static bool greet(int fd)
{
    static const uint32_t protocol = WIRE_PROTOCOL;
    char text[sizeof(protocol) + sizeof(MARSH_VERSION) - 1];
    memcpy(text, &protocol, sizeof(protocol));
    memcpy(text + sizeof(protocol), MARSH_VERSION, sizeof(MARSH_VERSION) - 1);
    return wire_send(fd, 'H', text, sizeof(text), NULL, 0);
}

static void take_in(struct keeper *keeper)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    int fd = accept4(keeper->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        // There are no more descriptors: whoever waits at the door waits a little longer.
        static const struct timespec moment = {.tv_nsec = 10000000};
        nanosleep(&moment, NULL);
        return;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid() &&
        greet(fd)) {
        add_client(keeper, fd, peer.pid);
        return;
    }
    keeper_log("a stranger was sent away");
    close(fd);
}

static void remove_client(struct keeper *keeper, struct keeper_client *client)
{
    pthread_mutex_lock(&keeper->lock);
    struct keeper_client **each = &keeper->clients;
    while (*each != client)
        each = &(*each)->next;
    *each = client->next;
    keeper->count--;
    pthread_mutex_unlock(&keeper->lock);
    client_destroy(client);
    keeper->alone = clock_now(clock_monotonic());
}

// Its caller is gone, or has said what no caller says.
static void lose_client(struct keeper *keeper, struct keeper_client *client)
{
    bool runs = client->state == CLIENT_RUNNING || client->state == CLIENT_OVER;
    if (!runs) {
        remove_client(keeper, client);
        return;
    }
    pthread_mutex_lock(&client->lock);
    client->gone = client->leaving = true;
    pthread_mutex_unlock(&client->lock);
    client_push(client, clock_now(clock_monotonic()));
}

void keeper_tell(struct keeper *keeper, const char *text)
{
    keeper_log("%s", text);
    pthread_mutex_lock(&keeper->lock);
    for (const struct keeper_client *each = keeper->clients; each != NULL; each = each->next) {
        if (each->state == CLIENT_WAITING)
            wire_send(each->fd, 'T', text, strlen(text), NULL, 0);
    }
    pthread_mutex_unlock(&keeper->lock);
}

// What is due of a client. True where it is to be looked at again soon.
static bool tend(struct keeper *keeper, struct keeper_client *client, int64_t now)
{
    if (client->state == CLIENT_ASKING && now - client->since > ASK_SECONDS * CLOCK_SECOND) {
        remove_client(keeper, client);
        return false;
    }
    if (client_is_over(client)) {
        remove_client(keeper, client);
        return false;
    }
    bool stopped = client->stop_until > now;
    if (client->state != CLIENT_RUNNING || (!client->gone && !client->leaving && !stopped))
        return false;
    client_push(client, now);
    return true;
}

static bool tend_all(struct keeper *keeper)
{
    int64_t now = clock_now(clock_monotonic());
    bool soon = false;
    struct keeper_client *next;
    for (struct keeper_client *client = keeper->clients; client != NULL; client = next) {
        next = client->next;
        soon = tend(keeper, client, now) || soon;
    }
    return soon;
}

static size_t count_runs(const struct keeper *keeper)
{
    size_t runs = 0;
    for (const struct keeper_client *each = keeper->clients; each != NULL; each = each->next)
        runs += each->state != CLIENT_WAITING;
    return runs;
}

// Whoever waits for a retiring keeper's place has it.
static void let_waiting_go(struct keeper *keeper)
{
    struct keeper_client *next;
    for (struct keeper_client *client = keeper->clients; client != NULL; client = next) {
        next = client->next;
        if (client->state == CLIENT_WAITING)
            remove_client(keeper, client);
    }
}

static bool is_at_end(struct keeper *keeper)
{
    int64_t persist = keeper->work->persist;
    if (count_runs(keeper) > 0)
        return false;
    // What is kept for others is theirs until its own time is over; told to end, it ends.
    return keeper->told || (persist > 0 && clock_now(clock_monotonic()) - keeper->alone > persist &&
                            !keeper->work->keeps(keeper->work->data));
}

static void end_by_signal(struct keeper *keeper)
{
    struct signalfd_siginfo signal;
    if (read(keeper->signal_fd, &signal, sizeof(signal)) != sizeof(signal))
        return;
    keeper_log("told to end by signal %u", signal.ssi_signo);
    leave_place(keeper);
    keeper->told = true;
    keeper->retiring = false;
    for (struct keeper_client *each = keeper->clients; each != NULL; each = each->next) {
        if (each->state == CLIENT_RUNNING)
            client_end(each, SIGTERM);
    }
}

static void drain(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0)
        return;
}

static void look(struct keeper *keeper, struct pollfd *fds, struct keeper_client **clients,
                 size_t count, bool soon)
{
    if (poll(fds, FIXED + count, soon ? PUSH_EVERY : LOOK_EVERY) < 0)
        return;
    if (fds[0].revents != 0)
        drain(keeper->wake_fd);
    if (fds[1].revents != 0)
        end_by_signal(keeper);
    for (size_t i = 0; i < count; i++) {
        if (fds[FIXED + i].revents != 0 && !client_read(clients[i]))
            lose_client(keeper, clients[i]);
    }
    if (fds[2].revents != 0 && keeper->listen_fd >= 0)
        take_in(keeper);
}

static void serve(struct keeper *keeper)
{
    struct pollfd *fds = mem_calloc(FIXED + CLIENTS_MAX + 1, sizeof(*fds));
    struct keeper_client **clients = mem_calloc(CLIENTS_MAX + 1, sizeof(struct keeper_client *));
    while (!is_at_end(keeper)) {
        size_t count = 0;
        bool soon = tend_all(keeper);
        if (keeper->retiring)
            let_waiting_go(keeper);
        fds[0] = (struct pollfd){.fd = keeper->wake_fd, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = keeper->signal_fd, .events = POLLIN};
        fds[2] = (struct pollfd){.fd = keeper->count < keeper->most ? keeper->listen_fd : -1,
                                 .events = POLLIN};
        for (struct keeper_client *each = keeper->clients; each != NULL; each = each->next) {
            clients[count] = each;
            // Of one that is gone there is nothing more to hear.
            fds[FIXED + count++] = (struct pollfd){.fd = each->gone ? -1 : each->fd,
                                                   .events = POLLIN};
        }
        look(keeper, fds, clients, count, soon);
    }
    free(fds);
    free(clients);
}

static void *sweep(void *data)
{
    struct keeper *keeper = data;
    const struct clock *clock = clock_monotonic();
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->ending) {
        pthread_mutex_unlock(&keeper->lock);
        keeper->work->sweep(keeper, keeper->work->data, false);
        // What many callers at once have needed is not needed now.
        malloc_trim(1 << 20);
        pthread_mutex_lock(&keeper->lock);
        if (!keeper->ending)
            clock_wait(clock, &keeper->due, &keeper->lock,
                       clock_now(clock) + SWEEP_EVERY * CLOCK_SECOND);
    }
    pthread_mutex_unlock(&keeper->lock);
    keeper->work->sweep(keeper, keeper->work->data, true);
    return NULL;
}

// *taken: somebody else has the place.
static bool take_place(struct keeper *keeper, bool *taken, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEANUP(mem_free_at) char *folder = NULL;
    if (!fs_place(NULL, FS_RUNTIME, &folder, err) || !fs_make_private_dir(folder, err) ||
        !door_path(&keeper->path, err))
        return false;
    CLEANUP(mem_free_at) char *lock = mem_printf("%s/keeper.lock", folder);
    keeper->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (keeper->lock_fd < 0)
        return error_set_errno(err, "%s", lock);
    *taken = flock(keeper->lock_fd, LOCK_EX | LOCK_NB) != 0;
    if (*taken)
        return true;
    // One that was killed has left its socket behind.
    unlink(keeper->path);
    memcpy(address.sun_path, keeper->path, strlen(keeper->path) + 1);
    keeper->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool ok = keeper->listen_fd >= 0 &&
              bind(keeper->listen_fd, (struct sockaddr *) &address, sizeof(address)) == 0 &&
              listen(keeper->listen_fd, SOMAXCONN) == 0;
    umask(mask);
    return ok || error_set_errno(err, "%s", keeper->path);
}

static bool take_signals(struct keeper *keeper, struct error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    keeper->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    keeper->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return (keeper->signal_fd >= 0 && keeper->wake_fd >= 0) || error_set_errno(err, "signals");
}

// Secrets are not written to a swap device, where that can be had; and callers come by hundreds.
static void use_limits(struct keeper *keeper)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        rlim_t room = limit.rlim_cur / FDS_EACH;
        keeper->most = room < CLIENTS_MAX ? (size_t) room + 1 : CLIENTS_MAX;
    }
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_MEMLOCK, &limit);
    }
    // Of whom a limit is set for, passwords are locked, each alone.
    bool all = geteuid() == 0 ||
               (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY);
    bool locked = all && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
    keeper_log("marsh %s; %s locked in memory", MARSH_VERSION, locked ? "all is" : "passwords are");
    // An arena for each thread would keep what each has once needed.
    mallopt(M_ARENA_MAX, 4);
}

static void finish(struct keeper *keeper)
{
    leave_place(keeper);
    pthread_mutex_lock(&keeper->lock);
    keeper->ending = true;
    pthread_cond_signal(&keeper->due);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->sweeper, NULL);
    keeper_log("it ends, after %llu callers", (unsigned long long) keeper->callers);
    let_waiting_go(keeper);
    while (keeper->clients != NULL)
        remove_client(keeper, keeper->clients);
}

bool keeper_serve(const struct keeper_work *work, void (*ready)(void *data), bool *taken,
                  struct error *err)
{
    struct keeper keeper = {.work = work,
                            .lock_fd = -1,
                            .listen_fd = -1,
                            .wake_fd = -1,
                            .signal_fd = -1,
                            .most = CLIENTS_MAX};
    keeper.began = keeper.alone = clock_now(clock_monotonic());
    *taken = false;
    pthread_mutex_init(&keeper.lock, NULL);
    clock_condition_init(&keeper.due);
    bool ok = take_signals(&keeper, err) && take_place(&keeper, taken, err);
    bool serves = ok && !*taken;
    if (serves) {
        use_limits(&keeper);
        serves = pthread_create(&keeper.sweeper, NULL, sweep, &keeper) == 0;
        ok = serves || error_set(err, ERROR_SYSTEM, "no thread is to be had");
    }
    if (serves) {
        ready(work->data);
        serve(&keeper);
        finish(&keeper);
    }
    leave_place(&keeper);
    const int fds[] = {keeper.lock_fd, keeper.wake_fd, keeper.signal_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    free(keeper.path);
    pthread_cond_destroy(&keeper.due);
    pthread_mutex_destroy(&keeper.lock);
    return ok;
}
