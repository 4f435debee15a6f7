// What a copy asks of the sessions that write its rows.
#include <string.h>

#include "load.h"
#include "marsh/base/mem.h"
#include "marsh/data/recorder.h"
#include "marsh/data/sink.h"
#include "marsh/session/session.h"
#include "marsh/sql/statement.h"
#include "query.h"

static bool say(struct session *session, const char *text, struct error *err)
{
    return session_run(session, text, strlen(text), sink_discard(), err);
}

static bool has_instants(const struct load *load)
{
    for (size_t i = 0; i < load->place_count; i++) {
        const struct load_place *place = &load->places[i];
        if (place->at != SIZE_MAX && place->column->type.kind == TYPE_TIMESTAMP)
            return true;
    }
    return false;
}

// The source's zone has a name that means the same here, or it is the system's and that is the
// same.
static bool take_zone(struct load_worker *worker, const char *zone, const char *system,
                      struct error *err)
{
    if (strcmp(zone, "SYSTEM") != 0) {
        struct buf text = BUF_INIT;
        buf_add_text(&text, "SET time_zone=");
        statement_add_string(&text, zone, strlen(zone));
        bool ok = say(worker->session, buf_cstr(&text), err);
        buf_finish(&text);
        return ok;
    }
    struct recorder rows;
    recorder_init(&rows);
    bool ok = session_ask(worker->session, QUERY_ZONE, strlen(QUERY_ZONE), &rows.sink, err);
    if (ok && (strcmp(recorder_cell(&rows, 0, 0), "SYSTEM") != 0 ||
               strcmp(recorder_cell(&rows, 0, 1), system) != 0))
        ok = error_set(err, ERROR_USAGE,
                       "the time zones differ, so that TIMESTAMP values would be other instants; "
                       "--init-command \"SET time_zone='+00:00'\" sets one for both");
    recorder_finish(&rows);
    return ok;
}

// A row whose number is 0 keeps it, as it does in a dump.
bool load_set_session(struct load_worker *worker, struct error *err)
{
    const struct load *load = worker->load;
    if (!say(worker->session,
             "SET autocommit=1, sql_mode=CONCAT(@@sql_mode,',NO_AUTO_VALUE_ON_ZERO')", err))
        return false;
    if (load->query == NULL)
        return true;
    const char *system;
    const char *zone = query_zone(load->query, &system);
    return say(worker->session, "SET NAMES utf8mb4", err) &&
           (!has_instants(load) || take_zone(worker, zone, system, err));
}
