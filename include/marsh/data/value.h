// A value on its way to the server, as text; NULL text is SQL NULL. Borrowed.
#ifndef MARSH_DATA_VALUE_H
#define MARSH_DATA_VALUE_H

#include <stddef.h>

struct value {
    const char *text;
    size_t len;
};

#endif
