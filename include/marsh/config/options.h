// The command line: one table of options, from which the help, the man page's list and the
// completions come, and what was asked for with them. Target parameters are options as well.
#ifndef MARSH_CONFIG_OPTIONS_H
#define MARSH_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct caller;
struct error;
struct target_param;

enum front {
    FRONT_SHELL,
    FRONT_RUN,
    FRONT_CALL,
    FRONT_COPY,
    FRONT_TABLE,
    FRONT_SCRATCH,
    FRONT_KEEPER
};
#define OF_FRONT(front) (1U << (front))

// What an option sets.
enum option_sets {
    SETS_PARAM, // the target parameter of that name
    SETS_TEXT,
    SETS_FLAG,
    SETS_UNFLAG, // the same the other way round
    SETS_COUNT,  // each time one more
    SETS_LIST,
    SETS_FORMAT,  // to the value
    SETS_CLIENTS, // to the format of that name, as the mariadb client writes it
    SETS_SCRATCH,
    SETS_NOTHING, // it is taken, as the mariadb client takes it
};

// A switch is off with --skip-NAME, --disable-NAME and NAME=0.
enum option_value { VALUE_NONE, VALUE_SWITCH, VALUE_REQUIRED, VALUE_OPTIONAL };

// Which of them the mariadb client has, too, and how it is here.
enum option_like { LIKE_NONE, LIKE_SAME, LIKE_BETTER, LIKE_IGNORED };

struct option_spec {
    const char *name;
    const char *letters; // one-character aliases behind a dash: "?I"
    enum option_value value;
    const char *value_name;
    enum option_sets sets;
    size_t field;      // in struct options; for SETS_LIST the count's is the next one
    const char *param; // the target parameter, or the format's name
    const char *summary;
    enum option_like like;
    // The fronts it belongs to, as OF_FRONT bits, where another may have the same name; 0: all.
    unsigned fronts;
    bool alone; // of one run: no option file may set it
};

// By index, in alphabetical order; NULL past the end.
const struct option_spec *option_at(size_t index);
size_t option_count(void);

// One option as given. spec or param says which.
struct option_given {
    const struct option_spec *spec;
    const struct target_param *param;
    char *value;
    bool off; // as --skip-NAME
};

struct options {
    struct caller *caller; // whose they are; borrowed
    enum front front;
    char *target; // the target argument, or NULL
    char **more_targets;
    size_t more_count;
    char **args; // run: files; call: routine and arguments; copy: from and to; table: its name;
                 // scratch: verb and name; keeper: verb
    size_t arg_count;

    char **execute;
    size_t execute_count;
    char *format; // a name, or NULL for what suits the output
    char *border; // "unicode", "ascii" or NULL for what suits the locale
    char *pager;
    char *tee;
    char *prompt;
    bool compatible; // -B, -t, -E, -H or -X: the mariadb client's own bytes
    bool xml;        // -X, whatever else is asked for
    bool raw;
    bool binary_as_hex;
    unsigned silent; // how often it was said
    bool no_column_names;
    bool force;
    // What scripts of the mariadb client ask for.
    unsigned verbose;
    bool show_warnings;
    bool quick;
    bool column_type_info;
    bool connect_expired_password;
    bool no_line_numbers;
    bool no_progress_reports;
    bool print_query; // of a statement that failed
    bool abort_source;
    bool binary;
    bool no_comments;
    bool named_commands;
    bool one_database;
    bool sandbox;
    bool ignore_interrupt;
    bool wait;
    bool ignore_spaces;
    bool safe_updates;
    char *select_limit;  // a number
    char *max_join_size; // a number
    char *quick_max_column_width;
    char *delimiter;
    bool print_defaults;
    char *parallel; // "" or a number
    bool progress;
    // Everything in one scope; what else it takes means that, too.
    bool scope;
    bool allow_implicit_commit;
    bool consistent_snapshot;
    bool read_only;
    bool dry_run;
    char *isolation;
    char *session; // a name, of one that a keeper keeps
    char *retry;   // a number
    // Values of :name, "name=text" each.
    char **values;
    size_t value_count;
    // Of calls and copies.
    char *out;
    char *exit_from;
    char *set; // a number
    char *sets;
    char *timeout;
    bool explain;
    bool diff; // of several targets
    bool no_target_column;
    char *each;
    char *jobs; // a number
    char **maps;
    size_t map_count;
    bool unordered;
    char *rejects;
    char *on_error;
    char *batch_rows;         // a number
    char *checkpoint;         // of scripts, too
    char *checkpoint_unknown; // of scripts: "run", "skip" or a number
    char *where;
    char *columns; // names with commas
    bool help;
    bool version;
    bool no_defaults;
    char *defaults_file;
    char *defaults_extra_file;
    char *defaults_group_suffix;

    struct option_given *given;
    size_t given_count;
};

// Reads argv. Values are copied and secrets in argv are overwritten, so that ps does not show them.
// ERROR_USAGE names the nearest option for one that is unknown.
bool options_parse(struct options *options, int argc, char **argv, struct error *err);
void options_finish(struct options *options);

// Whether an option file may set it: what belongs to one run alone, as its statements, may not.
bool options_may_stand_in_file(const struct option_spec *spec);
// Whether an option file sets one of the mariadb client's by that name, or skip- and the name;
// target parameters are others.
bool options_is_clients(const char *name);
// Sets one of marsh's own options by its name, as an option file does. *known is
// false where there is none of that name (it may be a target parameter), which is no error;
// ERROR_USAGE for a value that does not fit.
bool options_set(struct options *options, const char *name, const char *value, bool *known,
                 struct error *err);

// ERROR_USAGE with the nearest name; `dashes` stands before both.
bool options_fail_unknown(const char *name, const char *dashes, struct error *err);

// The page of --help.
void options_usage(struct buf *out);

#endif
