#include "marsh/base/caller.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "marsh/base/text.h"

// What one write is at most: one that has begun goes on though its caller is stopped.
enum { PIECE = 1 << 16 };

// A thread that may be held up by a stream.
struct blocked {
    pthread_t thread;
    struct blocked *next;
};

struct caller {
    int in, out, err;
    char *const *environment;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct blocked *blocked;
    pid_t child;
    bool paused;
    bool left;
};

static void do_nothing(int number)
{
    (void) number;
}

struct caller *caller_create(int in, int out, int err, char *const *environment)
{
    // Without SA_RESTART: what it comes to is interrupted.
    const struct sigaction wake = {.sa_handler = do_nothing};
    struct caller *caller = mem_calloc(1, sizeof(*caller));
    *caller = (struct caller){.in = in, .out = out, .err = err, .environment = environment};
    pthread_mutex_init(&caller->lock, NULL);
    pthread_cond_init(&caller->changed, NULL);
    sigaction(SIGUSR2, &wake, NULL);
    return caller;
}

void caller_close(struct caller *caller)
{
    int *fds[] = {&caller->in, &caller->out, &caller->err};
    caller_leave(caller);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

void caller_destroy(struct caller *caller)
{
    if (caller == NULL)
        return;
    caller_close(caller);
    pthread_mutex_destroy(&caller->lock);
    pthread_cond_destroy(&caller->changed);
    free(caller);
}

int caller_in(const struct caller *caller)
{
    return caller == NULL ? STDIN_FILENO : caller->in;
}

int caller_out(const struct caller *caller)
{
    return caller == NULL ? STDOUT_FILENO : caller->out;
}

int caller_err(const struct caller *caller)
{
    return caller == NULL ? STDERR_FILENO : caller->err;
}

static char *const *environment_of(const struct caller *caller)
{
    return caller == NULL ? environ : caller->environment;
}

static bool is_variable(const char *entry, const char *name)
{
    size_t len = strlen(name);
    return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

const char *caller_getenv(const struct caller *caller, const char *name)
{
    if (caller == NULL)
        return getenv(name);
    for (char *const *each = caller->environment; *each != NULL; each++) {
        if (is_variable(*each, name))
            return strchr(*each, '=') + 1;
    }
    return NULL;
}

char **caller_environment(const struct caller *caller)
{
    char *const *all = environment_of(caller);
    size_t count = 0;
    while (all != NULL && all[count] != NULL)
        count++;
    char **kept = mem_calloc(count + 1, sizeof(*kept));
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_variable(all[i], "MYSQL_PWD") && !is_variable(all[i], "MARSH_TARGET"))
            kept[len++] = all[i];
    }
    return kept;
}

// Most names say it; which is sooner known than what the system has of a locale, and holds where
// that is not installed.
static bool says_utf8(const char *name)
{
    const char *codeset = strchr(name, '.');
    return codeset != NULL && (text_same_start_nocase(codeset, ".utf-8", 6) ||
                               text_same_start_nocase(codeset, ".utf8", 5));
}

bool caller_is_utf8(const struct caller *caller)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && name == NULL; i++) {
        name = caller_getenv(caller, names[i]);
        name = name != NULL && name[0] == '\0' ? NULL : name;
    }
    if (name == NULL || says_utf8(name))
        return name != NULL;
    locale_t locale = newlocale(LC_CTYPE_MASK, name, NULL);
    bool utf8 = locale != NULL && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    if (locale != NULL)
        freelocale(locale);
    return utf8;
}

// False where the caller is left. What runs between this and `release` may be interrupted.
static bool hold(struct caller *caller, struct blocked *self)
{
    self->thread = pthread_self();
    pthread_mutex_lock(&caller->lock);
    while (caller->paused && !caller->left)
        pthread_cond_wait(&caller->changed, &caller->lock);
    bool there = !caller->left;
    if (there) {
        self->next = caller->blocked;
        caller->blocked = self;
    }
    pthread_mutex_unlock(&caller->lock);
    return there;
}

static void release(struct caller *caller, const struct blocked *self)
{
    int number = errno;
    pthread_mutex_lock(&caller->lock);
    struct blocked **each = &caller->blocked;
    while (*each != self)
        each = &(*each)->next;
    *each = self->next;
    pthread_mutex_unlock(&caller->lock);
    errno = number;
}

ssize_t caller_read(struct caller *caller, int fd, char *bytes, size_t len)
{
    struct blocked self;
    ssize_t got = -1;
    do {
        if (caller != NULL && !hold(caller, &self)) {
            errno = ECANCELED;
            return -1;
        }
        got = read(fd, bytes, len);
        if (caller != NULL)
            release(caller, &self);
    } while (got < 0 && errno == EINTR);
    return got;
}

bool caller_write(struct caller *caller, int fd, const char *bytes, size_t len)
{
    struct blocked self;
    while (len > 0) {
        if (caller != NULL && !hold(caller, &self)) {
            errno = EPIPE;
            return false;
        }
        ssize_t put = write(fd, bytes, caller != NULL && len > PIECE ? PIECE : len);
        if (caller != NULL)
            release(caller, &self);
        if (put < 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        len -= put > 0 ? (size_t) put : 0;
    }
    return true;
}

void caller_say(struct caller *caller, const char *text, size_t len)
{
    caller_write(caller, caller_err(caller), text, len);
}

void caller_set_child(struct caller *caller, pid_t pid)
{
    if (caller == NULL)
        return;
    pthread_mutex_lock(&caller->lock);
    caller->child = pid;
    pthread_mutex_unlock(&caller->lock);
}

bool caller_signal_child(struct caller *caller, int number)
{
    pthread_mutex_lock(&caller->lock);
    bool sent = caller->child > 0 && kill(caller->child, number) == 0;
    pthread_mutex_unlock(&caller->lock);
    return sent;
}

// With the lock held.
static void wake(const struct caller *caller)
{
    for (const struct blocked *each = caller->blocked; each != NULL; each = each->next)
        pthread_kill(each->thread, SIGUSR2);
}

void caller_pause(struct caller *caller, bool paused)
{
    pthread_mutex_lock(&caller->lock);
    caller->paused = paused;
    pthread_cond_broadcast(&caller->changed);
    if (paused)
        wake(caller);
    pthread_mutex_unlock(&caller->lock);
}

void caller_leave(struct caller *caller)
{
    pthread_mutex_lock(&caller->lock);
    caller->left = true;
    pthread_cond_broadcast(&caller->changed);
    wake(caller);
    pthread_mutex_unlock(&caller->lock);
}
