#include "marsh/call/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/base/watchdog.h"
#include "marsh/command/context.h"
#include "marsh/render/document.h"
#include "marsh/render/output.h"
#include "marsh/session/cancel.h"
#include "marsh/session/diagnostics.h"
#include "marsh/session/session.h"
#include "marsh/shell/shell.h"
#include "outcome.h"
#include "prepared.h"
#include "show.h"

// One call on its way.
struct call {
    struct context *context;
    const struct call_options *options;
    struct prepared prepared;
    struct call_values values;
    struct outcome outcome;
    struct recorder warnings;
    struct recorder condition;
};

// Names the items that the condition was given, in the words of SIGNAL.
static void add_condition(const struct recorder *condition, struct error *err)
{
    struct buf items = BUF_INIT;
    const struct recorded_set *set = condition->count > 0 ? &condition->sets[0] : NULL;
    for (size_t i = 0; set != NULL && set->rows > 0 && i < set->columns; i++) {
        const char *text = set->cells[i];
        if (text != NULL && text[0] != '\0')
            buf_printf(&items, "%s%s %s", items.len == 0 ? "" : ", ", set->names[i], text);
    }
    if (items.len > 0) {
        CLEANUP(mem_free_at) char *message = mem_printf("%s (%s)", err->message, buf_cstr(&items));
        char sqlstate[sizeof(err->sqlstate)];
        memcpy(sqlstate, err->sqlstate, sizeof(sqlstate));
        error_set_sql(err, err->kind, err->number, sqlstate, message);
    }
    buf_finish(&items);
}

// The warnings of a call that went well, the condition of one that did not.
static void ask_diagnostics(struct call *call, bool ok, const struct error *err)
{
    struct error ignored = ERROR_INIT;
    struct session *session = call->context->session;
    if (ok && call->outcome.warnings > 0)
        diagnostics_ask_warnings(session, &call->warnings, &ignored);
    else if (!ok && err->kind == ERROR_SQL)
        diagnostics_ask_condition(session, &call->condition, &ignored);
    error_finish(&ignored);
}

// A statement that is cancelled may go on, as a loop of SLEEP() does or one whose rows nobody
// reads: so long after, its connection is ended.
#define GRACE (3 * CLOCK_SECOND)

// The statement's time.
struct timer {
    struct cancel *cancel;
    unsigned fired;
    struct watchdog *watchdog; // NULL: it has all the time
    struct limit limit;
};

static int64_t cancel_late(void *data)
{
    struct timer *timer = data;
    cancel_fire(timer->cancel);
    return ++timer->fired < 2 ? GRACE : 0;
}

static void timer_begin(struct timer *timer, struct cancel *cancel, int64_t timeout)
{
    const struct clock *clock = clock_monotonic();
    *timer = (struct timer){.cancel = cancel};
    if (timeout == 0)
        return;
    timer->watchdog = watchdog_create(clock);
    watchdog_begin(timer->watchdog, &timer->limit, clock_now(clock) + timeout, cancel_late, timer);
}

// True where the time was over. Then the token is reset, unless it was fired by others too.
static bool timer_end(struct timer *timer)
{
    if (timer->watchdog == NULL)
        return false;
    unsigned bites = watchdog_end(timer->watchdog, &timer->limit);
    watchdog_destroy(timer->watchdog);
    if (bites > 0 && cancel_times_fired(timer->cancel) == bites)
        cancel_reset(timer->cancel);
    return bites > 0;
}

static bool send(struct call *call, struct error *err)
{
    struct context *context = call->context;
    int64_t timeout = call->options->timeout;
    struct timer timer;
    timer_begin(&timer, context->cancel, timeout);
    bool ok = procedure_send(call->prepared.procedure, context->session, &call->values,
                             &call->outcome.sink, err);
    if (timer_end(&timer)) {
        // Some statements end well when they are cancelled, as DO SLEEP() does.
        ok = error_set(err, ERROR_DEADLINE,
                       ok ? "cancelled after %.3g s; it went on to its end all the same"
                          : "cancelled after %.3g s; what it has done before stays, but for an "
                            "open transaction",
                       (double) timeout / CLOCK_SECOND);
    }
    ask_diagnostics(call, ok, err);
    return ok;
}

static bool send_rendered(void *data, struct sink *sink, struct error *err)
{
    struct call *call = data;
    call->outcome.next = sink;
    return send(call, err);
}

