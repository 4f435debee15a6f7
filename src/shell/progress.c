#include "marsh/shell/progress.h"

#include <inttypes.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/fs.h"

#define EVERY (CLOCK_SECOND / 5)
#define EVERY_LINE (CLOCK_SECOND * 10) // where each stays

enum { LARGE = 4 << 20, MIB = 1 << 20 };

static void begin(struct progress *progress, struct caller *caller, int fd, const char *one)
{
    struct stat st;
    *progress = (struct progress){
        .caller = caller, .one = one, .terminal = isatty(caller_err(caller)) == 1};
    progress->began = clock_now(clock_monotonic());
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        progress->total = (uint64_t) st.st_size;
}

void progress_begin(struct progress *progress, struct caller *caller, int fd)
{
    begin(progress, caller, fd, "row");
    progress->next = progress->began + EVERY;
    progress->on = progress->terminal && isatty(caller_out(caller)) == 0;
}

void progress_begin_script(struct progress *progress, struct caller *caller, int fd, bool asked)
{
    begin(progress, caller, fd, "statement");
    progress->asked = asked;
    progress->next = progress->began + (progress->terminal ? EVERY : EVERY_LINE);
    progress->on = asked || (progress->terminal && progress->total > LARGE);
}

static void add_time_left(const struct progress *progress, double elapsed, struct buf *line)
{
    double share = (double) progress->bytes / (double) progress->total;
    if (progress->total == 0 || progress->bytes == 0)
        return;
    unsigned left = share < 1 ? (unsigned) (elapsed * (1 - share) / share + 0.5) : 0;
    buf_printf(line, ", %.0f%%, %u:%02u left", share * 100, left / 60, left % 60);
}

static void add_counts(const struct progress *progress, double elapsed, struct buf *line)
{
    bool rows = progress->one[0] == 'r';
    if (!rows)
        buf_printf(line, "%.1f MiB, ", (double) progress->bytes / MIB);
    buf_printf(line, "%" PRIu64 " %s%s, %.0f/s", progress->count, progress->one,
               progress->count == 1 && !rows ? "" : "s", (double) progress->count / elapsed);
    if (progress->failed > 0)
        buf_printf(line, ", %" PRIu64 " failed", progress->failed);
}

void progress_draw(struct caller *caller, const struct buf *line)
{
    struct buf whole = BUF_INIT;
    buf_add_text(&whole, "\r\033[K");
    if (line != NULL)
        buf_add(&whole, line->data, line->len);
    caller_say(caller, whole.data, whole.len);
    buf_finish(&whole);
}

int64_t progress_show(struct progress *progress)
{
    int64_t now = clock_now(clock_monotonic());
    if (now < progress->next)
        return progress->next;
    progress->next = now + (progress->terminal ? EVERY : EVERY_LINE);
    if (!progress->on)
        return progress->next;
    double elapsed = (double) (now - progress->began) / CLOCK_SECOND;
    struct buf line = BUF_INIT;
    add_counts(progress, elapsed, &line);
    add_time_left(progress, elapsed, &line);
    buf_add_text(&line, progress->terminal ? "" : "\n");
    if (progress->terminal)
        progress_draw(progress->caller, &line);
    else
        caller_say(progress->caller, line.data, line.len);
    buf_finish(&line);
    progress->shown = progress->terminal;
    return progress->next;
}

void progress_hide(struct progress *progress)
{
    if (progress == NULL)
        return;
    if (progress->shown)
        progress_draw(progress->caller, NULL);
    progress->shown = false;
}

void progress_end(struct progress *progress)
{
    progress_hide(progress);
    if (!progress->asked)
        return;
    int64_t now = clock_now(clock_monotonic());
    struct buf line = BUF_INIT;
    // A run that took no time at all has no rate of infinity.
    now = now > progress->began ? now : progress->began + 1;
    add_counts(progress, (double) (now - progress->began) / CLOCK_SECOND, &line);
    buf_add_char(&line, '\n');
    caller_say(progress->caller, line.data, line.len);
    buf_finish(&line);
}
