// What the statements that are skipped had made of their connection, and of how scripts are read
// and shown: it is made again, or where that can't be, it is known by name.
#ifndef MARSH_BATCH_REPLAY_H
#define MARSH_BATCH_REPLAY_H

#include <stdbool.h>

struct context;
struct error;
struct replay;
struct split_item;

struct replay *replay_create(struct context *context);
void replay_destroy(struct replay *replay); // takes NULL

// Takes note of what is skipped. True where it has to be run again instead, as it stands and now.
bool replay_take(struct replay *replay, const struct split_item *item);
// A statement among them has left what nobody saw.
void replay_add_unseen(struct replay *replay);
// Behind the last that is skipped: the schema in use, locks on tables, what is set for the next
// statement. ERROR_USAGE, with names, where there was more than can be made again.
bool replay_put_back(struct replay *replay, struct error *err);

// COMMIT AND CHAIN and the like, but not AND NO CHAIN: the next transaction begins with it.
bool replay_is_chain(const struct context *context, const struct split_item *item);

#endif
