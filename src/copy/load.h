// Rows into a table, shared by its files: load.c (the run), load_plan.c (which column goes where,
// and the statement), load_read.c (where rows come from), load_batches.c (their way to the
// workers), load_worker.c (sending them), load_report.c (what became of them).
//
// One thread, the caller's, reads rows into batches; workers, each with a session of its own, send
// them. A batch that fails is sent again by halves, until the row is found that is at fault.
#ifndef MARSH_COPY_LOAD_H
#define MARSH_COPY_LOAD_H

#include <pthread.h>

#include "ends.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/copy/copy.h"
#include "marsh/feed/rejects.h"
#include "marsh/feed/source.h"
#include "marsh/shell/progress.h"
#include "rows.h"
#include "table.h"

struct cancel;
struct context;
struct feed;
struct feed_row;
struct query;

// How a value in a column of the source reads.
enum reading {
    READ_TEXT,  // as it stands
    READ_BYTES, // the same, for a column of bytes
    READ_YEAR,  // a number in JSON
    // BIT and GEOMETRY as people write them, or, where it reads so:
    READ_TYPED,
    READ_HEX,    // csv's bytes: 0x and hexadecimal digits, or as they stand
    READ_BASE64, // jsonl's bytes
};

// Where a column of the source goes.
struct load_place {
    size_t at; // its place in the statement; SIZE_MAX: it is left out
    const struct table_column *column;
    enum reading reading;
};

struct load_worker {
    struct load *load;
    struct session *session;
    struct cancel *cancel;
    pthread_t thread;
    bool threaded;
    struct buf text; // of a statement with many rows' places
};

struct load {
    struct context *context;
    const struct copy_options *options;
    const struct ends *ends;
    struct table table;
    // The source.
    struct source source;
    struct feed *feed;   // of a file
    struct query *query; // of a table or query
    int wake[2];         // ends a read that waits
    const char *name;
    uint64_t number; // of its rows
    // Its first row that can't be read, where that ends it: told after those before it are in.
    bool over;
    struct place bad;
    char *bad_raw;
    struct error bad_error;
    // The plan.
    struct load_place *places; // of the source's columns
    size_t place_count;
    size_t columns;   // of the statement
    struct buf head;  // "INSERT INTO t (a,b) VALUES "
    struct buf group; // "(?,?)"
    size_t *sources;  // of the statement's columns, which of the source they are
    size_t most;      // rows of a batch
    size_t bytes;     // of its values, about
    size_t row_bytes; // what a row may have at most
    // Batches, under the lock, as is all that follows.
    pthread_mutex_t lock;
    pthread_cond_t change;
    struct rows *free;
    struct rows *ready; // one at most
    struct rows *filling;
    size_t spare;   // batches that may still be made
    size_t working; // workers that are not at their end
    bool ended;
    bool stopped;
    unsigned interrupts;
    struct load_worker *workers;
    size_t jobs;
    // What became of them.
    struct progress progress;
    uint64_t done;
    uint64_t failed;
    uint64_t unknown;
    uint64_t warnings;
    char *warning;      // the first
    struct error first; // of the rows that failed the one that comes first
    uint64_t first_number;
    struct error fatal; // what no further row could do without
    struct rejects rejects;
};

// load_plan.c
// Finds each column's place among the table's, and makes the statement. ERROR_USAGE names the
// column that is unknown or comes twice.
bool load_plan(struct load *load, const char *const *names, size_t count, struct error *err);

// load_read.c
bool load_open_source(struct load *load, struct error *err);
void load_close_source(struct load *load);
// Reads all rows into batches. Between its columns and its rows it calls load_start.
bool load_read(struct load *load, struct error *err);

// load_worker.c
// Plans, and starts the workers.
bool load_start(struct load *load, const char *const *names, size_t count, struct error *err);
// load_session.c
// What each worker's session needs before its first row.
bool load_set_session(struct load_worker *worker, struct error *err);

// After load_end.
void load_free_workers(struct load *load);

// load_batches.c
// The batch that is being filled goes to the workers, and an empty one takes its place. False once
// nothing more is wanted.
bool load_hand_on(struct load *load);
// The next batch for a worker, NULL when there will be none; then back, empty.
struct rows *load_take(struct load *load);
void load_give_back(struct load *load, struct rows *rows);
void load_note_worker_gone(struct load *load);
bool load_is_stopped(struct load *load);
// No more rows come; waits until the workers are at their end.
void load_end(struct load *load);
// Nothing more is begun; an error that is no row's, or NULL, is the run's.
void load_stop(struct load *load, struct error *err);
// For the thread that takes signals: the first time it ends after what is being sent, the second
// time that is cancelled.
void load_interrupt(void *data);
void load_free_batches(struct load *load);

// load_report.c
// A row that failed. Takes the error over.
void load_reject(struct load *load, const struct place *place, const char *raw, struct error *err);
// With the lock held: nobody knows of these rows.
void load_say_unknown(struct load *load, const struct place *first, const struct place *last);
// What the run as a whole comes to.
bool load_conclude(struct load *load, bool ok, struct error *err);

#endif
