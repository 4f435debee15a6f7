// Cuts a stream of script text into statements and client commands, as the server's own clients do.
//
// Text is fed in pieces of any size; every byte is looked at once, so the time is linear however
// long a statement grows. What a client command is called the splitter asks of its owner through
// `lookup`; DELIMITER, \g, \G and \c it carries out itself, since they change how text is read.
//
//     splitter_feed(s, bytes, len);             splitter_end(s) once at the end
//     while (splitter_next(s, &item) == SPLIT_ITEM) ...
//
// Rules, after the mariadb client: strings in ' and " with backslash escapes and doubled quotes,
// names in `; comments -- (then a space or the end of the line), # and /* */, while what stands in
// /*! */, /*M! */ belongs to the statement; the delimiter is not seen in strings and comments. A
// word is a command at the start of a line where no statement is open, if the line holds no
// delimiter, or with the delimiter behind it as a whole statement; a backslash makes one anywhere
// outside strings and comments (but \N is NULL). CR before LF goes. Comments before a statement are
// left out, those in it kept.
#ifndef MARSH_SQL_SPLITTER_H
#define MARSH_SQL_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/charset.h"

struct splitter;

enum split_word {
    SPLIT_UNKNOWN,
    SPLIT_MISTYPED,  // behind a backslash: none, but much like one
    SPLIT_PLAIN,     // a command without arguments
    SPLIT_ALONE,     // the same; with the delimiter behind it SQL, but at a prompt
    SPLIT_ARGS,      // arguments end at the line's end or the delimiter
    SPLIT_LINE,      // arguments are the whole rest of the line
    SPLIT_DELIMITER, // the splitter's own: sets the delimiter
    SPLIT_GO,        // sends the statement
    SPLIT_GO_VERTICAL,
    SPLIT_GO_SET,        // the same, and takes the rest of the line as its argument
    SPLIT_GO_BACKGROUND, // the same; where there is no statement it is a command with a line
    SPLIT_CLEAR,         // forgets it
};

// What a command of that name does to the text behind it. With backslash set it is asked for the
// longest run of letters first, then for its first character alone.
typedef enum split_word (*splitter_lookup)(const char *name, size_t len, bool backslash);

struct position {
    size_t line;   // from 1
    size_t column; // from 1, in bytes
};

enum split_end {
    SPLIT_END_DELIMITER,
    SPLIT_END_GO,
    SPLIT_END_VERTICAL,
    SPLIT_END_SET, // args is its argument; len is 0 where it ends nothing
    SPLIT_END_BACKGROUND,
    SPLIT_END_INPUT
};

struct split_item {
    bool command;     // text is its name, without backslash; args what follows, trimmed
    bool backslash;   // a command written with a backslash
    const char *text; // borrowed until the next call on the splitter
    size_t len;
    size_t whole; // len and the white space between the statement and its end
    const char *args;
    size_t args_len;
    enum split_end end;
    struct position begin;
};

enum split_result {
    SPLIT_ITEM,         // *item is filled
    SPLIT_MORE,         // feed more, or end
    SPLIT_DONE,         // all is read
    SPLIT_UNTERMINATED, // the input ended within what splitter_open names; item->begin is its start
    SPLIT_BAD_DELIMITER // DELIMITER without one, or with a backslash in it; reading can go on
};

enum split_open { OPEN_NOTHING, OPEN_STATEMENT, OPEN_SINGLE, OPEN_DOUBLE, OPEN_NAME, OPEN_COMMENT };

struct splitter *splitter_create(splitter_lookup lookup);
void splitter_destroy(struct splitter *splitter);

// After SET sql_mode='NO_BACKSLASH_ESCAPES' a backslash in a string is a plain character.
void splitter_set_backslash_escapes(struct splitter *splitter, bool escapes);

// In some a second byte reads like a quote's or a command's; UTF-8 by itself.
void splitter_set_charset(struct splitter *splitter, enum charset charset);

// What ends a statement from here on. False for no delimiter, one that is too long, or one with a
// backslash.
bool splitter_set_delimiter(struct splitter *splitter, const char *delimiter);
// What ends a statement of the other one.
void splitter_copy_delimiter(struct splitter *splitter, const struct splitter *from);
// Before any text: CR before LF stays, and there are no commands but DELIMITER and \\C.
void splitter_set_binary(struct splitter *splitter);
// A word is a command at the start of any line, also where a statement is open.
void splitter_set_named(struct splitter *splitter);

// A comment in /* */ before a statement belongs to it, where there is one.
void splitter_set_comments(struct splitter *splitter);
// The text is typed by somebody: `exit;` is a command, and every long word behind a backslash that
// is none is a mistyped one, not a letter with more text behind it.
void splitter_set_typed(struct splitter *splitter);

void splitter_feed(struct splitter *splitter, const char *bytes, size_t len);
void splitter_end(struct splitter *splitter);
enum split_result splitter_next(struct splitter *splitter, struct split_item *item);

// The text ends here: what is open is a whole statement, and what is behind it forgotten.
void splitter_stop(struct splitter *splitter);

// Forgets all text that is not yet returned; the delimiter and the line count stay.
void splitter_clear(struct splitter *splitter);

// What is still open at the end of what was fed, for a prompt.
enum split_open splitter_open(const struct splitter *splitter);
// The text of the open statement so far, NULL for none; borrowed until the next call.
const char *splitter_text(const struct splitter *splitter, size_t *len);
// Reads `text` in place of the open statement, before what follows it.
void splitter_replace(struct splitter *splitter, const char *text, size_t len);
const char *splitter_delimiter(const struct splitter *splitter);

#endif
