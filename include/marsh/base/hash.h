// FNV-1a: a hash that tells texts apart that differ by accident.
#ifndef MARSH_BASE_HASH_H
#define MARSH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_INIT UINT64_C(14695981039346656037)

// Adds a part; parts do not run together.
void hash_add(uint64_t *hash, const char *bytes, size_t len);
void hash_add_text(uint64_t *hash, const char *text); // NULL is one of its own

#endif
