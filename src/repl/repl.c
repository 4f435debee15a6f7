#include "marsh/repl/repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "completion.h"
#include "history.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/command/jobs.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/manager.h"
#include "marsh/session/session.h"
#include "marsh/shell/message.h"
#include "marsh/shell/place.h"
#include "marsh/shell/shell.h"
#include "marsh/sql/splitter.h"
#include "marsh/sql/statement.h"
#include "prompt.h"
#include "terminal.h"

struct repl {
    struct context *context;
    struct splitter *splitter;
    struct buf prompt;
    unsigned count; // of first lines
    bool asked;     // whether to leave with jobs running, just now
    int waited;     // seconds, at this line, as far as sessions want to know
};

static void add_shown(struct buf *out, const char *text)
{
    text_add_printable(out, text, strlen(text), false);
}

// "scratch:shop[two]*> ": the target, the schema, the session where there are several, and a star
// in a transaction.
static void make_prompt(struct repl *repl)
{
    const struct session *session = repl->context->session;
    CLEANUP(mem_free_at) char *name = target_describe(session_target(session));
    struct buf *prompt = &repl->prompt;
    buf_clear(prompt);
    if (repl->context->prompt != NULL) {
        const struct prompt_facts facts = {session, splitter_delimiter(repl->splitter), repl->count,
                                           time(NULL)};
        prompt_add(prompt, repl->context->prompt, &facts);
        return;
    }
    add_shown(prompt, name);
    if (session_schema(session)[0] != '\0') {
        buf_add_char(prompt, ':');
        add_shown(prompt, session_schema(session));
    }
    static const char *const marks[] = {
        [TRANSACTION_NONE] = "> ",         [TRANSACTION_OPEN] = "*> ",
        [TRANSACTION_ROLLED_BACK] = "!> ", [TRANSACTION_LOST] = "!> ",
        [TRANSACTION_COMMITTED] = "!> ",
    };
    buf_add_text(prompt, marks[session_transaction(session)]);
}

// As wide as the first line's, and it shows what is still open.
static void make_continuation(struct repl *repl)
{
    static const char *const marks[] = {
        [OPEN_NOTHING] = "-> ", [OPEN_STATEMENT] = "-> ", [OPEN_SINGLE] = "'> ",
        [OPEN_DOUBLE] = "\"> ", [OPEN_NAME] = "`> ",      [OPEN_COMMENT] = "/*> ",
    };
    make_prompt(repl);
    const char *mark = marks[splitter_open(repl->splitter)];
    size_t width = text_width(repl->prompt.data, repl->prompt.len);
    buf_clear(&repl->prompt);
    buf_add_repeat(&repl->prompt, ' ', width > strlen(mark) ? width - strlen(mark) : 0);
    buf_add_text(&repl->prompt, mark);
}

static void say(const char *text)
{
    fs_write_all(STDERR_FILENO, text, strlen(text));
}

// Runs one statement and shows what went wrong. False: the rest of the line is dropped.
static bool run_item(struct repl *repl, const struct split_item *item)
{
    struct context *context = repl->context;
    struct error err = ERROR_INIT;
    context->render.columns = terminal_columns();
    cancel_reset(context->cancel);
    context->open = splitter_text(repl->splitter, &context->open_len);
    history_note(item, splitter_delimiter(repl->splitter));
    bool ok = shell_run(context, item, &err);
    place_excerpt(&err, item);
    if (context->edited != NULL)
        splitter_replace(repl->splitter, context->edited, strlen(context->edited));
    mem_replace(&context->edited, NULL);
    if (!ok && err.kind == ERROR_USAGE && err.place == NULL)
        buf_clear(output_buffer(context->output));
    if (!ok)
        message_error(context, &err);
    // A cancelled statement may end without an error, as BENCHMARK does.
    bool go_on = err.kind != ERROR_CANCELLED && err.kind != ERROR_CONNECTION &&
                 !cancel_was_fired(context->cancel);
    error_finish(&err);
    splitter_set_backslash_escapes(repl->splitter, session_backslash_escapes(context->session));
    splitter_set_charset(repl->splitter, context->render.charset);
    return go_on;
}

