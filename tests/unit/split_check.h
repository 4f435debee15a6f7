// Checks what the splitter makes of a text, fed as a whole and in pieces of many sizes, with
// marsh's own commands.
#ifndef MARSH_TESTS_SPLIT_CHECK_H
#define MARSH_TESTS_SPLIT_CHECK_H

#include "split_trace.h"
#include "support.h"

// Expects the trace of a literal; see split_trace.h.
#define SPLIT(literal, expected)                                                                   \
    split_check(literal, sizeof(literal) - 1, expected, sizeof(expected) - 1,                      \
                &(struct split_how){.chunk = 0}, __FILE__, __LINE__)
#define SPLIT_HOW(literal, expected, ...)                                                          \
    split_check(literal, sizeof(literal) - 1, expected, sizeof(expected) - 1,                      \
                &(struct split_how){__VA_ARGS__}, __FILE__, __LINE__)

void split_check(const char *text, size_t len, const char *expected, size_t expected_len,
                 const struct split_how *how, const char *file, int line);

#endif
