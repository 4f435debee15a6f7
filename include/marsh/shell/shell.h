// Interprets one statement: a client command goes to the command table, SQL to the session, its
// result sets to the renderer in use. Every front end's text ends up here.
#ifndef MARSH_SHELL_SHELL_H
#define MARSH_SHELL_SHELL_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct error;
struct session;
struct sink;
struct split_item;

bool shell_run(struct context *context, const struct split_item *item, struct error *err);

// Runs statements that were put together in one text, for fewer round trips; see session_run_many.
bool shell_run_many(struct context *context, const char *text, size_t len, size_t count,
                    size_t *done, struct error *err);

// Sends one statement over a session, which need not be the context's, with :name bound.
bool shell_send(struct context *context, struct session *session, const char *text, size_t len,
                struct sink *sink, struct error *err);

// Runs what pushes result sets into the sink it is given, with the context's renderer, pager and
// summaries around it. For front ends that have no statement's text, as `marsh call`.
enum shell_flags {
    SHELL_VERTICAL = 1,
    SHELL_READS = 2,   // where a pager is left early the work may be cut off: it changes nothing
    SHELL_CHANGES = 4, // rows that come back are rows that were changed
};
typedef bool (*shell_work)(void *data, struct sink *sink, struct error *err);
bool shell_render(struct context *context, unsigned flags, shell_work work, void *data,
                  struct error *err);

#endif
