#include "marsh/sql/type.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "type_internal.h"

#define SIGNED8 "-128", "127", "255"
#define SIGNED16 "-32768", "32767", "65535"
#define SIGNED24 "-8388608", "8388607", "16777215"
#define SIGNED32 "-2147483648", "2147483647", "4294967295"
#define SIGNED64 "-9223372036854775808", "9223372036854775807", "18446744073709551615"
#define FLOAT_RANGE NULL, "34028234663852887e22", NULL
#define DOUBLE_RANGE NULL, "17976931348623159e292", NULL
#define NO_RANGE NULL, NULL, NULL

// Aliases too, for what a user writes by hand; two words stand before the first of them alone.
static const struct type_row rows[] = {
    {"TINYINT", TYPE_INTEGER, SIGNED8, 0},
    {"BOOLEAN", TYPE_INTEGER, SIGNED8, 0},
    {"BOOL", TYPE_INTEGER, SIGNED8, 0},
    {"SMALLINT", TYPE_INTEGER, SIGNED16, 0},
    {"MEDIUMINT", TYPE_INTEGER, SIGNED24, 0},
    {"INT", TYPE_INTEGER, SIGNED32, 0},
    {"INTEGER", TYPE_INTEGER, SIGNED32, 0},
    {"BIGINT", TYPE_INTEGER, SIGNED64, 0},
    {"DECIMAL", TYPE_DECIMAL, NO_RANGE, 10},
    {"NUMERIC", TYPE_DECIMAL, NO_RANGE, 10},
    {"DEC", TYPE_DECIMAL, NO_RANGE, 10},
    {"FIXED", TYPE_DECIMAL, NO_RANGE, 10},
    {"FLOAT", TYPE_FLOAT, FLOAT_RANGE, 0},
    {"DOUBLE PRECISION", TYPE_FLOAT, DOUBLE_RANGE, 0},
    {"DOUBLE", TYPE_FLOAT, DOUBLE_RANGE, 0},
    {"BIT", TYPE_BIT, NO_RANGE, 1},
    {"YEAR", TYPE_YEAR, NO_RANGE, 4},
    {"DATE", TYPE_DATE, NO_RANGE, 0},
    {"TIME", TYPE_TIME, NO_RANGE, 0},
    {"DATETIME", TYPE_DATETIME, NO_RANGE, 0},
    {"TIMESTAMP", TYPE_TIMESTAMP, NO_RANGE, 0},
    {"CHAR", TYPE_CHAR, NO_RANGE, 1},
    {"VARCHAR", TYPE_CHAR, NO_RANGE, 65535},
    {"TINYTEXT", TYPE_TEXT, NO_RANGE, 255},
    {"TEXT", TYPE_TEXT, NO_RANGE, 65535},
    {"MEDIUMTEXT", TYPE_TEXT, NO_RANGE, 16777215},
    {"LONGTEXT", TYPE_TEXT, NO_RANGE, UINT32_MAX},
    {"JSON", TYPE_JSON, NO_RANGE, UINT32_MAX},
    {"BINARY", TYPE_BINARY, NO_RANGE, 1},
    {"VARBINARY", TYPE_BINARY, NO_RANGE, 65535},
    {"TINYBLOB", TYPE_BINARY, NO_RANGE, 255},
    {"BLOB", TYPE_BINARY, NO_RANGE, 65535},
    {"MEDIUMBLOB", TYPE_BINARY, NO_RANGE, 16777215},
    {"LONGBLOB", TYPE_BINARY, NO_RANGE, UINT32_MAX},
    {"ENUM", TYPE_ENUM, NO_RANGE, 0},
    {"SET", TYPE_SET, NO_RANGE, 0},
    {"UUID", TYPE_UUID, NO_RANGE, 0},
    {"INET4", TYPE_INET4, NO_RANGE, 0},
    {"INET6", TYPE_INET6, NO_RANGE, 0},
    {"GEOMETRYCOLLECTION", TYPE_GEOMETRY, NO_RANGE, 7},
    {"GEOMCOLLECTION", TYPE_GEOMETRY, NO_RANGE, 7},
    {"GEOMETRY", TYPE_GEOMETRY, NO_RANGE, 0},
    {"POINT", TYPE_GEOMETRY, NO_RANGE, 1},
    {"LINESTRING", TYPE_GEOMETRY, NO_RANGE, 2},
    {"POLYGON", TYPE_GEOMETRY, NO_RANGE, 3},
    {"MULTIPOINT", TYPE_GEOMETRY, NO_RANGE, 4},
    {"MULTILINESTRING", TYPE_GEOMETRY, NO_RANGE, 5},
    {"MULTIPOLYGON", TYPE_GEOMETRY, NO_RANGE, 6},
    {"VECTOR", TYPE_VECTOR, NO_RANGE, 0},
};

static const char *skip_spaces(const char *p)
{
    while (text_is_space(*p))
        p++;
    return p;
}

// Moves *p past the word (with any white space for its one space) if it stands there as a whole.
static bool skip_word(const char **p, const char *word)
{
    const char *at = *p;
    for (const char *w = word; *w != '\0'; w++) {
        if (*w == ' ' && text_is_space(*at))
            at = skip_spaces(at);
        else if (text_upper(*at) == *w)
            at++;
        else
            return false;
    }
    if (text_is_alnum(*at) || *at == '_')
        return false;
    *p = at;
    return true;
}

