#include "marsh/keeper/door.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/keeper/wire.h"

enum {
    FIRST_WORD = 2000, // milliseconds for what a keeper has ready
    EXIT_LOST = 3,     // as a lost connection: nobody knows what was done
};

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP};

struct door {
    int fd;
    int signals;
    sigset_t before;
    char bytes[512];
    size_t len;
    bool begun;
    bool deaf;
    bool has_terminal; // then this is how it was found
    struct termios terminal;
    unsigned interrupts;
    int last;     // the signal whose patience runs
    int patience; // milliseconds, -1: for ever
};

bool door_path(char **path, struct error *err)
{
    CLEANUP(mem_free_at) char *folder = NULL;
    if (!fs_place(NULL, FS_RUNTIME, &folder, err))
        return false;
    *path = mem_printf("%s/keeper", folder);
    if (strlen(*path) < sizeof(((struct sockaddr_un *) NULL)->sun_path))
        return true;
    return error_set(err, ERROR_SYSTEM,
                     "%s is too long for a socket: set XDG_RUNTIME_DIR to a shorter path", *path);
}

// A socket of ours, with nobody but ourselves at the other end.
static int open_door(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct error ignored = ERROR_INIT;
    struct ucred peer;
    socklen_t size = sizeof(peer);
    CLEANUP(mem_free_at) char *path = NULL;
    if (!door_path(&path, &ignored)) {
        error_finish(&ignored);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid())
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

// The next frame, or what was received of it by then; false at the end or after the time.
static bool next_frame(struct door *door, int timeout, struct wire_frame *frame)
{
    bool bad;
    while (!wire_parse(door->bytes, door->len, frame, &bad)) {
        int fds[WIRE_FDS];
        size_t count = 0;
        struct pollfd input = {.fd = door->fd, .events = POLLIN};
        int ready = bad || door->len == sizeof(door->bytes) ? 0 : poll(&input, 1, timeout);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        long got = wire_receive(door->fd, door->bytes + door->len, sizeof(door->bytes) - door->len,
                                fds, &count);
        while (count > 0)
            close(fds[--count]);
        if (got <= 0)
            return false;
        door->len += (size_t) got;
    }
    return true;
}

static void drop_frame(struct door *door, const struct wire_frame *frame)
{
    size_t size = WIRE_HEADER + frame->len;
    door->len -= size;
    memmove(door->bytes, door->bytes + size, door->len);
}

// The keeper's first word tells whose it is.
static enum door_result greet(struct door *door)
{
    struct wire_frame frame;
    uint32_t protocol = 0;
    if (!next_frame(door, FIRST_WORD, &frame) || frame.type != 'H' || frame.len < sizeof(protocol))
        return DOOR_NONE;
    memcpy(&protocol, frame.payload, sizeof(protocol));
    CLEANUP(mem_free_at)
    char *version = mem_strndup(frame.payload + sizeof(protocol), frame.len - sizeof(protocol));
    drop_frame(door, &frame);
    int order = strverscmp(version, MARSH_VERSION);
    if (order > 0 || (order == 0 && protocol > WIRE_PROTOCOL))
        return DOOR_NEWER;
    return order < 0 || protocol < WIRE_PROTOCOL ? DOOR_OLDER : DOOR_DONE;
}

static bool ask(struct door *door, char *const *args, size_t count)
{
    // A folder that may be entered, but not read, is one too.
    int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return false;
    const int fds[WIRE_FDS] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, folder};
    struct buf request = BUF_INIT;
    mode_t mask = umask(0);
    umask(mask);
    wire_add_request(&request, args, count, environ, mask);
    bool ok = request.len <= WIRE_MAX &&
              wire_send(door->fd, 'Q', request.data, request.len, fds, WIRE_FDS);
    explicit_bzero(request.data, request.len);
    buf_finish(&request);
    close(folder);
    return ok;
}

// Ends the process as the signal would have, with the terminal as it was found.
static void die(struct door *door, int number)
{
    sigset_t set;
    if (door->has_terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &door->terminal);
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + number);
}

