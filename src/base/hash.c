#include "marsh/base/hash.h"

#include <string.h>

#define PRIME UINT64_C(1099511628211)

void hash_add(uint64_t *hash, const char *bytes, size_t len)
{
    uint64_t value = *hash;
    for (size_t i = 0; i < len; i++)
        value = (value ^ (unsigned char) bytes[i]) * PRIME;
    *hash = (value ^ 0xff) * PRIME;
}

void hash_add_text(uint64_t *hash, const char *text)
{
    if (text != NULL)
        hash_add(hash, text, strlen(text));
    else
        *hash = (*hash ^ 0xfe) * PRIME;
}
