// Any text, as a script: however it is cut into pieces, the same statements and commands come out
// at the same places, with backslash escapes, without them, and where they change in between.
#include "../unit/split_trace.h"
#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/command/command.h"

static void check_pieces(const char *text, size_t len, struct split_how how,
                         const struct buf *whole)
{
    struct buf trace = BUF_INIT;
    split_trace(&trace, text, len, &how);
    if (trace.len != whole->len ||
        (whole->len > 0 && memcmp(trace.data, whole->data, whole->len) != 0)) {
        fprintf(stderr, "whole:\n%.*s", (int) whole->len, whole->data);
        fprintf(stderr, "in pieces of %s%zu, seed %u:\n%.*s", how.seed == 0 ? "" : "up to ",
                how.chunk, (unsigned) how.seed, (int) trace.len, trace.data);
        HOLDS(!"the trace is the same");
    }
    // Each call gives an item, or is the last one for its piece.
    HOLDS(how.next_calls <= 2 * len + 2);
    buf_finish(&trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;
    uint32_t hash = fuzz_hash(data, size);
    for (int mode = 0; mode < 3; mode++) {
        struct split_how how = {.lookup = command_lookup,
                                .no_escapes = mode == 1,
                                .switch_after = mode == 2 ? 1 + hash % 4 : 0};
        struct buf whole = BUF_INIT;
        struct split_how at_once = how;
        split_trace(&whole, text, size, &at_once);
        how.chunk = 1;
        check_pieces(text, size, how, &whole);
        how.chunk = 2 + hash / 16 % 30;
        how.seed = hash | 1;
        check_pieces(text, size, how, &whole);
        buf_finish(&whole);
    }
    return 0;
}