static void add_members(const struct call *call, struct buf *members)
{
    const struct recorder *condition = &call->condition;
    if (session_outcome_is_unknown(call->context->session))
        buf_add_text(members, "\"unknown\":true");
    const struct recorded_set *set = condition->count > 0 ? &condition->sets[0] : NULL;
    for (size_t i = 0; set != NULL && set->rows > 0 && i < set->columns; i++) {
        const char *text = set->cells[i];
        if (text == NULL || text[0] == '\0')
            continue;
        buf_printf(members, "%s\"%s\":", members->len == 0 ? "" : ",", set->names[i]);
        document_write_string(members, text, set->lengths[i], false);
    }
}

static unsigned code_of(const struct recorder *rows, size_t row)
{
    return (unsigned) strtoul(recorder_cell(rows, row, 1), NULL, 10);
}

static bool run_document(struct call *call, struct error *err)
{
    struct context *context = call->context;
    struct buf *out = output_buffer(context->output);
    struct document *document = document_create(out, context->output, &context->render);
    document_begin(document, NULL);
    call->outcome.next = document_sink(document);
    bool ok = send(call, err);
    const struct recorder *warnings = &call->warnings;
    for (size_t i = 0; i < recorder_rows(warnings); i++)
        document_add_warning(document, recorder_cell(warnings, i, 0), code_of(warnings, i),
                             recorder_cell(warnings, i, 2));
    if (!ok) {
        struct buf members = BUF_INIT;
        add_members(call, &members);
        document_add_error(document, err, buf_cstr(&members));
        buf_finish(&members);
    }
    document_end(document);
    document_destroy(document);
    buf_add_char(out, '\n');
    struct error flushing = ERROR_INIT;
    bool written = output_flush(context->output, ok ? err : &flushing);
    error_finish(&flushing);
    return written && ok;
}

// Lines that follow those of the result sets.
static void add_lines(const struct call *call, bool ok, const struct error *err)
{
    struct buf *out = output_buffer(call->context->output);
    bool terminal = call->context->render.terminal;
    for (size_t i = 0; i < recorder_rows(&call->warnings); i++) {
        buf_add_text(out, "{\"warning\":");
        document_write_warning(out, recorder_cell(&call->warnings, i, 0),
                               code_of(&call->warnings, i), recorder_cell(&call->warnings, i, 2),
                               terminal);
        buf_add_text(out, "}\n");
    }
    if (!ok) {
        struct buf members = BUF_INIT;
        add_members(call, &members);
        buf_add_text(out, "{\"error\":");
        document_write_error(out, err, buf_cstr(&members), terminal);
        buf_add_text(out, "}\n");
        buf_finish(&members);
    }
}

// Each line tells its set.
static bool is_lines(const struct context *context)
{
    return strcmp(context->format->name, "jsonl") == 0 && !context->interactive;
}

static bool run_plain(struct call *call, struct error *err)
{
    struct context *context = call->context;
    bool lines = is_lines(context);
    bool tagged = context->render.tagged;
    context->render.tagged = lines;
    bool ok = shell_render(context, 0, send_rendered, call, err);
    context->render.tagged = tagged;
    if (lines)
        add_lines(call, ok, err);
    else
        show_warnings(call->context, &call->warnings);
    return ok;
}

// Without a renderer: the OUT values, or files, are all that is wanted.
static bool run_silent(struct call *call, struct error *err)
{
    const struct call_options *options = call->options;
    call->outcome.folder = options->sets;
    if (!send(call, err))
        return false;
    show_warnings(call->context, &call->warnings);
    outcome_end_files(&call->outcome);
    if (options->out != NULL)
        return show_value(call->context, &call->prepared, &call->outcome, options->out, err);
    return !options->env || show_env(call->context, &call->outcome, err);
}

static bool check_set(const struct call *call, struct error *err)
{
    size_t wanted = call->options->set;
    if (wanted <= call->outcome.sets)
        return true;
    return error_set(err, ERROR_USAGE, "the call has %zu result set%s, and no set %zu",
                     call->outcome.sets, call->outcome.sets == 1 ? "" : "s", wanted);
}

// The OUT values, or files, are all that is wanted.
static bool is_silent(const struct call *call)
{
    const struct call_options *options = call->options;
    return options->out != NULL || options->env || options->sets != NULL;
}

// Result sets, OUT values and all go into one object.
static bool is_document(const struct call *call)
{
    const struct context *context = call->context;
    return !is_silent(call) && !context->interactive && call->options->set == 0 &&
           !call->options->explain && strcmp(context->format->name, "json") == 0;
}

