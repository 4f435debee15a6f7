// The members of ENUM and SET. A collation may take for equal what is not: whatever is not plain
// ASCII, on either side, is left to the server.
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"
#include "type_internal.h"

static bool is_certain(const struct type *type, const char *value, size_t len)
{
    bool plain = text_is_plain(value, len);
    for (size_t i = 0; plain && i < type->member_count; i++)
        plain = text_is_plain(type->members[i], strlen(type->members[i]));
    return plain;
}

static bool equals(const char *member, const char *value, size_t len)
{
    size_t member_len = strlen(member);
    while (len > 0 && value[len - 1] == ' ')
        len--;
    while (member_len > 0 && member[member_len - 1] == ' ')
        member_len--;
    return member_len == len && text_same_start_nocase(member, value, len);
}

static bool has_member(const struct type *type, const char *value, size_t len)
{
    for (size_t i = 0; i < type->member_count; i++) {
        if (equals(type->members[i], value, len))
            return true;
    }
    return false;
}

static bool is_whole_number(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (value[i] != ' ' && (value[i] < '0' || value[i] > '9'))
            return false;
    }
    return true;
}

// An ENUM's index counts from 1, a SET's bits from 0; true too where it is too large to tell.
static bool is_index(const struct type *type, const char *value, size_t len)
{
    struct number number;
    size_t count = type->member_count;
    if (!is_whole_number(value, len) || !number_parse(value, len, &number))
        return false;
    bool zero = number.digits.len == 0;
    size_t whole = number_whole_digits(&number);
    size_t index = 0;
    for (size_t i = 0; i < whole && whole < 19; i++)
        index = index * 10 + (size_t) (i < number.digits.len ? number.digits.data[i] - '0' : 0);
    number_finish(&number);
    if (type->kind == TYPE_ENUM)
        return !zero && whole < 19 && index <= count;
    return whole >= 19 ? count >= 60 : count >= 64 || index < ((size_t) 1 << count);
}

static bool fail(const struct type *type, const char *value, size_t len, struct error *err)
{
    CLEANUP(mem_free_at) char *typed = mem_strndup(value, len);
    struct buf message = BUF_INIT;
    struct nearest nearest;
    nearest_init(&nearest, typed);
    for (size_t i = 0; i < type->member_count; i++)
        nearest_offer(&nearest, type->members[i]);
    type_add_value(&message, value, len);
    buf_printf(&message, " is no member of the %s", type->row->word);
    if (nearest_get(&nearest) != NULL) {
        buf_add_text(&message, ", did you mean ");
        type_add_value(&message, nearest_get(&nearest), strlen(nearest_get(&nearest)));
        buf_add_char(&message, '?');
    } else {
        for (size_t i = 0; i < type->member_count && i < 10; i++) {
            buf_add_text(&message, i == 0 ? " (" : ", ");
            type_add_value(&message, type->members[i], strlen(type->members[i]));
        }
        buf_add_text(&message, type->member_count > 10 ? ", ...)" : ")");
    }
    error_set(err, ERROR_USAGE, "%s", buf_cstr(&message));
    buf_finish(&message);
    return false;
}

static bool check_set(const struct type *type, const char *value, size_t len, struct error *err)
{
    const char *end = value + len;
    for (const char *part = value;; part++) {
        const char *comma = memchr(part, ',', (size_t) (end - part));
        size_t part_len = (size_t) ((comma == NULL ? end : comma) - part);
        if (!has_member(type, part, part_len))
            return fail(type, part, part_len, err);
        if (comma == NULL)
            return true;
        part = comma;
    }
}

bool type_check_member(const struct type *type, const char *value, size_t len, struct error *err)
{
    if (!is_certain(type, value, len) || is_index(type, value, len))
        return true;
    if (type->kind == TYPE_SET)
        return len == 0 || check_set(type, value, len, err);
    return has_member(type, value, len) || fail(type, value, len, err);
}
