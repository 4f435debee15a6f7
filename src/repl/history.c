#include "history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"

enum { FILE_LIMIT = 16 << 20, ENTRIES_MAX = 5000, ENTRY_LIMIT = 1 << 16 };

static char *history_path(void)
{
    struct error ignored = ERROR_INIT;
    char *folder = NULL;
    char *path = NULL;
    if (fs_place(NULL, FS_STATE, &folder, &ignored) && fs_make_private_dir(folder, &ignored))
        path = mem_printf("%s/history", folder);
    free(folder);
    error_finish(&ignored);
    return path;
}

// An entry is one line of the file: newlines in it are written \n, backslashes doubled.
static void add_encoded(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            buf_add_text(out, "\\n");
        else if (*text == '\\')
            buf_add_text(out, "\\\\");
        else
            buf_add_char(out, *text);
    }
    buf_add_char(out, '\n');
}

static void decode(char *line)
{
    char *to = line;
    for (const char *from = line; *from != '\0'; from++) {
        bool escape = *from == '\\' && from[1] != '\0';
        from += escape ? 1 : 0;
        *to++ = escape && *from == 'n' ? '\n' : *from;
    }
    *to = '\0';
}

static bool is_ours(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

// Keeps the newest entries of a file that has grown long.
static void shorten(const char *path, const char *newest)
{
    CLEANUP(mem_free_at) char *fresh = mem_printf("%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    bool ok = fs_write_all(fd, newest, strlen(newest));
    if (close(fd) != 0 || !ok || rename(fresh, path) != 0)
        unlink(fresh);
}

void history_load(void)
{
    CLEANUP(mem_free_at) char *path = history_path();
    struct buf text = BUF_INIT;
    struct error ignored = ERROR_INIT;
    stifle_history(ENTRIES_MAX);
    if (path != NULL && is_ours(path))
        chmod(path, 0600);
    if (path != NULL && is_ours(path) && fs_read_file(path, FILE_LIMIT, &text, &ignored)) {
        const char *all = buf_cstr(&text);
        const char *start = all + strlen(all);
        size_t entries = 0;
        while (start > all && entries <= ENTRIES_MAX) {
            start--;
            entries += start > all && start[-1] == '\n';
        }
        if (start > all)
            shorten(path, start);
        char *copy = mem_strdup(start);
        char *rest = copy;
        for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
            decode(line);
            if (line[0] != '\0')
                add_history(line);
        }
        free(copy);
    }
    error_finish(&ignored);
    buf_finish(&text);
}

static void append(const char *entry)
{
    CLEANUP(mem_free_at) char *path = history_path();
    if (path == NULL)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    struct buf line = BUF_INIT;
    add_encoded(&line, entry);
    fs_write_all(fd, line.data, line.len);
    close(fd);
    buf_finish(&line);
}

static void make_entry(struct buf *entry, const struct split_item *item, const char *delimiter)
{
    if (item->command) {
        buf_printf(entry, "%s%.*s", item->backslash ? "\\" : "", (int) item->len, item->text);
        if (item->args_len > 0) {
            buf_add_char(entry, ' ');
            buf_add(entry, item->args, item->args_len);
        }
        return;
    }
    buf_add(entry, item->text, item->len);
    if (item->end == SPLIT_END_DELIMITER)
        buf_add_text(entry, delimiter);
    else if (item->end == SPLIT_END_SET)
        buf_printf(entry, " \\gset %.*s", (int) item->args_len, item->args);
    else if (item->end != SPLIT_END_INPUT)
        buf_add_text(entry, item->end == SPLIT_END_VERTICAL ? "\\G" : "\\g");
}

// A URL, or what may be an option of a shell command: --password=x, -px, PGPASSWORD=x.
static bool command_is_secret(const char *args, size_t len)
{
    static const char *const marks[] = {"://",    "pass",   "PASS",  "Pass",  "pwd", "PWD",
                                        "secret", "SECRET", "token", "TOKEN", " -p"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (memmem(args, len, marks[i], strlen(marks[i])) != NULL)
            return true;
    }
    return false;
}

void history_note(const struct split_item *item, const char *delimiter)
{
    bool secret = item->command ? command_is_secret(item->args, item->args_len)
                                : statement_is_secret(item->text, item->len);
    if (secret || item->len == 0 || item->len + item->args_len > ENTRY_LIMIT ||
        memchr(item->text, '\0', item->len) != NULL)
        return;
    struct buf entry = BUF_INIT;
    make_entry(&entry, item, delimiter);
    const char *text = buf_cstr(&entry);
    const HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1)
                                                : NULL;
    if (last == NULL || strcmp(last->line, text) != 0) {
        add_history(text);
        append(text);
    }
    buf_finish(&entry);
}
