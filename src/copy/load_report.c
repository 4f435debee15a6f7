#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "marsh/base/caller.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"

void load_reject(struct load *load, const struct place *place, const char *raw, struct error *err)
{
    struct error writing = ERROR_INIT;
    pthread_mutex_lock(&load->lock);
    load->failed++;
    bool written = rejects_add(&load->rejects, load->feed, raw, place->raw_len, &writing);
    // The first one in the file is told, whichever was met first.
    if (load->first.kind == ERROR_NONE || place->number < load->first_number) {
        error_finish(&load->first);
        load->first_number = place->number;
        // What was no row says its place itself.
        if (place->line > 0)
            error_set_place(err, load->name, place->line);
        error_move(&load->first, err);
    }
    pthread_mutex_unlock(&load->lock);
    error_finish(err);
    if (!written)
        load_stop(load, &writing);
    error_finish(&writing);
}

void load_say_unknown(struct load *load, const struct place *first, const struct place *last)
{
    struct buf text = BUF_INIT;
    progress_hide(&load->progress);
    if (first->number == last->number)
        buf_printf(&text, "The outcome of row %" PRIu64, first->number);
    else
        buf_printf(&text, "The outcome of rows %" PRIu64 " to %" PRIu64, first->number,
                   last->number);
    if (first->line > 0)
        buf_printf(&text, " (%s:%zu)", load->name, first->line);
    buf_add_text(&text, " is unknown.\n");
    caller_say(load->context->caller, text.data, text.len);
    buf_finish(&text);
}

static void say(const struct load *load, bool ok)
{
    struct buf text = BUF_INIT;
    if (load->warnings > 0) {
        const char *first = load->warning == NULL ? "" : load->warning;
        buf_printf(&text, "%" PRIu64 " warning%s; the first: ", load->warnings,
                   load->warnings == 1 ? "" : "s");
        text_add_printable(&text, first, strlen(first), false);
        buf_add_char(&text, '\n');
    }
    bool plain = ok && load->failed == 0 && load->unknown == 0 && load->interrupts == 0;
    // Before anything was begun the error alone says it all.
    if (load->workers != NULL && (!plain || isatty(caller_err(load->context->caller)) == 1)) {
        buf_printf(&text, "%" PRIu64 " row%s copied", load->done, load->done == 1 ? "" : "s");
        if (!plain)
            buf_printf(&text, ", %" PRIu64 " failed", load->failed);
        if (load->unknown > 0)
            buf_printf(&text, ", %" PRIu64 " unknown", load->unknown);
        buf_add_text(&text, load->options->scope && !plain && load->done + load->unknown == 0
                                ? "; all is rolled back.\n"
                                : ".\n");
    }
    if (text.len > 0)
        caller_say(load->context->caller, text.data, text.len);
    buf_finish(&text);
}

bool load_conclude(struct load *load, bool ok, struct error *err)
{
    if (ok && load->fatal.kind != ERROR_NONE)
        ok = (error_move(err, &load->fatal), false);
    if (ok && load->interrupts > 0)
        ok = error_set(err, ERROR_CANCELLED, "interrupted");
    if (ok && load->failed > 0)
        ok = (error_move(err, &load->first), false);
    say(load, ok);
    return ok;
}
