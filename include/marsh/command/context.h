// All that a statement's trip needs, handed down from the front end: nothing on it is global.
// Plain data; the front end that fills it owns what it points to. One thread at a time.
#ifndef MARSH_COMMAND_CONTEXT_H
#define MARSH_COMMAND_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/command/variables.h"
#include "marsh/render/render.h"
#include "marsh/session/scope.h"
#include "marsh/sql/splitter.h"

struct buf;
struct caller;
struct cancel;
struct context;
struct error;
struct jobs;
struct manager;
struct output;
struct progress;
struct resume;
struct session;
struct sink;
struct target;

// Runs a file of statements in the same context, stopping at the first error unless `force` is set.
// How it is done is the batch front end's affair.
typedef bool (*source_function)(struct context *context, const char *path, struct error *err);

// Makes a target of what a user would write on the command line, its password and scratch server
// included. The caller finishes it.
typedef bool (*resolve_function)(struct context *context, const char *text, struct target *target,
                                 struct error *err);

// Calls a routine with arguments as on the command line, cut into words: \\call's work, which is
// the call front end's affair.
typedef bool (*call_function)(struct context *context, char *const *words, size_t count,
                              struct error *err);

// Runs statements on several targets at once: \\all's work. See src/main/fan_targets.h.
typedef bool (*all_function)(struct context *context, const char *text, struct error *err);

// Says something that is no output, and shows an error as one that a script with `force` goes on
// after: the shell's affair.
typedef void (*say_function)(struct context *context, const char *text, size_t len);
typedef void (*say_error_function)(struct context *context, const struct error *err);

struct context {
    struct manager *manager;
    struct session *session;
    struct cancel *cancel;
    struct caller *caller; // whose streams and environment these are; NULL: this process's
    struct output *output;
    source_function source;
    call_function call;
    say_function say;
    say_error_function say_error;
    all_function all;
    struct variables variables; // what :name binds
    int exit_status;            // of a run that all went well in
    resolve_function resolve;
    void *resolver;             // its own
    struct scope_options scope; // for scopes that begin
    const void *sources;        // the chain of files being read, the batch front end's own

    const struct render_format *format;
    struct render_options render;
    // In the background, where nobody reads along: result sets go there instead of being rendered,
    // and what would be said on standard error is gathered. NULL otherwise; borrowed.
    struct sink *tape;
    struct buf *messages;
    bool background;   // in a thread beside others, whose sessions are not to be touched
    struct jobs *jobs; // that were begun from here; NULL where none may be
    char *pager;       // NULL: none; owned
    bool interactive;  // somebody types: results are summed up, statements timed
    bool force;        // a script goes on after an error
    // As scripts of the mariadb client ask for it.
    unsigned verbose;      // 1: each statement is shown, 2: what came of it, 3: how long it took
    bool show_warnings;    // behind each statement
    bool no_stages;        // how far long statements are is not shown
    bool no_line_numbers;  // errors tell no place
    bool print_query;      // a statement that fails is shown with its error
    bool abort_source;     // a file that is sourced ends at its first error, whatever `force` says
    bool binary;           // how scripts are read; see splitter_set_binary
    bool named_commands;   // see splitter_set_named
    bool no_comments;      // statements are sent without them
    bool keeps_comments;   // they are shown with them, too
    const char *delimiter; // of scripts at first, NULL for ";"; borrowed
    struct splitter *reader; // of the text in hand: what it sources goes on with its delimiter
    const char *home;        // the one schema whose statements are run, NULL for all; borrowed
    bool elsewhere;          // and another one is in use
    unsigned warnings;       // of the last statement
    const char *script;      // that is being read, NULL for none; borrowed
    struct position begin;   // of the item in hand
    const char *open;        // the statement around the command in hand, NULL for none; borrowed
    size_t open_len;
    char *last;    // the last statement, where somebody may want to edit it; owned
    char *edited;  // what shall be read in place of the open statement, NULL for nothing; owned
    char *charset; // that \\C has named last, NULL for none: it outlives a connection; owned
    char *prompt;  // as the mariadb client has it, NULL for marsh's own; owned

    bool sandbox;     // no command may touch the file system or start a program
    bool stale_names; // what completion knows is out of date
    bool scoped_run;  // the whole run is one scope, which no statement of it may end or leave
    bool runs_again;  // and it may be read again: from files alone
    bool quit;
    bool asked_progress;       // the user wants to see how far a script is
    struct progress *progress; // of the script that runs, or NULL
    struct resume *resume;     // of a run with a checkpoint, the batch front end's own; or NULL
    // What statements have changed so far, in number; for a run that says so.
    unsigned long long changing;
    unsigned long long changed_rows;
    bool may_have_changed; // what a function did is not counted
    bool used;             // a statement or command was run
    size_t errors;         // that were shown, of statements in scripts run with force
};

#endif
