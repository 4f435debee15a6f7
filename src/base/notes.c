#include "marsh/base/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"

struct notes {
    int fd;
};

// One whole line without its end, in *line; what was written last may be cut off.
static bool next_line(FILE *file, char **line, size_t *room)
{
    ssize_t len = getline(line, room, file);
    if (len < 1 || (*line)[len - 1] != '\n')
        return false;
    (*line)[len - 1] = '\0';
    return true;
}

// After a crash of the machine the file shall still have its name. Where a folder can't be synced
// there is nothing to be done about it.
static void sync_folder(const char *path)
{
    CLEANUP(mem_free_at) char *copy = mem_strdup(path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    fsync(folder);
    close(folder);
}

static bool begin_file(struct notes *notes, const char *path, const struct notes_head *head,
                       struct error *err)
{
    CLEANUP(mem_free_at)
    char *lines = mem_printf("%s%s\n%s\n", head->magic, head->tag, head->identity);
    if (!fs_write_all(notes->fd, lines, strlen(lines)))
        return error_set_errno(err, "%s", path);
    sync_folder(path);
    return true;
}

static bool take_file(struct notes *notes, FILE *file, const char *path,
                      const struct notes_head *head, bool *same_tag, notes_take take, void *data,
                      struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    size_t magic = strlen(head->magic);
    bool ok = next_line(file, &line, &room) && strncmp(line, head->magic, magic) == 0;
    if (ok && same_tag != NULL)
        *same_tag = strcmp(line + magic, head->tag) == 0;
    ok = ok && next_line(file, &line, &room);
    if (!ok)
        error_set(err, ERROR_USAGE, "%s: is no checkpoint", path);
    else if (strcmp(line, head->identity) != 0)
        ok = error_set(err, ERROR_USAGE, "%s: %s", path, head->refusal);
    off_t whole = ftello(file);
    while (ok && next_line(file, &line, &room)) {
        take(data, line);
        whole = ftello(file);
    }
    // What was cut off would be joined to what comes next.
    if (ok && ftruncate(notes->fd, whole) != 0)
        ok = error_set_errno(err, "%s", path);
    free(line);
    return ok;
}

static bool read_all(struct notes *notes, const char *path, const struct notes_head *head,
                     bool *same_tag, notes_take take, void *data, struct error *err)
{
    int copy = dup(notes->fd);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "r");
    if (file == NULL) {
        error_set_errno(err, "%s", path);
        if (copy >= 0)
            close(copy);
        return false;
    }
    int first = getc(file);
    bool ok;
    if (first == EOF) {
        ok = begin_file(notes, path, head, err);
    } else {
        ungetc(first, file);
        ok = take_file(notes, file, path, head, same_tag, take, data, err);
    }
    fclose(file);
    return ok;
}

// A device may have no end.
static bool check_file(const struct notes *notes, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(notes->fd, &st) != 0)
        return error_set_errno(err, "%s", path);
    return S_ISREG(st.st_mode) || error_set(err, ERROR_USAGE, "%s: is no file", path);
}

struct notes *notes_open(const char *path, const struct notes_head *head, bool *same_tag,
                         notes_take take, void *data, struct error *err)
{
    struct notes *notes = mem_calloc(1, sizeof(*notes));
    if (same_tag != NULL)
        *same_tag = true;
    notes->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = notes->fd >= 0 || error_set_errno(err, "%s", path);
    ok = ok && check_file(notes, path, err);
    if (ok && flock(notes->fd, LOCK_EX | LOCK_NB) != 0)
        ok = error_set(err, ERROR_USAGE, "%s: another run uses it", path);
    ok = ok && read_all(notes, path, head, same_tag, take, data, err);
    if (ok)
        return notes;
    notes_close(notes);
    return NULL;
}

void notes_close(struct notes *notes)
{
    if (notes == NULL)
        return;
    if (notes->fd >= 0)
        close(notes->fd);
    free(notes);
}

bool notes_append(struct notes *notes, const char *lines, size_t len)
{
    return fs_write_all(notes->fd, lines, len);
}

bool notes_sync(struct notes *notes)
{
    return fdatasync(notes->fd) == 0;
}
