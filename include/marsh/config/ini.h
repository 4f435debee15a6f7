// Reads the files that the server's clients call option files: [groups] of `key`, `key=value` and
// comments, with !include and !includedir. marsh.conf has the same grammar.
// Source: "Configuring MariaDB with Option Files" in the MariaDB documentation.
#ifndef MARSH_CONFIG_INI_H
#define MARSH_CONFIG_INI_H

#include <stdbool.h>

struct error;

// Called for every key, in order; value is NULL for a key without `=`. False stops the reading with
// the error it set, to which file and line are added. group is "" before the first.
typedef bool (*ini_handler)(void *data, const char *group, const char *key, const char *value,
                            struct error *err);

// ERROR_USAGE for a malformed line, ERROR_SYSTEM for a file that can't be read.
bool ini_read(const char *path, ini_handler handler, void *data, struct error *err);

#endif
