// Values of prepared statements: of one row as any server takes them, of many as MariaDB does
// (COM_STMT_BULK_EXECUTE): then the library wants an array for each column, and where there is no
// value an indicator.
#include <stdlib.h>

#include "maria.h"
#include "marsh/base/mem.h"

static enum enum_field_types type_of(const struct value *value)
{
    return value->binary ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
}

static void fill_row(struct bulk *bulk, struct maria *self, const struct value *values,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        MYSQL_BIND *bind = &bulk->binds[i];
        bind->buffer_type = values[i].text == NULL ? MYSQL_TYPE_NULL : type_of(&values[i]);
        bind->buffer = (void *) values[i].text;
        bind->buffer_length = values[i].len;
        self->under_way += values[i].len;
    }
}

// The column's arrays stand behind those of the columns before it.
static void fill_column(struct bulk *bulk, struct maria *self, const struct value *values,
                        size_t count, size_t rows, size_t column)
{
    MYSQL_BIND *bind = &bulk->binds[column];
    size_t begin = column * rows;
    for (size_t i = 0; i < rows; i++) {
        const struct value *value = &values[i * count + column];
        bulk->texts[begin + i] = value->text;
        bulk->lengths[begin + i] = value->len;
        bulk->indicators[begin + i] = value->is_default     ? STMT_INDICATOR_DEFAULT
                                      : value->text == NULL ? STMT_INDICATOR_NULL
                                                            : STMT_INDICATOR_NONE;
        self->under_way += value->len;
    }
    bind->buffer_type = type_of(&values[column]);
    bind->buffer = (void *) &bulk->texts[begin];
    bind->length = &bulk->lengths[begin];
    bind->u.indicator = &bulk->indicators[begin];
}

bool bulk_bind(struct bulk *bulk, struct maria *self, MYSQL_STMT *stmt, const struct value *values,
               size_t rows, struct error *err)
{
    size_t count = mysql_stmt_param_count(stmt);
    *bulk = (struct bulk){.binds = NULL};
    if (count == 0)
        return true;
    // 0: no arrays. A default can't be told in any other way.
    bool arrays = rows > 1;
    for (size_t i = 0; i < count && !arrays; i++)
        arrays = values[i].is_default;
    unsigned size = arrays ? (unsigned) rows : 0;
    bulk->binds = mem_calloc(count, sizeof(*bulk->binds));
    if (!arrays) {
        fill_row(bulk, self, values, count);
    } else {
        bulk->texts = mem_calloc(count * rows, sizeof(*bulk->texts));
        bulk->lengths = mem_calloc(count * rows, sizeof(*bulk->lengths));
        bulk->indicators = mem_calloc(count * rows, sizeof(*bulk->indicators));
        for (size_t i = 0; i < count; i++)
            fill_column(bulk, self, values, count, rows, i);
    }
    return (mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &size) == 0 &&
            mysql_stmt_bind_param(stmt, bulk->binds) == 0) ||
           maria_fail_stmt(self, stmt, err);
}

void bulk_finish(struct bulk *bulk)
{
    free(bulk->binds);
    free(bulk->texts);
    free(bulk->lengths);
    free(bulk->indicators);
}
