// The commands' functions, one file a family, for the table alone.
#ifndef MARSH_COMMAND_COMMANDS_H
#define MARSH_COMMAND_COMMANDS_H

#include <stdbool.h>

struct context;
struct error;

// The session as if newly connected, with its target's schema.
bool command_start_over(struct context *context, struct error *err);
// A session with the same target on another host, named after that; it becomes the current one.
bool command_open_host(struct context *context, const char *host, struct error *err);

bool command_all(struct context *context, char *const *args, struct error *err);
bool command_bg(struct context *context, char *const *args, struct error *err);
bool command_call(struct context *context, char *const *args, struct error *err);
bool command_cancel(struct context *context, char *const *args, struct error *err);
bool command_charset(struct context *context, char *const *args, struct error *err);
bool command_close(struct context *context, char *const *args, struct error *err);
bool command_connect(struct context *context, char *const *args, struct error *err);
bool command_df(struct context *context, char *const *args, struct error *err);
bool command_edit(struct context *context, char *const *args, struct error *err);
bool command_fetch(struct context *context, char *const *args, struct error *err);
bool command_fg(struct context *context, char *const *args, struct error *err);
bool command_format(struct context *context, char *const *args, struct error *err);
bool command_help(struct context *context, char *const *args, struct error *err);
bool command_jobs(struct context *context, char *const *args, struct error *err);
bool command_nopager(struct context *context, char *const *args, struct error *err);
bool command_notee(struct context *context, char *const *args, struct error *err);
bool command_nowarning(struct context *context, char *const *args, struct error *err);
bool command_pager(struct context *context, char *const *args, struct error *err);
bool command_pool(struct context *context, char *const *args, struct error *err);
bool command_print(struct context *context, char *const *args, struct error *err);
bool command_prompt(struct context *context, char *const *args, struct error *err);
bool command_quit(struct context *context, char *const *args, struct error *err);
bool command_raw(struct context *context, char *const *args, struct error *err);
bool command_reconnect(struct context *context, char *const *args, struct error *err);
bool command_rehash(struct context *context, char *const *args, struct error *err);
bool command_release(struct context *context, char *const *args, struct error *err);
bool command_reset(struct context *context, char *const *args, struct error *err);
bool command_sandbox(struct context *context, char *const *args, struct error *err);
bool command_scope(struct context *context, char *const *args, struct error *err);
bool command_session(struct context *context, char *const *args, struct error *err);
bool command_sessions(struct context *context, char *const *args, struct error *err);
bool command_set(struct context *context, char *const *args, struct error *err);
bool command_sf(struct context *context, char *const *args, struct error *err);
bool command_source(struct context *context, char *const *args, struct error *err);
bool command_status(struct context *context, char *const *args, struct error *err);
bool command_system(struct context *context, char *const *args, struct error *err);
bool command_tee(struct context *context, char *const *args, struct error *err);
bool command_unset(struct context *context, char *const *args, struct error *err);
bool command_use(struct context *context, char *const *args, struct error *err);
bool command_wait(struct context *context, char *const *args, struct error *err);
bool command_warnings(struct context *context, char *const *args, struct error *err);

#endif
