#include "marsh/batch/parallel.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/batch/batch.h"
#include "marsh/command/context.h"
#include "marsh/command/crew.h"
#include "marsh/render/output.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"

struct text {
    const char *text;
    char *name; // for its place
};

struct parallel {
    struct context *context;
    struct text *texts;
    size_t count;
    struct crew *crew;
};

static bool work(struct context *context, void *data, struct error *err)
{
    const struct text *text = data;
    return batch_run_text(context, text->name, text->text, strlen(text->text), err);
}

static struct lane *open_lane(void *data, size_t index, void **work_data, struct error *err)
{
    struct parallel *parallel = data;
    struct context *context = parallel->context;
    *work_data = &parallel->texts[index];
    return lane_create(context, context->manager, session_target(context->session),
                       parallel->texts[index].name, false, err);
}

// What one has printed, and said. A failure that was met before is shown, for its own is the last
// now.
static bool show(struct parallel *parallel, struct lane *lane, struct error *last,
                 struct error *err)
{
    struct context *context = parallel->context;
    struct context *own = lane_context(lane);
    const struct buf *messages = lane_messages(lane);
    bool ok = output_give(own->output, context->output, err);
    message_say(context, messages->data, messages->len);
    context->errors += own->errors;
    if (lane_went_well(lane))
        return ok;
    if (last->kind != ERROR_NONE)
        message_error(context, last);
    error_copy(last, lane_error(lane));
    return ok;
}

// It was interrupted: what became of those whose output was not shown.
static void tell_all(const struct parallel *parallel)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < parallel->count; i++) {
        struct lane *lane = crew_lane(parallel->crew, i);
        if (crew_was_told(parallel->crew, i))
            continue;
        buf_printf(&text, "%s %s.\n", parallel->texts[i].name,
                   lane == NULL           ? "was not begun"
                   : lane_went_well(lane) ? "is done; its output is not shown"
                                          : "was cancelled");
        if (lane != NULL)
            buf_add(&text, lane_messages(lane)->data, lane_messages(lane)->len);
    }
    message_say(parallel->context, text.data, text.len);
    buf_finish(&text);
}

static bool run(struct parallel *parallel, struct error *err)
{
    struct error last = ERROR_INIT;
    size_t index;
    bool ok = true;
    for (size_t i = 0; ok && i < parallel->count; i++)
        ok = crew_next(parallel->crew, &index, err) &&
             show(parallel, crew_lane(parallel->crew, index), &last, err);
    crew_end(parallel->crew);
    if (crew_was_interrupted(parallel->crew))
        tell_all(parallel);
    if (ok && last.kind != ERROR_NONE)
        error_move(err, &last);
    error_finish(&last);
    return err->kind == ERROR_NONE;
}

bool parallel_run(struct context *context, char *const *texts, size_t count, size_t most,
                  struct error *err)
{
    struct parallel parallel = {.context = context, .count = count};
    const struct crew_plan plan = {
        .count = count, .most = most, .open = open_lane, .work = work, .data = &parallel};
    parallel.texts = mem_calloc(count, sizeof(*parallel.texts));
    for (size_t i = 0; i < count; i++)
        parallel.texts[i] = (struct text){texts[i], count == 1 ? mem_strdup("-e")
                                                               : mem_printf("-e #%zu", i + 1)};
    context->used = true;
    parallel.crew = crew_create(context, &plan);
    bool ok = run(&parallel, err);
    crew_destroy(parallel.crew);
    for (size_t i = 0; i < count; i++)
        free(parallel.texts[i].name);
    free(parallel.texts);
    return ok;
}
