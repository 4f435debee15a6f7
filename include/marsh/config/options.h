// The command line: one table of options, from which the help, the man page's list and the
// completions come, and what was asked for with them. Target parameters are options as well.
#ifndef MARSH_CONFIG_OPTIONS_H
#define MARSH_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;
struct target_param;

enum front { FRONT_SHELL, FRONT_RUN, FRONT_CALL, FRONT_SCRATCH };

enum option_id {
    OPTION_PARAM, // sets the target parameter of that name
    OPTION_ALLOW_IMPLICIT_COMMIT,
    OPTION_BATCH,
    OPTION_BATCH_ROWS,
    OPTION_BINARY_AS_HEX,
    OPTION_BORDER,
    OPTION_CHECKPOINT,
    OPTION_CONSISTENT_SNAPSHOT,
    OPTION_DEFAULTS_EXTRA_FILE,
    OPTION_DEFAULTS_FILE,
    OPTION_DEFAULTS_GROUP_SUFFIX,
    OPTION_DRY_RUN,
    OPTION_EACH,
    OPTION_EXECUTE,
    OPTION_EXIT_FROM,
    OPTION_EXPLAIN,
    OPTION_FORCE,
    OPTION_FORMAT,
    OPTION_HELP,
    OPTION_HTML,
    OPTION_ISOLATION,
    OPTION_JOBS,
    OPTION_MAP,
    OPTION_NO_DEFAULTS,
    OPTION_ON_ERROR,
    OPTION_OUT,
    OPTION_PAGER,
    OPTION_RAW,
    OPTION_READ_ONLY,
    OPTION_REJECTS,
    OPTION_RETRY,
    OPTION_SCOPE,
    OPTION_SCRATCH,
    OPTION_SET,
    OPTION_SETS,
    OPTION_SILENT,
    OPTION_SKIP_COLUMN_NAMES,
    OPTION_TABLE,
    OPTION_TEE,
    OPTION_TIMEOUT,
    OPTION_UNORDERED,
    OPTION_VALUE,
    OPTION_VERSION,
    OPTION_VERTICAL,
    OPTION_XML,
};

enum option_value { VALUE_NONE, VALUE_REQUIRED, VALUE_OPTIONAL };

struct option_spec {
    const char *name;
    char letter; // '\0': none
    enum option_id id;
    enum option_value value;
    const char *value_name;
    const char *param; // OPTION_PARAM: which
    const char *summary;
    bool call; // belongs to `marsh call`, where another may have the same name
};

// By index, in alphabetical order; NULL past the end.
const struct option_spec *option_at(size_t index);

// One option as given. spec or param says which.
struct option_given {
    const struct option_spec *spec;
    const struct target_param *param;
    char *value;
};

struct options {
    enum front front;
    char *target; // the target argument, or NULL
    char **args;  // run: files; call: routine and arguments; scratch: verb and name
    size_t arg_count;

    char **execute;
    size_t execute_count;
    char *format; // a name, or NULL for what suits the output
    char *border; // "unicode", "ascii" or NULL for what suits the locale
    char *pager;
    char *tee;
    bool compatible; // -B, -t, -E, -H or -X: the mariadb client's own bytes
    bool xml;        // -X, whatever else is asked for
    bool raw;
    bool binary_as_hex;
    unsigned silent; // how often it was said
    bool no_column_names;
    bool force;
    // Everything in one scope; what else it takes means that, too.
    bool scope;
    bool allow_implicit_commit;
    bool consistent_snapshot;
    bool read_only;
    bool dry_run;
    char *isolation;
    char *retry; // a number
    // Values of :name, "name=text" each.
    char **values;
    size_t value_count;
    // Of a call.
    char *out;
    char *exit_from;
    char *set; // a number
    char *sets;
    char *timeout;
    bool explain;
    char *each;
    char *jobs; // a number
    char **maps;
    size_t map_count;
    bool unordered;
    char *rejects;
    char *on_error;
    char *batch_rows; // a number
    char *checkpoint;
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
// Sets one of marsh's own options by its name, as an option file's [marsh] group does. *known is
// false where there is none of that name (it may be a target parameter), which is no error;
// ERROR_USAGE for a value that does not fit.
bool options_set(struct options *options, const char *name, const char *value, bool *known,
                 struct error *err);

// ERROR_USAGE with the nearest name; `dashes` stands before both.
bool options_fail_unknown(const char *name, const char *dashes, struct error *err);

// The page of --help.
void options_usage(struct buf *out);

#endif
