// A value on its way to the server, as text or bytes; NULL text is SQL NULL. Borrowed.
#ifndef MARSH_DATA_VALUE_H
#define MARSH_DATA_VALUE_H

#include <stdbool.h>
#include <stddef.h>

struct value {
    const char *text;
    size_t len;
    bool binary;     // bytes: no character set's conversion may touch them
    bool is_default; // the column's default, whatever the text; in rows alone
};

#endif