static bool run(struct call *call, struct error *err)
{
    struct context *context = call->context;
    const struct call_options *options = call->options;
    bool silent = is_silent(call);
    bool document = is_document(call);
    outcome_init(&call->outcome, NULL);
    call->outcome.context = context;
    call->outcome.only = options->set;
    recorder_init(&call->warnings);
    recorder_init(&call->condition);
    bool ok = silent ? run_silent(call, err)
                     : (document ? run_document(call, err) : run_plain(call, err));
    // Where nothing else has seen the call's summary.
    if ((silent || document || options->set > 0) && call->outcome.affected > 0) {
        context->changing++;
        context->changed_rows += call->outcome.affected;
    }
    if (!ok)
        add_condition(&call->condition, err);
    ok = ok && check_set(call, err) &&
         (options->exit_from == NULL ||
          show_status(&call->outcome, options->exit_from, &context->exit_status, err));
    recorder_finish(&call->warnings);
    recorder_finish(&call->condition);
    outcome_finish(&call->outcome);
    return ok;
}

// What can't be written to shows before the call.
static bool make_folder(const char *path, struct error *err)
{
    struct stat st;
    if (mkdir(path, 0700) == 0)
        return true;
    if (errno != EEXIST || stat(path, &st) != 0)
        return error_set_errno(err, "%s", path);
    if (!S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    else if (access(path, W_OK | X_OK) == 0)
        return true;
    return error_set_errno(err, "%s", path);
}

// What the signature tells is wrong with the options.
static bool check_options(const struct call *call, struct error *err)
{
    const struct call_options *options = call->options;
    const struct routine *routine = &call->prepared.routine;
    const char *const names[] = {options->out, options->exit_from};
    for (size_t i = 0; i < 2 && routine->known; i++) {
        const char *name = names[i];
        if (name == NULL)
            continue;
        const struct parameter *parameter = routine_parameter(routine, name);
        bool result = routine->returns != NULL && text_equals_nocase(name, "result");
        if (!result && (parameter == NULL || parameter->mode == PARAMETER_IN))
            return routine_fail(routine,
                                mem_printf("%s has no OUT value '%s'", routine->name, name), err);
    }
    if (options->sets != NULL && !make_folder(options->sets, err))
        return false;
    return !options->env || show_check_env(&call->prepared, err);
}

// On a terminal what is missing is asked for.
static bool fill(struct call *call, struct error *err)
{
    struct context *context = call->context;
    struct prepared *prepared = &call->prepared;
    call_values_init(&call->values, prepared->procedure);
    return check_options(call, err) &&
           (!call->options->asks || prepared_ask(prepared, context->cancel, err)) &&
           (!context->runs_again || prepared_check_files(prepared, err)) &&
           prepared_load(prepared, !context->runs_again && !context->interactive, err) &&
           prepared_take(prepared, &call->values, err);
}

// Who reads JSON gets it of a call that was not sent as well.
static void write_refusal(struct context *context, const struct error *err)
{
    struct buf *out = output_buffer(context->output);
    struct document *document = document_create(out, context->output, &context->render);
    struct error ignored = ERROR_INIT;
    document_begin(document, NULL);
    document_add_error(document, err, NULL);
    document_end(document);
    document_destroy(document);
    buf_add_char(out, '\n');
    output_flush(context->output, &ignored);
    error_finish(&ignored);
}

bool call_run(struct context *context, const struct call_options *options, char *const *words,
              size_t count, struct error *err)
{
    enum { ER_SP_DOES_NOT_EXIST = 1305 };
    struct call call = {.context = context, .options = options};
    bool ok = prepared_init(&call.prepared, context, words, count, err) && fill(&call, err);
    if (!ok && is_document(&call))
        write_refusal(context, err);
    else if (!ok && is_lines(context) && !is_silent(&call) && !options->explain)
        add_lines(&call, false, err);
    if (ok && options->explain)
        ok = show_explanation(context, &call.prepared, &call.values, err);
    else if (ok)
        ok = run(&call, err);
    // Behind the JSON, in which the message is the server's own.
    if (!ok && err->number == ER_SP_DOES_NOT_EXIST)
        routine_hint(&call.prepared.routine, context->session, err);
    if (ok && !call.prepared.routine.known && !options->explain) {
        static const char note[] = "Called as given: the routine's signature can't be seen.\n";
        context->say(context, note, strlen(note));
    }
    call_values_finish(&call.values);
    prepared_finish(&call.prepared);
    return ok;
}

bool call_run_words(struct context *context, char *const *words, size_t count, struct error *err)
{
    const struct call_options options = {.asks = context->interactive};
    return call_run(context, &options, words, count, err);
}
