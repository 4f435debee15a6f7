#include "marsh/sql/lexer.h"
#include "splitter_internal.h"

// A prefix of the delimiter at the very end of what was fed might still become one.
static bool may_become_delimiter(const struct splitter *s, size_t offset)
{
    size_t left = s->buf.len - offset;
    return !s->ended && left < s->delimiter_len &&
           memcmp(s->buf.data + offset, s->delimiter, left) == 0;
}

static void begin_statement(struct splitter *s, size_t offset)
{
    if (s->begun)
        return;
    s->begun = true;
    s->fresh = false;
    s->start = offset;
    s->begin = split_position(s, offset);
}

// A quote opens a string, unless one of its kind ended just before it: doubled, it is a part of it.
static void open_quote(struct splitter *s, enum mode mode)
{
    const char *text = s->buf.data;
    if (s->scan == s->start || s->closed != s->scan || text[s->scan - 1] != text[s->scan])
        s->opened = s->scan;
    s->mode = mode;
}

// Comments alone, and no statement behind them.
static bool is_comment(const struct splitter *s, const char *text, size_t len)
{
    struct lexer lexer;
    struct token token;
    if (!s->comments || len < 2 || text[0] != '/' || text[1] != '*')
        return false;
    lexer_init(&lexer, text, len, NULL);
    return !lexer_next(&lexer, &token);
}

// A statement's text is complete: it is a command after all, or SQL, or nothing.
enum split_result split_finish_statement(struct splitter *s, struct split_item *item, size_t end,
                                         size_t next, enum split_end how)
{
    const char *text = s->buf.data + s->start;
    size_t len = s->begun ? end - s->start : 0;
    split_trim(&text, &len);
    size_t start = s->start;
    split_close(s, next);
    if (len == 0 || is_comment(s, text, len))
        return SPLIT_MORE;
    item->begin = s->begin;
    size_t name_len;
    enum split_word word = how == SPLIT_END_DELIMITER ? split_word_command(s, text, len, &name_len)
                                                      : SPLIT_UNKNOWN;
    // A line's end in front of the delimiter is one character too many, as in the mariadb client.
    const char *stop = s->buf.data + end;
    bool bare = word != SPLIT_UNKNOWN && name_len == len &&
                memchr(text + len, '\n', (size_t) (stop - text) - len) == NULL;
    if (!s->typed && (word == SPLIT_ALONE || word == SPLIT_GO || word == SPLIT_GO_VERTICAL))
        word = SPLIT_UNKNOWN;
    if (word == SPLIT_DELIMITER)
        return split_set_delimiter(s, text + name_len, len - name_len) ? SPLIT_MORE
                                                                       : SPLIT_BAD_DELIMITER;
    if ((word == SPLIT_GO || word == SPLIT_GO_VERTICAL || word == SPLIT_CLEAR) && bare)
        return SPLIT_MORE;
    if (word == SPLIT_ARGS || word == SPLIT_LINE || (split_takes_nothing(word) && bare)) {
        split_fill_command(s, item, start, name_len, start + len);
        return SPLIT_ITEM;
    }
    size_t whole = end - (size_t) (text - s->buf.data);
    *item = (struct split_item){
        .text = text, .len = len, .whole = whole, .end = how, .begin = s->begin};
    return SPLIT_ITEM;
}

// How many bytes of a comment's opening stand at scan; 0 if it is none. *wait: too few bytes yet.
static size_t comment_opening(const struct splitter *s, enum mode *mode, bool *wait)
{
    const char *p = s->buf.data + s->scan;
    size_t left = s->buf.len - s->scan;
    bool dashes = left >= 2 && p[0] == '-' && p[1] == '-';
    *wait = !s->ended && (left < 2 || (left < 3 && (dashes || (p[0] == '/' && p[1] == '*'))) ||
                          (left < 4 && p[0] == '/' && p[1] == '*' && p[2] == 'M'));
    if (*wait)
        return 0;
    *mode = MODE_LINE;
    if (p[0] == '#')
        return 1;
    // A statement never begins with "--": there it is a comment even with no space behind.
    if (dashes && (!s->begun || left == 2 || text_is_space(p[2]) || text_is_cntrl(p[2])))
        return 2;
    *mode = MODE_COMMENT;
    bool opens = left >= 2 && p[0] == '/' && p[1] == '*';
    bool runs = (left >= 3 && p[2] == '!') || (left >= 4 && p[2] == 'M' && p[3] == '!');
    return opens && !runs ? 2 : 0;
}

