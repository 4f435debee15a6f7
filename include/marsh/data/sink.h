// Where result sets go: db pushes into a sink, a renderer is one, a test's recorder another.
//
// One statement or CALL yields any number of sets, each of them
//     columns, row*, summary      a set of rows, or the OUT values of a procedure
//     summary                     a statement without rows
// A statement that fails ends without the summary of its last set; sink_abort tells the sink so.
// A call that fails ends the statement: nothing more is pushed but the abort. One thread at a time.
#ifndef MARSH_DATA_SINK_H
#define MARSH_DATA_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marsh/data/column.h"

struct error;
struct sink;

enum set_kind {
    SET_ROWS,
    SET_OUT, // one row: a procedure's OUT and INOUT values, named after its parameters
};

// Borrowed from the driver's own buffer until the call returns: no cell is copied on its way.
struct row {
    const char *const *cells;     // a NULL cell is SQL NULL
    const unsigned long *lengths; // in bytes; cells may contain NULs
};

struct summary {
    bool has_columns; // a set of rows, not just an OK
    enum set_kind kind;
    uint64_t rows;     // rows pushed
    uint64_t affected; // only without columns
    uint64_t insert_id;
    unsigned warnings;
    const char *info; // the server's words ("Rows matched: 1 ..."), or NULL; borrowed
};

// How far the server says it is with a long statement, from whose answer nothing has come yet.
struct stage {
    unsigned number; // from 1 on
    unsigned count;
    double percent; // of this stage
    const char *name;
    size_t name_len;
};

struct sink_ops {
    bool (*columns)(struct sink *sink, enum set_kind kind, const struct column *columns,
                    size_t count, struct error *err);
    bool (*row)(struct sink *sink, const struct row *row, struct error *err);
    bool (*summary)(struct sink *sink, const struct summary *summary, struct error *err);
    // A set that had begun will not be finished. May be NULL.
    void (*abort)(struct sink *sink);
    // May be NULL.
    void (*stage)(struct sink *sink, const struct stage *stage);
};

// Embedded as the first member of what implements it.
struct sink {
    const struct sink_ops *ops;
};

static inline bool sink_columns(struct sink *sink, enum set_kind kind, const struct column *columns,
                                size_t count, struct error *err)
{
    return sink->ops->columns(sink, kind, columns, count, err);
}

static inline bool sink_row(struct sink *sink, const struct row *row, struct error *err)
{
    return sink->ops->row(sink, row, err);
}

static inline bool sink_summary(struct sink *sink, const struct summary *summary, struct error *err)
{
    return sink->ops->summary(sink, summary, err);
}

static inline void sink_abort(struct sink *sink)
{
    if (sink->ops->abort != NULL)
        sink->ops->abort(sink);
}

static inline void sink_stage(struct sink *sink, const struct stage *stage)
{
    if (sink->ops->stage != NULL)
        sink->ops->stage(sink, stage);
}

// A sink that keeps nothing.
struct sink *sink_discard(void);

#endif
