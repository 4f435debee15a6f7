#include "marsh/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"

void error_finish(struct error *err)
{
    free(err->message);
    free(err->place);
    free(err->excerpt);
    *err = (struct error) ERROR_INIT;
}

void error_set_place(struct error *err, const char *file, size_t line)
{
    if (err->place == NULL)
        err->place = mem_printf("%s:%zu", file, line);
}

// It comes from the server, and goes to terminals: five digits or capitals, or nothing.
static const char *safe_sqlstate(const char *sqlstate)
{
    static const char good[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool ok = sqlstate != NULL && strlen(sqlstate) == 5 && strspn(sqlstate, good) == 5;
    return ok ? sqlstate : "";
}

// Takes ownership of message.
static bool fill(struct error *err, enum error_kind kind, unsigned number, const char *sqlstate,
                 char *message)
{
    free(err->message);
    free(err->place);
    free(err->excerpt);
    err->place = err->excerpt = NULL;
    err->kind = kind;
    err->number = number;
    snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", safe_sqlstate(sqlstate));
    err->message = message;
    return false;
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = mem_vprintf(format, args);
    va_end(args);
    return fill(err, kind, 0, NULL, message);
}

bool error_set_sql(struct error *err, enum error_kind kind, unsigned number, const char *sqlstate,
                   const char *message)
{
    return fill(err, kind, number, sqlstate, mem_strdup(message));
}

bool error_set_errno(struct error *err, const char *format, ...)
{
    int saved = errno;
    va_list args;
    va_start(args, format);
    CLEANUP(mem_free_at) char *what = mem_vprintf(format, args);
    va_end(args);
    return fill(err, ERROR_SYSTEM, 0, NULL, mem_printf("%s: %s", what, strerror(saved)));
}

bool error_context(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP(mem_free_at) char *context = mem_vprintf(format, args);
    va_end(args);
    char *message = mem_printf("%s: %s", context, err->message == NULL ? "" : err->message);
    free(err->message);
    err->message = message;
    return false;
}

bool error_append(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP(mem_free_at) char *behind = mem_vprintf(format, args);
    va_end(args);
    char *message = mem_printf("%s%s", err->message == NULL ? "" : err->message, behind);
    free(err->message);
    err->message = message;
    return false;
}

void error_copy(struct error *to, const struct error *from)
{
    error_finish(to);
    *to = *from;
    to->message = mem_strdup(from->message);
    to->place = mem_strdup(from->place);
    to->excerpt = mem_strdup(from->excerpt);
}

void error_move(struct error *to, struct error *from)
{
    error_finish(to);
    *to = *from;
    *from = (struct error) ERROR_INIT;
}
