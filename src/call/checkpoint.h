// Which rows of `--each` were begun and which are done, in a file: a run that ends early, however,
// is gone on with by another one that calls nothing twice. The file is locked meanwhile.
//
// Lines of text, each appended with one write: what came first is the identity of the input; then
// "s FIRST LAST HASH" before rows are called, "d N" when one is done or has failed, "u N" when it
// was told that nobody knows, "n N" when it was not sent after all, "b N" when it was told to be no
// row, "c N" before rows up to N are begun, "e" at an orderly end. The last two alone are brought
// to the disk at once: after a crash of the machine, which the boot's id shows, no row up to there
// is taken for one that was not begun.
#ifndef MARSH_CALL_CHECKPOINT_H
#define MARSH_CALL_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct checkpoint;
struct error;

// Opens the file, made with mode 0600 where there is none. ERROR_USAGE where it belongs to another
// input, or is in use. identity: a line that is the same for the same call of the same rows.
struct checkpoint *checkpoint_open(const char *path, const char *identity, struct error *err);
void checkpoint_close(struct checkpoint *checkpoint); // takes NULL

// Rows up to this one were begun before; those of them that are neither unknown nor unsent are
// done.
uint64_t checkpoint_begun(const struct checkpoint *checkpoint);
// Whether there was an earlier run that did anything.
bool checkpoint_goes_on(const struct checkpoint *checkpoint);
// Whether it was told before that it is no row.
bool checkpoint_is_bad(const struct checkpoint *checkpoint, uint64_t number);
// Whether nobody knows if the row was carried out: an earlier run was ended within it.
bool checkpoint_is_unknown(const struct checkpoint *checkpoint, uint64_t number);
// Whether it is to be called as if it had never been begun.
bool checkpoint_is_unsent(const struct checkpoint *checkpoint, uint64_t number);

// The last row that was begun of which it is known what all the input was up to there: its hash. 0
// where there is none.
uint64_t checkpoint_hashed(const struct checkpoint *checkpoint, uint64_t *hash);

// Thread-safe, NULL is none. False where the file can't be written: then nothing may be begun.
// hash: of the input up to the last of them.
bool checkpoint_begin(struct checkpoint *checkpoint, uint64_t first, uint64_t last, uint64_t hash);
bool checkpoint_done(struct checkpoint *checkpoint, uint64_t number);
bool checkpoint_unknown(struct checkpoint *checkpoint, uint64_t number);
bool checkpoint_unsent(struct checkpoint *checkpoint, uint64_t number);
bool checkpoint_bad(struct checkpoint *checkpoint, uint64_t number);

#endif
