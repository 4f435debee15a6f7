#include "splitter_internal.h"

// No command's name is as long as that, so a word need not be read to its end.
enum { NAME_MAX_LEN = 64 };

static bool is_word(char c)
{
    return text_is_alpha(c) || c == '_' || c == '-';
}

static size_t word_end(const struct splitter *s, size_t from)
{
    size_t end = from;
    while (end < s->buf.len && end - from < NAME_MAX_LEN && is_word(s->buf.data[end]))
        end++;
    return end;
}

bool split_set_delimiter(struct splitter *s, const char *args, size_t len)
{
    split_trim(&args, &len);
    if (len >= 2 && (args[0] == '\'' || args[0] == '"' || args[0] == '`') &&
        memchr(args + 1, args[0], len - 1) != NULL) {
        len = (size_t) ((const char *) memchr(args + 1, args[0], len - 1) - args - 1);
        args++;
    }
    size_t word = 0;
    while (word < len && !text_is_space(args[word]))
        word++;
    if (word == 0 || word >= DELIMITER_MAX || memchr(args, '\\', word) != NULL)
        return false;
    memcpy(s->delimiter, args, word);
    s->delimiter[word] = '\0';
    s->delimiter_len = word;
    split_set_stops(s);
    return true;
}

void split_fill_command(struct splitter *s, struct split_item *item, size_t name, size_t name_len,
                        size_t args_end)
{
    const char *text = s->buf.data;
    *item = (struct split_item){
        .command = true, .text = text + name, .len = name_len, .begin = item->begin};
    item->args = text + name + name_len;
    item->args_len = args_end - name - name_len;
    split_trim(&item->args, &item->args_len);
}

enum split_word split_word_command(struct splitter *s, const char *text, size_t len,
                                   size_t *name_len)
{
    size_t word = len > 0 && text[0] == '?' ? 1 : 0;
    while (word < len && word < NAME_MAX_LEN && is_word(text[word]) && text[0] != '?')
        word++;
    if (word == 0 || (word < len && !text_is_space(text[word])))
        return SPLIT_UNKNOWN;
    *name_len = word;
    if (word == s->verb_len && memcmp(text, s->verb, word) == 0)
        return SPLIT_UNKNOWN;
    enum split_word kind = s->lookup(text, word, false);
    if (kind == SPLIT_UNKNOWN && word <= VERB_MAX) {
        memcpy(s->verb, text, word);
        s->verb_len = word;
    }
    return s->binary && kind != SPLIT_DELIMITER ? SPLIT_UNKNOWN : kind;
}

// Where the line that holds `offset` ends; false if that is not known yet.
static bool find_line_end(struct splitter *s, size_t offset, size_t *end)
{
    size_t from = s->looked > offset ? s->looked : offset;
    const char *newline = memchr(s->buf.data + from, '\n', s->buf.len - from);
    s->looked = s->buf.len;
    if (newline == NULL && !s->ended)
        return false;
    *end = newline == NULL ? s->buf.len : (size_t) (newline - s->buf.data);
    s->looked = *end;
    return true;
}

static bool line_has(const struct splitter *s, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        if (split_at_delimiter(s, i) ||
            (s->buf.data[i] == '\\' && i + 1 < end && s->buf.data[i + 1] == 'g'))
            return true;
    }
    return false;
}

enum split_result split_try_line(struct splitter *s, struct split_item *item, bool *took)
{
    size_t from = s->scan;
    size_t word = s->buf.data[from] == '?' ? from + 1 : word_end(s, from);
    *took = false;
    if (word == from)
        return SPLIT_MORE;
    *took = true;
    if (word == s->buf.len && !s->ended)
        return SPLIT_MORE;
    size_t name_len;
    enum split_word kind = split_word_command(s, s->buf.data + from, s->buf.len - from, &name_len);
    size_t end;
    *took = kind != SPLIT_UNKNOWN && (kind == SPLIT_DELIMITER || s->fresh);
    if (!*took || !find_line_end(s, from, &end))
        return SPLIT_MORE;
    size_t args = end;
    while (args > from && text_is_space(s->buf.data[args - 1]))
        args--;
    bool bare = args == from + name_len;
    *took = kind == SPLIT_DELIMITER ||
            (!line_has(s, from, end) && (!split_takes_nothing(kind) || bare));
    if (!*took)
        return SPLIT_MORE;
    item->begin = split_position(s, from);
    split_close(s, end);
    if (kind == SPLIT_DELIMITER)
        return split_set_delimiter(s, s->buf.data + from + name_len, args - from - name_len)
                   ? SPLIT_MORE
                   : SPLIT_BAD_DELIMITER;
    if (kind == SPLIT_GO || kind == SPLIT_GO_VERTICAL || kind == SPLIT_CLEAR)
        return SPLIT_MORE;
    split_fill_command(s, item, from, name_len, args);
    return SPLIT_ITEM;
}

