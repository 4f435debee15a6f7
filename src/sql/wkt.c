#include "marsh/sql/wkt.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/text.h"

static const char *const names[] = {
    [WKT_ANY] = "GEOMETRY",
    [WKT_POINT] = "POINT",
    [WKT_LINESTRING] = "LINESTRING",
    [WKT_POLYGON] = "POLYGON",
    [WKT_MULTIPOINT] = "MULTIPOINT",
    [WKT_MULTILINESTRING] = "MULTILINESTRING",
    [WKT_MULTIPOLYGON] = "MULTIPOLYGON",
    [WKT_COLLECTION] = "GEOMETRYCOLLECTION",
};

enum { DEPTH_MAX = 50, NUMBER_MAX = 400 };

// Numbers are read in the C locale, whatever the user's is.
struct reader {
    const char *pos;
    const char *end;
    struct buf *out;
    locale_t locale;
    const char *problem; // the first one
};

static bool fail(struct reader *r, const char *problem)
{
    if (r->problem == NULL)
        r->problem = problem;
    return false;
}

static void skip_spaces(struct reader *r)
{
    while (r->pos < r->end && text_is_space(*r->pos))
        r->pos++;
}

static bool skip(struct reader *r, char c)
{
    skip_spaces(r);
    bool there = r->pos < r->end && *r->pos == c;
    r->pos += there;
    return there;
}

static bool expect(struct reader *r, char c)
{
    return skip(r, c) || fail(r, c == '(' ? "'(' is missing" : "')' is missing");
}

static void add_number(struct reader *r, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        buf_add_char(r->out, (char) (number >> (8 * i)));
}

static void put_number(struct reader *r, size_t at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        r->out->data[at + (size_t) i] = (char) (number >> (8 * i));
}

static bool read_coordinate(struct reader *r)
{
    char digits[NUMBER_MAX + 1];
    size_t len = 0;
    skip_spaces(r);
    while (r->pos < r->end && len < NUMBER_MAX && *r->pos != '\0' &&
           strchr("0123456789+-.eE", *r->pos) != NULL)
        digits[len++] = *r->pos++;
    digits[len] = '\0';
    char *rest;
    double value = strtod_l(digits, &rest, r->locale);
    if (len == 0 || *rest != '\0')
        return fail(r, "a coordinate is missing");
    if (!isfinite(value))
        return fail(r, "a coordinate is out of range");
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    add_number(r, (uint32_t) bits);
    add_number(r, (uint32_t) (bits >> 32));
    return true;
}

static bool read_point(struct reader *r)
{
    return read_coordinate(r) && read_coordinate(r);
}

// "(1 2, 3 4, ...)": their number, then the points. The server asks for no least number of them.
static bool read_points(struct reader *r, bool ring)
{
    uint32_t count = 0;
    size_t at = r->out->len;
    add_number(r, 0);
    if (!expect(r, '('))
        return false;
    do {
        if (!read_point(r))
            return false;
        count++;
    } while (skip(r, ','));
    if (!expect(r, ')'))
        return false;
    const char *first = r->out->data + at + 4;
    if (ring && memcmp(first, r->out->data + r->out->len - 16, 16) != 0)
        return fail(r, "a ring ends where it begins");
    put_number(r, at, count);
    return true;
}

static bool read_typed(struct reader *r, enum wkt_type type, unsigned depth);

static bool read_part(struct reader *r, enum wkt_type type)
{
    bool bracketed = type == WKT_POINT && skip(r, '(');
    if (type == WKT_POINT)
        return read_point(r) && (!bracketed || expect(r, ')'));
    return read_points(r, type == WKT_POLYGON);
}

static void add_head(struct reader *r, enum wkt_type type)
{
    buf_add_char(r->out, 1);
    add_number(r, type);
}

static bool read_name(struct reader *r, enum wkt_type *type)
{
    skip_spaces(r);
    const char *start = r->pos;
    while (r->pos < r->end && text_is_alpha(*r->pos))
        r->pos++;
    size_t len = (size_t) (r->pos - start);
    for (*type = WKT_POINT; *type <= WKT_COLLECTION; ++*type) {
        if (strlen(names[*type]) == len && text_same_start_nocase(start, names[*type], len))
            return true;
    }
    return fail(r, "it begins with no type's name");
}

