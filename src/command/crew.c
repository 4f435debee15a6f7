#include "marsh/command/crew.h"

#include <pthread.h>
#include <stdlib.h>

#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/session/cancel.h"

// A statement that is cancelled may go on: so long after, its connection is ended.
#define GRACE (3 * CLOCK_SECOND)

struct member {
    struct lane *lane;
    int64_t due;    // when it is cancelled, 0: never
    unsigned fired; // how often its time was over
    bool told;
};

struct crew {
    struct context *context;
    struct crew_plan plan;
    struct member *members;
    size_t begun;
    size_t over;
    bool leaves; // a Ctrl-C is for it
    bool interrupted;
    pthread_mutex_t lock;
    pthread_cond_t change;
};

// In the thread that takes signals.
static void interrupt(void *data)
{
    struct crew *crew = data;
    pthread_mutex_lock(&crew->lock);
    crew->interrupted = true;
    pthread_cond_broadcast(&crew->change);
    for (size_t i = 0; i < crew->begun; i++)
        lane_cancel(crew->members[i].lane);
    pthread_mutex_unlock(&crew->lock);
}

struct crew *crew_create(struct context *context, const struct crew_plan *plan)
{
    struct crew *crew = mem_calloc(1, sizeof(*crew));
    crew->context = context;
    crew->plan = *plan;
    crew->members = mem_calloc(plan->count, sizeof(*crew->members));
    pthread_mutex_init(&crew->lock, NULL);
    clock_condition_init(&crew->change);
    crew->leaves = cancel_begin_leaving(context->cancel, interrupt, crew);
    crew->interrupted = !crew->leaves;
    return crew;
}

void crew_destroy(struct crew *crew)
{
    if (crew == NULL)
        return;
    crew_end(crew);
    for (size_t i = 0; i < crew->plan.count; i++)
        lane_destroy(crew->members[i].lane);
    free(crew->members);
    pthread_cond_destroy(&crew->change);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

// In a lane's thread.
static void note_end(void *data)
{
    struct crew *crew = data;
    pthread_mutex_lock(&crew->lock);
    crew->over++;
    pthread_cond_broadcast(&crew->change);
    pthread_mutex_unlock(&crew->lock);
}

// The lock is held while it starts: no Ctrl-C comes between that and its being known.
static bool begin(struct crew *crew, struct error *err)
{
    struct member *member = &crew->members[crew->begun];
    void *work_data = NULL;
    member->lane = crew->plan.open(crew->plan.data, crew->begun, &work_data, err);
    if (member->lane == NULL)
        return false;
    pthread_mutex_lock(&crew->lock);
    bool ok = crew->interrupted
                  ? error_set(err, ERROR_CANCELLED, "interrupted")
                  : lane_start(member->lane, crew->plan.work, work_data, note_end, crew, err);
    if (crew->plan.timeout > 0)
        member->due = clock_now(clock_monotonic()) + crew->plan.timeout;
    crew->begun += ok;
    pthread_mutex_unlock(&crew->lock);
    if (!ok) {
        lane_destroy(member->lane);
        member->lane = NULL;
    }
    return ok;
}

// With the lock held: cancels what takes too long; returns when to look again.
static int64_t look_after(struct crew *crew)
{
    int64_t now = clock_now(clock_monotonic());
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < crew->begun; i++) {
        struct member *member = &crew->members[i];
        if (member->due == 0 || lane_is_over(member->lane))
            continue;
        if (now >= member->due) {
            lane_cancel(member->lane);
            member->due = ++member->fired < 2 ? now + GRACE : 0;
        }
        if (member->due != 0 && member->due < next)
            next = member->due;
    }
    return next;
}

// With the lock held: the next one to be told, if there is one yet.
static bool find_over(const struct crew *crew, size_t *index)
{
    for (size_t i = 0; i < crew->begun; i++) {
        if (crew->members[i].told)
            continue;
        *index = i;
        if (lane_is_over(crew->members[i].lane))
            return true;
        if (!crew->plan.unordered)
            return false;
    }
    return false;
}

bool crew_next(struct crew *crew, size_t *index, struct error *err)
{
    for (;;) {
        bool found = false;
        pthread_mutex_lock(&crew->lock);
        while (!crew->interrupted && !(found = find_over(crew, index)) &&
               (crew->begun == crew->plan.count || crew->begun - crew->over >= crew->plan.most))
            clock_wait(clock_monotonic(), &crew->change, &crew->lock, look_after(crew));
        bool interrupted = crew->interrupted;
        pthread_mutex_unlock(&crew->lock);
        if (interrupted)
            return error_set(err, ERROR_CANCELLED, "interrupted");
        if (found) {
            crew->members[*index].told = true;
            return true;
        }
        if (!begin(crew, err))
            return false;
    }
}

void crew_end(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    // After a Ctrl-C a second time would end their connections.
    for (size_t i = 0; !crew->interrupted && i < crew->begun; i++) {
        if (!lane_is_over(crew->members[i].lane))
            lane_cancel(crew->members[i].lane);
    }
    while (crew->over < crew->begun)
        clock_wait(clock_monotonic(), &crew->change, &crew->lock, look_after(crew));
    pthread_mutex_unlock(&crew->lock);
    if (crew->leaves)
        cancel_end_leaving(crew->context->cancel);
    crew->leaves = false;
}

bool crew_was_interrupted(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    bool interrupted = crew->interrupted;
    pthread_mutex_unlock(&crew->lock);
    return interrupted;
}

struct lane *crew_lane(const struct crew *crew, size_t index)
{
    return crew->members[index].lane;
}

bool crew_was_told(const struct crew *crew, size_t index)
{
    return crew->members[index].told;
}

bool crew_was_late(const struct crew *crew, size_t index)
{
    return crew->members[index].fired > 0;
}
