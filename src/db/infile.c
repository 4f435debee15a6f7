#include "infile.h"

#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maria.h"
#include "marsh/base/mem.h"
#include "marsh/sql/dialect.h"

enum { LOOK_MS = 50, ER_QUERY_INTERRUPTED = 1317 };

static struct dialect dialect_of(struct maria *self)
{
    struct dialect dialect;
    dialect_init(&dialect, mysql_get_server_info(self->mysql),
                 (maria_status(self) & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0);
    return dialect;
}

static bool has_many(struct maria *self)
{
    struct dialect dialect = dialect_of(self);
    return local_files_are_among_many(self->infile.text, self->infile.len, &dialect);
}

// As the text was read by whoever has split it: what the server may say meanwhile of its settings
// makes no other names of it.
void infile_begin(struct maria *self, const char *text, size_t len)
{
    struct infile *infile = &self->infile;
    struct dialect dialect = dialect_of(self);
    error_finish(&infile->err);
    infile->text = text;
    infile->len = len;
    infile->cut_short = false;
    atomic_store(&infile->stopped, false);
    local_files_init(&infile->named, text == NULL ? "" : text, len, &dialect);
}

static bool is_named(struct infile *infile, const char *asked)
{
    char *name;
    bool same = false;
    while (!same && infile->text != NULL && (name = local_files_next(&infile->named)) != NULL) {
        same = strcmp(name, asked) == 0;
        free(name);
    }
    return same;
}

// A FIFO without a writer must not keep Ctrl-C waiting: nothing blocks but poll.
static bool open_file(struct infile *infile, const char *name)
{
    struct stat st;
    infile->fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (infile->fd < 0 || fstat(infile->fd, &st) != 0)
        return error_set_errno(&infile->err, "%s", name);
    infile->blocks = !S_ISREG(st.st_mode);
    if (!S_ISDIR(st.st_mode))
        return true;
    errno = EISDIR;
    return error_set_errno(&infile->err, "%s", name);
}

// The server is told that the file is empty, and would go on with the statements behind this one,
// whoever has killed it meanwhile: they can only be kept from running by leaving.
static int refuse(struct maria *self, bool followed)
{
    if (followed) {
        error_context(&self->infile.err,
                      "the connection is given up, as statements behind this one would run");
        maria_cut(&self->base);
        self->lost = true;
    }
    return 1;
}

static int begin_file(void **handle, const char *name, void *data)
{
    struct maria *self = data;
    *handle = self;
    if (self == NULL)
        return 1;
    struct infile *infile = &self->infile;
    error_finish(&infile->err);
    if (!is_named(infile, name)) {
        error_set(&infile->err, ERROR_SYSTEM,
                  "the server asks for a file that the statement does not name: %s", name);
        return refuse(self, infile->text != NULL && has_many(self));
    }
    infile->fd = -1;
    if (!open_file(infile, name))
        return refuse(self, local_files_are_followed(&infile->named));
    infile->name = mem_strdup(name);
    atomic_store(&infile->open, true);
    return 0;
}

// Waits for what comes through a pipe, as long as the statement goes on.
static bool wait_for_data(struct maria *self)
{
    struct infile *infile = &self->infile;
    struct pollfd fds[2] = {{.fd = infile->fd, .events = POLLIN},
                            {.fd = mysql_get_socket(self->mysql), .events = POLLRDHUP}};
    while (!atomic_load(&infile->stopped)) {
        int ready = poll(fds, 2, LOOK_MS);
        if (ready < 0 && errno != EINTR)
            return error_set_errno(&infile->err, "%s", infile->name);
        if (ready > 0 && fds[1].revents != 0)
            return error_set(&infile->err, ERROR_SYSTEM,
                             "the server has closed the connection while it waited for %s",
                             infile->name);
        if (ready > 0)
            return true;
    }
    return true;
}

// How many bytes, or -1.
static ssize_t read_some(struct maria *self, char *out, size_t room)
{
    struct infile *infile = &self->infile;
    for (;;) {
        if (infile->blocks && !wait_for_data(self))
            return -1;
        if (atomic_load(&infile->stopped)) {
            infile->cut_short = true;
            return -1;
        }
        ssize_t got = read(infile->fd, out, room);
        if (got >= 0)
            return got;
        if (errno != EINTR && errno != EAGAIN) {
            error_set_errno(&infile->err, "%s", infile->name);
            return -1;
        }
    }
}

static int read_file(void *handle, char *out, unsigned room)
{
    struct maria *self = handle;
    ssize_t got = read_some(self, out, room);
    // The library ends the file here as if it were whole; the server shall not take it.
    if (got < 0 && !self->infile.cut_short)
        maria_stop(self);
    return (int) got;
}

static void end_file(void *handle)
{
    if (handle == NULL)
        return;
    struct infile *infile = &((struct maria *) handle)->infile;
    atomic_store(&infile->open, false);
    free(infile->name);
    infile->name = NULL;
    if (infile->fd >= 0)
        close(infile->fd);
    infile->fd = -1;
}

static int describe_error(void *handle, char *out, unsigned room)
{
    const struct maria *self = handle;
    const char *message = self == NULL ? NULL : self->infile.err.message;
    if (message == NULL)
        message = self == NULL ? "the server asks for a file, and no statement names one"
                               : "interrupted";
    snprintf(out, room, "%s", message);
    return CR_UNKNOWN_ERROR;
}

void infile_set_handler(MYSQL *mysql, struct maria *self)
{
    if (self != NULL)
        self->infile.fd = -1;
    mysql_set_local_infile_handler(mysql, begin_file, read_file, end_file, describe_error, self);
}

// The library has read the answer that comes after a file it could not send, but takes nothing
// from it where it is no error: more answers may come behind it.
static void settle(struct maria *self, const struct error *err)
{
    const unsigned char *answer = self->mysql->net.read_pos;
    if (self->lost || err->number != CR_UNKNOWN_ERROR)
        return;
    // No rows, no id, and the status flags.
    if (answer[0] == 0 && answer[1] == 0 && answer[2] == 0) {
        self->mysql->server_status = (unsigned) answer[3] | (unsigned) answer[4] << 8;
        maria_drain(self);
    } else {
        maria_cut(&self->base);
        self->lost = true;
    }
}

bool infile_end(struct maria *self, bool ok, struct error *err)
{
    struct infile *infile = &self->infile;
    bool failed = infile->err.kind != ERROR_NONE;
    bool killed = !ok && err->number == ER_QUERY_INTERRUPTED;
    infile->text = NULL;
    if (!ok && (failed || infile->cut_short))
        settle(self, err);
    if (!ok && failed) {
        error_move(err, &infile->err);
        err->kind = self->lost ? ERROR_CONNECTION : ERROR_SYSTEM;
    } else if (!ok && infile->cut_short && !killed && !self->lost) {
        error_set(err, ERROR_CANCELLED,
                  "interrupted; the server has taken the file as far as it was read");
    }
    return ok;
}

void infile_finish(struct infile *infile)
{
    error_finish(&infile->err);
}

bool infile_is_open(struct infile *infile)
{
    return atomic_load(&infile->open);
}

void infile_stop(struct infile *infile)
{
    atomic_store(&infile->stopped, true);
}
