// The columns of a set, from the library's words for them to ours.
#include <stdlib.h>
#include <string.h>

#include "maria.h"
#include "marsh/base/mem.h"
#include "marsh/data/column.h"

enum { BINARY_CHARSET = 63 };

static enum column_kind kind_of(const MYSQL_FIELD *field, bool out_set)
{
    switch (field->type) {
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_NULL: // the reference aligns it as one
        return COLUMN_NUMBER;
    case MYSQL_TYPE_BIT:
        // As an OUT value it is declared BIT and delivered as a decimal number.
        return out_set ? COLUMN_NUMBER : COLUMN_BIT;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return COLUMN_TIME;
    default:
        return field->charsetnr == BINARY_CHARSET ? COLUMN_BINARY : COLUMN_TEXT;
    }
}

// The library looks through all it knows; a set has one or two.
static const char *collation_of(struct maria *self, unsigned number)
{
    struct collation *known = &self->collations[number % COLLATIONS_KEPT];
    if (known->number != number || known->name == NULL) {
        const MARIADB_CHARSET_INFO *info = mariadb_get_charset_by_nr(number);
        *known = (struct collation){number, info == NULL ? "?" : info->name};
    }
    return known->name;
}

static struct column_origin origin_of(struct maria *self, const MYSQL_FIELD *field)
{
    MARIADB_CONST_STRING type = {.length = 0};
    MARIADB_CONST_STRING format = {.length = 0};
    mariadb_field_attr(&type, field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME);
    mariadb_field_attr(&format, field, MARIADB_FIELD_ATTR_FORMAT_NAME);
    return (struct column_origin){
        .name = field->org_name,
        .catalog = field->catalog,
        .schema = field->db,
        .alias = field->table,
        .table = field->org_table,
        .extended_type = type.str,
        .extended_type_len = type.length,
        .extended_format = format.str,
        .extended_format_len = format.length,
        .collation = collation_of(self, field->charsetnr),
        .collation_number = field->charsetnr,
        .type = field->type,
        .flags = field->flags,
        .decimals = field->decimals,
    };
}

void maria_describe(struct maria *self, const MYSQL_FIELD *fields, size_t count, bool out_set)
{
    if (count > self->column_room) {
        self->columns = mem_realloc(self->columns, count * sizeof(*self->columns));
        self->origins = mem_realloc(self->origins, count * sizeof(*self->origins));
        self->column_room = count;
    }
    for (size_t i = 0; i < count; i++) {
        self->origins[i] = origin_of(self, &fields[i]);
        self->columns[i] = (struct column){.name = fields[i].name,
                                           .name_len = fields[i].name_length,
                                           .kind = kind_of(&fields[i], out_set),
                                           .not_null = (fields[i].flags & NOT_NULL_FLAG) != 0,
                                           .declared = (uint32_t) fields[i].length,
                                           .origin = &self->origins[i]};
    }
}