// How long a run may take to react to a signal: as without a keeper. See src/main/signals.h.
static void set_patience(struct door *door, int number)
{
    if (number == SIGTERM || number == SIGHUP)
        door->patience = 5000;
    else if (number == SIGINT && ++door->interrupts >= 2)
        door->patience = door->interrupts > 2 ? 0 : 3000;
    door->last = number;
}

static void take_signal(struct door *door, int number)
{
    // Nothing was done, and nothing will be: the keeper looks for us before it begins.
    if (!door->begun && number != SIGTSTP)
        die(door, number);
    if (number == SIGINT && door->deaf)
        return;
    wire_send_number(door->fd, 'S', number);
    if (number == SIGTSTP) {
        raise(SIGSTOP);
        wire_send_number(door->fd, 'S', SIGCONT);
        return;
    }
    set_patience(door, number);
    if (door->patience == 0)
        die(door, number);
}

static enum door_result lose(const struct door *door, int *status)
{
    static const char text[] =
        "marsh: the keeper has ended while it ran this: what was being carried out then may be "
        "done or not.\n";
    if (!door->begun)
        return DOOR_DECLINED;
    fs_write_all(STDERR_FILENO, text, strlen(text));
    *status = EXIT_LOST;
    return DOOR_DONE;
}

// *more: the run goes on.
static enum door_result take_frame(struct door *door, int *status, bool *more)
{
    struct wire_frame frame;
    int32_t number = 0;
    *more = false;
    if (!next_frame(door, -1, &frame))
        return lose(door, status);
    bool known = wire_number(&frame, &number);
    char type = frame.type;
    drop_frame(door, &frame);
    *status = number;
    if (type == 'E' && known)
        return DOOR_DONE;
    if (type == 'N')
        return DOOR_DECLINED;
    if (type != 'B' || !known)
        return lose(door, status);
    door->begun = *more = true;
    door->deaf = number != 0;
    return DOOR_DONE;
}

static enum door_result wait_for_end(struct door *door, int *status)
{
    enum door_result result = DOOR_DONE;
    bool more = true;
    while (more) {
        struct signalfd_siginfo signal;
        struct pollfd fds[] = {{.fd = door->fd, .events = POLLIN},
                               {.fd = door->signals, .events = POLLIN}};
        int ready = door->len > 0 ? 1 : poll(fds, 2, door->patience);
        if (ready == 0)
            die(door, door->last);
        if (door->len > 0 || fds[0].revents != 0)
            result = take_frame(door, status, &more);
        else if (fds[1].revents != 0 &&
                 read(door->signals, &signal, sizeof(signal)) == sizeof(signal))
            take_signal(door, (int) signal.ssi_signo);
    }
    return result;
}

static bool begin_signals(struct door *door)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction action;
        // What whoever started us wants ignored stays so.
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &set, &door->before);
    door->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    door->has_terminal = tcgetattr(STDIN_FILENO, &door->terminal) == 0;
    return door->signals >= 0;
}

enum door_result door_hand_over(char *const *args, size_t count, bool any, int *status)
{
    struct door door = {.fd = open_door(), .patience = -1};
    if (door.fd < 0)
        return DOOR_NONE;
    enum door_result result = greet(&door);
    if (result == DOOR_DONE || (result == DOOR_OLDER && any)) {
        bool asked = begin_signals(&door) && ask(&door, args, count);
        result = asked ? wait_for_end(&door, status) : DOOR_NONE;
        close(door.signals);
        if (result != DOOR_DONE)
            sigprocmask(SIG_SETMASK, &door.before, NULL);
    }
    close(door.fd);
    return result;
}

static bool tell(char type)
{
    struct door door = {.fd = open_door()};
    struct wire_frame frame;
    if (door.fd < 0)
        return false;
    bool ok = greet(&door) != DOOR_NONE && wire_send(door.fd, type, NULL, 0, NULL, 0);
    // It closes when that is done.
    while (ok && next_frame(&door, -1, &frame)) {
        ok = frame.type != 'N';
        if (frame.type == 'T') {
            fs_write_all(STDERR_FILENO, frame.payload, frame.len);
            fs_write_all(STDERR_FILENO, "\n", 1);
        }
        drop_frame(&door, &frame);
    }
    close(door.fd);
    return ok;
}

bool door_retire(void)
{
    return tell('R');
}

bool door_stop(void)
{
    return tell('X');
}
