// `--each`, shared by its files: each.c (the run), each_rows.c (reading rows, their columns),
// each_worker.c (calling), each_output.c (writing).
#ifndef MARSH_CALL_EACH_INTERNAL_H
#define MARSH_CALL_EACH_INTERNAL_H

#include <pthread.h>

#include "checkpoint.h"
#include "marsh/base/error.h"
#include "marsh/call/each.h"
#include "marsh/feed/rejects.h"
#include "marsh/feed/source.h"
#include "marsh/shell/progress.h"
#include "prepared.h"
#include "ring.h"

struct cancel;
struct each;
struct feed;
struct session;

// One of those that call, with a session of its own.
struct worker {
    struct each *each;
    struct session *session;
    struct cancel *cancel;
    pthread_t thread;
    bool threaded;
    // When the call in hand began, 0 for none; guarded by the lock of the run.
    int64_t since;
    bool overdue;
};

struct each {
    struct context *context;
    const struct each_options *options;
    struct prepared prepared;
    // The input.
    struct source source;
    struct feed *feed;
    size_t column_count;
    size_t *parameters; // of each column; SIZE_MAX: left out
    int wake[2];        // ends a read that waits
    pthread_t reader;
    bool reading;
    struct error reader_error;
    uint64_t hash; // of the rows read so far, where there is a checkpoint
    struct ring *ring;
    struct checkpoint *checkpoint;
    struct worker *workers;
    size_t jobs;
    // Cancels what takes too long, also while the writer waits for who reads the output.
    pthread_t watcher;
    bool watching;
    pthread_cond_t change; // of interrupts or watching
    pthread_mutex_t lock;
    unsigned interrupts; // how often the user wanted it to end
    struct error fatal;  // what no further row could do without: the connection, a file
    // The writer's.
    struct rejects rejects;
    struct progress progress;
    uint64_t done;
    uint64_t failed;
    uint64_t unknown;
    struct error first; // of a row
};

// each_rows.c
// Opens the input, and finds for each column its parameter. ERROR_USAGE names the column that is
// unknown or given twice, and the parameters that nothing is given for.
bool each_open(struct each *each, struct error *err);
void each_close(struct each *each);
// Reads rows into the ring, in a thread of its own.
bool each_start_reader(struct each *each, struct error *err);

// each_worker.c
bool each_start_workers(struct each *each, struct error *err);
// Cancels calls that take too long, and all of them where the user wants that, in a thread of its
// own.
bool each_start_watcher(struct each *each, struct error *err);
void each_end_watcher(struct each *each);
void each_end_workers(struct each *each);

// each_output.c
bool each_open_output(struct each *each, struct error *err);
// Writes what is done until all is.
bool each_write(struct each *each, struct error *err);
void each_close_output(struct each *each);

// each.c
// Nothing more is begun; an error that is no row's is the run's.
void each_stop(struct each *each, struct error *err);
unsigned each_interrupts(struct each *each);

#endif
