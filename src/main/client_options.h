// The options that scripts of the mariadb client use, and what they mean for a context.
#ifndef MARSH_MAIN_CLIENT_OPTIONS_H
#define MARSH_MAIN_CLIENT_OPTIONS_H

#include <stdbool.h>

struct cancel;
struct context;
struct error;
struct options;
struct session;
struct target;

// Sets what concerns statements and output. The options are borrowed for the context's life.
bool client_options_apply(const struct options *options, const struct target *target,
                          struct context *context, struct error *err);
// What --safe-updates and --ignore-spaces set on connecting becomes a part of the target's
// init_command. ERROR_USAGE for a limit that is no number.
bool client_options_add_init(const struct options *options, struct target *target,
                             struct error *err);
// Connects, as often as it takes until there is a server to connect to.
bool client_options_wait(struct context *context, struct error *err);

#endif
