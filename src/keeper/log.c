#include "marsh/keeper/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"

enum { FILE_MAX = 1 << 20 };

bool keeper_log_path(char **path, struct error *err)
{
    CLEANUP(mem_free_at) char *folder = NULL;
    if (!fs_place(NULL, FS_STATE, &folder, err) || !fs_make_private_dir(folder, err))
        return false;
    *path = mem_printf("%s/keeper.log", folder);
    return true;
}

static int open_log(void)
{
    struct error ignored = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = NULL;
    struct stat st;
    if (!keeper_log_path(&path, &ignored)) {
        error_finish(&ignored);
        return -1;
    }
    if (stat(path, &st) == 0 && st.st_size > FILE_MAX) {
        CLEANUP(mem_free_at) char *old = mem_printf("%s.old", path);
        rename(path, old);
    }
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void keeper_log(const char *format, ...)
{
    char when[32];
    struct tm parts;
    time_t now = time(NULL);
    struct buf line = BUF_INIT;
    va_list args;
    va_start(args, format);
    CLEANUP(mem_free_at) char *text = mem_vprintf(format, args);
    va_end(args);
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &parts));
    buf_printf(&line, "%s %ld ", when, (long) getpid());
    text_add_printable(&line, text, strlen(text), false);
    buf_add_char(&line, '\n');
    int fd = open_log();
    if (fd >= 0) {
        fs_write_all(fd, line.data, line.len);
        close(fd);
    }
    buf_finish(&line);
}
