#include "marsh/keeper/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/keeper/log.h"

enum { ANSWER_MAX = 4096 };

// none_there: what can't be opened by the name of /dev/stdin and the like, as a file of /dev/null
// could, which a run would take for its caller's.
static void become(char *const *words, char *const *environment, int none_there, int answer,
                   int log)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    // Its parent ends at once: whoever started it has no child that it does not know.
    if (fork() != 0)
        _exit(0);
    umask(077);
    if (chdir("/") != 0 || dup2(none_there, STDIN_FILENO) < 0 || dup2(answer, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        _exit(127);
    execve("/proc/self/exe", words, environment);
    _exit(127);
}

// What it says is "ready", "taken", or why it can't.
static bool read_answer(int fd, bool *taken, struct error *err)
{
    struct buf answer = BUF_INIT;
    bool ok = fs_read_fd(NULL, fd, "the keeper", ANSWER_MAX, &answer, err);
    const char *text = buf_cstr(&answer);
    *taken = strcmp(text, "taken\n") == 0;
    if (ok && !*taken && strcmp(text, "ready\n") != 0)
        ok = error_set(err, ERROR_SYSTEM, "the keeper does not start: %.*s",
                       (int) strcspn(text, "\n"), text[0] == '\0' ? "it said nothing" : text);
    buf_finish(&answer);
    return ok;
}

static void close_both(int first, int second)
{
    if (first >= 0)
        close(first);
    if (second >= 0)
        close(second);
}

bool keeper_launch(unsigned persist, bool *taken, struct error *err)
{
    int ends[2];
    CLEANUP(mem_free_at) char *option = mem_printf("--keeper-persist=%u", persist);
    CLEANUP(mem_free_at) char *path = NULL;
    char program[] = "marsh";
    char front[] = "keeper";
    char verb[] = "serve";
    char *words[] = {program, front, verb, persist > 0 ? option : NULL, NULL};
    if (!keeper_log_path(&path, err))
        return false;
    int none_there = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (none_there < 0 || log < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        error_set_errno(err, "%s", path);
        close_both(none_there, log);
        return false;
    }
    char **environment = caller_environment(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(words, environment, none_there, ends[1], log);
    close(ends[1]);
    close_both(none_there, log);
    free(environment);
    bool ok = pid > 0 ? read_answer(ends[0], taken, err) : error_set_errno(err, "fork");
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return ok;
}
