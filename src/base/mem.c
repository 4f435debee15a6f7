#include "marsh/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *check(void *ptr)
{
    if (ptr == NULL)
        abort();
    return ptr;
}

void *mem_alloc(size_t size)
{
    return check(malloc(size == 0 ? 1 : size));
}

void *mem_calloc(size_t count, size_t size)
{
    return check(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *mem_realloc(void *ptr, size_t size)
{
    return check(realloc(ptr, size == 0 ? 1 : size));
}

char *mem_strdup(const char *text)
{
    return text == NULL ? NULL : mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t len)
{
    if (text == NULL)
        return NULL;
    char *copy = mem_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_vprintf(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        abort();
    return text;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = mem_vprintf(format, args);
    va_end(args);
    return text;
}

void mem_replace(char **slot, const char *value)
{
    char *copy = mem_strdup(value);
    free(*slot);
    *slot = copy;
}

void mem_lock_secret(const char *text)
{
    // Of a page that others use too; it is unlocked with the process.
    if (text != NULL && mlock(text, strlen(text) + 1) != 0)
        return;
}

void mem_free_secret(char *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

void mem_free_at(void *slot)
{
    free(*(void **) slot);
}
