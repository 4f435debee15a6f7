#include "marsh/keeper/kept.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/config/target.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"

enum { NAME_MAX_LEN = 64, NOTE_MAX = 4096, IDLE_CLOSE = 600 };

struct kept_sessions {
    struct pools *pools;
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct kept *list;
};

struct kept_sessions *kept_create(struct pools *pools)
{
    struct kept_sessions *sessions = mem_calloc(1, sizeof(*sessions));
    sessions->pools = pools;
    pthread_mutex_init(&sessions->lock, NULL);
    clock_condition_init(&sessions->given);
    return sessions;
}

void kept_destroy(struct kept_sessions *sessions)
{
    if (sessions == NULL)
        return;
    pthread_mutex_destroy(&sessions->lock);
    pthread_cond_destroy(&sessions->given);
    free(sessions);
}

static bool check_name(const char *name, struct error *err)
{
    size_t len = strlen(name);
    bool ok = len > 0 && len <= NAME_MAX_LEN && name[0] != '.';
    for (const char *c = name; *c != '\0'; c++)
        ok = ok && (text_is_alnum(*c) || strchr("-_.", *c) != NULL);
    return ok || error_set(err, ERROR_USAGE,
                           "a session's name has letters, digits, and - _ . behind the first, and "
                           "at most %d of them",
                           NAME_MAX_LEN);
}

// NULL where no file can be had: then a loss can't be told of.
static char *note_path(const char *name)
{
    struct error ignored = ERROR_INIT;
    CLEANUP(mem_free_at) char *folder = NULL;
    CLEANUP(mem_free_at) char *sessions = NULL;
    bool ok = fs_place(NULL, FS_RUNTIME, &folder, &ignored);
    if (ok)
        sessions = mem_printf("%s/sessions", folder);
    ok = ok && fs_make_private_dir(sessions, &ignored);
    error_finish(&ignored);
    return ok ? mem_printf("%s/%s", sessions, name) : NULL;
}

