// Cells copied eight bytes at a time, for as long as none of them is special: the most of what a
// server sends has nothing to be escaped. Stateless; for renderers alone.
#ifndef MARSH_RENDER_SCAN_H
#define MARSH_RENDER_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SCAN_EACH(byte) (0x0101010101010101 * (uint64_t) (unsigned char) (byte))
#define SCAN_HIGHEST SCAN_EACH(0x80)

// Whether a byte of the eight is special: not 0 then. Made of those below; they are inlined.
typedef uint64_t (*scan_test)(uint64_t eight);

// What to look for, or'ed together. Each sets the highest bit of a byte where it is that (an ASCII
// one, and limit is at most 0x80), and may set it in one that is not ASCII, and behind a byte
// found.
static inline uint64_t scan_for(uint64_t eight, char byte)
{
    return (eight ^ SCAN_EACH(byte)) - SCAN_EACH(1);
}

static inline uint64_t scan_for_below(uint64_t eight, unsigned char limit)
{
    return eight - SCAN_EACH(limit);
}

// What was found of it, with or without all that is not ASCII.
static inline uint64_t scan_ascii(uint64_t eight, uint64_t sought)
{
    return sought & ~eight & SCAN_HIGHEST;
}

static inline uint64_t scan_or_not_ascii(uint64_t eight, uint64_t sought)
{
    return (sought | eight) & SCAN_HIGHEST;
}

// The last ones, up to eight; either all or none.
__attribute__((always_inline)) static inline size_t scan_copy_few(char *to, const char *from,
                                                                  size_t len, scan_test special)
{
    uint64_t eight = SCAN_EACH('a');
    uint32_t first;
    uint32_t last;
    if (len >= sizeof(first)) {
        memcpy(&first, from, sizeof(first));
        memcpy(&last, from + len - sizeof(last), sizeof(last));
        if (special((uint64_t) first << 32 | last) != 0)
            return 0;
        memcpy(to, &first, sizeof(first));
        memcpy(to + len - sizeof(last), &last, sizeof(last));
        return len;
    }
    for (size_t i = 0; i < len; i++) {
        eight = eight << 8 | (unsigned char) from[i];
        to[i] = from[i];
    }
    return special(eight) == 0 ? len : 0;
}

// Copies all of them, or stops at most eight bytes before the first special one. Returns how many
// were copied; `to` has room for all, and what is behind those may have changed.
__attribute__((always_inline)) static inline size_t scan_copy(char *to, const char *from,
                                                              size_t len, scan_test special)
{
    size_t done = 0;
    uint64_t eight;
    for (; len - done > sizeof(eight); done += sizeof(eight)) {
        memcpy(&eight, from + done, sizeof(eight));
        if (special(eight) != 0)
            return done;
        memcpy(to + done, &eight, sizeof(eight));
    }
    return done + scan_copy_few(to + done, from + done, len - done, special);
}

#endif
