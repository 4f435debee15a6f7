#include "marsh/data/column.h"

#include <stdlib.h>

#include "marsh/base/mem.h"

struct column column_copy(const struct column *column)
{
    struct column copy = *column;
    copy.name = mem_strndup(column->name, column->name_len);
    copy.origin = NULL;
    return copy;
}

void column_finish(struct column *column)
{
    free((char *) (uintptr_t) column->name);
}
