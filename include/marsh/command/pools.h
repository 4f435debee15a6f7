// What \\pool shows, of all the pools that there are.
#ifndef MARSH_COMMAND_POOLS_H
#define MARSH_COMMAND_POOLS_H

#include <stdbool.h>

struct buf;
struct error;
struct pools;
struct sink;

// Several tables; json: each with its key in front, appended there. NULL for any other format.
bool pools_show(struct pools *pools, struct sink *sink, struct buf *json, struct error *err);

#endif
