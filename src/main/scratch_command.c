#include "scratch_command.h"

#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/config/options.h"
#include "marsh/scratch/scratch.h"

static void list_one(void *data, const char *name, bool running, const char *socket)
{
    buf_printf(data, "%-16s%-9s%s\n", name, running ? "running" : "stopped", socket);
}

// A word that is no verb may be a URL with a password, and is not shown then.
static bool fail_verb(const char *verb, struct error *err)
{
    static const char *const verbs[] = {"list", "start", "stop", "drop", "demo"};
    struct nearest nearest;
    nearest_init(&nearest, verb);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        nearest_offer(&nearest, verbs[i]);
    const char *near = nearest_get(&nearest);
    return error_set(
        err, ERROR_USAGE, "scratch is followed by list, start, stop, drop or demo%s%s%s",
        near == NULL ? "" : "; did you mean '", near == NULL ? "" : near, near == NULL ? "" : "'?");
}

bool scratch_command(const struct options *options, struct buf *out, bool *demo, struct error *err)
{
    const char *verb = options->arg_count > 0 ? options->args[0] : "";
    const char *name = options->arg_count > 1 ? options->args[1] : "default";
    CLEANUP(mem_free_at) char *socket = NULL;
    bool running = false;
    if (options->arg_count > 2)
        return error_set(err, ERROR_USAGE, "scratch %s takes one name", verb);
    *demo = strcmp(verb, "demo") == 0;
    if (strcmp(verb, "list") == 0)
        return scratch_list(list_one, out, err);
    if (strcmp(verb, "start") == 0 || *demo) {
        if (!scratch_start(NULL, name, &socket, err))
            return false;
        if (!*demo)
            buf_printf(out, "%s\n", socket);
        return true;
    }
    if (strcmp(verb, "stop") == 0) {
        if (!scratch_stop(name, &running, err))
            return false;
        if (!running)
            buf_printf(out, "%s was not running\n", name);
        return true;
    }
    if (strcmp(verb, "drop") == 0)
        return scratch_drop(name, err);
    return fail_verb(verb, err);
}

void scratch_prepare_demo(struct options *options)
{
    struct buf target = BUF_INIT;
    buf_printf(&target, "scratch:%s", options->arg_count > 1 ? options->args[1] : "");
    mem_replace(&options->target, buf_cstr(&target));
    buf_finish(&target);
    options->front = FRONT_SHELL;
    options->no_defaults = true;
    while (options->execute_count > 0)
        free(options->execute[--options->execute_count]);
    options->execute = mem_realloc(options->execute, sizeof(*options->execute));
    options->execute[0] = mem_strndup(demo_sql, demo_sql_len);
    options->execute_count = 1;
}
