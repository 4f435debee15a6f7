#include "marsh/feed/rejects.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/feed/feed.h"

// /dev/stdout, /dev/fd/N: a link, and maybe to a file that has other things in it.
static bool is_device(const char *path)
{
    return strncmp(path, "/dev/", strlen("/dev/")) == 0;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
    return S_ISREG(one->st_mode) && one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool rejects_open(struct rejects *rejects, const char *path, int input, struct error *err)
{
    struct stat st;
    struct stat source;
    *rejects = (struct rejects){.path = path, .fd = -1};
    if (path == NULL)
        return true;
    // Somebody else's link in a folder for all is not followed.
    int nofollow = is_device(path) ? 0 : O_NOFOLLOW;
    rejects->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | nofollow | O_APPEND, 0600);
    if (rejects->fd < 0 || fstat(rejects->fd, &st) != 0 || fstat(input, &source) != 0)
        return error_set_errno(err, "%s", path);
    return !is_same(&st, &source) ||
           error_set(err, ERROR_USAGE, "%s: is the input: it can't take the rejects as well", path);
}

void rejects_close(struct rejects *rejects)
{
    if (rejects->fd >= 0)
        close(rejects->fd);
    rejects->fd = -1;
}

bool rejects_is(const struct rejects *rejects, const char *path)
{
    struct stat st;
    struct stat other;
    return rejects->fd >= 0 && fstat(rejects->fd, &st) == 0 && stat(path, &other) == 0 &&
           is_same(&st, &other);
}

bool rejects_begin(struct rejects *rejects, bool goes_on, struct error *err)
{
    struct stat st;
    if (rejects->fd < 0 || fstat(rejects->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    if (goes_on)
        rejects->begun = st.st_size > 0;
    else if (!is_device(rejects->path) && ftruncate(rejects->fd, 0) != 0)
        return error_set_errno(err, "%s", rejects->path);
    return true;
}

bool rejects_add(struct rejects *rejects, const struct feed *feed, const char *raw, size_t len,
                 struct error *err)
{
    size_t header_len = 0;
    if (rejects->fd < 0)
        return true;
    const char *header = feed_header_raw(feed, &header_len);
    bool ok = (rejects->begun || fs_write_all(rejects->fd, header, header_len)) &&
              fs_write_all(rejects->fd, raw, len);
    rejects->begun = true;
    return ok || error_set_errno(err, "%s", rejects->path);
}
