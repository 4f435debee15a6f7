// How far scripts have come, in a file: up to which statement there is nothing to be done again,
// and which were sent of which nobody knows what came of them. No text of a statement is in it.
//
// Lines of notes (base/notes.h): "s N HASH M HASH", all up to N is settled, and those from there up
// to M are being sent; "t N HASH M HASH", the same of a transaction that M commits; "d N HASH", all
// up to N is settled, and nothing under way; "f N HASH", the same, and N has failed and was passed
// over; "l N", the statement has left on its connection what nobody saw; "e N HASH", the scripts
// have ended there. A hash is that of all statements up to there. What is sent, and the end, is
// brought to the disk at once: after a crash of the machine nothing is taken for not sent.
#ifndef MARSH_BATCH_MARKS_H
#define MARSH_BATCH_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct marks;

// A place in the scripts.
struct mark {
    uint64_t number; // of a statement or command, from 1; all that are sourced count as well
    uint64_t hash;
};

// What earlier runs have left.
struct marks_left {
    struct mark settled;
    struct mark sent; // of a number that is not higher: all is known
    bool whole;       // what was sent is done as one or not at all
    bool ended;
    uint64_t passed; // number of statements that failed and were passed over
    uint64_t unseen; // the first that left what nobody saw, 0: none
};

// identity: a line that is the same for the same scripts, read in the same way.
struct marks *marks_open(const char *path, const char *identity, struct error *err);
void marks_close(struct marks *marks); // takes NULL
const struct marks_left *marks_left(const struct marks *marks);

// False where the file can't be written, with errno.
bool marks_send(struct marks *marks, struct mark settled, struct mark sent, bool whole);
bool marks_settle(struct marks *marks, struct mark settled);
bool marks_pass(struct marks *marks, struct mark settled);
bool marks_leave(struct marks *marks, uint64_t number);
bool marks_end(struct marks *marks, struct mark settled);

#endif
