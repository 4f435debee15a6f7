#include "marsh/call/call.h"

#include "marsh/command/context.h"
#include "marsh/session/procedure.h"
#include "marsh/shell/shell.h"

struct request {
    struct session *session;
    const char *name;
    char *const *values;
    size_t count;
};

static bool send(void *data, struct sink *sink, struct error *err)
{
    const struct request *request = data;
    return procedure_call(request->session, request->name, request->values, request->count, sink,
                          err);
}

bool call_run(struct context *context, const char *name, char *const *values, size_t count,
              struct error *err)
{
    struct request request = {context->session, name, values, count};
    return shell_render(context, 0, send, &request, err);
}