static bool read_element(struct reader *r, enum wkt_type type, unsigned depth)
{
    static const enum wkt_type parts[] = {
        [WKT_POLYGON] = WKT_ANY,
        [WKT_MULTIPOINT] = WKT_POINT,
        [WKT_MULTILINESTRING] = WKT_LINESTRING,
        [WKT_MULTIPOLYGON] = WKT_POLYGON,
        [WKT_COLLECTION] = WKT_ANY,
    };
    enum wkt_type part = parts[type];
    if (type == WKT_POLYGON)
        return read_part(r, WKT_POLYGON);
    if (type == WKT_COLLECTION && !read_name(r, &part))
        return false;
    add_head(r, part);
    return type == WKT_MULTIPOINT ? read_part(r, part) : read_typed(r, part, depth + 1);
}

static bool read_list(struct reader *r, enum wkt_type type, unsigned depth)
{
    uint32_t count = 0;
    size_t at = r->out->len;
    add_number(r, 0);
    if (depth > DEPTH_MAX)
        return fail(r, "it is nested too deep");
    if (!expect(r, '('))
        return false;
    do {
        if (!read_element(r, type, depth))
            return false;
        count++;
    } while (skip(r, ','));
    put_number(r, at, count);
    return expect(r, ')');
}

static bool is_empty(struct reader *r)
{
    skip_spaces(r);
    bool empty = r->end - r->pos >= 5 && text_same_start_nocase(r->pos, "EMPTY", 5);
    r->pos += empty ? 5 : 0;
    return empty;
}

// What stands behind a type's name.
static bool read_typed(struct reader *r, enum wkt_type type, unsigned depth)
{
    if (type == WKT_COLLECTION && is_empty(r)) {
        add_number(r, 0);
        return true;
    }
    if (type == WKT_POINT)
        return expect(r, '(') && read_point(r) && expect(r, ')');
    if (type == WKT_LINESTRING)
        return read_points(r, false);
    return read_list(r, type, depth);
}

static bool read_srid(struct reader *r)
{
    uint64_t srid = 0;
    skip_spaces(r);
    if (r->end - r->pos >= 5 && text_same_start_nocase(r->pos, "SRID=", 5)) {
        r->pos += 5;
        const char *start = r->pos;
        for (; r->pos < r->end && text_is_digit(*r->pos); r->pos++) {
            srid = srid * 10 + (uint64_t) (*r->pos - '0');
            if (srid > UINT32_MAX)
                return fail(r, "its SRID is out of range");
        }
        if (r->pos == start || !skip(r, ';'))
            return fail(r, "its SRID is no number with ';' behind it");
    }
    add_number(r, (uint32_t) srid);
    return true;
}

static bool read_geometry(struct reader *r, enum wkt_type wanted)
{
    enum wkt_type type;
    if (!read_srid(r) || !read_name(r, &type))
        return false;
    if (wanted != WKT_ANY && wanted != type)
        return fail(r, "it is of another type");
    add_head(r, type);
    if (!read_typed(r, type, 0))
        return false;
    skip_spaces(r);
    return r->pos == r->end || fail(r, "something stands behind its end");
}

bool wkt_convert(const char *text, size_t len, enum wkt_type type, struct buf *out,
                 struct error *err)
{
    struct reader r = {.pos = text, .end = text + len, .out = out};
    size_t before = out->len;
    r.locale = newlocale(LC_ALL_MASK, "C", (locale_t) 0);
    bool ok = read_geometry(&r, type);
    freelocale(r.locale);
    if (ok)
        return true;
    out->len = before;
    struct buf shown = BUF_INIT;
    text_add_printable(&shown, text, len < 40 ? len : 40, false);
    error_set(err, ERROR_USAGE, "'%s%s' is no %s as WKT: %s", buf_cstr(&shown),
              len > 40 ? "..." : "", names[type], r.problem);
    buf_finish(&shown);
    return false;
}

bool wkt_is_binary(const char *bytes, size_t len)
{
    if (len < 9 || (unsigned char) bytes[4] > 1)
        return false;
    const char *type = bytes + 5;
    bool little = bytes[4] == 1;
    return little ? type[0] >= 1 && type[0] <= 7 && type[1] == 0 && type[2] == 0 && type[3] == 0
                  : type[3] >= 1 && type[3] <= 7 && type[2] == 0 && type[1] == 0 && type[0] == 0;
}