static const struct type_row *find_row(const char **p)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (skip_word(p, rows[i].word))
            return &rows[i];
    }
    return NULL;
}

static bool read_size(const char **p, size_t *size)
{
    const char *at = skip_spaces(*p);
    if (!text_is_digit(*at))
        return false;
    for (*size = 0; text_is_digit(*at); at++) {
        if (*size > UINT32_MAX)
            return false;
        *size = *size * 10 + (size_t) (*at - '0');
    }
    *p = skip_spaces(at);
    return true;
}

static bool read_sizes(const char **p, struct type *type)
{
    ++*p;
    if (!read_size(p, &type->length))
        return false;
    if (**p == ',') {
        ++*p;
        type->has_decimals = true;
        if (!read_size(p, &type->decimals))
            return false;
    }
    return *(*p)++ == ')';
}

// 'it''s': a quote is doubled; the server writes backslashes, line ends and NULs with a backslash.
static char *read_string(const char **p)
{
    struct buf member = BUF_INIT;
    const char *at = skip_spaces(*p);
    if (*at++ != '\'')
        return NULL;
    for (; *at != '\0'; at++) {
        char c = *at;
        if (c == '\'' && *++at != '\'') {
            *p = skip_spaces(at);
            return buf_steal(&member);
        }
        if (c == '\\' && at[1] != '\0') {
            c = *++at;
            c = (char) (c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
        }
        buf_add_char(&member, c);
    }
    buf_finish(&member);
    return NULL;
}

static bool read_members(const char **p, struct type *type)
{
    do {
        ++*p;
        char *member = read_string(p);
        if (member == NULL)
            return false;
        size_t size = (type->member_count + 1) * sizeof(*type->members);
        type->members = mem_realloc(type->members, size);
        type->members[type->member_count++] = member;
    } while (**p == ',');
    return *(*p)++ == ')';
}

// What may stand behind a type. What marsh has no use for is read over.
static void read_attributes(const char *p, struct type *type)
{
    for (p = skip_spaces(p); *p != '\0'; p = skip_spaces(p)) {
        if (skip_word(&p, "UNSIGNED") || skip_word(&p, "ZEROFILL"))
            type->is_unsigned = true;
        else if (skip_word(&p, "CHARSET") || skip_word(&p, "CHARACTER SET"))
            type->utf8 = text_same_start_nocase(skip_spaces(p), "utf8", 4);
        else
            p += strcspn(p, " \t\r\n");
    }
}

static bool parse(const char *text, struct type *type)
{
    const char *p = skip_spaces(text);
    type->row = find_row(&p);
    if (type->row == NULL)
        return false;
    type->kind = type->row->kind;
    type->length = type->row->length;
    p = skip_spaces(p);
    bool members = type->kind == TYPE_ENUM || type->kind == TYPE_SET;
    if (members && (*p != '(' || !read_members(&p, type)))
        return false;
    if (!members && *p == '(' && !read_sizes(&p, type))
        return false;
    // TEXT(100) is the smallest TEXT that has room for them, and GEOMETRY has no length.
    if (type->kind == TYPE_TEXT || type->kind == TYPE_GEOMETRY)
        type->length = type->row->length;
    read_attributes(p, type);
    return true;
}

bool type_parse(const char *text, struct type *type)
{
    *type = (struct type){.kind = TYPE_UNKNOWN};
    if (parse(text, type))
        return true;
    type_finish(type);
    return false;
}

void type_finish(struct type *type)
{
    for (size_t i = 0; i < type->member_count; i++)
        free(type->members[i]);
    free(type->members);
    *type = (struct type){.kind = TYPE_UNKNOWN};
}

static bool has_length(const struct type *type)
{
    switch (type->kind) {
    case TYPE_DECIMAL:
    case TYPE_BIT:
    case TYPE_CHAR:
    case TYPE_VECTOR:
        return true;
    case TYPE_BINARY:
        return strstr(type->row->word, "BINARY") != NULL;
    case TYPE_TIME:
    case TYPE_DATETIME:
    case TYPE_TIMESTAMP:
        return type->length > 0;
    default:
        return type->has_decimals;
    }
}

void type_add_name(const struct type *type, struct buf *buf)
{
    if (type->row == NULL) {
        buf_add_text(buf, "value");
        return;
    }
    buf_add_text(buf, type->row->word);
    if (has_length(type) && (type->has_decimals || type->kind == TYPE_DECIMAL))
        buf_printf(buf, "(%zu,%zu)", type->length, type->decimals);
    else if (has_length(type))
        buf_printf(buf, "(%zu)", type->length);
    if (type->is_unsigned)
        buf_add_text(buf, " UNSIGNED");
}

bool type_is_converted(const struct type *type)
{
    return type->kind == TYPE_BIT || type->kind == TYPE_GEOMETRY;
}

bool type_is_binary(const struct type *type)
{
    return type->kind == TYPE_BINARY || type->kind == TYPE_VECTOR || type_is_converted(type);
}
