#include "marsh/command/jobs.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/command/lane.h"
#include "marsh/config/target.h"
#include "marsh/data/tape.h"
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"

// So much of a statement is shown in a line.
enum { SHOWN_MAX = 60 };

struct job {
    struct jobs *jobs;
    unsigned number;
    struct lane *lane;
    struct split_item item; // its texts are owned
    char *text;             // to be shown
    char *target;
    char *schema;
    char *script; // where it stood, NULL where it was typed
    struct error err;
    bool cancelled;
    bool announced;
    unsigned long thread_id; // guarded by the lock
};

struct jobs {
    jobs_run run;
    jobs_render render;
    struct job **list;
    size_t count;
    unsigned last; // number that was given
    void (*end)(void *data);
    void *end_data;
    // Of what a job's thread tells.
    pthread_mutex_t lock;
    pthread_cond_t change;
};

struct jobs *jobs_create(jobs_run run, jobs_render render)
{
    struct jobs *jobs = mem_calloc(1, sizeof(*jobs));
    jobs->run = run;
    jobs->render = render;
    pthread_mutex_init(&jobs->lock, NULL);
    clock_condition_init(&jobs->change);
    return jobs;
}

static void job_destroy(struct job *job)
{
    lane_destroy(job->lane);
    free((char *) (uintptr_t) job->item.text);
    free((char *) (uintptr_t) job->item.args);
    free(job->text);
    free(job->target);
    free(job->schema);
    free(job->script);
    error_finish(&job->err);
    free(job);
}

