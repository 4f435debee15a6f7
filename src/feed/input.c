// The window on the input. A row is moved at most once, to the window's front, and the window grows
// geometrically: reading is linear however the bytes come in.
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "feed_internal.h"
#include "marsh/base/error.h"

enum { CHUNK = 256 << 10, KEEP_MAX = 4 << 20 };

// A window that one long row has blown up is given back.
static void shrink(struct feed *feed)
{
    if (feed->in.cap <= KEEP_MAX || feed->in.len >= CHUNK)
        return;
    struct buf small = BUF_INIT;
    buf_reserve(&small, 2 * (size_t) CHUNK);
    buf_add(&small, feed->in.data, feed->in.len);
    buf_finish(&feed->in);
    feed->in = small;
}

// Until there is something to read; false if it is the wake that there is.
static bool wait_readable(const struct feed *feed, struct error *err)
{
    // One that is negative is passed over.
    struct pollfd fds[] = {{.fd = feed->fd, .events = POLLIN},
                           {.fd = feed->wake_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0) {
        if (errno != EINTR)
            return error_set_errno(err, "%s", feed->name);
    }
    return fds[1].revents == 0 ||
           error_set(err, ERROR_CANCELLED, "%s: the reading was interrupted", feed->name);
}

static bool read_some(struct feed *feed, struct error *err)
{
    ssize_t got = -1;
    // EAGAIN is somebody else's O_NONBLOCK, as a terminal's that is shared.
    for (bool wait = feed->wake_fd >= 0; got < 0; wait = wait || errno == EAGAIN) {
        if (wait && !wait_readable(feed, err))
            return false;
        got = read(feed->fd, feed->in.data + feed->in.len, CHUNK);
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return error_set_errno(err, "%s", feed->name);
    }
    feed->eof = got == 0;
    feed->in.len += (size_t) got;
    return true;
}

bool feed_fill(struct feed *feed, struct error *err)
{
    if (feed_len(feed) > feed->row_limit) {
        feed_bad(feed, err, 0, "a row is longer than %zu bytes", feed->row_limit);
        return false;
    }
    bool full = feed->in.cap - feed->in.len < CHUNK || feed->in.cap > KEEP_MAX;
    if (full && feed->start > 0) {
        buf_drop_front(&feed->in, feed->start);
        feed->start = 0;
        shrink(feed);
    }
    buf_reserve(&feed->in, CHUNK);
    return read_some(feed, err);
}

void feed_rewind(struct feed *feed)
{
    if (feed->text.cap > KEEP_MAX)
        buf_finish(&feed->text);
    buf_clear(&feed->text);
    feed->pos = 0;
    feed->state = 0;
    feed->newlines = 0;
    feed->field_count = 0;
}

void feed_advance(struct feed *feed)
{
    feed->start += feed->pos;
    feed->mark.offset += feed->pos;
    feed->mark.line += feed->newlines;
    feed_rewind(feed);
}
