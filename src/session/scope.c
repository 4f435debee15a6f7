#include "marsh/session/scope.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/session/session.h"

static const char *const levels[] = {"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ",
                                     "SERIALIZABLE"};

// "read-committed" is "READ COMMITTED"; NULL for what is none.
static const char *find_level(const char *name, const char **nearest)
{
    struct nearest search;
    CLEANUP(mem_free_at) char *upper = mem_strdup(name);
    for (char *c = upper; *c != '\0'; c++)
        *c = *c == '-' || *c == '_' ? ' ' : text_upper(*c);
    nearest_init(&search, upper);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(upper, levels[i]) == 0)
            return levels[i];
        nearest_offer(&search, levels[i]);
    }
    *nearest = nearest_get(&search);
    return NULL;
}

bool scope_check_isolation(const char *name, struct error *err)
{
    const char *near = NULL;
    if (find_level(name, &near) != NULL)
        return true;
    return error_set(err, ERROR_USAGE, "unknown isolation level '%s'%s%s%s", name,
                     near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                     near == NULL ? ": it is read-uncommitted, read-committed, repeatable-read or "
                                    "serializable"
                                  : "'?");
}

static bool run(struct session *session, const char *text, struct error *err)
{
    return session_run(session, text, strlen(text), sink_discard(), err);
}

bool scope_begin(struct session *session, const struct scope_options *options, struct error *err)
{
    const char *near;
    if (session_in_scope(session))
        return error_set(err, ERROR_USAGE, "a scope is open already");
    if (session_transaction(session) == TRANSACTION_OPEN)
        return error_set(err, ERROR_USAGE, "a transaction is open already");
    struct buf text = BUF_INIT;
    if (options->isolation != NULL) {
        if (!scope_check_isolation(options->isolation, err))
            return false;
        buf_printf(&text, "SET TRANSACTION ISOLATION LEVEL %s; ",
                   find_level(options->isolation, &near));
    }
    buf_add_text(&text, "START TRANSACTION");
    if (options->consistent_snapshot)
        buf_add_text(&text, " WITH CONSISTENT SNAPSHOT");
    if (options->read_only)
        buf_add_text(&text, options->consistent_snapshot ? ", READ ONLY" : " READ ONLY");
    buf_add_text(&text, "; SAVEPOINT " SCOPE_MARK);
    bool ok = run(session, buf_cstr(&text), err);
    if (ok)
        session_begin_scope(session, buf_cstr(&text), options->allow_implicit_commit);
    buf_finish(&text);
    return ok;
}

// *same: the transaction is still the one that the scope began. The savepoint is given up.
static bool check_same(struct session *session, bool *same, struct error *err)
{
    enum { ER_SP_DOES_NOT_EXIST = 1305 };
    *same = true;
    if (session_scope_is_partly_committed(session) ||
        run(session, "RELEASE SAVEPOINT " SCOPE_MARK, err))
        return true;
    if (err->number != ER_SP_DOES_NOT_EXIST)
        return false;
    error_finish(err);
    *same = false;
    return true;
}

// ROLLBACK; *left: the server warns that some changes can't be undone.
static bool roll_back(struct session *session, bool *left, struct error *err)
{
    struct recorder recorder;
    recorder_init(&recorder);
    bool ok = session_run(session, "ROLLBACK", strlen("ROLLBACK"), &recorder.sink, err);
    *left = ok && recorder.count > 0 && recorder.sets[0].warnings > 0;
    recorder_finish(&recorder);
    return ok;
}

// A scope that is over before its end, and how.
static bool fail_over(struct session *session, enum session_transaction was, struct error *err)
{
    session_acknowledge(session);
    return error_set(err, ERROR_SQL,
                     was == TRANSACTION_COMMITTED
                         ? "the scope has been committed before its end, by a statement in it"
                         : "the scope can't be committed: it has been rolled back");
}

bool scope_commit(struct session *session, struct error *err)
{
    enum session_transaction was = session_transaction(session);
    session_end_scope(session);
    if (was == TRANSACTION_COMMITTED)
        session_set_partly_committed(session, true);
    if (was != TRANSACTION_OPEN)
        return was == TRANSACTION_NONE || fail_over(session, was, err);
    bool same;
    if (!check_same(session, &same, err) || !run(session, "COMMIT", err))
        return false;
    // Whoever would try again, or say that it failed, has to know.
    if (!same)
        session_set_partly_committed(session, true);
    return same || fail_over(session, TRANSACTION_COMMITTED, err);
}

