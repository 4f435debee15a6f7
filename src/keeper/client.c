#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/mem.h"

enum { CHUNK = 1 << 16 };

// What a signal may take before the next one: that cuts the connection.
#define PATIENCE (5 * CLOCK_SECOND)

struct keeper_client *client_create(struct keeper *keeper, int fd, pid_t pid)
{
    struct keeper_client *client = mem_calloc(1, sizeof(*client));
    client->keeper = keeper;
    client->fd = fd;
    client->pid = pid;
    client->since = clock_now(clock_monotonic());
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

static void close_fds(struct keeper_client *client)
{
    while (client->fd_count > 0)
        close(client->fds[--client->fd_count]);
}

static void wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->cap);
    buf_finish(buf);
}

// There may be a secret in it: no copy is left behind.
static void make_room(struct buf *buf)
{
    struct buf wider = BUF_INIT;
    if (buf->cap - buf->len >= CHUNK)
        return;
    buf_reserve(&wider, 2 * buf->len + CHUNK);
    buf_add(&wider, buf->data, buf->len);
    wipe(buf);
    *buf = wider;
}

void client_destroy(struct keeper_client *client)
{
    if (client->state == CLIENT_OVER)
        pthread_join(client->thread, NULL);
    caller_destroy(client->caller);
    close_fds(client);
    close(client->fd);
    wire_request_finish(&client->request);
    wipe(&client->in);
    buf_finish(&client->rest);
    free(client->what);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

static void set_state(struct keeper_client *client, enum client_state state)
{
    pthread_mutex_lock(&client->lock);
    client->state = state;
    pthread_mutex_unlock(&client->lock);
}

bool client_is_over(struct keeper_client *client)
{
    pthread_mutex_lock(&client->lock);
    bool over = client->state == CLIENT_OVER;
    pthread_mutex_unlock(&client->lock);
    return over;
}

static bool take_frame(struct keeper_client *client, const struct wire_frame *frame)
{
    int32_t number;
    if (client->state == CLIENT_ASKING && frame->type == 'Q')
        return client->fd_count == WIRE_FDS && wire_parse_request(frame, &client->request) &&
               client_start(client);
    if (client->state == CLIENT_ASKING && (frame->type == 'R' || frame->type == 'X')) {
        client->state = CLIENT_WAITING;
        keeper_asked(client->keeper, client, frame->type);
        return true;
    }
    if (client->state == CLIENT_ASKING || frame->type != 'S' || !wire_number(frame, &number))
        return false;
    client_signal(client, number);
    return true;
}

// Frames that are there; the request stays where it is, as the run uses it.
static bool take_frames(struct keeper_client *client, struct buf *in)
{
    struct wire_frame frame;
    bool bad = false;
    while (wire_parse(in->data, in->len, &frame, &bad)) {
        if (!take_frame(client, &frame))
            return false;
        if (frame.type == 'Q')
            return true;
        buf_drop_front(in, WIRE_HEADER + frame.len);
    }
    return !bad;
}

// Once it runs it has nothing to say but signals, which are short.
static bool read_signals(struct keeper_client *client)
{
    char bytes[256];
    int fds[WIRE_FDS];
    size_t count = 0;
    long got = wire_receive(client->fd, bytes, sizeof(bytes), fds, &count);
    while (count > 0)
        close(fds[--count]);
    if (got < 0 && errno == EAGAIN)
        return true;
    if (got > 0)
        buf_add(&client->rest, bytes, (size_t) got);
    return got > 0 && take_frames(client, &client->rest) && client->rest.len < sizeof(bytes);
}

bool client_read(struct keeper_client *client)
{
    if (client->state != CLIENT_ASKING)
        return read_signals(client);
    // The request is not moved once it is parsed: the window is all its own.
    make_room(&client->in);
    long got = wire_receive(client->fd, client->in.data + client->in.len, CHUNK, client->fds,
                            &client->fd_count);
    if (got < 0 && errno == EAGAIN)
        return true;
    if (got <= 0)
        return false;
    client->in.len += (size_t) got;
    return take_frames(client, &client->in);
}

// The arguments as they may be shown: made when secrets in them are overwritten.
static void describe(struct keeper_client *client)
{
    struct buf text = BUF_INIT;
    for (size_t i = 1; i < client->request.arg_count && text.len < 200; i++)
        buf_printf(&text, "%s%.200s", i > 1 ? " " : "", client->request.args[i]);
    pthread_mutex_lock(&client->lock);
    mem_replace(&client->what, buf_cstr(&text));
    pthread_mutex_unlock(&client->lock);
    buf_finish(&text);
}

bool keeper_client_begin(struct keeper_client *client, bool (*take)(void *data, int number),
                         void *data, bool deaf)
{
    describe(client);
    pthread_mutex_lock(&client->lock);
    bool ok = !client->gone && wire_send_number(client->fd, 'B', deaf);
    if (ok) {
        client->take = take;
        client->take_data = data;
    }
    pthread_mutex_unlock(&client->lock);
    return ok;
}

static void tell(struct keeper_client *client, char type, int status)
{
    pthread_mutex_lock(&client->lock);
    client->take = NULL;
    // A reader of the output sees its end before the caller's.
    caller_close(client->caller);
    if (!client->told)
        wire_send_number(client->fd, type, status);
    client->told = true;
    pthread_mutex_unlock(&client->lock);
}

void keeper_client_end(struct keeper_client *client, int status)
{
    tell(client, 'E', status);
}

void keeper_client_decline(struct keeper_client *client)
{
    tell(client, 'N', 0);
}

// A thread may have a folder and a umask of its own; not every sandbox lets it.
static bool move_in(const struct keeper_client *client)
{
    if (unshare(CLONE_FS) != 0 || fchdir(client->fds[WIRE_FDS - 1]) != 0)
        return false;
    umask(client->request.mask);
    return true;
}

static void *run(void *data)
{
    struct keeper_client *client = data;
    struct wire_request *request = &client->request;
    const struct keeper_work *work = keeper_work_of(client->keeper);
    if (move_in(client))
        work->run(client->keeper, client, client->caller, (int) request->arg_count, request->args,
                  work->data);
    // Whatever it has told by now stays.
    keeper_client_decline(client);
    set_state(client, CLIENT_OVER);
    keeper_wake(client->keeper);
    return NULL;
}

bool client_start(struct keeper_client *client)
{
    int flags = fcntl(client->fd, F_GETFL);
    // What it is told is short, and it waits for that.
    fcntl(client->fd, F_SETFL, flags & ~O_NONBLOCK);
    client->caller = caller_create(client->fds[0], client->fds[1], client->fds[2],
                                   client->request.environment);
    client->fds[0] = client->fds[WIRE_FDS - 1];
    client->fd_count = 1;
    client->fds[WIRE_FDS - 1] = client->fds[0];
    client->state = CLIENT_RUNNING;
    if (pthread_create(&client->thread, NULL, run, client) == 0)
        return true;
    client->state = CLIENT_ASKING;
    keeper_client_decline(client);
    return false;
}

static bool ends(int number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP;
}

void client_signal(struct keeper_client *client, int number)
{
    pthread_mutex_lock(&client->lock);
    bool begun = client->take != NULL && client->state == CLIENT_RUNNING;
    if (begun && (number == SIGTSTP || number == SIGCONT)) {
        caller_pause(client->caller, number == SIGTSTP);
        client->stop_until = number == SIGTSTP ? clock_now(clock_monotonic()) + CLOCK_SECOND : 0;
    }
    bool runs = client->state == CLIENT_RUNNING && !client->told;
    bool child = runs && ends(number) && caller_signal_child(client->caller, number);
    if (begun && ends(number)) {
        // Stopped, it could never say what came of it.
        caller_pause(client->caller, false);
        client->stop_until = 0;
        if (!(child && number == SIGINT) && !client->take(client->take_data, number) && !child)
            client->leaving = true;
    }
    if (client->leaving)
        caller_leave(client->caller);
    pthread_mutex_unlock(&client->lock);
}

void client_end(struct keeper_client *client, int number)
{
    client_signal(client, number);
    pthread_mutex_lock(&client->lock);
    client->gone = true;
    client->fire_next = clock_now(clock_monotonic()) + PATIENCE;
    pthread_mutex_unlock(&client->lock);
}

void client_push(struct keeper_client *client, int64_t now)
{
    pthread_mutex_lock(&client->lock);
    bool due = client->gone && now >= client->fire_next;
    if (due)
        client->fire_next = now + PATIENCE;
    if (client->leaving && client->state == CLIENT_RUNNING)
        caller_leave(client->caller);
    if (client->stop_until > now && client->take != NULL)
        caller_pause(client->caller, true);
    pthread_mutex_unlock(&client->lock);
    if (due)
        client_signal(client, SIGHUP);
}
