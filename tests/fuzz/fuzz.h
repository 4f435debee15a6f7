// What the fuzzers share. One that finds something says what did not hold, and aborts; libFuzzer
// then shows the input. To run one for longer, with what it learns kept in a folder of your own:
//     CC=clang meson setup build/asan -Db_sanitize=address,undefined -Db_lundef=false
//     ninja -C build/asan && mkdir -p /tmp/learnt
//     build/asan/tests/fuzz/fuzz_url -timeout=10 /tmp/learnt tests/fuzz/corpus/url
#ifndef MARSH_TESTS_FUZZ_H
#define MARSH_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition) ((condition) ? (void) 0 : fuzz_failed(#condition, __FILE__, __LINE__))

static inline _Noreturn void fuzz_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

// A number that depends on every byte, where an input is to decide something without holding it.
static inline uint32_t fuzz_hash(const uint8_t *data, size_t size)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 16777619;
    return hash;
}

// A text that no input holds, so that where it comes out it was put in by the fuzzer itself.
// libFuzzer learns what is compared, hence the check.
#define FUZZ_MARK "Zq7Secret"
static inline bool fuzz_has_mark(const uint8_t *data, size_t size)
{
    return memmem(data, size, FUZZ_MARK, sizeof(FUZZ_MARK) - 1) != NULL;
}

// libFuzzer calls this for each input; it returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
