// data/demo.sql, embedded by the build.
#ifndef MARSH_MAIN_DEMO_H
#define MARSH_MAIN_DEMO_H

#include <stddef.h>

extern const char demo_sql[];
extern const size_t demo_sql_len;

#endif
