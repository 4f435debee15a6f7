#include "marsh/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"

static const char *home_dir(const struct caller *caller)
{
    const char *home = caller_getenv(caller, "HOME");
    if (home != NULL && home[0] == '/')
        return home;
    const struct passwd *entry = getpwuid(getuid());
    return entry == NULL ? NULL : entry->pw_dir;
}

bool fs_place(const struct caller *caller, enum fs_place place, char **path, struct error *err)
{
    static const struct {
        const char *variable;
        const char *below_home;
    } places[] = {
        [FS_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
        [FS_STATE] = {"XDG_STATE_HOME", ".local/state"},
        [FS_DATA] = {"XDG_DATA_HOME", ".local/share"},
        [FS_RUNTIME] = {"XDG_RUNTIME_DIR", NULL},
    };
    const char *base = caller_getenv(caller, places[place].variable);
    const char *home = home_dir(caller);
    if (base != NULL && base[0] == '/')
        *path = mem_printf("%s/marsh", base);
    else if (place == FS_RUNTIME)
        *path = mem_printf("/tmp/marsh-%u", (unsigned) getuid());
    else if (home != NULL)
        *path = mem_printf("%s/%s/marsh", home, places[place].below_home);
    else
        return error_set(err, ERROR_SYSTEM, "no home directory: set HOME");
    return true;
}

static bool check_private(const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return error_set_errno(err, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return error_set(err, ERROR_SYSTEM, "%s: is not a directory", path);
    if (st.st_uid != geteuid())
        return error_set(err, ERROR_SYSTEM, "%s: belongs to another user", path);
    if ((st.st_mode & 022) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: others may write to it", path);
    // Made by somebody with a wide umask, or by hand.
    if ((st.st_mode & 077) != 0 && chmod(path, 0700) != 0)
        return error_set_errno(err, "%s", path);
    return true;
}

// From "/marsh" or "/marsh-UID" on the folders are marsh's own.
static bool is_own(const char *path)
{
    const char *last = strrchr(path, '/') + 1;
    return strcmp(last, "marsh") == 0 ||
           (strncmp(last, "marsh-", 6) == 0 && last[6 + strspn(last + 6, "0123456789")] == '\0');
}

bool fs_make_private_dir(const char *path, struct error *err)
{
    CLEANUP(mem_free_at) char *copy = mem_strdup(path);
    bool own = false;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return error_set_errno(err, "%s", copy);
        own = own || is_own(copy);
        if (own && !check_private(copy, err))
            return false;
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set_errno(err, "%s", path);
    return check_private(path, err);
}

bool fs_read_fd(struct caller *caller, int fd, const char *name, size_t limit, struct buf *out,
                struct error *err)
{
    size_t start = out->len;
    ssize_t got;
    do {
        buf_reserve(out, 16384);
        got = caller_read(caller, fd, out->data + out->len, 16384);
        if (got > 0)
            out->len += (size_t) got;
    } while (got > 0 && out->len - start <= limit);
    if (got < 0)
        return error_set_errno(err, "%s", name);
    if (out->len - start > limit)
        return error_set(err, ERROR_USAGE, "%s: is larger than %zu bytes", name, limit);
    return true;
}

bool fs_read_file(const char *path, size_t limit, struct buf *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, "%s", path);
    bool ok = fs_read_fd(NULL, fd, path, limit, out, err);
    close(fd);
    return ok;
}

char *fs_expand_home(const struct caller *caller, const char *path)
{
    const char *home = home_dir(caller);
    if (path[0] == '~' && path[1] == '/' && home != NULL)
        return mem_printf("%s%s", home, path + 1);
    return mem_strdup(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;
    return remove(path);
}

bool fs_remove_tree(const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0 && errno == ENOENT)
        return true;
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        return error_set_errno(err, "%s", path);
    return true;
}

bool fs_write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes += put;
        len -= (size_t) put;
    }
    return true;
}

int fs_open_temporary(const struct caller *caller, struct error *err)
{
    const char *folder = caller_getenv(caller, "TMPDIR");
    if (folder == NULL || folder[0] != '/')
        folder = "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    // Not every file system has nameless files.
    CLEANUP(mem_free_at) char *path = mem_printf("%s/marsh-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        error_set_errno(err, "a temporary file in %s", folder);
    else
        unlink(path);
    return fd;
}
