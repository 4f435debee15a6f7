// Where rendered bytes go: a descriptor through a large buffer, and, while they are set, a tee file
// and a pager. One thread at a time. A write that fails fails the call that flushed, with
// ERROR_PIPE where the reader went away and ERROR_SYSTEM otherwise, and so does every later one. A
// tee that can't be written fails one flush and is ended by that; the next one shows what is left.
#ifndef MARSH_RENDER_OUTPUT_H
#define MARSH_RENDER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct caller;
struct error;
struct output;

// Does not own fd. Writes to it as caller_write does.
struct output *output_create(struct caller *caller, int fd);
// Drops what is not flushed, ends the pager, closes the tee.
void output_destroy(struct output *output);

// Whose it is.
struct caller *output_caller(const struct output *output);

// Append here, then commit: that flushes once enough has gathered.
struct buf *output_buffer(struct output *output);
bool output_commit(struct output *output, struct error *err);
bool output_flush(struct output *output, struct error *err);
// Whether what is written does not arrive any more.
bool output_has_failed(const struct output *output);
// Whether anything was written before.
bool output_was_used(const struct output *output);

// From now on everything is held back in an unlinked temporary file, until it is let go (written
// after all) or dropped.
bool output_hold(struct output *output, struct error *err);
bool output_let_go(struct output *output, struct error *err);
void output_drop(struct output *output);
// Appends what is held back to another output; it stays held, and may be given again.
bool output_give(struct output *output, struct output *to, struct error *err);

// A copy of all that follows goes to the end of the file, made with mode 0600; NULL ends it.
bool output_set_tee(struct output *output, const char *path, struct error *err);
const char *output_get_tee(const struct output *output);
// Appends to the tee file alone, as for what the user typed.
void output_note(struct output *output, const char *text, size_t len);

// Until output_end_page, flushed bytes go to this command, started with the first of them. One
// that quits early ends the page with ERROR_PIPE; with `all` the rest of the page is dropped
// instead, for what has to be carried out to its end.
void output_begin_page(struct output *output, const char *command, bool all);
void output_end_page(struct output *output);

#endif
