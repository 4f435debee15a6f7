// The parts of type.c: the table's rows, and the checks of numbers and times.
#ifndef MARSH_SQL_TYPE_INTERNAL_H
#define MARSH_SQL_TYPE_INTERNAL_H

#include "marsh/base/buf.h"
#include "marsh/sql/type.h"

struct type_row {
    const char *word; // in capitals; two words with one space
    enum type_kind kind;
    // TYPE_INTEGER: the ends of its range; the lower one of an unsigned type is 0.
    const char *min;
    const char *max;
    const char *unsigned_max;
    // The length of a type that is written without one.
    size_t length;
};

// A decimal number: 0.DIGITS * 10^point, without zeros at either end of the digits; none for 0.
struct number {
    bool negative;
    struct buf digits;
    long point;
};

enum { NUMBER_POINT_MAX = 1000000 };

// As the server reads one: white space on both sides, a sign, digits, a fraction, an exponent.
// False where the text is anything else.
bool number_parse(const char *text, size_t len, struct number *number);
void number_finish(struct number *number);
// How many digits stand before the point.
size_t number_whole_digits(const struct number *number);

// Fails with "'VALUE' is no TYPE".
bool type_refuse(const struct type *type, const char *value, size_t len, struct error *err);
// Fails with "'VALUE' is out of range for TYPE (DETAIL)"; detail may be NULL.
bool type_out_of_range(const struct type *type, const char *value, size_t len, const char *detail,
                       struct error *err);
// Appends 'VALUE', shortened and made printable.
void type_add_value(struct buf *buf, const char *value, size_t len);

bool type_check_number(const struct type *type, const char *value, size_t len, bool strict,
                       struct error *err);
bool type_check_time(const struct type *type, const char *value, size_t len, bool strict,
                     struct error *err);
bool type_check_member(const struct type *type, const char *value, size_t len, struct error *err);

#endif
