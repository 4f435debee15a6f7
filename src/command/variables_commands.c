// Commands about the variables that :name binds.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/command/context.h"
#include "marsh/data/grid.h"
#include "marsh/data/sink.h"

static bool show(struct context *context, struct error *err)
{
    static const struct column columns[] = {GRID_COLUMN("variable", COLUMN_TEXT),
                                            GRID_COLUMN("value", COLUMN_TEXT)};
    struct grid grid;
    struct sink *sink = context->format->create(&context->render, context->output);
    grid_init(&grid, columns, 2);
    for (size_t i = 0; i < context->variables.count; i++) {
        grid_add(&grid, context->variables.items[i].name);
        grid_add(&grid, context->variables.items[i].text);
    }
    bool ok = grid_push(&grid, sink, err);
    context->format->destroy(sink);
    grid_finish(&grid);
    return ok;
}

bool command_set(struct context *context, char *const *args, struct error *err)
{
    if (args[0] == NULL)
        return show(context, err);
    size_t len = strcspn(args[0], " \t");
    const char *value = args[0] + len + strspn(args[0] + len, " \t");
    CLEANUP(mem_free_at) char *name = mem_strndup(args[0], len);
    return variables_set(&context->variables, name, value, strlen(value), err);
}

bool command_unset(struct context *context, char *const *args, struct error *err)
{
    return variables_unset(&context->variables, args[0]) ||
           error_set(err, ERROR_USAGE, "there is no variable '%s'", args[0]);
}