// A backslash in code at a line's very end means nothing, as in the mariadb client.
static bool ends_line(const struct splitter *s)
{
    size_t next = s->scan + 1;
    return next < s->buf.len ? s->buf.data[next] == '\n' : s->ended;
}

// One meaningful byte in code. *more is set when reading has to stop and the result be returned.
static enum split_result code_byte(struct splitter *s, struct split_item *item, bool *stop)
{
    char c = s->buf.data[s->scan];
    enum mode mode = MODE_CODE;
    *stop = true;
    if (c == '\\' && ends_line(s)) {
        s->buf.data[s->scan++] = ' ';
        *stop = false;
        return SPLIT_MORE;
    }
    if (c == '\\') {
        bool took;
        size_t before = s->scan;
        size_t length = s->buf.len;
        enum split_result result = split_take_backslash(s, item, &took);
        if (!took) {
            begin_statement(s, s->scan);
            s->scan += s->scan + 1 < s->buf.len ? 2 : 1;
        }
        *stop = result != SPLIT_MORE || (took && s->scan == before && s->buf.len == length);
        return result;
    }
    if (c == '\n' && s->named && s->begun) {
        bool took;
        size_t before = s->scan;
        size_t length = s->buf.len;
        enum split_result result = split_take_named(s, item, &took);
        s->scan += took ? 0 : 1;
        *stop = result != SPLIT_MORE || (took && s->scan == before && s->buf.len == length);
        return result;
    }
    if (split_at_delimiter(s, s->scan)) {
        enum split_result result = split_finish_statement(
            s, item, s->scan, s->scan + s->delimiter_len, SPLIT_END_DELIMITER);
        *stop = result != SPLIT_MORE;
        return result;
    }
    if (may_become_delimiter(s, s->scan))
        return SPLIT_MORE;
    if (charset_has_pairs(s->charset) && charset_leads(s->charset, c)) {
        size_t left = s->buf.len - s->scan;
        *stop = left < 2 && !s->ended;
        if (*stop)
            return SPLIT_MORE;
        begin_statement(s, s->scan);
        s->scan += charset_step(s->charset, s->buf.data + s->scan, left);
        return SPLIT_MORE;
    }
    if (c == '#' || c == '-' || c == '/') {
        bool wait;
        size_t opening = comment_opening(s, &mode, &wait);
        if (wait)
            return SPLIT_MORE;
        if (opening > 0) {
            if (s->comments && mode == MODE_COMMENT)
                begin_statement(s, s->scan);
            s->opened = s->scan;
            s->mode = mode;
            s->scan += opening;
            *stop = false;
            return SPLIT_MORE;
        }
    }
    *stop = false;
    begin_statement(s, s->scan);
    mode = c == '\'' ? MODE_SINGLE : c == '"' ? MODE_DOUBLE : c == '`' ? MODE_NAME : MODE_CODE;
    if (mode != MODE_CODE)
        open_quote(s, mode);
    s->scan++;
    return SPLIT_MORE;
}

// White space and comments before a statement, then its first byte.
static enum split_result find_begin(struct splitter *s, struct split_item *item, bool *stop)
{
    *stop = false;
    while (s->scan < s->buf.len && text_is_space(s->buf.data[s->scan])) {
        s->fresh = s->fresh || s->buf.data[s->scan] == '\n';
        s->scan++;
    }
    s->start = s->scan;
    if (s->scan == s->buf.len)
        return SPLIT_MORE;
    bool took;
    size_t before = s->scan;
    enum split_result result = split_try_line(s, item, &took);
    s->fresh = s->fresh && took && s->scan == before;
    if (took) {
        *stop = result != SPLIT_MORE || s->scan == before;
        return result;
    }
    if (s->stops[MODE_CODE][(unsigned char) s->buf.data[s->scan]])
        return code_byte(s, item, stop);
    begin_statement(s, s->scan);
    return SPLIT_MORE;
}

