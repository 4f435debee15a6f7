#include "marsh/session/routines.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/clock.h"
#include "marsh/base/mem.h"
#include "marsh/session/routine.h"
#include "marsh/session/session.h"

enum { ROUTINES_MAX = 32 };

#define KEPT_FOR (5 * CLOCK_SECOND)

struct routines {
    struct {
        struct routine routine;
        int64_t asked;
    } list[ROUTINES_MAX];
    size_t count;
    size_t next; // where the list is full: the one that makes room
};

struct routines *routines_create(void)
{
    return mem_calloc(1, sizeof(struct routines));
}

void routines_forget(struct routines *routines)
{
    for (size_t i = 0; i < routines->count; i++)
        routine_finish(&routines->list[i].routine);
    routines->count = routines->next = 0;
}

void routines_destroy(struct routines *routines)
{
    if (routines == NULL)
        return;
    routines_forget(routines);
    free(routines);
}

static size_t find(const struct routines *routines, const char *schema, const char *name)
{
    size_t i = 0;
    while (i < routines->count && (strcmp(routines->list[i].routine.schema, schema) != 0 ||
                                   strcmp(routines->list[i].routine.name, name) != 0))
        i++;
    return i;
}

const struct routine *routines_find(struct routines *routines, struct session *session,
                                    const char *schema, const char *name, struct error *err)
{
    int64_t now = clock_now(clock_monotonic());
    struct routine found;
    if (!session_connect(session, err)) // it knows the schema in use
        return NULL;
    size_t i = find(routines, schema == NULL ? session_schema(session) : schema, name);
    if (i < routines->count && now - routines->list[i].asked < KEPT_FOR &&
        routines->list[i].routine.known)
        return &routines->list[i].routine;
    if (!routine_lookup(session, schema, name, &found, err))
        return NULL;
    if (i == ROUTINES_MAX)
        i = routines->next++ % ROUTINES_MAX;
    if (i < routines->count)
        routine_finish(&routines->list[i].routine);
    else
        routines->count++;
    routines->list[i].routine = found;
    routines->list[i].asked = now;
    return &routines->list[i].routine;
}
