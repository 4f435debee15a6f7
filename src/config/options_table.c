#include "marsh/config/options.h"

static const struct option_spec table[] = {
    {"batch", 'B', OPTION_BATCH, VALUE_NONE, NULL, NULL,
     "tab-separated output, as the mariadb client's -B"},
    {"border", '\0', OPTION_BORDER, VALUE_REQUIRED, "STYLE", NULL,
     "borders of tables: unicode or ascii"},
    {"database", 'D', OPTION_PARAM, VALUE_REQUIRED, "SCHEMA", "database", "schema to use"},
    {"defaults-extra-file", '\0', OPTION_DEFAULTS_EXTRA_FILE, VALUE_REQUIRED, "FILE", NULL,
     "read this option file after the global ones"},
    {"defaults-file", '\0', OPTION_DEFAULTS_FILE, VALUE_REQUIRED, "FILE", NULL,
     "read only this option file"},
    {"defaults-group-suffix", '\0', OPTION_DEFAULTS_GROUP_SUFFIX, VALUE_REQUIRED, "SUFFIX", NULL,
     "read groups with this suffix too"},
    {"execute", 'e', OPTION_EXECUTE, VALUE_REQUIRED, "SQL", NULL,
     "run these statements and exit; may be repeated"},
    {"force", 'f', OPTION_FORCE, VALUE_NONE, NULL, NULL, "go on after a statement fails"},
    {"format", '\0', OPTION_FORMAT, VALUE_REQUIRED, "FORMAT", NULL,
     "table, vertical, tsv, csv, json or jsonl"},
    {"help", '?', OPTION_HELP, VALUE_NONE, NULL, NULL, "show this help"},
    {"host", 'h', OPTION_PARAM, VALUE_REQUIRED, "HOST", "host", "host to connect to"},
    {"no-defaults", '\0', OPTION_NO_DEFAULTS, VALUE_NONE, NULL, NULL, "read no option files"},
    {"pager", '\0', OPTION_PAGER, VALUE_REQUIRED, "COMMAND", NULL,
     "show results through a pager (in the shell)"},
    {"password", 'p', OPTION_PARAM, VALUE_OPTIONAL, "PASSWORD", "password",
     "password; without a value asks for it"},
    {"port", 'P', OPTION_PARAM, VALUE_REQUIRED, "PORT", "port", "TCP port"},
    {"scratch", '\0', OPTION_SCRATCH, VALUE_OPTIONAL, "NAME", NULL,
     "connect to a private scratch server, started if need be"},
    {"skip-column-names", 'N', OPTION_SKIP_COLUMN_NAMES, VALUE_NONE, NULL, NULL,
     "leave column names out"},
    {"socket", 'S', OPTION_PARAM, VALUE_REQUIRED, "PATH", "socket", "Unix socket to connect to"},
    {"table", 't', OPTION_TABLE, VALUE_NONE, NULL, NULL, "tables, as the mariadb client's -t"},
    {"tee", '\0', OPTION_TEE, VALUE_REQUIRED, "FILE", NULL, "append all output to a file too"},
    {"user", 'u', OPTION_PARAM, VALUE_REQUIRED, "USER", "user", "user name"},
    {"version", 'V', OPTION_VERSION, VALUE_NONE, NULL, NULL, "show the version"},
    {"vertical", 'E', OPTION_VERTICAL, VALUE_NONE, NULL, NULL,
     "one line a value, as the mariadb client's -E"},
};

const struct option_spec *option_at(size_t index)
{
    return index < sizeof(table) / sizeof(table[0]) ? &table[index] : NULL;
}
