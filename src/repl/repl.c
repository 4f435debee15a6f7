#include "marsh/repl/repl.h"
void repl_run(struct context *context, int wake_fd)
{
    (void) context;
    (void) wake_fd;
}
