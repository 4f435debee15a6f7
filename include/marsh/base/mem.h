// Memory that never fails: running out of it aborts, so callers need no error path for it.
// Also the cleanup attributes that the whole tree frees its locals with.
#ifndef MARSH_BASE_MEM_H
#define MARSH_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
// Zeroed, and checked for overflow of count * size.
void *mem_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *mem_realloc(void *ptr, size_t size) __attribute__((returns_nonnull));
// Takes NULL, gives NULL.
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t len);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *mem_vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

// Replaces *slot, freeing the old text; value may be NULL and may not alias *slot.
void mem_replace(char **slot, const char *value);

// Keeps a secret from being written to a swap device, where that is allowed. Takes NULL.
void mem_lock_secret(const char *text);
// Overwrites a secret before it frees it. Takes NULL.
void mem_free_secret(char *secret);

// `CLEANUP(mem_free_at) char *name = ...` frees the local when it leaves its block.
#define CLEANUP(function) __attribute__((cleanup(function)))
void mem_free_at(void *slot);

// Makes name##_at for CLEANUP from a destructor that takes a pointer.
#define DEFINE_CLEANUP(type, destroy)                                                              \
    static inline void destroy##_at(type **slot)                                                   \
    {                                                                                              \
        destroy(*slot);                                                                            \
    }

#endif
