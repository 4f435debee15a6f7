#include "marsh/batch/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/batch/batch.h"
#include "marsh/command/context.h"
#include "marsh/command/lane.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"

struct text {
    struct parallel *parallel;
    const char *text;
    char *name; // for its place
    struct lane *lane;
    bool shown;
};

struct parallel {
    struct context *context;
    struct text *texts;
    size_t count;
    size_t begun;
    size_t over;
    bool interrupted;
    pthread_mutex_t lock;
    pthread_cond_t change;
};

static bool work(struct context *context, void *data, struct error *err)
{
    const struct text *text = data;
    return batch_run_text(context, text->name, text->text, strlen(text->text), err);
}

static void note_end(void *data)
{
    struct parallel *parallel = data;
    pthread_mutex_lock(&parallel->lock);
    parallel->over++;
    pthread_cond_broadcast(&parallel->change);
    pthread_mutex_unlock(&parallel->lock);
}

// In the thread that takes signals.
static void interrupt(void *data)
{
    struct parallel *parallel = data;
    pthread_mutex_lock(&parallel->lock);
    parallel->interrupted = true;
    pthread_cond_broadcast(&parallel->change);
    for (size_t i = 0; i < parallel->begun; i++)
        lane_cancel(parallel->texts[i].lane);
    pthread_mutex_unlock(&parallel->lock);
}

// The next one is begun.
static bool begin(struct parallel *parallel, struct error *err)
{
    struct text *text = &parallel->texts[parallel->begun];
    const struct target *target = session_target(parallel->context->session);
    text->lane = lane_create(parallel->context, parallel->context->manager, target, text->name,
                             false, err);
    if (text->lane == NULL || !lane_start(text->lane, work, text, note_end, parallel, err))
        return false;
    pthread_mutex_lock(&parallel->lock);
    parallel->begun++;
    pthread_mutex_unlock(&parallel->lock);
    return true;
}

// What one has printed, and said.
static bool show(struct parallel *parallel, struct text *text, struct error *err)
{
    const struct buf *messages = lane_messages(text->lane);
    struct context *own = lane_context(text->lane);
    bool ok = output_give(own->output, parallel->context->output, err);
    if (messages->len > 0)
        fs_write_all(STDERR_FILENO, messages->data, messages->len);
    parallel->context->errors += own->errors;
    text->shown = true;
    return ok;
}

// The failure that was met before is shown, for this one is the last now.
static void take_failure(struct parallel *parallel, struct text *text, struct error *err)
{
    if (lane_went_well(text->lane))
        return;
    if (err->kind != ERROR_NONE)
        message_error(parallel->context, err);
    error_copy(err, lane_error(text->lane));
}

// False once it is interrupted. Until this one is over, or another one may begin.
static bool wait_for(struct parallel *parallel, const struct text *text, size_t most)
{
    pthread_mutex_lock(&parallel->lock);
    while (!parallel->interrupted && (text->lane == NULL || !lane_is_over(text->lane)) &&
           (parallel->begun == parallel->count || parallel->begun - parallel->over >= most))
        pthread_cond_wait(&parallel->change, &parallel->lock);
    bool goes_on = !parallel->interrupted;
    pthread_mutex_unlock(&parallel->lock);
    return goes_on;
}

static bool run(struct parallel *parallel, size_t most, struct error *err)
{
    struct error failure = ERROR_INIT;
    size_t shown = 0;
    bool ok = true;
    while (ok && shown < parallel->count) {
        struct text *text = &parallel->texts[shown];
        bool may_begin = parallel->begun < parallel->count;
        if (!wait_for(parallel, text, most)) {
            ok = error_set(&failure, ERROR_CANCELLED, "interrupted");
        } else if (text->lane != NULL && lane_is_over(text->lane)) {
            ok = show(parallel, text, &failure);
            if (ok)
                take_failure(parallel, text, err);
            shown++;
        } else if (may_begin) {
            ok = begin(parallel, &failure);
        }
    }
    if (!ok) {
        error_finish(err);
        error_move(err, &failure);
    }
    return ok && err->kind == ERROR_NONE;
}

// It was interrupted: what became of those whose output was not shown.
static void tell_all(struct parallel *parallel)
{
    struct buf text = BUF_INIT;
    pthread_mutex_lock(&parallel->lock);
    while (parallel->over < parallel->begun)
        pthread_cond_wait(&parallel->change, &parallel->lock);
    pthread_mutex_unlock(&parallel->lock);
    for (size_t i = 0; i < parallel->count; i++) {
        struct text *each = &parallel->texts[i];
        bool begun = i < parallel->begun;
        if (begun && each->shown)
            continue;
        const struct buf *messages = begun ? lane_messages(each->lane) : NULL;
        const char *state = !begun                       ? "was not begun"
                            : lane_went_well(each->lane) ? "is done; its output is not shown"
                                                         : "was cancelled";
        buf_printf(&text, "%s %s.\n", each->name, state);
        if (messages != NULL)
            buf_add(&text, messages->data, messages->len);
    }
    fs_write_all(STDERR_FILENO, text.data, text.len);
    buf_finish(&text);
}

bool parallel_run(struct context *context, char *const *texts, size_t count, size_t most,
                  struct error *err)
{
    struct parallel parallel = {.context = context, .count = count};
    parallel.texts = mem_calloc(count, sizeof(*parallel.texts));
    pthread_mutex_init(&parallel.lock, NULL);
    clock_condition_init(&parallel.change);
    for (size_t i = 0; i < count; i++)
        parallel.texts[i] = (struct text){
            &parallel, texts[i], count == 1 ? mem_strdup("-e") : mem_printf("-e #%zu", i + 1), NULL,
            false};
    bool ok = cancel_begin_leaving(context->cancel, interrupt, &parallel)
                  ? run(&parallel, most, err)
                  : error_set(err, ERROR_CANCELLED, "interrupted");
    cancel_end_leaving(context->cancel);
    context->used = true;
    if (parallel.interrupted)
        tell_all(&parallel);
    for (size_t i = 0; i < count; i++) {
        lane_destroy(parallel.texts[i].lane);
        free(parallel.texts[i].name);
    }
    free(parallel.texts);
    pthread_cond_destroy(&parallel.change);
    pthread_mutex_destroy(&parallel.lock);
    return ok;
}
