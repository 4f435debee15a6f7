#include <unistd.h>

#include "load.h"
#include "marsh/base/caller.h"
#include "marsh/base/clock.h"
#include "marsh/base/fs.h"
#include "marsh/command/context.h"
#include "marsh/session/cancel.h"
#include "query.h"

// With the lock held. Draws the progress when it is time for that.
static void wait_and_show(struct load *load)
{
    load->progress.count = load->done + load->failed;
    load->progress.failed = load->failed + load->unknown;
    int64_t next = progress_show(&load->progress);
    clock_wait(clock_monotonic(), &load->change, &load->lock, next);
}

bool load_hand_on(struct load *load)
{
    struct rows *full = load->filling;
    pthread_mutex_lock(&load->lock);
    while (load->ready != NULL && !load->stopped)
        wait_and_show(load);
    bool goes_on = !load->stopped;
    if (goes_on) {
        load->ready = full;
        load->filling = NULL;
        pthread_cond_broadcast(&load->change);
        while (load->free == NULL && load->spare == 0 && !load->stopped)
            wait_and_show(load);
        load->filling = load->free;
        if (load->free != NULL)
            load->free = load->free->next;
    }
    bool make = goes_on && load->filling == NULL && load->spare > 0;
    load->spare -= make;
    goes_on = goes_on && !load->stopped;
    pthread_mutex_unlock(&load->lock);
    if (make)
        load->filling = rows_create(load->columns, load->most, load->bytes);
    return goes_on;
}

struct rows *load_take(struct load *load)
{
    pthread_mutex_lock(&load->lock);
    while (load->ready == NULL && !load->ended && !load->stopped)
        pthread_cond_wait(&load->change, &load->lock);
    struct rows *rows = load->stopped ? NULL : load->ready;
    if (rows != NULL)
        load->ready = NULL;
    pthread_cond_broadcast(&load->change);
    pthread_mutex_unlock(&load->lock);
    return rows;
}

void load_give_back(struct load *load, struct rows *rows)
{
    rows_clear(rows);
    pthread_mutex_lock(&load->lock);
    rows->next = load->free;
    load->free = rows;
    pthread_cond_broadcast(&load->change);
    pthread_mutex_unlock(&load->lock);
}

void load_note_worker_gone(struct load *load)
{
    pthread_mutex_lock(&load->lock);
    load->working--;
    pthread_cond_broadcast(&load->change);
    pthread_mutex_unlock(&load->lock);
}

bool load_is_stopped(struct load *load)
{
    pthread_mutex_lock(&load->lock);
    bool stopped = load->stopped;
    pthread_mutex_unlock(&load->lock);
    return stopped;
}

void load_end(struct load *load)
{
    pthread_mutex_lock(&load->lock);
    bool works = load->working > 0;
    pthread_mutex_unlock(&load->lock);
    if (load->filling != NULL && load->filling->count > 0 && works)
        load_hand_on(load);
    pthread_mutex_lock(&load->lock);
    load->ended = true;
    pthread_cond_broadcast(&load->change);
    while (load->working > 0)
        wait_and_show(load);
    pthread_mutex_unlock(&load->lock);
}

void load_stop(struct load *load, struct error *err)
{
    pthread_mutex_lock(&load->lock);
    load->stopped = true;
    if (err != NULL && err->kind != ERROR_NONE && load->fatal.kind == ERROR_NONE)
        error_move(&load->fatal, err);
    pthread_cond_broadcast(&load->change);
    pthread_mutex_unlock(&load->lock);
    // A read that waits ends.
    if (load->wake[1] >= 0)
        fs_write_all(load->wake[1], "", 1);
    if (load->query != NULL)
        query_interrupt(load->query);
}

void load_interrupt(void *data)
{
    static const char note[] =
        "Ending after the rows that are being sent; once more cancels them.\n";
    struct load *load = data;
    pthread_mutex_lock(&load->lock);
    unsigned interrupts = ++load->interrupts;
    struct load_worker *workers = load->workers;
    pthread_mutex_unlock(&load->lock);
    load_stop(load, NULL);
    // Said when it is so.
    if (interrupts == 1)
        caller_say(load->context->caller, note, sizeof(note) - 1);
    for (size_t i = 0; interrupts > 1 && workers != NULL && i < load->jobs; i++)
        cancel_fire(workers[i].cancel);
}

static void destroy_list(struct rows *rows)
{
    while (rows != NULL) {
        struct rows *next = rows->next;
        rows_destroy(rows);
        rows = next;
    }
}

void load_free_batches(struct load *load)
{
    destroy_list(load->free);
    rows_destroy(load->ready);
    rows_destroy(load->filling);
}
