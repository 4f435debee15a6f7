// The outcome of one call as one JSON object, written as it arrives:
//
//     {"results":[{"columns":["a"],"rows":[[1],[2]]}],"out":{"total":1.50},"affected_rows":0,
//      "warnings":[{"level":"Note","code":1051,"message":"..."}],"error":{...}}
//
// "error" is there where the call failed; a set that it cut off has "incomplete":true. One thread
// at a time.
#ifndef MARSH_RENDER_DOCUMENT_H
#define MARSH_RENDER_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct document;
struct error;
struct output;
struct render_options;
struct sink;

// Appends to `buf`, which may be the buffer of an output: then that is flushed after each set, and
// as often as it has gathered enough. output may be NULL. Of the options it is the terminal and the
// character set that count.
struct document *document_create(struct buf *buf, struct output *output,
                                 const struct render_options *options);
void document_destroy(struct document *document); // takes NULL

// Begins an object. `head` is NULL, or its first members as they shall stand: "\"row\":1".
void document_begin(struct document *document, const char *head);
// Where the call's sets go.
struct sink *document_sink(struct document *document);
// After the call, in this order.
void document_add_warning(struct document *document, const char *level, unsigned code,
                          const char *message);
// members: more of the error's own as they shall stand, or NULL.
void document_add_error(struct document *document, const struct error *err, const char *members);
// Ends the object, without an end of the line.
void document_end(struct document *document);

// The same error as a member of its own: {"number":1644,"sqlstate":"45000","message":"..."}.
void document_write_error(struct buf *buf, const struct error *err, const char *members,
                          bool terminal);
// {"level":"Note","code":1051,"message":"..."}
void document_write_warning(struct buf *buf, const char *level, unsigned code, const char *message,
                            bool terminal);
// "text" as a JSON string.
void document_write_string(struct buf *buf, const char *text, size_t len, bool terminal);

#endif
