// What a keeper has to tell, with nobody to tell it to: lines in a file of mode 0600 in the user's
// state folder. It is begun anew when it has grown large, and the one before is kept as FILE.old.
// Any thread.
#ifndef MARSH_KEEPER_LOG_H
#define MARSH_KEEPER_LOG_H

#include <stdbool.h>

struct error;

bool keeper_log_path(char **path, struct error *err);

// What can't be written is lost.
__attribute__((format(printf, 1, 2))) void keeper_log(const char *format, ...);

#endif
