// Which rows not all targets have. Counted by a hash of 128 bits of each: 32 bytes of memory for
// each row that is different from those before.
#ifndef MARSH_FAN_DIFFER_H
#define MARSH_FAN_DIFFER_H

#include <stdbool.h>
#include <stddef.h>

struct differ;
struct error;
struct sink;
struct tape;

struct differ *differ_create(void);
void differ_destroy(struct differ *differ); // takes NULL

// The sets of one more target.
bool differ_add(struct differ *differ, struct tape *tape, struct error *err);
// After all were added: pushes the rows of one that not all have. *differs is set where there are
// any.
bool differ_play(struct differ *differ, struct tape *tape, struct sink *sink, bool *differs,
                 struct error *err);

#endif
