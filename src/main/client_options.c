#include "client_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/charset.h"
#include "marsh/base/clock.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/config/options.h"
#include "marsh/config/target.h"
#include "marsh/session/cancel.h"
#include "marsh/session/session.h"

// A server that can't be reached now may be up after that.
#define WAIT_BETWEEN CLOCK_SECOND

static bool check_delimiter(const char *delimiter, struct error *err)
{
    if (delimiter == NULL ||
        (delimiter[0] != '\0' && strlen(delimiter) < 16 && strpbrk(delimiter, "\\ \t\r\n") == NULL))
        return true;
    return error_set(err, ERROR_USAGE,
                     "--delimiter takes a text of at most 15 bytes, without a space or backslash");
}

// K, M, G and so on are of 1024.
static bool check_limit(const char *name, const char *text, unsigned long long *limit,
                        struct error *err)
{
    static const char units[] = "KMGTPE";
    if (text == NULL)
        return true;
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] == '\0' ? NULL : strchr(units, text_upper(text[digits]));
    if (digits == 0 || digits > 20 ||
        (text[digits] != '\0' && (unit == NULL || text[digits + 1] != '\0')))
        return error_set(err, ERROR_USAGE, "--%s takes a whole number", name);
    *limit = strtoull(text, NULL, 10);
    for (size_t i = 0; unit != NULL && i <= (size_t) (unit - units); i++)
        *limit = *limit > ULLONG_MAX >> 10 ? ULLONG_MAX : *limit << 10;
    return true;
}

// They are sent as it is; who asks for that by name has them shown, too.
static bool asks_for_comments(const struct options *options)
{
    bool asks = false;
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_spec *spec = options->given[i].spec;
        asks = asks || (spec != NULL && strcmp(spec->name, "comments") == 0);
    }
    return asks && !options->no_comments;
}

bool client_options_apply(const struct options *options, const struct target *target,
                          struct context *context, struct error *err)
{
    context->verbose = options->verbose;
    context->show_warnings = options->show_warnings;
    context->no_line_numbers = options->no_line_numbers;
    context->no_stages = options->no_progress_reports;
    context->render.charset = charset_find(context->caller, target->charset);
    context->print_query = options->print_query && options->verbose == 0;
    context->abort_source = options->abort_source;
    context->binary = options->binary;
    context->named_commands = options->named_commands;
    context->no_comments = options->no_comments;
    context->keeps_comments = asks_for_comments(options);
    context->sandbox = options->sandbox;
    context->delimiter = options->delimiter;
    const char *prompt = options->prompt != NULL ? options->prompt
                                                 : caller_getenv(context->caller, "MYSQL_PS1");
    context->prompt = mem_strdup(prompt);
    if (options->one_database)
        context->home = target->schema == NULL ? "" : target->schema;
    // The mariadb client knows none but that.
    context->elsewhere = options->one_database && target->schema == NULL;
    unsigned long long width = ULLONG_MAX;
    if (!check_limit("quick-max-column-width", options->quick_max_column_width, &width, err))
        return false;
    context->render.quick_width = width;
    return check_delimiter(options->delimiter, err);
}

static void add_init(struct buf *init, const char *text)
{
    while (init->len > 0 && strchr("; \t\r\n", init->data[init->len - 1]) != NULL)
        init->len--;
    buf_add_text(init, init->len > 0 ? ";\n" : "");
    buf_add_text(init, text);
}

bool client_options_add_init(const struct options *options, struct target *target,
                             struct error *err)
{
    unsigned long long select = 1000;
    unsigned long long join = 1000000;
    if (!check_limit("select-limit", options->select_limit, &select, err) ||
        !check_limit("max-join-size", options->max_join_size, &join, err))
        return false;
    if (!options->safe_updates && !options->ignore_spaces)
        return true;
    // No rows at all are one.
    select = select == 0 ? 1 : select;
    join = join == 0 ? 1 : join;
    struct buf init = BUF_INIT;
    if (options->ignore_spaces)
        add_init(&init, "SET sql_mode=CONCAT(@@sql_mode,',IGNORE_SPACE')");
    if (target->init_command != NULL)
        add_init(&init, target->init_command);
    if (options->safe_updates) {
        CLEANUP(mem_free_at)
        char *text = mem_printf("SET sql_safe_updates=1,sql_select_limit=%llu,max_join_size=%llu",
                                select, join);
        add_init(&init, text);
    }
    mem_replace(&target->init_command, buf_cstr(&init));
    buf_finish(&init);
    return true;
}

// No server there, which may change; that one refuses us won't.
static bool is_absent(const struct error *err)
{
    enum { CR_CONNECTION_ERROR = 2002, CR_CONN_HOST_ERROR = 2003 };
    return err->number == CR_CONNECTION_ERROR || err->number == CR_CONN_HOST_ERROR;
}

bool client_options_wait(struct context *context, struct error *err)
{
    const struct clock *clock = clock_monotonic();
    static const char waiting[] = "Waiting for the server\n";
    bool told = false;
    while (!session_connect(context->session, err)) {
        if (!is_absent(err))
            return false;
        if (context->interactive && !told)
            context->say(context, waiting, strlen(waiting));
        told = true;
        error_finish(err);
        if (!cancel_wait(context->cancel, clock_now(clock) + WAIT_BETWEEN))
            return error_set(err, ERROR_CANCELLED, "interrupted");
    }
    return true;
}
