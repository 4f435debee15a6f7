#include "split_check.h"

#include "marsh/command/command.h"

static void check_chunks(const char *text, size_t len, const char *expected, size_t expected_len,
                         const struct split_how *how, const char *file, int line)
{
    struct buf trace = BUF_INIT;
    struct split_how own = *how;
    if (own.lookup == NULL)
        own.lookup = command_lookup;
    split_trace(&trace, text, len, &own);
    if (trace.len != expected_len || memcmp(buf_cstr(&trace), expected, expected_len) != 0)
        print_error("fed in pieces of %s%zu, seed %u:\n", how->seed != 0 ? "up to " : "",
                    how->chunk, (unsigned) how->seed);
    support_check_bytes(trace.data, trace.len, expected, expected_len, file, line);
    buf_finish(&trace);
}

void split_check(const char *text, size_t len, const char *expected, size_t expected_len,
                 const struct split_how *how, const char *file, int line)
{
    static const size_t sizes[] = {0, 1, 2, 3, 5, 7, 16};
    struct split_how each = *how;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        each.chunk = sizes[i];
        check_chunks(text, len, expected, expected_len, &each, file, line);
    }
    for (uint32_t seed = 1; seed <= 20; seed++) {
        each.seed = seed;
        each.chunk = 1 + seed % 11;
        check_chunks(text, len, expected, expected_len, &each, file, line);
    }
}
