// The reader of statements that the parts of effects.c share: effects.c knows the verbs,
// effects_traces.c what they leave, effects_calls.c what may be called anywhere in them.
#ifndef MARSH_SQL_EFFECTS_INTERNAL_H
#define MARSH_SQL_EFFECTS_INTERNAL_H

#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"

// What is looked for in the tokens as they go by.
enum heed {
    HEED_CALLS = 1,
    HEED_ASKS = 2,
    HEED_FROM_SELECT = 4, // calls, from a SELECT on: what stands before are columns and their types
};

// Reads one statement after the other; `token` is the one in hand.
struct reader {
    struct lexer lexer;
    struct token token;
    bool more;
    struct effects *effects;
    effect_trace trace;
    void *data;
    bool never_takes; // nothing is told as taken away
    unsigned heeds;
    bool changes; // a SELECT that writes a file, or the like
    // [before] [schema.]name, as far as read; where no name was read last, its text is NULL.
    struct token before;
    struct token name;
    bool qualified;
    bool dotted;
    size_t depth;
    bool names_tables; // between WITH and the statement behind it
};

void reader_next(struct reader *r);
// The same, past the values of rows: nothing of them is looked for.
void reader_next_of_note(struct reader *r);
bool reader_at(const struct reader *r, const char *word);
bool reader_at_any(const struct reader *r, const char *const *words); // to a NULL
bool reader_at_char(const struct reader *r, char c);
bool reader_skip(struct reader *r, const char *word);
bool reader_at_end(const struct reader *r); // of the statement

// Forgets what was read of the statement before.
void heed_begin(struct reader *r, unsigned heeds);
// Takes note of the token in hand, which came behind `last`.
void heed_token(struct reader *r, const struct token *last);

// What the statement leaves and takes away, its first word read; to its end.
void traces_of_statement(struct reader *r, const struct token *first);
// The rest of a compound statement, of which nobody knows which parts run.
void traces_of_body(struct reader *r);
// SET TRANSACTION is for the next one, and LOCK TABLES ends with it.
void traces_of_begin(struct reader *r);

// Words that may stand before a parenthesis without being a stored function's name.
enum word_flags {
    WORD_GLUED = 1, // with a space between it is a stored function's
    WORD_ASKS_ID = 2,
    WORD_ASKS_RESULT = 4,
    WORD_CHANGES = 8,
    WORD_TAKES_NUMBER = 16, // of a sequence
    WORD_ASKS_NUMBER = 32,
};

struct effects_word {
    const char *name;
    // The first version that knows it.
    unsigned mariadb;
    unsigned mysql;
    unsigned flags;
};

// In the order of text_compare_nocase.
const struct effects_word *effects_words(size_t *count);

#endif