bool scope_rollback(struct session *session, struct error *err)
{
    enum session_transaction was = session_transaction(session);
    bool left = false;
    session_end_scope(session);
    if (was == TRANSACTION_COMMITTED)
        return fail_over(session, was, err);
    session_acknowledge(session);
    if (was == TRANSACTION_ROLLED_BACK && session_scope_is_partly_committed(session))
        return error_set(
            err, ERROR_SQL,
            "not all is rolled back: a statement in it has, or may have, committed, or "
            "a table in it knows no transactions");
    if (was != TRANSACTION_OPEN)
        return true;
    bool same;
    if (!check_same(session, &same, err) || !roll_back(session, &left, err))
        return false;
    if (same && !left)
        return true;
    session_set_partly_committed(session, true);
    return left ? error_set(err, ERROR_SQL,
                            "not all is rolled back: a table in it knows no transactions")
                : fail_over(session, TRANSACTION_COMMITTED, err);
}

bool scope_is_retryable(const struct error *err)
{
    static const unsigned numbers[] = {
        1020, // the record has changed since it was read
        1205, // lock wait timeout
        1213, // deadlock; Galera tells a certification failure so, too
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (err->number == numbers[i])
            return true;
    }
    return false;
}

// Server counters of statements that can neither commit nor go on after a rollback that nobody saw,
// as a handler does that signals again. A name that ends in `_` is the beginning of several.
static const char *const harmless[] = {"call_procedure",
                                       "dealloc_sql",
                                       "delete",
                                       "delete_multi",
                                       "do",
                                       "execute_sql",
                                       "insert",
                                       "insert_select",
                                       "get_diagnostics",
                                       "load",
                                       "prepare_sql",
                                       "replace",
                                       "replace_select",
                                       "rollback_to_savepoint",
                                       "savepoint",
                                       "select",
                                       "show_",
                                       "stmt_",
                                       "update",
                                       "update_multi",
                                       "release_savepoint"};

static bool is_harmless(const char *counter)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        size_t len = strlen(harmless[i]);
        bool begins = harmless[i][len - 1] == '_';
        if (begins ? strncmp(counter, harmless[i], len) == 0 : strcmp(counter, harmless[i]) == 0)
            return true;
    }
    return false;
}

bool scope_count(struct session *session, struct scope_counts *counts, struct error *err)
{
    static const char query[] = "SHOW SESSION STATUS WHERE Variable_name LIKE 'Com\\_%'"
                                " OR Variable_name = 'Handler_rollback'";
    struct recorder rows;
    recorder_init(&rows);
    bool ok = session_ask(session, query, strlen(query), &rows.sink, err);
    struct scope_counts found = {.commits = 0};
    for (size_t i = 0; ok && i < recorder_rows(&rows); i++) {
        const char *name = recorder_cell(&rows, i, 0);
        const char *cell = recorder_cell(&rows, i, 1);
        uint64_t value = cell == NULL ? 0 : strtoull(cell, NULL, 10);
        if (strncmp(name, "Com_", 4) != 0)
            found.rollbacks = value;
        else if (!is_harmless(name + 4))
            found.commits += value;
    }
    recorder_finish(&rows);
    if (ok)
        *counts = found;
    return ok;
}

// A deadlock counts as two rollbacks, of the statement and of the transaction. With more of them a
// handler may have taken an earlier one, and the routine gone on without a transaction.
static bool are_whole(const struct scope_counts *before, const struct scope_counts *after)
{
    return before->commits == after->commits && after->rollbacks <= before->rollbacks + 2;
}

void scope_settle_doubt(struct session *session, const struct scope_counts *before,
                        const struct error *err)
{
    struct error ignored = ERROR_INIT;
    struct scope_counts after;
    if (session_scope_is_partly_committed(session) && scope_is_retryable(err) &&
        scope_count(session, &after, &ignored) && are_whole(before, &after))
        session_set_partly_committed(session, false);
    error_finish(&ignored);
}
