#include "report.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/shell/progress.h"

enum { STAGE_NAME_MAX = 64 };

static bool take_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                         size_t count, struct error *err)
{
    struct report *report = (struct report *) sink;
    report_end(report);
    progress_hide(report->context->progress);
    // From here on a pager may have the terminal.
    if (report->context->interactive && report->context->pager != NULL)
        cancel_lend_terminal(report->context->cancel, true);
    return sink_columns(report->renderer, kind, columns, count, err);
}

static bool take_row(struct sink *sink, const struct row *row, struct error *err)
{
    return sink_row(((struct report *) sink)->renderer, row, err);
}

static void add_count(struct buf *out, uint64_t count, const char *what, const char *suffix)
{
    buf_printf(out, "%" PRIu64 " %s%s%s", count, what, count == 1 ? "" : "s", suffix);
}

static void add_outcome(struct buf *out, const struct summary *summary, bool empty_names)
{
    if (!summary->has_columns) {
        buf_add_text(out, "Query OK, ");
        add_count(out, summary->affected, "row", " affected");
    } else if (summary->rows == 0 && !empty_names) {
        buf_add_text(out, "Empty set");
    } else {
        add_count(out, summary->rows, "row", " in set");
    }
    if (summary->warnings > 0) {
        buf_add_text(out, ", ");
        add_count(out, summary->warnings, "warning", "");
    }
}

// As the mariadb client does: days and hours where there are some.
static void add_time(struct buf *out, double seconds)
{
    static const struct {
        double seconds;
        const char *name;
        bool plural;
    } units[] = {{86400, "day", true}, {3600, "hour", true}, {60, "min", false}};
    buf_add_text(out, " (");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t whole = (uint64_t) (seconds / units[i].seconds);
        seconds -= (double) whole * units[i].seconds;
        if (whole > 0)
            buf_printf(out, "%" PRIu64 " %s%s ", whole, units[i].name,
                       units[i].plural && whole > 1 ? "s" : "");
    }
    buf_printf(out, "%.3f sec)", seconds);
}

// What a script that asked for it (-vv) is told of each set.
static bool tell_script(struct report *report, const struct summary *summary, struct error *err)
{
    struct buf *out = output_buffer(report->context->output);
    add_outcome(out, summary, report->context->render.empty_names);
    if (report->context->verbose > 2)
        add_time(out, (double) (clock_now(report->clock) - report->started) / CLOCK_SECOND);
    buf_add_char(out, '\n');
    if (summary->info != NULL)
        buf_printf(out, "%s\n", summary->info);
    buf_add_char(out, '\n');
    return output_flush(report->context->output, err);
}

static bool take_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    struct report *report = (struct report *) sink;
    report_end(report);
    if (!sink_summary(report->renderer, summary, err))
        return false;
    bool returned = summary->has_columns && summary->kind == SET_ROWS && report->changes;
    uint64_t changed = returned ? summary->rows : summary->has_columns ? 0 : summary->affected;
    report->context->changing += changed > 0;
    report->context->changed_rows += changed;
    report->warnings = summary->warnings;
    if (!report->context->interactive && report->context->verbose > 1)
        return tell_script(report, summary, err);
    // Who reads along sees each set as it comes.
    if (!report->context->interactive)
        return !summary->has_columns || output_flush(report->context->output, err);
    struct buf *out = output_buffer(report->context->output);
    double seconds = (double) (clock_now(report->clock) - report->started) / CLOCK_SECOND;
    if (summary->has_columns && summary->kind == SET_OUT)
        return true;
    add_outcome(out, summary, false);
    buf_printf(out, " (%.3f s)\n", seconds);
    if (summary->info != NULL) {
        text_add_printable(out, summary->info, strlen(summary->info), false);
        buf_add_char(out, '\n');
    }
    return output_flush(report->context->output, err);
}

static void take_abort(struct sink *sink)
{
    sink_abort(((struct report *) sink)->renderer);
}

// As the mariadb client does it, where somebody waits.
static void take_stage(struct sink *sink, const struct stage *stage)
{
    struct report *report = (struct report *) sink;
    const struct context *context = report->context;
    struct buf line = BUF_INIT;
    if (!context->interactive || context->no_stages || isatty(caller_err(context->caller)) == 0)
        return;
    progress_hide(context->progress);
    buf_printf(&line, "Stage %u of %u, ", stage->number, stage->count);
    text_add_printable(&line, stage->name,
                       stage->name_len < STAGE_NAME_MAX ? stage->name_len : STAGE_NAME_MAX, false);
    buf_printf(&line, ": %.1f%%", stage->percent);
    progress_draw(context->caller, &line);
    buf_finish(&line);
    report->staged = true;
}

void report_end(struct report *report)
{
    if (report->staged)
        progress_draw(report->context->caller, NULL);
    report->staged = false;
}

void report_init(struct report *report, struct sink *renderer, struct context *context,
                 const struct clock *clock)
{
    static const struct sink_ops ops = {take_columns, take_row, take_summary, take_abort,
                                        take_stage};
    *report = (struct report){.sink = {&ops},
                              .renderer = renderer,
                              .context = context,
                              .clock = clock,
                              .started = clock_now(clock)};
}
