// Numbers, compared digit by digit: nothing is lost on the way through a double.
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "type_internal.h"

static const char *skip_spaces(const char *p, const char *end)
{
    while (p < end && text_is_space(*p))
        p++;
    return p;
}

static bool is_digit(const char *p, const char *end)
{
    return p < end && text_is_digit(*p);
}

static bool is_sign(const char *p, const char *end)
{
    return p < end && (*p == '-' || *p == '+');
}

// Digits before the point, or behind it; leading zeros only move the point.
static const char *read_digits(const char *p, const char *end, bool fraction, struct number *number)
{
    for (; is_digit(p, end); p++) {
        bool leading = *p == '0' && number->digits.len == 0;
        if (!leading)
            buf_add_char(&number->digits, *p);
        number->point += fraction ? (leading ? -1 : 0) : (leading ? 0 : 1);
    }
    return p;
}

// NULL where an e is followed by no digits.
static const char *read_exponent(const char *p, const char *end, long *exponent)
{
    bool negative = is_sign(p, end) && *p == '-';
    p += is_sign(p, end);
    if (!is_digit(p, end))
        return NULL;
    *exponent = 0;
    for (; is_digit(p, end); p++) {
        if (*exponent < NUMBER_POINT_MAX)
            *exponent = *exponent * 10 + (*p - '0');
    }
    *exponent = negative ? -*exponent : *exponent;
    return p;
}

static void trim_zeros(struct number *number)
{
    struct buf *digits = &number->digits;
    while (digits->len > 0 && digits->data[digits->len - 1] == '0')
        digits->len--;
    if (digits->len == 0)
        number->point = 0;
}

static bool parse(const char *p, const char *end, struct number *number)
{
    p = skip_spaces(p, end);
    number->negative = is_sign(p, end) && *p == '-';
    p += is_sign(p, end);
    const char *start = p;
    p = read_digits(p, end, false, number);
    bool any = p > start;
    if (p < end && *p == '.') {
        start = ++p;
        p = read_digits(p, end, true, number);
        any = any || p > start;
    }
    long exponent = 0;
    if (any && p < end && (*p == 'e' || *p == 'E'))
        p = read_exponent(p + 1, end, &exponent);
    if (!any || p == NULL)
        return false;
    number->point += exponent;
    trim_zeros(number);
    return skip_spaces(p, end) == end;
}

bool number_parse(const char *text, size_t len, struct number *number)
{
    *number = (struct number){.digits = BUF_INIT};
    if (parse(text, text + len, number))
        return true;
    number_finish(number);
    return false;
}

void number_finish(struct number *number)
{
    buf_finish(&number->digits);
    *number = (struct number){.digits = BUF_INIT};
}

// Half away from zero, to so many places behind the point.
static void round_to(struct number *number, size_t places)
{
    struct buf *digits = &number->digits;
    long keep = number->point + (long) places;
    if (keep >= (long) digits->len)
        return;
    bool up = keep >= 0 && digits->data[keep] >= '5';
    digits->len = keep < 0 ? 0 : (size_t) keep;
    while (up && digits->len > 0 && digits->data[digits->len - 1] == '9')
        digits->len--;
    if (up && digits->len > 0) {
        digits->data[digits->len - 1]++;
    } else if (up) {
        // All nines, or nothing: 1 in the place before them.
        buf_add_char(digits, '1');
        number->point++;
    }
    trim_zeros(number);
}

size_t number_whole_digits(const struct number *number)
{
    return number->point > 0 ? (size_t) number->point : 0;
}

// Of what is without sign: below 0 where a is smaller.
static int compare(const struct number *a, const struct number *b)
{
    if (a->digits.len == 0 || b->digits.len == 0)
        return (a->digits.len > 0) - (b->digits.len > 0);
    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    size_t shorter = a->digits.len < b->digits.len ? a->digits.len : b->digits.len;
    int order = memcmp(a->digits.data, b->digits.data, shorter);
    if (order != 0)
        return order;
    return (a->digits.len > b->digits.len) - (a->digits.len < b->digits.len);
}

// Whether the number is no further from 0 than the limit, whose own sign does not count.
static bool is_within(const struct number *number, const char *limit)
{
    struct number end;
    if (!number_parse(limit, strlen(limit), &end))
        return false;
    bool within = compare(number, &end) <= 0;
    number_finish(&end);
    return within;
}

static bool is_negative(const struct number *number)
{
    return number->negative && number->digits.len > 0;
}

static bool check_integer(const struct type *type, struct number *number, const char *value,
                          size_t len, struct error *err)
{
    const char *min = type->is_unsigned ? "0" : type->row->min;
    const char *max = type->is_unsigned ? type->row->unsigned_max : type->row->max;
    round_to(number, 0);
    if (is_within(number, is_negative(number) ? min : max))
        return true;
    struct buf range = BUF_INIT;
    buf_printf(&range, "%s to %s", min, max);
    type_out_of_range(type, value, len, buf_cstr(&range), err);
    buf_finish(&range);
    return false;
}

// DECIMAL, and FLOAT(M,D): so many digits before the point after rounding to those behind it.
static bool check_digits(const struct type *type, struct number *number, const char *value,
                         size_t len, struct error *err)
{
    size_t whole = type->length > type->decimals ? type->length - type->decimals : 0;
    round_to(number, type->decimals);
    if (number_whole_digits(number) <= whole)
        return true;
    struct buf detail = BUF_INIT;
    buf_printf(&detail, "%zu digit%s before the point", whole, whole == 1 ? "" : "s");
    type_out_of_range(type, value, len, buf_cstr(&detail), err);
    buf_finish(&detail);
    return false;
}

// YEAR takes the years of its range, 0 for the year 0000, and 1 to 99 for 1970 to 2069.
static bool check_year(const struct type *type, struct number *number, const char *value,
                       size_t len, struct error *err)
{
    round_to(number, 0);
    bool two_digits = is_within(number, "99");
    bool four_digits = is_within(number, "2155") && !is_within(number, "1900");
    if (!is_negative(number) && (two_digits || four_digits))
        return true;
    return type_out_of_range(type, value, len, "1901 to 2155", err);
}

static bool check_range(const struct type *type, struct number *number, const char *value,
                        size_t len, struct error *err)
{
    if (type->kind == TYPE_INTEGER)
        return check_integer(type, number, value, len, err);
    if (type->kind == TYPE_YEAR)
        return check_year(type, number, value, len, err);
    if (type->is_unsigned && is_negative(number))
        return type_out_of_range(type, value, len, NULL, err);
    if (type->kind == TYPE_FLOAT && !is_within(number, type->row->max))
        return type_out_of_range(type, value, len, NULL, err);
    if (type->kind == TYPE_DECIMAL || type->has_decimals)
        return check_digits(type, number, value, len, err);
    return true;
}

bool type_check_number(const struct type *type, const char *value, size_t len, bool strict,
                       struct error *err)
{
    struct number number;
    if (!number_parse(value, len, &number))
        return type_refuse(type, value, len, err);
    bool ok = !strict || check_range(type, &number, value, len, err);
    number_finish(&number);
    return ok;
}
