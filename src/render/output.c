#include "marsh/render/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/process.h"

// What is written is still in the cache then.
enum { FLUSH_AT = 1 << 16 };

struct output {
    struct caller *caller;
    int fd;
    struct buf buf;
    bool used;
    int held_fd; // -1: nothing is held back
    int failed;  // the errno that ended it
    char *tee;
    int tee_fd;
    char *pager; // set while a page is open
    int pager_fd;
    pid_t pager_pid;
    bool pager_all; // what a pager that has quit does not take is dropped
};

struct output *output_create(struct caller *caller, int fd)
{
    struct output *output = mem_calloc(1, sizeof(*output));
    output->caller = caller;
    output->fd = fd;
    output->tee_fd = -1;
    output->pager_fd = -1;
    output->held_fd = -1;
    return output;
}

static void end_tee(struct output *output)
{
    if (output->tee_fd >= 0)
        close(output->tee_fd);
    output->tee_fd = -1;
    mem_replace(&output->tee, NULL);
}

void output_destroy(struct output *output)
{
    if (output == NULL)
        return;
    buf_clear(&output->buf);
    output_drop(output);
    output_end_page(output);
    end_tee(output);
    buf_finish(&output->buf);
    free(output);
}

struct caller *output_caller(const struct output *output)
{
    return output->caller;
}

struct buf *output_buffer(struct output *output)
{
    return &output->buf;
}

static bool fail(struct output *output, int number, struct error *err)
{
    output->failed = number;
    errno = number;
    if (number == EPIPE)
        return error_set(err, ERROR_PIPE, "the reader of the output went away");
    return error_set_errno(err, "writing the output");
}

static bool start_pager(struct output *output, struct error *err)
{
    if (output->pager == NULL || output->pager_fd >= 0)
        return true;
    return process_feed(output->caller, output->pager, &output->pager_pid, &output->pager_fd, err);
}

static bool hold_back(struct output *output, struct error *err)
{
    bool ok = fs_write_all(output->held_fd, output->buf.data, output->buf.len);
    buf_clear(&output->buf);
    return ok || error_set_errno(err, "holding the output back");
}

bool output_hold(struct output *output, struct error *err)
{
    if (!output_flush(output, err))
        return false;
    output->held_fd = fs_open_temporary(output->caller, err);
    return output->held_fd >= 0;
}

void output_drop(struct output *output)
{
    buf_clear(&output->buf);
    if (output->held_fd >= 0)
        close(output->held_fd);
    output->held_fd = -1;
}

// What is held back, from its beginning on, to `to`.
static bool copy_held(int fd, struct output *to, struct error *err)
{
    enum { CHUNK = 1 << 16 };
    bool ok = lseek(fd, 0, SEEK_SET) == 0 || error_set_errno(err, "the output held back");
    ssize_t got = 1;
    while (ok && got > 0) {
        buf_reserve(&to->buf, CHUNK);
        got = read(fd, to->buf.data + to->buf.len, CHUNK);
        to->buf.len += got > 0 ? (size_t) got : 0;
        ok = got < 0 ? error_set_errno(err, "the output held back") : output_flush(to, err);
    }
    return ok;
}

bool output_let_go(struct output *output, struct error *err)
{
    if (output->held_fd < 0)
        return true;
    bool ok = output_flush(output, err);
    int fd = output->held_fd;
    output->held_fd = -1;
    ok = ok && copy_held(fd, output, err);
    close(fd);
    return ok;
}

bool output_give(struct output *output, struct output *to, struct error *err)
{
    return output->held_fd < 0 ||
           (output_flush(output, err) && copy_held(output->held_fd, to, err));
}

bool output_flush(struct output *output, struct error *err)
{
    if (output->failed != 0)
        return fail(output, output->failed, err);
    if (output->buf.len == 0)
        return true;
    if (output->held_fd >= 0)
        return hold_back(output, err);
    output->used = true;
    if (!start_pager(output, err))
        return false;
    // What could not be copied is shown all the same, by the next flush.
    if (output->tee_fd >= 0 && !fs_write_all(output->tee_fd, output->buf.data, output->buf.len)) {
        error_set_errno(err, "%s", output->tee);
        end_tee(output);
        return false;
    }
    int fd = output->pager_fd >= 0 ? output->pager_fd : output->fd;
    bool ok = caller_write(output->caller, fd, output->buf.data, output->buf.len);
    int number = errno;
    buf_clear(&output->buf);
    ok = ok || (number == EPIPE && output->pager_fd >= 0 && output->pager_all);
    return ok || fail(output, number, err);
}

bool output_has_failed(const struct output *output)
{
    return output->failed != 0;
}

bool output_was_used(const struct output *output)
{
    return output->used || output->buf.len > 0;
}

bool output_commit(struct output *output, struct error *err)
{
    return output->buf.len < FLUSH_AT || output_flush(output, err);
}

bool output_set_tee(struct output *output, const char *path, struct error *err)
{
    int fd = -1;
    if (path != NULL) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0)
            return error_set_errno(err, "%s", path);
    }
    end_tee(output);
    output->tee_fd = fd;
    mem_replace(&output->tee, path);
    return true;
}

const char *output_get_tee(const struct output *output)
{
    return output->tee;
}

void output_note(struct output *output, const char *text, size_t len)
{
    if (output->tee_fd >= 0 && !fs_write_all(output->tee_fd, text, len))
        end_tee(output);
}

void output_begin_page(struct output *output, const char *command, bool all)
{
    if (output->pager == NULL) {
        mem_replace(&output->pager, command);
        output->pager_all = all;
    }
}

void output_end_page(struct output *output)
{
    if (output->pager_fd >= 0) {
        close(output->pager_fd);
        process_wait(NULL, output->pager_pid);
        output->failed = 0; // it was the pager that failed, not the terminal
    }
    output->pager_fd = -1;
    mem_replace(&output->pager, NULL);
}
