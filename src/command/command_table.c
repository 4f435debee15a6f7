#include <string.h>

#include "commands.h"
#include "marsh/command/command.h"

// In alphabetical order. The last column is the function; the splitter carries out those without.
static const struct command table[] = {
    {"call", "", SPLIT_LINE, 1, 1, COMMAND_PAGES, "ROUTINE [ARGUMENT...]",
     "call a routine and show its OUT values", COMPLETE_ROUTINE, command_call},
    {"clear", "c", SPLIT_CLEAR, 0, 0, COMMAND_WORD, "", "forget the statement typed so far",
     COMPLETE_NOTHING, NULL},
    {"close", "", SPLIT_ARGS, 1, 1, 0, "SESSION", "close a session", COMPLETE_SESSION,
     command_close},
    {"delimiter", "d", SPLIT_DELIMITER, 1, 1, COMMAND_WORD, "TEXT",
     "end statements with TEXT from now on", COMPLETE_NOTHING, NULL},
    {"df", "", SPLIT_ARGS, 0, 1, COMMAND_PAGES, "[PATTERN]", "list routines with their parameters",
     COMPLETE_ROUTINE, command_df},
    {"ego", "G", SPLIT_GO_VERTICAL, 0, 0, COMMAND_WORD, "", "send the statement, one line a value",
     COMPLETE_NOTHING, NULL},
    {"exit", "", SPLIT_PLAIN, 0, 0, COMMAND_WORD, "", "leave marsh", COMPLETE_NOTHING,
     command_quit},
    {"format", "", SPLIT_ARGS, 0, 1, 0, "[FORMAT]", "show or set the output format",
     COMPLETE_FORMAT, command_format},
    {"go", "g", SPLIT_GO, 0, 0, COMMAND_WORD, "", "send the statement", COMPLETE_NOTHING, NULL},
    {"gset", "", SPLIT_GO_SET, 0, 1, 0, "[PREFIX]",
     "send the statement, and keep its row or OUT values in variables", COMPLETE_NOTHING, NULL},
    {"help", "h?", SPLIT_LINE, 0, 1, COMMAND_WORD | COMMAND_PAGES, "[COMMAND]",
     "list the commands, or explain one", COMPLETE_COMMAND, command_help},
    {"nopager", "n", SPLIT_PLAIN, 0, 0, COMMAND_WORD, "", "show results without a pager",
     COMPLETE_NOTHING, command_nopager},
    {"notee", "t", SPLIT_PLAIN, 0, 0, COMMAND_WORD, "", "stop writing to the tee file",
     COMPLETE_NOTHING, command_notee},
    {"pager", "P", SPLIT_LINE, 0, 1, COMMAND_WORD | COMMAND_FILESYSTEM, "[COMMAND]",
     "show results through COMMAND, by default $PAGER", COMPLETE_NOTHING, command_pager},
    {"pool", "", SPLIT_ARGS, 0, 2, 0, "[recycle|close]", "show the pools, or close what they hold",
     COMPLETE_NOTHING, command_pool},
    {"quit", "q", SPLIT_PLAIN, 0, 0, COMMAND_WORD, "", "leave marsh", COMPLETE_NOTHING,
     command_quit},
    {"raw", "", SPLIT_PLAIN, 0, 0, 0, "", "keep this connection to the session until \\release",
     COMPLETE_NOTHING, command_raw},
    {"reconnect", "r", SPLIT_PLAIN, 0, 0, 0, "", "give the connection back and take a clean one",
     COMPLETE_NOTHING, command_reconnect},
    {"rehash", "#", SPLIT_PLAIN, 0, 0, COMMAND_WORD, "", "learn the names for completion anew",
     COMPLETE_NOTHING, command_rehash},
    {"release", "", SPLIT_PLAIN, 0, 0, 0, "", "give the session's connection back to the pool",
     COMPLETE_NOTHING, command_release},
    {"sandbox", "-", SPLIT_PLAIN, 0, 0, 0, "", "refuse commands that touch files or start programs",
     COMPLETE_NOTHING, command_sandbox},
    {"scope", "", SPLIT_ARGS, 1, 1, 0, "begin|commit|rollback", "begin or end a unit of work",
     COMPLETE_NOTHING, command_scope},
    {"session", "", SPLIT_ARGS, 0, 2, 0, "[NAME [TARGET]]", "open a session, or switch to it",
     COMPLETE_SESSION, command_session},
    {"sessions", "", SPLIT_PLAIN, 0, 0, 0, "", "list the sessions and what pins them",
     COMPLETE_NOTHING, command_sessions},
    {"set", "", SPLIT_LINE, 0, 1, 0, "[NAME [VALUE]]",
     "show the variables that :NAME binds, or set one", COMPLETE_VARIABLE, command_set},
    {"sf", "", SPLIT_ARGS, 1, 1, COMMAND_PAGES, "ROUTINE", "show how a routine is made",
     COMPLETE_ROUTINE, command_sf},
    {"source", ".", SPLIT_LINE, 1, 1, COMMAND_WORD | COMMAND_FILESYSTEM, "FILE",
     "run the statements of a file", COMPLETE_FILE, command_source},
    {"status", "s", SPLIT_PLAIN, 0, 0, COMMAND_WORD | COMMAND_CONNECTS, "",
     "show the server, the session and the settings", COMPLETE_NOTHING, command_status},
    {"system", "!", SPLIT_LINE, 1, 1, COMMAND_WORD | COMMAND_FILESYSTEM, "COMMAND",
     "run a shell command", COMPLETE_NOTHING, command_system},
    {"tee", "T", SPLIT_LINE, 0, 1, COMMAND_WORD | COMMAND_FILESYSTEM, "[FILE]",
     "append all output to FILE too", COMPLETE_FILE, command_tee},
    {"unset", "", SPLIT_ARGS, 1, 1, 0, "NAME", "forget a variable", COMPLETE_VARIABLE,
     command_unset},
    {"use", "u", SPLIT_ARGS, 1, 1, COMMAND_WORD, "SCHEMA", "use another schema", COMPLETE_SCHEMA,
     command_use},
};

size_t command_count(void)
{
    return sizeof(table) / sizeof(table[0]);
}

const struct command *command_at(size_t index)
{
    return index < command_count() ? &table[index] : NULL;
}
