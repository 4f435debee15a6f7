#include "marsh/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"

enum { OUTPUT_LIMIT = 1 << 20 };

void process_clean_environment(void)
{
    unsetenv("MYSQL_PWD");
    unsetenv("MARSH_TARGET");
}

// In the child: standard input and output are the caller's, or replaced where a descriptor is
// given. The signals that marsh blocks or ignores would be inherited over exec.
static void become(const struct caller *caller, const char *command, char **environment, int in,
                   int out)
{
    char name[] = "sh";
    char option[] = "-c";
    char *const words[] = {name, option, (char *) command, NULL};
    // Those of a caller are none of the standard three, which are overwritten.
    in = in >= 0 ? in : caller_in(caller);
    out = out >= 0 ? out : caller_out(caller);
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(caller_err(caller), STDERR_FILENO);
    execve("/bin/sh", words, environment);
    _exit(127);
}

// -1 where there is none.
static pid_t start(struct caller *caller, const char *command, int in, int out)
{
    char **environment = caller_environment(caller);
    pid_t pid = fork();
    if (pid == 0)
        become(caller, command, environment, in, out);
    free(environment);
    caller_set_child(caller, pid > 0 ? pid : 0);
    return pid;
}

int process_wait(struct caller *caller, pid_t pid)
{
    int status = 0;
    for (;;) {
        pid_t got = waitpid(pid, &status, caller == NULL ? WUNTRACED : 0);
        if (got < 0 && errno != EINTR)
            return 127;
        if (got != pid)
            continue;
        if (!WIFSTOPPED(status))
            break;
        // Ctrl-Z stops marsh with its child, so that the caller's shell sees the job stopped; what
        // wakes marsh wakes the child.
        raise(SIGSTOP);
        kill(pid, SIGCONT);
    }
    caller_set_child(caller, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool process_run(struct caller *caller, const char *command, int *status, struct error *err)
{
    pid_t pid = start(caller, command, -1, -1);
    if (pid < 0)
        return error_set_errno(err, "fork");
    *status = process_wait(caller, pid);
    return true;
}

bool process_feed(struct caller *caller, const char *command, pid_t *pid, int *fd,
                  struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, "pipe");
    *pid = start(caller, command, ends[0], -1);
    if (*pid < 0) {
        error_set_errno(err, "fork");
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    close(ends[0]);
    *fd = ends[1];
    return true;
}

static bool read_output(struct caller *caller, int fd, struct buf *out, struct error *err)
{
    size_t start = out->len;
    for (;;) {
        buf_reserve(out, 4096);
        ssize_t got = caller_read(caller, fd, out->data + out->len, 4096);
        if (got < 0)
            return error_set_errno(err, "reading a command's output");
        if (got == 0)
            return true;
        out->len += (size_t) got;
        if (out->len - start > OUTPUT_LIMIT)
            return error_set(err, ERROR_SYSTEM, "the command printed more than 1 MiB");
    }
}

bool process_capture(struct caller *caller, const char *command, struct buf *out, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, "pipe");
    pid_t pid = start(caller, command, -1, ends[1]);
    close(ends[1]);
    bool ok = pid > 0 ? read_output(caller, ends[0], out, err) : error_set_errno(err, "fork");
    close(ends[0]);
    if (pid > 0) {
        int status = process_wait(caller, pid);
        if (ok && status != 0)
            ok = error_set(err, ERROR_SYSTEM, "the command exited with status %d", status);
    }
    return ok;
}
