// From all that names a target to one: option files, then the environment, then the target
// argument, then options; what comes later wins.
#ifndef MARSH_CONFIG_RESOLVE_H
#define MARSH_CONFIG_RESOLVE_H

#include <stdbool.h>

struct caller;
struct error;
struct options;
struct target;

// Reads the option files' groups client, client-server, client-mariadb and marsh into `base`, then
// the environment. [marsh] may also set marsh's own options, where the command line did not.
// `base` is what a target argument starts from: target_init is done here.
bool resolve_base(struct options *options, struct target *base, struct error *err);

// Appends what the option files say, as arguments of a command line, for --print-defaults.
struct buf;
bool resolve_list_defaults(struct options *options, struct buf *out, struct error *err);

// Applies a target argument: a URL, @bind, scratch:[NAME], or a schema. NULL: MARSH_TARGET, if set.
bool resolve_argument(const struct caller *caller, struct target *target, const char *text,
                      struct error *err);

// Applies those options of the command line that are for any target, as TLS, and not just for the
// one that they were given with: where it is, and who logs in.
bool resolve_common_options(const struct options *options, struct target *target,
                            struct error *err);

// The whole: base, argument, options, settled. A scratch server is not started yet, and no
// password is asked for.
bool resolve_target(struct options *options, struct target *target, struct error *err);

// The same for one of several targets that the options hold for.
bool resolve_one_of(struct options *options, const char *text, struct target *target,
                    struct error *err);

// Calls back with each of a [group.NAME]'s targets. *known is false where there is no such group,
// which is no error.
bool resolve_group(const struct caller *caller, const char *name,
                   void (*each)(void *data, const char *target), void *data, bool *known,
                   struct error *err);

// Whether an option says where a target is, who logs in there, or how.
struct option_given;
bool resolve_is_of_connection(const struct option_given *given);

// Where a password comes from a command or the user's typing, gets it.
// whom: of several, who is asked for the password of; or NULL.
bool resolve_password(struct caller *caller, struct target *target, const char *whom,
                      struct error *err);

// Calls back with the name of every bind in marsh.conf, for completion; errors are ignored.
void resolve_each_bind(const struct caller *caller, void (*each)(void *data, const char *name),
                       void *data);

#endif