// How a backslash's command is called: the longest run of letters that is one, else one character.
static enum split_word backslash_command(const struct splitter *s, size_t at, size_t *name_len)
{
    *name_len = word_end(s, at) - at;
    enum split_word kind = SPLIT_UNKNOWN;
    if (*name_len > 1)
        kind = s->lookup(s->buf.data + at, *name_len, true);
    if (kind != SPLIT_UNKNOWN && kind != SPLIT_MISTYPED)
        return kind;
    bool mistyped = s->typed || kind == SPLIT_MISTYPED;
    kind = s->lookup(s->buf.data + at, 1, true);
    // A mistyped word is no letter with its argument glued on, unless the letter's command takes
    // one.
    if (*name_len <= 1 || (!mistyped && kind != SPLIT_UNKNOWN) || kind == SPLIT_ARGS ||
        kind == SPLIT_DELIMITER || kind == SPLIT_GO || kind == SPLIT_GO_VERTICAL)
        *name_len = 1;
    else
        kind = SPLIT_UNKNOWN;
    return kind;
}

static void copy_command(struct splitter *s, struct split_item *item, size_t from, size_t end)
{
    size_t name = (size_t) (item->text - (s->buf.data + from));
    size_t args = (size_t) (item->args - (s->buf.data + from));
    buf_clear(&s->command);
    buf_add(&s->command, s->buf.data + from, end - from);
    item->text = s->command.data + name;
    item->args = s->command.data + args;
}

// The command stands inside a statement that stays open: it is copied out and cut from the text.
// The columns behind it stay those of the input.
static void cut_command(struct splitter *s, struct split_item *item, size_t from, size_t end)
{
    copy_command(s, item, from, end);
    memmove(s->buf.data + from, s->buf.data + end, s->buf.len - end);
    s->buf.len -= end - from;
    s->at.column += end - from;
    s->scan = s->looked = from;
}

// Whether the line from there to `end` is a command, of which *kind knows what it is.
static bool is_command_line(struct splitter *s, size_t from, size_t end, size_t *name_len,
                            enum split_word *kind)
{
    const char *text = s->buf.data + from;
    size_t len = end - from;
    split_trim(&text, &len);
    *kind = split_word_command(s, text, len, name_len);
    bool bare = len == *name_len;
    return *kind == SPLIT_DELIMITER || (*kind != SPLIT_UNKNOWN && !line_has(s, from, end) &&
                                        (!split_takes_nothing(*kind) || bare));
}

enum split_result split_take_named(struct splitter *s, struct split_item *item, bool *took)
{
    size_t from = s->scan + 1;
    size_t end;
    *took = true;
    if (!find_line_end(s, from, &end))
        return SPLIT_MORE;
    while (from < end && text_is_space(s->buf.data[from]))
        from++;
    size_t name_len = 0;
    enum split_word kind;
    *took = is_command_line(s, from, end, &name_len, &kind);
    if (!*took)
        return SPLIT_MORE;
    if (kind == SPLIT_GO || kind == SPLIT_GO_VERTICAL)
        return split_finish_statement(s, item, s->scan, end,
                                      kind == SPLIT_GO ? SPLIT_END_GO : SPLIT_END_VERTICAL);
    if (kind == SPLIT_CLEAR) {
        split_close(s, end);
        return SPLIT_MORE;
    }
    item->begin = split_position(s, from);
    split_fill_command(s, item, from, name_len, end);
    cut_command(s, item, s->scan, end);
    if (kind != SPLIT_DELIMITER)
        return SPLIT_ITEM;
    return split_set_delimiter(s, item->args, item->args_len) ? SPLIT_MORE : SPLIT_BAD_DELIMITER;
}

