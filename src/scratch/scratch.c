#include "marsh/scratch/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "server.h"

enum {
    NAME_LIMIT = 32,
    START_SECONDS = 60,
    STOP_SECONDS = 30,
    // A server that is of no use, as it can't be reached, gets less time to end by itself.
    LOST_SECONDS = 2,
    SOCKET_SECONDS = 15, // for a server that is starting to make its socket
    GREETING_MS = 2000
};

// Where one scratch server lives, and its lock while it is being started, stopped or dropped.
struct place {
    char *folder; // XDG_DATA_HOME/marsh/scratch/NAME
    char *data;
    char *tmp; // what the server leaves here is worth nothing once it has ended
    char *log;
    char *record; // "PID\nSOCKET\n" of the server started last
    char *runtime;
    char *socket;
    int lock;
};

static void place_finish(struct place *place)
{
    free(place->folder);
    free(place->data);
    free(place->tmp);
    free(place->log);
    free(place->record);
    free(place->runtime);
    free(place->socket);
    if (place->lock >= 0)
        close(place->lock);
}

static bool check_name(const char *name, struct error *err)
{
    size_t len = strlen(name);
    bool ok = len > 0 && len <= NAME_LIMIT;
    for (const char *c = name; *c != '\0'; c++)
        ok = ok && (text_is_alnum(*c) || *c == '_' || *c == '-');
    return ok || error_set(err, ERROR_USAGE,
                           "a scratch server's name has letters, digits, - and _, and at most %d "
                           "of them",
                           NAME_LIMIT);
}

static bool place_init(struct place *place, const struct caller *caller, const char *name,
                       struct error *err)
{
    CLEANUP(mem_free_at) char *data_home = NULL;
    CLEANUP(mem_free_at) char *runtime_home = NULL;
    *place = (struct place){.lock = -1};
    if (!check_name(name, err) || !fs_place(caller, FS_DATA, &data_home, err) ||
        !fs_place(caller, FS_RUNTIME, &runtime_home, err))
        return false;
    place->folder = mem_printf("%s/scratch/%s", data_home, name);
    place->data = mem_printf("%s/data", place->folder);
    place->tmp = mem_printf("%s/tmp", place->folder);
    place->log = mem_printf("%s/log", place->folder);
    place->record = mem_printf("%s/server", place->folder);
    place->runtime = mem_printf("%s/scratch", runtime_home);
    place->socket = mem_printf("%s/%s", place->runtime, name);
    if (strlen(place->socket) >= sizeof(((struct sockaddr_un *) NULL)->sun_path))
        return error_set(err, ERROR_USAGE,
                         "%s is too long for a socket: set XDG_RUNTIME_DIR to a shorter path",
                         place->socket);
    return true;
}

