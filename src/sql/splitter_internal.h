// The splitter's insides, shared by its three files: input (text in, positions), commands (words
// and backslashes), and splitter.c, which reads statements.
#ifndef MARSH_SQL_SPLITTER_INTERNAL_H
#define MARSH_SQL_SPLITTER_INTERNAL_H

#include <stdint.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"
#include "marsh/sql/splitter.h"

enum { DELIMITER_MAX = 16, STOPS_MAX = 10, BLOCK = 16, VERB_MAX = 16 };

// Bytes that are compared at once. GCC's and clang's vectors: any processor does, some faster.
typedef unsigned char block __attribute__((vector_size(BLOCK)));

enum mode { MODE_CODE, MODE_SINGLE, MODE_DOUBLE, MODE_NAME, MODE_COMMENT, MODE_LINE, MODE_COUNT };

// buf holds the text that is not yet returned. Invariant: start <= scan <= buf.len, and no byte
// before scan is looked at again but to copy or count it.
struct splitter {
    splitter_lookup lookup;
    struct buf buf;
    struct buf command; // a command's text, copied out where the statement around it stays open
    size_t start;       // of the open statement, or equal to scan where there is none
    size_t scan;
    size_t counted; // line and column are those of this offset
    struct position at;
    struct position begin; // of the open statement
    size_t opened;         // where the mode began
    size_t closed;         // behind the quote that was the last to end something
    size_t looked;         // a command's line is known not to end before that offset
    enum mode mode;
    bool begun; // a statement is open
    bool fresh; // nothing but white space on this line so far
    bool ended;
    bool first;   // a byte order mark may stand here, or begin to
    bool held_cr; // a CR at the end of the last piece, until the next byte tells what it is
    bool escapes;
    bool binary; // all bytes count, and hardly a command does
    bool named;  // words are commands within statements, too
    bool typed;
    bool comments; // statements begin with those in front of them
    enum charset charset;
    char delimiter[DELIMITER_MAX];
    size_t delimiter_len;
    char verb[VERB_MAX]; // the last word that was looked up and is no command: most come again
    size_t verb_len;
    bool stops[MODE_COUNT][256]; // bytes that mean something in that mode
    // The same, each of them in all places of a vector; a mode that has few others.
    block stop_blocks[MODE_COUNT][STOPS_MAX];
    size_t stop_count[MODE_COUNT];
};

static inline bool split_at_delimiter(const struct splitter *s, size_t offset)
{
    return s->buf.len - offset >= s->delimiter_len &&
           memcmp(s->buf.data + offset, s->delimiter, s->delimiter_len) == 0;
}

// A command's word that has no argument behind it.
static inline bool split_takes_nothing(enum split_word kind)
{
    return kind == SPLIT_PLAIN || kind == SPLIT_ALONE;
}

// Everything before `scan` is returned.
static inline void split_close(struct splitter *s, size_t scan)
{
    s->begun = false;
    s->start = s->scan = scan;
}

// Control characters go at the end, as the mariadb client has it: a Ctrl-Z there ends a file. A NUL
// is for the server to refuse.
static inline bool split_ends(char c)
{
    return text_is_space(c) || (c > 0 && c < ' ') || c == 0x7f;
}

static inline void split_trim(const char **text, size_t *len)
{
    while (*len > 0 && text_is_space((*text)[0])) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && split_ends((*text)[*len - 1]))
        (*len)--;
}

// Input: which bytes stop the scan in each mode, after a change of delimiter or escapes.
void split_set_stops(struct splitter *s);
// The position of an offset that is not before the last one asked for.
struct position split_position(struct splitter *s, size_t offset);

// Commands: false for no delimiter, one that is too long, or one with a backslash.
bool split_set_delimiter(struct splitter *s, const char *args, size_t len);
// All of the item but where it begins, which the caller has set.
void split_fill_command(struct splitter *s, struct split_item *item, size_t name, size_t name_len,
                        size_t args_end);
// Whether text is a command written as a word, and how far its name goes.
enum split_word split_word_command(struct splitter *s, const char *text, size_t len,
                                   size_t *name_len);
// The first byte of a statement at a line's start: is the line a command? *took says so, and then
// the result is what splitter_next returns, or SPLIT_MORE to go on.
enum split_result split_try_line(struct splitter *s, struct split_item *item, bool *took);
// The end of a line in a statement, where words are commands as well; the same.
enum split_result split_take_named(struct splitter *s, struct split_item *item, bool *took);
// A backslash in code; the same.
enum split_result split_take_backslash(struct splitter *s, struct split_item *item, bool *took);

// splitter.c: the open statement ends at `end`, and reading goes on at `next`.
enum split_result split_finish_statement(struct splitter *s, struct split_item *item, size_t end,
                                         size_t next, enum split_end how);

#endif