// `\gset prefix`, and not \g with SET @a=1 behind it, which the server's own client reads there.
static bool is_prefix(const struct splitter *s, size_t from, const char *text, size_t len)
{
    bool name = memcmp(s->buf.data + from, "\\gset", strlen("\\gset")) == 0;
    for (size_t i = 0; i < len; i++)
        name = name && (text_is_alnum(text[i]) || text[i] == '_');
    return name;
}

// A statement that ends with a command that has an argument, to the line's end or the delimiter.
static enum split_result take_set(struct splitter *s, struct split_item *item, size_t from,
                                  size_t args)
{
    size_t end;
    if (!find_line_end(s, from, &end))
        return SPLIT_MORE;
    size_t stop = args;
    while (stop < end && !split_at_delimiter(s, stop))
        stop++;
    const char *text = s->buf.data + args;
    size_t len = stop - args;
    split_trim(&text, &len);
    if (!is_prefix(s, from, text, len))
        return split_finish_statement(s, item, from, from + strlen("\\g"), SPLIT_END_GO);
    size_t next = stop < end ? stop + s->delimiter_len : end;
    if (!s->begun) {
        *item = (struct split_item){
            .text = text, .args = text, .args_len = len, .end = SPLIT_END_SET};
        item->begin = split_position(s, from);
        split_close(s, next);
        return SPLIT_ITEM;
    }
    enum split_result result = split_finish_statement(s, item, from, next, SPLIT_END_SET);
    if (result == SPLIT_ITEM && !item->command) {
        item->args = text;
        item->args_len = len;
    }
    return result;
}

enum split_result split_take_backslash(struct splitter *s, struct split_item *item, bool *took)
{
    size_t from = s->scan;
    size_t name = from + 1;
    *took = true;
    if (word_end(s, name) == s->buf.len && !s->ended)
        return SPLIT_MORE;
    *took = name < s->buf.len && s->buf.data[name] != 'N' && !text_is_space(s->buf.data[name]);
    if (!*took)
        return SPLIT_MORE;
    size_t name_len = 1;
    enum split_word kind = s->binary ? s->lookup(s->buf.data + name, 1, true)
                                     : backslash_command(s, name, &name_len);
    // The server is left to say what it thinks of a backslash.
    if (s->binary && s->buf.data[name] != 'C') {
        *took = false;
        return SPLIT_MORE;
    }
    size_t end = name + name_len;
    if (kind == SPLIT_GO || kind == SPLIT_GO_VERTICAL)
        return split_finish_statement(s, item, from, end,
                                      kind == SPLIT_GO ? SPLIT_END_GO : SPLIT_END_VERTICAL);
    if (kind == SPLIT_CLEAR) {
        split_close(s, end);
        return SPLIT_MORE;
    }
    if (kind == SPLIT_GO_SET)
        return take_set(s, item, from, end);
    if (kind == SPLIT_GO_BACKGROUND && s->begun)
        return split_finish_statement(s, item, from, end, SPLIT_END_BACKGROUND);
    if (!split_takes_nothing(kind) && !find_line_end(s, from, &end))
        return SPLIT_MORE;
    size_t stop = end;
    for (size_t i = name + name_len; i < end && stop == end; i++) {
        if ((kind == SPLIT_ARGS || kind == SPLIT_UNKNOWN) && split_at_delimiter(s, i))
            stop = i;
    }
    size_t next = stop < end ? stop + s->delimiter_len : end;
    item->begin = split_position(s, from);
    split_fill_command(s, item, name, name_len, stop);
    item->backslash = true;
    // What is no command stays: a statement without its end could do more than was meant.
    if (s->begun && kind == SPLIT_UNKNOWN) {
        copy_command(s, item, from, next);
        s->scan = name + 1;
    } else if (s->begun) {
        cut_command(s, item, from, next);
    } else {
        split_close(s, next);
    }
    if (kind != SPLIT_DELIMITER)
        return SPLIT_ITEM;
    return split_set_delimiter(s, item->args, item->args_len) ? SPLIT_MORE : SPLIT_BAD_DELIMITER;
}
