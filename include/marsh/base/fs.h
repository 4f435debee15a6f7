// Files and folders: where the user's own things live, and reading and making them safely.
// Paths that are returned belong to the caller.
#ifndef MARSH_BASE_FS_H
#define MARSH_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct caller;
struct error;

enum fs_place { FS_CONFIG, FS_STATE, FS_DATA, FS_RUNTIME };

// marsh's own folder in one of the caller's XDG base directories, "/home/ann/.config/marsh".
// Without XDG_RUNTIME_DIR the runtime folder is /tmp/marsh-UID, as short as a socket's path has to
// be.
bool fs_place(const struct caller *caller, enum fs_place place, char **path, struct error *err);

// Makes the folder with mode 0700, and its parents. Fails if it is there but is no folder, belongs
// to somebody else, or others may write to it.
bool fs_make_private_dir(const char *path, struct error *err);

// Appends the whole file; fails on more than `limit` bytes.
bool fs_read_file(const char *path, size_t limit, struct buf *out, struct error *err);
// The same of what is open already, from where it stands; `name` is what errors call it.
bool fs_read_fd(struct caller *caller, int fd, const char *name, size_t limit, struct buf *out,
                struct error *err);

// "~/x" becomes the home directory's x; any other path is copied.
char *fs_expand_home(const struct caller *caller, const char *path);

// Removes a folder and all below it, never following a link. One that is not there is no error.
bool fs_remove_tree(const char *path, struct error *err);

// write(2) until all is written.
bool fs_write_all(int fd, const char *bytes, size_t len);

// A file that nobody else can see, below the caller's $TMPDIR or /tmp, and that is gone when it is
// closed; -1 on failure.
int fs_open_temporary(const struct caller *caller, struct error *err);

#endif