static void run_line(struct repl *repl, const char *line)
{
    struct context *context = repl->context;
    output_note(context->output, repl->prompt.data, repl->prompt.len);
    const char *noted = statement_is_secret(line, strlen(line)) ? "(not noted: a password)" : line;
    output_note(context->output, noted, strlen(noted));
    output_note(context->output, "\n", 1);
    splitter_feed(repl->splitter, line, strlen(line));
    splitter_feed(repl->splitter, "\n", 1);
    struct split_item item;
    while (!context->quit) {
        enum split_result result = splitter_next(repl->splitter, &item);
        if (result == SPLIT_BAD_DELIMITER)
            say("ERROR: DELIMITER needs a text without a backslash, of at most 15 bytes\n");
        else if (result != SPLIT_ITEM)
            return;
        else if (!run_item(repl, &item))
            splitter_clear(repl->splitter);
    }
}

static void greet(const struct context *context)
{
    struct connection_state state;
    if (!session_get_state(context->session, &state))
        return;
    struct buf text = BUF_INIT;
    buf_add_text(&text, "marsh, connected to ");
    add_shown(&text, state.server_version);
    buf_add_text(&text, "\n\\help lists the commands, \\quit leaves.\n");
    fs_write_all(STDOUT_FILENO, text.data, text.len);
    buf_finish(&text);
}

// How many seconds until the next session wants to give its lease back, after those that are
// waited already; -1: none.
static int next_idle(const struct repl *repl)
{
    int next = -1;
    const struct session *session;
    for (size_t i = 0; (session = manager_session_at(repl->context->manager, i)) != NULL; i++) {
        int seconds = session_target(session)->session_idle_release - repl->waited;
        if (seconds >= 0 && (next < 0 || seconds < next))
            next = seconds;
    }
    return next;
}

// Nobody has typed for a while: what nothing pins goes back, of those who wait no longer.
static int release_idle(void *data)
{
    struct repl *repl = data;
    struct session *session;
    repl->waited += next_idle(repl);
    for (size_t i = 0; (session = manager_session_at(repl->context->manager, i)) != NULL; i++) {
        if (session_target(session)->session_idle_release == repl->waited)
            session_release_idle(session);
    }
    repl->waited++;
    int next = next_idle(repl);
    return next < 0 ? -1 : next + 1;
}

// What jobs have ended since.
static char *take_notice(void *data)
{
    struct repl *repl = data;
    struct buf text = BUF_INIT;
    jobs_announce(repl->context->jobs, &text);
    return text.len == 0 ? NULL : buf_steal(&text);
}

// Nothing is lost by a slip of the hand: it takes to be told twice.
static bool leaves(struct repl *repl, enum terminal_event event)
{
    size_t running = jobs_running(repl->context->jobs);
    bool asked = repl->asked;
    repl->asked = false;
    bool wants = repl->context->quit || event == TERMINAL_EOF;
    if (!wants || running == 0 || asked)
        return wants || event == TERMINAL_END;
    CLEANUP(mem_free_at)
    char *text = mem_printf("%zu job%s %s running. Once more leaves, and cancels %s.\n", running,
                            running == 1 ? "" : "s", running == 1 ? "is" : "are",
                            running == 1 ? "it" : "them");
    say(text);
    repl->context->quit = false;
    repl->asked = true;
    return false;
}

void repl_run(struct context *context, int wake_fd)
{
    struct repl repl = {.context = context, .splitter = splitter_create(command_lookup)};
    splitter_set_typed(repl.splitter);
    if (context->delimiter != NULL)
        splitter_set_delimiter(repl.splitter, context->delimiter);
    if (context->named_commands)
        splitter_set_named(repl.splitter);
    context->reader = repl.splitter;
    struct completion *completion = completion_create(context);
    terminal_begin(wake_fd, completion_find, completion_wants_file, completion_hint, completion);
    history_load();
    greet(context);
    terminal_on_notice(take_notice, &repl);
    enum terminal_event event = TERMINAL_LINE;
    while (!leaves(&repl, event)) {
        char *line = NULL;
        CLEANUP(mem_free_at) char *notice = take_notice(&repl);
        if (notice != NULL)
            say(notice);
        if (splitter_open(repl.splitter) == OPEN_NOTHING) {
            repl.count++;
            make_prompt(&repl);
        } else {
            make_continuation(&repl);
        }
        // What was pressed while a statement ran does not count at the line, where nothing hangs.
        terminal_forget_signals();
        cancel_reset(context->cancel);
        repl.waited = 0;
        terminal_on_idle(next_idle(&repl), release_idle, &repl);
        event = terminal_read(buf_cstr(&repl.prompt), &line);
        if (event == TERMINAL_LINE) {
            run_line(&repl, line);
        } else {
            splitter_clear(repl.splitter);
        }
        free(line);
    }
    terminal_end();
    completion_destroy(completion);
    context->reader = NULL;
    splitter_destroy(repl.splitter);
    buf_finish(&repl.prompt);
}