void jobs_destroy(struct jobs *jobs)
{
    if (jobs == NULL)
        return;
    // All at once, instead of one after the other.
    for (size_t i = 0; i < jobs->count; i++)
        job_cancel(jobs->list[i]);
    for (size_t i = 0; i < jobs->count; i++)
        job_destroy(jobs->list[i]);
    free(jobs->list);
    pthread_cond_destroy(&jobs->change);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

void jobs_cancel_all(struct jobs *jobs, struct buf *out)
{
    struct job_facts facts;
    for (size_t i = 0; jobs != NULL && i < jobs->count; i++)
        job_cancel(jobs->list[i]);
    for (size_t i = 0; jobs != NULL && i < jobs->count; i++) {
        struct job *job = jobs->list[i];
        if (!job->cancelled)
            continue;
        pthread_mutex_lock(&jobs->lock);
        while (!lane_is_over(job->lane))
            pthread_cond_wait(&jobs->change, &jobs->lock);
        pthread_mutex_unlock(&jobs->lock);
        job_describe(job, &facts);
        const struct buf *messages = lane_messages(job->lane);
        buf_printf(out, "Job %u %s: ", job->number,
                   facts.state == JOB_DONE ? "has come to its end" : "was cancelled");
        text_add_printable(out, facts.text, strlen(facts.text), false);
        buf_add_char(out, '\n');
        buf_add(out, messages->data, messages->len);
    }
}

void jobs_on_end(struct jobs *jobs, void (*end)(void *data), void *data)
{
    jobs->end = end;
    jobs->end_data = data;
}

static bool use_schema(const struct job *job, struct session *session, struct error *err)
{
    if (job->schema[0] == '\0' || strcmp(job->schema, session_schema(session)) == 0)
        return true;
    struct buf text = BUF_INIT;
    buf_add_text(&text, "USE ");
    statement_add_name(&text, job->schema);
    bool ok = session_run(session, text.data, text.len, sink_discard(), err);
    buf_finish(&text);
    return ok;
}

// In the job's thread.
static bool work(struct context *context, void *data, struct error *err)
{
    struct job *job = data;
    struct connection_state state;
    if (!session_connect(context->session, err) || !use_schema(job, context->session, err))
        return false;
    if (session_get_state(context->session, &state)) {
        pthread_mutex_lock(&job->jobs->lock);
        job->thread_id = state.thread_id;
        pthread_mutex_unlock(&job->jobs->lock);
    }
    return job->jobs->run(context, &job->item, err);
}

static void note_end(void *data)
{
    struct jobs *jobs = data;
    pthread_mutex_lock(&jobs->lock);
    pthread_cond_broadcast(&jobs->change);
    pthread_mutex_unlock(&jobs->lock);
    if (jobs->end != NULL)
        jobs->end(jobs->end_data);
}

static struct split_item copy_item(const struct split_item *item)
{
    struct split_item copy = *item;
    copy.text = mem_strndup(item->text, item->whole > item->len ? item->whole : item->len);
    copy.args = item->command ? mem_strndup(item->args, item->args_len) : NULL;
    copy.end = item->end == SPLIT_END_BACKGROUND ? SPLIT_END_DELIMITER : item->end;
    return copy;
}

bool jobs_start(struct context *context, const struct split_item *item, unsigned *number,
                struct error *err)
{
    struct jobs *jobs = context->jobs;
    if (jobs == NULL)
        return error_set(err, ERROR_USAGE, "nothing can be begun in the background from there");
    if (!command_may_leave_session(context, "a job", err))
        return false;
    CLEANUP(mem_free_at) char *name = mem_printf("job %u", jobs->last + 1);
    struct job *job = mem_calloc(1, sizeof(*job));
    job->jobs = jobs;
    job->item = copy_item(item);
    bool secret = statement_is_secret(item->text, item->len) ||
                  (item->command && statement_is_secret(item->args, item->args_len));
    job->text = secret          ? mem_strdup("(not shown: a password)")
                : item->command ? mem_printf("\\%.*s %.*s", (int) item->len, item->text,
                                             (int) item->args_len, item->args)
                                : mem_strndup(item->text, item->len);
    job->target = target_describe(session_target(context->session));
    job->schema = mem_strdup(session_schema(context->session));
    job->script = mem_strdup(context->script);
    job->lane = lane_create(context, context->manager, session_target(context->session), name, true,
                            err);
    if (job->lane == NULL || !lane_start(job->lane, work, job, note_end, jobs, err)) {
        job_destroy(job);
        return false;
    }
    jobs->list = mem_realloc(jobs->list, (jobs->count + 1) * sizeof(struct job *));
    jobs->list[jobs->count++] = job;
    *number = job->number = ++jobs->last;
    return true;
}

struct job *jobs_at(const struct jobs *jobs, size_t index)
{
    return index < jobs->count ? jobs->list[index] : NULL;
}

struct job *jobs_need(const struct jobs *jobs, const char *number, struct error *err)
{
    char *end;
    unsigned long wanted = strtoul(number, &end, 10);
    for (size_t i = 0; *end == '\0' && i < jobs->count; i++) {
        if (jobs->list[i]->number == wanted)
            return jobs->list[i];
    }
    error_set(err, ERROR_USAGE, "there is no job '%s', see \\jobs", number);
    return NULL;
}

struct job *jobs_last(const struct jobs *jobs, struct error *err)
{
    if (jobs->count > 0)
        return jobs->list[jobs->count - 1];
    error_set(err, ERROR_USAGE, "there is no job");
    return NULL;
}

size_t jobs_running(const struct jobs *jobs)
{
    size_t running = 0;
    for (size_t i = 0; jobs != NULL && i < jobs->count; i++)
        running += !lane_is_over(jobs->list[i]->lane);
    return running;
}

void job_describe(struct job *job, struct job_facts *facts)
{
    int64_t began;
    int64_t ended;
    bool over = lane_is_over(job->lane);
    lane_times(job->lane, &began, &ended);
    pthread_mutex_lock(&job->jobs->lock);
    unsigned long thread_id = job->thread_id;
    pthread_mutex_unlock(&job->jobs->lock);
    bool failed = over && !lane_went_well(job->lane);
    *facts = (struct job_facts){
        .number = job->number,
        .state = failed && job->cancelled ? JOB_CANCELLED
                 : failed                 ? JOB_FAILED
                 : over                   ? JOB_DONE
                                          : JOB_RUNNING,
        .target = job->target,
        .text = job->text,
        .elapsed = ended - began,
        .rows = lane_rows(job->lane),
        .thread_id = thread_id,
        .error = failed ? lane_error(job->lane) : NULL,
    };
}

// Who waits for a job.
struct waiter {
    struct job *job;
    bool attached;
    bool tired;
};

static void grow_tired(void *data)
{
    struct waiter *waiter = data;
    struct jobs *jobs = waiter->job->jobs;
    if (waiter->attached) {
        job_cancel(waiter->job);
        return;
    }
    pthread_mutex_lock(&jobs->lock);
    waiter->tired = true;
    pthread_cond_broadcast(&jobs->change);
    pthread_mutex_unlock(&jobs->lock);
}

bool job_wait(struct job *job, struct context *context, bool attached, struct error *err)
{
    struct jobs *jobs = job->jobs;
    struct waiter waiter = {job, attached, false};
    if (!cancel_begin_leaving(context->cancel, grow_tired, &waiter))
        return error_set(err, ERROR_CANCELLED, "interrupted");
    pthread_mutex_lock(&jobs->lock);
    while (!lane_is_over(job->lane) && !waiter.tired)
        pthread_cond_wait(&jobs->change, &jobs->lock);
    bool tired = waiter.tired;
    pthread_mutex_unlock(&jobs->lock);
    cancel_end_leaving(context->cancel);
    return !tired ||
           error_set(err, ERROR_CANCELLED,
                     context->interactive ? "interrupted; the job goes on" : "interrupted");
}

void job_cancel(struct job *job)
{
    if (lane_is_over(job->lane))
        return;
    job->cancelled = true;
    lane_cancel(job->lane);
}

static bool play(void *data, struct sink *sink, struct error *err)
{
    return tape_play(lane_tape(data), sink, err);
}

bool job_show(struct job *job, struct context *context, struct error *err)
{
    struct context *own = lane_context(job->lane);
    const struct buf *messages = lane_messages(job->lane);
    // Of a script that went on after errors.
    context->errors += own->errors;
    own->errors = 0;
    bool ok = lane_tape(job->lane)->count == 0 ||
              job->jobs->render(context, 0, play, job->lane, err);
    // What a command printed goes where this context prints.
    ok = ok && output_give(own->output, context->output, err);
    context->say(context, messages->data, messages->len);
    return ok;
}

bool job_take_error(struct job *job, struct error *err)
{
    const struct error *from = lane_error(job->lane);
    if (lane_went_well(job->lane))
        return true;
    error_copy(err, from);
    // Nobody has interrupted anything else.
    if (job->cancelled && err->kind == ERROR_CANCELLED)
        err->kind = ERROR_SQL;
    if (job->script != NULL)
        error_set_place(err, job->script, job->item.begin.line);
    return false;
}

void jobs_drop(struct jobs *jobs, struct job *job)
{
    size_t at = 0;
    while (jobs->list[at] != job)
        at++;
    memmove(&jobs->list[at], &jobs->list[at + 1], (jobs->count - at - 1) * sizeof(struct job *));
    jobs->count--;
    job_destroy(job);
}

bool job_settle(struct job *job, struct context *context, struct error *err)
{
    if (!job_wait(job, context, false, err))
        return false;
    bool ok = job_show(job, context, err) && job_take_error(job, err);
    jobs_drop(job->jobs, job);
    return ok;
}

bool jobs_settle(struct context *context, struct error *err)
{
    struct jobs *jobs = context->jobs;
    bool ok = true;
    while (jobs != NULL && jobs->count > 0) {
        struct error failure = ERROR_INIT;
        size_t before = jobs->count;
        if (!job_settle(jobs->list[0], context, &failure)) {
            if (!ok)
                context->say_error(context, err);
            error_finish(err);
            error_move(err, &failure);
            ok = false;
        }
        // Nobody waits any more.
        if (jobs->count == before)
            break;
    }
    return ok;
}

static void add_line(struct buf *out, struct job *job)
{
    struct job_facts facts;
    job_describe(job, &facts);
    size_t len = strlen(facts.text);
    size_t shown = len > SHOWN_MAX ? SHOWN_MAX : len;
    while (shown < len && shown > 0 && ((unsigned char) facts.text[shown] & 0xc0) == 0x80)
        shown--;
    static const char *const states[] = {
        [JOB_DONE] = "done", [JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled"};
    buf_printf(out, "[%u] %s: ", facts.number, states[facts.state]);
    text_add_printable(out, facts.text, shown, false);
    buf_add_text(out, shown < len ? "..." : "");
    if (facts.error != NULL) {
        const char *message = facts.error->message == NULL ? "" : facts.error->message;
        buf_add_text(out, ": ");
        text_add_printable(out, message, strlen(message), false);
    } else {
        buf_printf(out, ", %" PRIu64 " row%s", facts.rows, facts.rows == 1 ? "" : "s");
    }
    buf_printf(out, ", %.3f s\n", (double) facts.elapsed / CLOCK_SECOND);
}

void jobs_announce(struct jobs *jobs, struct buf *out)
{
    for (size_t i = 0; jobs != NULL && i < jobs->count; i++) {
        struct job *job = jobs->list[i];
        if (job->announced || !lane_is_over(job->lane))
            continue;
        job->announced = true;
        add_line(out, job);
    }
}