// Behind the blocks in which nothing means anything.
static size_t skip_blocks(const struct splitter *s, size_t from)
{
    const block *stops = s->stop_blocks[s->mode];
    size_t count = s->stop_count[s->mode];
    while (count > 0 && from + BLOCK <= s->buf.len) {
        block bytes;
        uint64_t halves[2];
        memcpy(&bytes, s->buf.data + from, sizeof(bytes));
        block found = (block) (bytes == stops[0]);
        for (size_t i = 1; i < count; i++)
            found |= (block) (bytes == stops[i]);
        memcpy(halves, &found, sizeof(halves));
        if ((halves[0] | halves[1]) != 0)
            break;
        from += BLOCK;
    }
    return from;
}

// Where the next byte is that may mean something; a comment has one such byte, which the library
// finds faster than a loop does.
static size_t find_stop(const struct splitter *s, size_t from)
{
    const bool *stops = s->stops[s->mode];
    const char *text = s->buf.data;
    size_t len = s->buf.len;
    if (s->mode == MODE_LINE || s->mode == MODE_COMMENT) {
        const char *found = memchr(text + from, s->mode == MODE_LINE ? '\n' : '*', len - from);
        return found == NULL ? len : (size_t) (found - text);
    }
    // Names and numbers are shorter than a block.
    size_t near = len - from > BLOCK ? from + BLOCK : len;
    while (from < near && !stops[(unsigned char) text[from]])
        from++;
    if (from < near || from == len)
        return from;
    from = skip_blocks(s, from);
    while (from < len && !stops[(unsigned char) text[from]])
        from++;
    return from;
}

// Within a string, a name or a comment, up to its end.
static void skip_quoted(struct splitter *s)
{
    const char *text = s->buf.data;
    size_t len = s->buf.len;
    size_t i = s->scan;
    while (s->mode != MODE_CODE) {
        i = find_stop(s, i);
        // A backslash, a star or half a character needs its neighbour to be understood.
        bool leads = charset_has_pairs(s->charset) && i < len && charset_leads(s->charset, text[i]);
        bool pair = i < len && (text[i] == '\\' || s->mode == MODE_COMMENT || leads);
        if (i >= len || (pair && i + 1 >= len && !s->ended))
            break;
        if (leads) {
            i += charset_step(s->charset, text + i, len - i);
        } else if (pair && text[i] == '\\') {
            i += i + 1 < len ? 2 : 1;
        } else if (s->mode == MODE_COMMENT) {
            bool closes = i + 1 < len && text[i + 1] == '/';
            s->mode = closes ? MODE_CODE : MODE_COMMENT;
            i += closes ? 2 : 1;
        } else {
            // The newline that ends a line comment is read as code: it begins a line.
            i += s->mode == MODE_LINE ? 0 : 1;
            s->closed = s->mode == MODE_LINE ? s->closed : i;
            s->mode = MODE_CODE;
        }
    }
    s->scan = i;
    if (!s->begun)
        s->start = s->mode == MODE_CODE ? i : s->start;
}

static enum split_result finish_input(struct splitter *s, struct split_item *item)
{
    if (!s->ended)
        return SPLIT_MORE;
    enum split_open open = splitter_open(s);
    if (open != OPEN_NOTHING && open != OPEN_STATEMENT) {
        *item = (struct split_item){.begin = split_position(s, s->opened)};
        return SPLIT_UNTERMINATED;
    }
    if (s->begun) {
        enum split_result result = split_finish_statement(s, item, s->buf.len, s->buf.len,
                                                          SPLIT_END_INPUT);
        if (result != SPLIT_MORE)
            return result;
    }
    return SPLIT_DONE;
}

enum split_result splitter_next(struct splitter *s, struct split_item *item)
{
    if (s->first && !s->ended)
        return SPLIT_MORE;
    while (s->scan < s->buf.len) {
        bool stop = false;
        enum split_result result = SPLIT_MORE;
        if (s->mode != MODE_CODE) {
            skip_quoted(s);
            if (s->mode != MODE_CODE && s->scan < s->buf.len)
                return SPLIT_MORE;
        } else if (!s->begun) {
            result = find_begin(s, item, &stop);
            if (stop)
                return result;
        } else {
            // Short runs, most of the time: a call would cost more than they do.
            const bool *stops = s->stops[MODE_CODE];
            const char *text = s->buf.data;
            size_t i = s->scan;
            while (i < s->buf.len && !stops[(unsigned char) text[i]])
                i++;
            s->scan = i;
            if (i < s->buf.len)
                result = code_byte(s, item, &stop);
            if (stop)
                return result;
        }
    }
    return finish_input(s, item);
}