// Makes the folders and waits for the lock, so that two who start the same server start it once.
static bool place_lock(struct place *place, struct error *err)
{
    if (!fs_make_private_dir(place->folder, err))
        return false;
    CLEANUP(mem_free_at) char *path = mem_printf("%s/lock", place->folder);
    place->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (place->lock < 0 && errno == ENOENT)
        return place_lock(place, err); // dropped since the folder was made
    if (place->lock < 0)
        return error_set_errno(err, "%s", path);
    while (flock(place->lock, LOCK_EX) != 0) {
        if (errno != EINTR)
            return error_set_errno(err, "%s", path);
    }
    // Who had it before may have dropped the server, and the lock's file with it.
    struct stat held;
    struct stat named;
    if (fstat(place->lock, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino)
        return true;
    close(place->lock);
    place->lock = -1;
    return place_lock(place, err);
}

// Who was started last, and where. False if nobody was.
static bool read_record(const struct place *place, pid_t *pid, char **socket)
{
    struct buf text = BUF_INIT;
    struct error ignored = ERROR_INIT;
    *pid = 0;
    *socket = NULL;
    if (fs_read_file(place->record, 4096, &text, &ignored)) {
        char *end;
        *pid = (pid_t) strtol(buf_cstr(&text), &end, 10);
        if (*end == '\n')
            *socket = mem_strndup(end + 1, strcspn(end + 1, "\n"));
    }
    error_finish(&ignored);
    buf_finish(&text);
    return *pid > 1 && *socket != NULL;
}

static void nap(void)
{
    struct timespec ts = {.tv_sec = 0, .tv_nsec = 5000000};
    nanosleep(&ts, NULL);
}

// Asks a server to end, then insists. Only a process that is surely ours is touched.
static bool end_server(const struct place *place, pid_t pid, int seconds, struct error *err)
{
    int64_t start = clock_now(clock_monotonic());
    bool killed = false;
    if (server_is(pid, place->data))
        kill(pid, SIGTERM);
    while (server_is(pid, place->data)) {
        waitpid(pid, NULL, WNOHANG); // it may be our own child
        int64_t waited = clock_now(clock_monotonic()) - start;
        if (!killed && waited > seconds * CLOCK_SECOND) {
            kill(pid, SIGKILL);
            killed = true;
        }
        if (waited > (seconds + STOP_SECONDS) * CLOCK_SECOND)
            return error_set(err, ERROR_SYSTEM, "the server's process %ld does not end",
                             (long) pid);
        nap();
    }
    return true;
}

// The socket of a server that runs and answers, or NULL. One that is slow is waited for: others may
// be using it. One whose socket is gone can't be used by anybody, and is ended.
static bool find_running(const struct place *place, char **socket, struct error *err)
{
    pid_t pid;
    CLEANUP(mem_free_at) char *known = NULL;
    *socket = NULL;
    if (!read_record(place, &pid, &known))
        return true;
    int64_t start = clock_now(clock_monotonic());
    while (server_is(pid, place->data)) {
        if (server_greets(known, GREETING_MS)) {
            *socket = mem_strdup(known);
            return true;
        }
        int64_t waited = clock_now(clock_monotonic()) - start;
        if (access(known, F_OK) != 0 && waited > SOCKET_SECONDS * CLOCK_SECOND)
            return end_server(place, pid, LOST_SECONDS, err);
        if (waited > START_SECONDS * CLOCK_SECOND)
            return error_set(err, ERROR_CONNECTION,
                             "the scratch server's process %ld runs but does not answer",
                             (long) pid);
        nap();
    }
    return true;
}

static bool make_data(const struct place *place, struct error *err)
{
    struct stat st;
    if (stat(place->data, &st) == 0)
        return true;
    // Whole or not at all: it gets its name when it is complete.
    CLEANUP(mem_free_at) char *fresh = mem_printf("%s/new", place->folder);
    if (!fs_remove_tree(fresh, err) || !fs_make_private_dir(fresh, err) ||
        !server_bootstrap(fresh, place->tmp, place->lock, err))
        return false;
    return rename(fresh, place->data) == 0 || error_set_errno(err, "%s", place->data);
}

static bool fail_start(const struct place *place, struct error *err)
{
    CLEANUP(mem_free_at) char *line = server_log_error(place->log);
    return error_set(err, ERROR_CONNECTION, "the scratch server did not start: %s (see %s)", line,
                     place->log);
}

static bool start_server(const struct place *place, struct error *err)
{
    pid_t pid;
    if (!fs_make_private_dir(place->runtime, err) || !fs_remove_tree(place->tmp, err) ||
        !fs_make_private_dir(place->tmp, err) || !make_data(place, err))
        return false;
    unlink(place->socket);
    if (!server_spawn(place->data, place->tmp, place->socket, place->log, place->record, &pid, err))
        return false;
    int64_t deadline = clock_now(clock_monotonic()) + START_SECONDS * CLOCK_SECOND;
    while (!server_greets(place->socket, GREETING_MS)) {
        bool late = clock_now(clock_monotonic()) > deadline;
        if (late)
            end_server(place, pid, LOST_SECONDS, err);
        if (late || waitpid(pid, NULL, WNOHANG) == pid)
            return fail_start(place, err);
        nap();
    }
    return true;
}

bool scratch_start(const struct caller *caller, const char *name, char **socket, struct error *err)
{
    struct place place;
    char *running = NULL;
    bool ok = place_init(&place, caller, name, err) && place_lock(&place, err) &&
              fs_make_private_dir(place.runtime, err) && find_running(&place, &running, err);
    if (ok && running == NULL) {
        ok = start_server(&place, err);
        running = ok ? mem_strdup(place.socket) : NULL;
    }
    if (ok)
        *socket = running;
    place_finish(&place);
    return ok;
}

static bool exists(const struct place *place)
{
    struct stat st;
    return stat(place->folder, &st) == 0;
}

static bool stop_locked(const struct place *place, bool *was_running, struct error *err)
{
    pid_t pid;
    CLEANUP(mem_free_at) char *socket = NULL;
    *was_running = read_record(place, &pid, &socket) && server_is(pid, place->data);
    if (*was_running && !end_server(place, pid, STOP_SECONDS, err))
        return false;
    unlink(place->record);
    return true;
}

bool scratch_stop(const char *name, bool *was_running, struct error *err)
{
    struct place place;
    *was_running = false;
    bool ok = place_init(&place, NULL, name, err);
    if (ok && exists(&place))
        ok = place_lock(&place, err) && stop_locked(&place, was_running, err);
    place_finish(&place);
    return ok;
}

bool scratch_drop(const char *name, struct error *err)
{
    struct place place;
    bool was_running;
    bool ok = place_init(&place, NULL, name, err);
    if (ok && !exists(&place))
        ok = error_set(err, ERROR_USAGE, "there is no scratch server '%s'", name);
    ok = ok && place_lock(&place, err) && stop_locked(&place, &was_running, err);
    // Out of the way first: whoever waits for the lock finds that it is no more, and starts anew.
    CLEANUP(mem_free_at)
    char *gone = ok ? mem_printf("%.*s/.gone-%ld",
                                 (int) (strrchr(place.folder, '/') - place.folder), place.folder,
                                 (long) getpid())
                    : NULL;
    if (ok)
        unlink(place.socket);
    ok = ok && (rename(place.folder, gone) == 0 || error_set_errno(err, "%s", place.folder)) &&
         fs_remove_tree(gone, err);
    place_finish(&place);
    return ok;
}

static void list_one(const char *name,
                     void (*each)(void *data, const char *name, bool running, const char *socket),
                     void *data)
{
    struct place place;
    struct error ignored = ERROR_INIT;
    pid_t pid;
    char *socket = NULL;
    if (place_init(&place, NULL, name, &ignored)) {
        bool running = read_record(&place, &pid, &socket) && server_is(pid, place.data);
        each(data, name, running, running ? socket : "");
    }
    free(socket);
    error_finish(&ignored);
    place_finish(&place);
}

bool scratch_list(void (*each)(void *data, const char *name, bool running, const char *socket),
                  void *data, struct error *err)
{
    CLEANUP(mem_free_at) char *data_home = NULL;
    if (!fs_place(NULL, FS_DATA, &data_home, err))
        return false;
    CLEANUP(mem_free_at) char *folder = mem_printf("%s/scratch", data_home);
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return errno == ENOENT || error_set_errno(err, "%s", folder);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            list_one(entries[i]->d_name, each, data);
        free(entries[i]);
    }
    free(entries);
    return true;
}