// "" takes the note away.
static void write_note(const char *name, const char *text)
{
    CLEANUP(mem_free_at) char *path = note_path(name);
    if (path == NULL)
        return;
    if (text[0] == '\0') {
        unlink(path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        fs_write_all(fd, text, strlen(text));
        close(fd);
    }
}

// Of a session that is no more. False, with the error, where something was lost with it.
static bool check_note(const char *name, struct error *err)
{
    CLEANUP(mem_free_at) char *path = note_path(name);
    struct error ignored = ERROR_INIT;
    struct buf note = BUF_INIT;
    bool lost = path != NULL && fs_read_file(path, NOTE_MAX, &note, &ignored) && note.len > 0;
    if (lost) {
        error_set(
            err, ERROR_CONNECTION,
            "session %s was closed, as it was idle for too long or its keeper has ended; lost "
            "with it: %s. The next command begins it anew",
            name, buf_cstr(&note));
        unlink(path);
    }
    error_finish(&ignored);
    buf_finish(&note);
    return !lost;
}

static struct kept *find(const struct kept_sessions *sessions, const char *name)
{
    struct kept *each = sessions->list;
    while (each != NULL && strcmp(each->name, name) != 0)
        each = each->next;
    return each;
}

static struct kept *add(struct kept_sessions *sessions, const char *name)
{
    struct kept *kept = mem_calloc(1, sizeof(*kept));
    kept->name = mem_strdup(name);
    kept->manager = manager_create_over(sessions->pools);
    kept->cancel = cancel_create();
    kept->idle_close = IDLE_CLOSE * CLOCK_SECOND;
    kept->next = sessions->list;
    sessions->list = kept;
    return kept;
}

bool kept_take(struct kept_sessions *sessions, const char *name, int64_t timeout,
               struct kept **kept, struct error *err)
{
    const struct clock *clock = clock_monotonic();
    int64_t deadline = clock_now(clock) + timeout;
    bool ok = check_name(name, err);
    pthread_mutex_lock(&sessions->lock);
    struct kept *found = ok ? find(sessions, name) : NULL;
    // Whatever a wait ends with, what was found before may be gone.
    for (bool more = true; more && found != NULL && found->busy; found = find(sessions, name))
        more = clock_wait(clock, &sessions->given, &sessions->lock, deadline);
    if (found != NULL && found->busy)
        ok = error_set(err, ERROR_TIMEOUT, "session %s is in use by another command", name);
    else if (ok && found == NULL)
        ok = check_note(name, err);
    if (ok) {
        *kept = found != NULL ? found : add(sessions, name);
        (*kept)->busy = true;
        cancel_reset((*kept)->cancel);
    }
    pthread_mutex_unlock(&sessions->lock);
    return ok;
}

static void describe(const struct kept *kept, struct buf *pins)
{
    if (kept->session != NULL)
        session_describe_pins(kept->session, pins);
}

// Takes it off the list, which is locked.
static void remove_kept(struct kept_sessions *sessions, struct kept *kept)
{
    struct kept **each = &sessions->list;
    while (*each != kept)
        each = &(*each)->next;
    *each = kept->next;
}

static void destroy(struct kept *kept)
{
    manager_destroy(kept->manager);
    cancel_destroy(kept->cancel);
    free(kept->name);
    free(kept);
}

void kept_note(const struct kept *kept)
{
    struct buf pins = BUF_INIT;
    describe(kept, &pins);
    write_note(kept->name, buf_cstr(&pins));
    buf_finish(&pins);
}

void kept_give(struct kept_sessions *sessions, struct kept *kept)
{
    if (kept->session != NULL)
        session_release_idle(kept->session);
    pthread_mutex_lock(&sessions->lock);
    kept->busy = false;
    kept->since = clock_now(clock_monotonic());
    // Nothing was done in it.
    bool none = kept->session == NULL;
    if (none)
        remove_kept(sessions, kept);
    pthread_cond_broadcast(&sessions->given);
    pthread_mutex_unlock(&sessions->lock);
    if (none)
        destroy(kept);
}

// Rolls it back and closes it; the note of what is lost stays.
static void close_kept(struct kept *kept, void (*say)(void *data, const char *text), void *data)
{
    struct buf text = BUF_INIT;
    struct buf pins = BUF_INIT;
    CLEANUP(mem_free_at) char *prepared = session_take_prepared(kept->session);
    describe(kept, &pins);
    if (session_transaction(kept->session) == TRANSACTION_OPEN)
        session_roll_back(kept->session);
    buf_printf(&text, "session %s is closed%s%s%s%s", kept->name,
               pins.len > 0 ? "; lost with it: " : "", buf_cstr(&pins),
               prepared != NULL ? "; " : "", prepared != NULL ? prepared : "");
    session_release(kept->session);
    say(data, buf_cstr(&text));
    buf_finish(&text);
    buf_finish(&pins);
    destroy(kept);
}

static struct kept *take_due(struct kept_sessions *sessions, bool all)
{
    int64_t now = clock_now(clock_monotonic());
    pthread_mutex_lock(&sessions->lock);
    struct kept *each = sessions->list;
    while (each != NULL && (each->busy || (!all && now - each->since < each->idle_close)))
        each = each->next;
    if (each != NULL)
        remove_kept(sessions, each);
    pthread_mutex_unlock(&sessions->lock);
    return each;
}

void kept_sweep(struct kept_sessions *sessions, bool all, void (*say)(void *data, const char *text),
                void *data)
{
    struct kept *due;
    while ((due = take_due(sessions, all)) != NULL)
        close_kept(due, say, data);
}

bool kept_any(struct kept_sessions *sessions)
{
    pthread_mutex_lock(&sessions->lock);
    bool left = sessions->list != NULL;
    pthread_mutex_unlock(&sessions->lock);
    return left;
}

void kept_each(struct kept_sessions *sessions,
               void (*each)(void *data, const struct kept_entry *entry), void *data)
{
    int64_t now = clock_now(clock_monotonic());
    pthread_mutex_lock(&sessions->lock);
    for (const struct kept *kept = sessions->list; kept != NULL; kept = kept->next) {
        struct buf pins = BUF_INIT;
        // What a run is about to change is not to be looked at.
        if (!kept->busy)
            describe(kept, &pins);
        CLEANUP(mem_free_at)
        char *target = kept->busy ? NULL : target_describe(session_target(kept->session));
        each(data, &(struct kept_entry){kept->name, target == NULL ? "" : target, buf_cstr(&pins),
                                        kept->busy ? -1 : now - kept->since});
        buf_finish(&pins);
    }
    pthread_mutex_unlock(&sessions->lock);
}
