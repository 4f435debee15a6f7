// Jobs: statements and commands that run in the background, each in a lane of its own, whose
// results are kept until they are fetched. All of it in one thread, but for what says otherwise.
#ifndef MARSH_COMMAND_JOBS_H
#define MARSH_COMMAND_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct context;
struct error;
struct job;
struct jobs;
struct sink;
struct split_item;

enum job_state { JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

// How an item is run, and how results are shown: the shell's affair. See shell/shell.h.
typedef bool (*jobs_run)(struct context *context, const struct split_item *item, struct error *err);
typedef bool (*jobs_render)(struct context *context, unsigned flags,
                            bool (*work)(void *data, struct sink *sink, struct error *err),
                            void *data, struct error *err);

struct jobs *jobs_create(jobs_run run, jobs_render render);
// Cancels those that run. Takes NULL.
void jobs_destroy(struct jobs *jobs);

// At the end of all: cancels those that run, waits for them, and appends what became of each.
void jobs_cancel_all(struct jobs *jobs, struct buf *out);

// Called in a job's thread when it ends: for who waits for something else.
void jobs_on_end(struct jobs *jobs, void (*end)(void *data), void *data);

// Begins the item in a session of its own, on the target and in the schema of the context's.
bool jobs_start(struct context *context, const struct split_item *item, unsigned *number,
                struct error *err);

// By index, in the order of their beginning; NULL past the end.
struct job *jobs_at(const struct jobs *jobs, size_t index);
// ERROR_USAGE where there is none of that number.
struct job *jobs_need(const struct jobs *jobs, const char *number, struct error *err);
// The one that was begun last.
struct job *jobs_last(const struct jobs *jobs, struct error *err);
size_t jobs_running(const struct jobs *jobs);

// A job as it is now; texts are borrowed of it.
struct job_facts {
    unsigned number;
    enum job_state state;
    const char *target;
    const char *text;
    int64_t elapsed; // in microseconds, so far or in all
    uint64_t rows;
    unsigned long thread_id;   // of the server; 0: not known
    const struct error *error; // of one that has failed
};
void job_describe(struct job *job, struct job_facts *facts);

// Until it is over. Where the context's token is fired before that: false with ERROR_CANCELLED, and
// the job goes on; or, with `attached`, the job is cancelled.
bool job_wait(struct job *job, struct context *context, bool attached, struct error *err);
void job_cancel(struct job *job);
// Shows what a job that is over has kept, as often as that is wanted: its result sets, what it
// printed. Why it failed is not said, and no failure of this.
bool job_show(struct job *job, struct context *context, struct error *err);
// Why it failed; true where it went well.
bool job_take_error(struct job *job, struct error *err);
// Forgets a job that is over, with all that it has kept.
void jobs_drop(struct jobs *jobs, struct job *job);

// For scripts: waits for the job, shows what it has kept, forgets it, and fails as it did.
bool job_settle(struct job *job, struct context *context, struct error *err);
// The same of all there are, in their order; errors but the last are shown.
bool jobs_settle(struct context *context, struct error *err);

// A line for each job that has ended since the last time: "[2] done: SELECT ..., 3 rows, 1.234 s".
void jobs_announce(struct jobs *jobs, struct buf *out);

#endif
