#include "marsh/base/json.h"

#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/text.h"

struct scanner {
    const char *begin;
    const char *pos;
    const char *end;
    struct error *err;
};

static bool bad(const struct scanner *scanner, const char *what)
{
    return error_set(scanner->err, ERROR_USAGE, "byte %zu: %s",
                     (size_t) (scanner->pos - scanner->begin) + 1, what);
}

static void skip_space(struct scanner *scanner)
{
    const char *pos = scanner->pos;
    while (pos < scanner->end && (*pos == ' ' || *pos == '\n' || *pos == '\t' || *pos == '\r'))
        pos++;
    scanner->pos = pos;
}

static bool take(struct scanner *scanner, char c)
{
    bool there = scanner->pos < scanner->end && *scanner->pos == c;
    scanner->pos += there ? 1 : 0;
    return there;
}

// The four digits behind \u; -1 if they are not.
static int hex_unit(const char *text, const char *end)
{
    int unit = 0;
    if (end - text < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = text_hex_digit(text[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

// At a backslash.
static bool scan_escape(struct scanner *scanner)
{
    const char *pos = scanner->pos + 1;
    if (pos < scanner->end && *pos != '\0' && strchr("\"\\/bfnrt", *pos) != NULL) {
        scanner->pos = pos + 1;
        return true;
    }
    if (pos == scanner->end || *pos != 'u')
        return bad(scanner, "an unknown escape in a string");
    int unit = hex_unit(pos + 1, scanner->end);
    if (unit < 0)
        return bad(scanner, "\\u without four hexadecimal digits");
    pos += 5;
    if (is_high(unit)) {
        bool more = scanner->end - pos >= 2 && pos[0] == '\\' && pos[1] == 'u';
        if (!more || !is_low(hex_unit(pos + 2, scanner->end)))
            return bad(scanner, "half of a surrogate pair in a string");
        pos += 6;
    } else if (is_low(unit)) {
        return bad(scanner, "half of a surrogate pair in a string");
    }
    scanner->pos = pos;
    return true;
}

// ASCII that stands for itself in a string.
static bool is_plain(char c)
{
    return (unsigned char) c >= 0x20 && (unsigned char) c < 0x80 && c != '"' && c != '\\';
}

// At a quote.
static bool scan_string(struct scanner *scanner, bool *escaped)
{
    *escaped = false;
    scanner->pos++;
    for (;;) {
        while (scanner->pos < scanner->end && is_plain(*scanner->pos))
            scanner->pos++;
        if (take(scanner, '"'))
            return true;
        if (scanner->pos == scanner->end)
            return bad(scanner, "a string has no end");
        unsigned code;
        size_t used = text_decode(scanner->pos, (size_t) (scanner->end - scanner->pos), &code);
        if (*scanner->pos == '\\') {
            *escaped = true;
            if (!scan_escape(scanner))
                return false;
        } else if (used == 0) {
            return bad(scanner, "not UTF-8");
        } else if (code < 0x20) {
            return bad(scanner, "a control character in a string");
        } else {
            scanner->pos += used;
        }
    }
}

static bool scan_digits(struct scanner *scanner)
{
    const char *start = scanner->pos;
    while (scanner->pos < scanner->end && text_is_digit(*scanner->pos))
        scanner->pos++;
    return scanner->pos > start || bad(scanner, "a digit is missing");
}

static bool scan_number(struct scanner *scanner)
{
    take(scanner, '-');
    if (take(scanner, '0')) {
        if (scanner->pos < scanner->end && text_is_digit(*scanner->pos))
            return bad(scanner, "a number begins with a superfluous zero");
    } else if (!scan_digits(scanner)) {
        return false;
    }
    if (take(scanner, '.') && !scan_digits(scanner))
        return false;
    if (!take(scanner, 'e') && !take(scanner, 'E'))
        return true;
    if (!take(scanner, '+'))
        take(scanner, '-');
    return scan_digits(scanner);
}

static bool scan_word(struct scanner *scanner, const char *word)
{
    size_t len = strlen(word);
    if ((size_t) (scanner->end - scanner->pos) < len || memcmp(scanner->pos, word, len) != 0)
        return bad(scanner, "a value is missing");
    scanner->pos += len;
    return true;
}

// Anything but an array or object.
static bool scan_scalar(struct scanner *scanner, struct json_value *value)
{
    switch (scanner->pos == scanner->end ? '\0' : *scanner->pos) {
    case '"':
        value->kind = JSON_KIND_STRING;
        return scan_string(scanner, &value->escaped);
    case 'n':
        value->kind = JSON_KIND_NULL;
        return scan_word(scanner, "null");
    case 't':
        value->kind = JSON_KIND_TRUE;
        return scan_word(scanner, "true");
    case 'f':
        value->kind = JSON_KIND_FALSE;
        return scan_word(scanner, "false");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        value->kind = JSON_KIND_NUMBER;
        return scan_number(scanner);
    default:
        return bad(scanner, "a value is missing");
    }
}

static bool scan_key(struct scanner *scanner, struct json_value *key)
{
    skip_space(scanner);
    *key = (struct json_value){.kind = JSON_KIND_STRING, .text = scanner->pos};
    if (scanner->pos == scanner->end || *scanner->pos != '"')
        return bad(scanner, "a key is missing");
    if (!scan_string(scanner, &key->escaped))
        return false;
    key->len = (size_t) (scanner->pos - key->text);
    skip_space(scanner);
    return take(scanner, ':') || bad(scanner, "a ':' is missing");
}

// Between the elements of arrays and objects, of which `closers` has the signs that close them: out
// of all that end here, and up to where the next element's value begins.
static bool scan_between(struct scanner *scanner, const char *closers, size_t *depth)
{
    struct json_value key;
    while (*depth > 0) {
        char closer = closers[*depth - 1];
        skip_space(scanner);
        if (take(scanner, ','))
            return closer == ']' || scan_key(scanner, &key);
        if (!take(scanner, closer))
            return bad(scanner,
                       closer == ']' ? "a ',' or ']' is missing" : "a ',' or '}' is missing");
        --*depth;
    }
    return true;
}

// Any value, without recursion: how deep it goes is not for the text to say.
static bool scan_value(struct scanner *scanner, struct json_value *value, size_t depth_max)
{
    char closers[JSON_DEPTH_MAX];
    size_t depth = 0;
    struct json_value inner;
    struct json_value key;
    skip_space(scanner);
    *value = (struct json_value){.kind = JSON_KIND_NULL, .text = scanner->pos};
    do {
        skip_space(scanner);
        bool object = take(scanner, '{');
        if (object || take(scanner, '[')) {
            if (depth == depth_max)
                return bad(scanner, "nested too deeply");
            if (depth == 0)
                value->kind = object ? JSON_KIND_OBJECT : JSON_KIND_ARRAY;
            closers[depth++] = object ? '}' : ']';
            skip_space(scanner);
            if (!take(scanner, closers[depth - 1])) {
                if (object && !scan_key(scanner, &key))
                    return false;
                continue;
            }
            depth--;
        } else if (!scan_scalar(scanner, depth == 0 ? value : &inner)) {
            return false;
        }
        if (!scan_between(scanner, closers, &depth))
            return false;
    } while (depth > 0);
    value->len = (size_t) (scanner->pos - value->text);
    return true;
}

// Nothing but white space may follow.
static bool scan_end(struct scanner *scanner)
{
    skip_space(scanner);
    return scanner->pos == scanner->end || bad(scanner, "something stands behind the value");
}

bool json_read(const char *text, size_t len, struct json_value *value, struct error *err)
{
    struct scanner scanner = {text, text, text + len, err};
    struct json_value whole;
    if (!scan_value(&scanner, &whole, JSON_DEPTH_MAX) || !scan_end(&scanner))
        return false;
    if (value != NULL)
        *value = whole;
    return true;
}

bool json_cursor_begin(struct json_cursor *cursor, const char *text, size_t len, struct error *err)
{
    struct scanner scanner = {text, text, text + len, err};
    skip_space(&scanner);
    if (!take(&scanner, '{'))
        return bad(&scanner, "no object begins here");
    *cursor = (struct json_cursor){text, scanner.pos, text + len, false};
    return true;
}

enum json_step json_cursor_next(struct json_cursor *cursor, struct json_member *member,
                                struct error *err)
{
    struct scanner scanner = {cursor->begin, cursor->pos, cursor->end, err};
    skip_space(&scanner);
    if (take(&scanner, '}'))
        return scan_end(&scanner) ? JSON_STEP_END : JSON_STEP_BAD;
    if (cursor->inside && !take(&scanner, ',')) {
        bad(&scanner, "a ',' or '}' is missing");
        return JSON_STEP_BAD;
    }
    // The object itself is one of the levels.
    if (!scan_key(&scanner, &member->key) ||
        !scan_value(&scanner, &member->value, JSON_DEPTH_MAX - 1))
        return JSON_STEP_BAD;
    cursor->pos = scanner.pos;
    cursor->inside = true;
    return JSON_STEP_MEMBER;
}

static void add_code(struct buf *out, unsigned code)
{
    if (code < 0x80) {
        buf_add_char(out, (char) code);
        return;
    }
    if (code < 0x800) {
        buf_add_char(out, (char) (0xc0 | code >> 6));
    } else {
        if (code < 0x10000) {
            buf_add_char(out, (char) (0xe0 | code >> 12));
        } else {
            buf_add_char(out, (char) (0xf0 | code >> 18));
            buf_add_char(out, (char) (0x80 | (code >> 12 & 0x3f)));
        }
        buf_add_char(out, (char) (0x80 | (code >> 6 & 0x3f)));
    }
    buf_add_char(out, (char) (0x80 | (code & 0x3f)));
}

// At a backslash of a string that was scanned; returns where the escape ends.
static const char *decode_escape(const char *pos, const char *end, struct buf *out)
{
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    if (pos[1] != 'u') {
        const char *escape = strchr(escapes, pos[1]);
        buf_add_char(out, escape != NULL ? escape[1] : pos[1]);
        return pos + 2;
    }
    int unit = hex_unit(pos + 2, end);
    if (!is_high(unit)) {
        add_code(out, (unsigned) unit);
        return pos + 6;
    }
    int low = hex_unit(pos + 8, end);
    add_code(out, 0x10000U + ((unsigned) (unit - 0xd800) << 10) + (unsigned) (low - 0xdc00));
    return pos + 12;
}

void json_decode_string(const struct json_value *string, struct buf *out)
{
    const char *pos = string->text + 1;
    const char *end = string->text + string->len - 1;
    while (pos < end) {
        const char *escape = memchr(pos, '\\', (size_t) (end - pos));
        const char *stop = escape != NULL ? escape : end;
        buf_add(out, pos, (size_t) (stop - pos));
        pos = escape != NULL ? decode_escape(escape, end, out) : end;
    }
}
