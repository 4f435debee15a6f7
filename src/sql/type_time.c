// Dates and times, of which the server reads many forms. Refused is what holds no digit, and what
// has the usual form with a month, day, hour, minute or second that can't be; all else is let
// through for the server to judge.
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "type_internal.h"

struct reader {
    const char *pos;
    const char *end;
};

// At most `max` digits, at least one.
static bool read_part(struct reader *r, size_t max, unsigned *part)
{
    const char *start = r->pos;
    *part = 0;
    for (; r->pos < r->end && text_is_digit(*r->pos); r->pos++) {
        if (*part < 100000)
            *part = *part * 10 + (unsigned) (*r->pos - '0');
    }
    size_t count = (size_t) (r->pos - start);
    return count > 0 && count <= max;
}

static bool skip(struct reader *r, const char *chars)
{
    bool there = r->pos < r->end && *r->pos != '\0' && strchr(chars, *r->pos) != NULL;
    r->pos += there;
    return there;
}

static bool has_digit(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text_is_digit(value[i]))
            return true;
    }
    return false;
}

// YYYY-MM-DD; only a year of four digits tells it from what else may be meant.
static bool read_date(struct reader *r, unsigned date[3])
{
    const char *start = r->pos;
    return read_part(r, 4, &date[0]) && r->pos - start == 4 && skip(r, "-") &&
           read_part(r, 2, &date[1]) && skip(r, "-") && read_part(r, 2, &date[2]);
}

// HH:MM or HH:MM:SS
static bool read_time(struct reader *r, unsigned time[3])
{
    time[2] = 0;
    if (!read_part(r, 5, &time[0]) || !skip(r, ":") || !read_part(r, 5, &time[1]))
        return false;
    return !skip(r, ":") || read_part(r, 5, &time[2]);
}

static bool is_impossible_date(struct reader *r)
{
    unsigned date[3];
    unsigned time[3];
    if (!read_date(r, date))
        return false;
    if (date[1] > 12 || date[2] > 31)
        return true;
    return skip(r, " T") && read_time(r, time) && (time[0] > 23 || time[1] > 59 || time[2] > 59);
}

// The years that some server's TIMESTAMP can hold, whatever its time zone.
static bool is_timestamp_out_of_range(struct reader r)
{
    unsigned date[3];
    if (!read_date(&r, date) || (date[0] == 0 && date[1] == 0))
        return false;
    return date[0] < 1969 || date[0] > 2106;
}

static bool check_time(const struct type *type, struct reader *r, const char *value, size_t len,
                       bool strict, struct error *err)
{
    unsigned time[3];
    skip(r, "-");
    if (!read_time(r, time))
        return true;
    if (time[1] > 59 || time[2] > 59)
        return type_refuse(type, value, len, err);
    if (strict && time[0] > 838)
        return type_out_of_range(type, value, len, "-838:59:59 to 838:59:59", err);
    return true;
}

bool type_check_time(const struct type *type, const char *value, size_t len, bool strict,
                     struct error *err)
{
    struct reader r = {value, value + len};
    if (!has_digit(value, len))
        return type_refuse(type, value, len, err);
    while (r.pos < r.end && text_is_space(*r.pos))
        r.pos++;
    if (type->kind == TYPE_TIME)
        return check_time(type, &r, value, len, strict, err);
    if (strict && type->kind == TYPE_TIMESTAMP && is_timestamp_out_of_range(r))
        return type_out_of_range(type, value, len, NULL, err);
    return !is_impossible_date(&r) || type_refuse(type, value, len, err);
}
