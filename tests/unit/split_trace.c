#include "split_trace.h"

#include <stdlib.h>

#include "marsh/base/buf.h"

static void add_item(struct buf *out, const struct split_item *item)
{
    static const char *const ends[] = {
        [SPLIT_END_DELIMITER] = "",  [SPLIT_END_GO] = " \\g",    [SPLIT_END_VERTICAL] = " \\G",
        [SPLIT_END_SET] = " \\gset", [SPLIT_END_INPUT] = " end",
    };
    buf_printf(out, "%zu:%zu ", item->begin.line, item->begin.column);
    if (!item->command) {
        buf_add_char(out, '[');
        buf_add(out, item->text, item->len);
        buf_printf(out, "]%s", ends[item->end]);
        if (item->end == SPLIT_END_SET && item->args_len > 0) {
            buf_add_char(out, ' ');
            buf_add(out, item->args, item->args_len);
        }
        buf_add_char(out, '\n');
        return;
    }
    if (item->backslash)
        buf_add_char(out, '\\');
    buf_add(out, item->text, item->len);
    buf_add_char(out, '{');
    buf_add(out, item->args, item->args_len);
    buf_add_text(out, "}\n");
}

// True when nothing more will come.
static bool take_items(struct splitter *splitter, struct buf *out, struct split_how *how,
                       size_t *items)
{
    static const char *const opens[] = {
        [OPEN_NOTHING] = "nothing", [OPEN_STATEMENT] = "statement",
        [OPEN_SINGLE] = "'",        [OPEN_DOUBLE] = "\"",
        [OPEN_NAME] = "`",          [OPEN_COMMENT] = "/*",
    };
    for (;;) {
        struct split_item item = {.len = 0};
        enum split_result result = splitter_next(splitter, &item);
        how->next_calls++;
        switch (result) {
        case SPLIT_ITEM:
            add_item(out, &item);
            if (++*items == how->switch_after)
                splitter_set_backslash_escapes(splitter, how->no_escapes);
            break;
        case SPLIT_BAD_DELIMITER:
            buf_printf(out, "%zu:%zu bad delimiter\n", item.begin.line, item.begin.column);
            break;
        case SPLIT_UNTERMINATED:
            buf_printf(out, "%zu:%zu open %s\n", item.begin.line, item.begin.column,
                       opens[splitter_open(splitter)]);
            return true;
        case SPLIT_MORE:
            return false;
        case SPLIT_DONE:
            return true;
        }
    }
}

void split_trace(struct buf *out, const char *text, size_t len, struct split_how *how)
{
    struct splitter *splitter = splitter_create(how->lookup);
    uint32_t random = how->seed;
    size_t items = 0;
    size_t fed = 0;
    how->next_calls = 0;
    splitter_set_backslash_escapes(splitter, !how->no_escapes);
    splitter_set_charset(splitter, how->charset);
    if (how->named)
        splitter_set_named(splitter);
    if (how->binary)
        splitter_set_binary(splitter);
    if (how->comments)
        splitter_set_comments(splitter);
    if (how->typed)
        splitter_set_typed(splitter);
    while (fed < len) {
        size_t piece = how->chunk == 0 ? len : how->chunk;
        if (how->seed != 0) {
            random = random * 1664525 + 1013904223;
            piece = 1 + (random >> 8) % how->chunk;
        }
        piece = piece < len - fed ? piece : len - fed;
        // A copy of just that size: a look behind it is an error that the sanitizers see.
        char *copy = malloc(piece);
        if (copy == NULL)
            abort();
        memcpy(copy, text + fed, piece);
        splitter_feed(splitter, copy, piece);
        free(copy);
        fed += piece;
        take_items(splitter, out, how, &items);
    }
    splitter_end(splitter);
    if (!take_items(splitter, out, how, &items))
        buf_add_text(out, "no end\n");
    splitter_destroy(splitter);
}
