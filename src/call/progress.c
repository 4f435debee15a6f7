#include "progress.h"

#include <inttypes.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/fs.h"

#define EVERY (CLOCK_SECOND / 5)

void progress_begin(struct progress *progress, int fd)
{
    struct stat st;
    *progress = (struct progress){.on = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0};
    progress->began = clock_now(clock_monotonic());
    progress->next = progress->began + EVERY;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        progress->total = (uint64_t) st.st_size;
}

static void add_time_left(const struct progress *progress, double elapsed, struct buf *line)
{
    double share = (double) progress->bytes / (double) progress->total;
    if (progress->total == 0 || progress->bytes == 0)
        return;
    unsigned left = share < 1 ? (unsigned) (elapsed * (1 - share) / share + 0.5) : 0;
    buf_printf(line, ", %.0f%%, %u:%02u left", share * 100, left / 60, left % 60);
}

int64_t progress_show(struct progress *progress)
{
    int64_t now = clock_now(clock_monotonic());
    if (now < progress->next)
        return progress->next;
    progress->next = now + EVERY;
    if (!progress->on)
        return progress->next;
    double elapsed = (double) (now - progress->began) / CLOCK_SECOND;
    struct buf line = BUF_INIT;
    buf_printf(&line, "\r\033[K%" PRIu64 " rows, %.0f/s", progress->rows,
               (double) progress->rows / elapsed);
    if (progress->failed > 0)
        buf_printf(&line, ", %" PRIu64 " failed", progress->failed);
    add_time_left(progress, elapsed, &line);
    fs_write_all(STDERR_FILENO, line.data, line.len);
    buf_finish(&line);
    progress->shown = true;
    return progress->next;
}

void progress_end(struct progress *progress)
{
    static const char clear[] = "\r\033[K";
    if (progress->shown)
        fs_write_all(STDERR_FILENO, clear, sizeof(clear) - 1);
    progress->shown = false;
}
