// Bytes as a keeper gets them from whoever has its socket. Any are taken or refused without looking
// beyond them; a request that is taken has all its texts, and is the same when it is written anew.
#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/keeper/wire.h"

static void check_request(const struct wire_frame *frame)
{
    struct wire_request request;
    struct buf again = BUF_INIT;
    if (!wire_parse_request(frame, &request))
        return;
    HOLDS(request.arg_count > 0 && request.args[request.arg_count] == NULL);
    size_t len = 16;
    for (size_t i = 0; i < request.arg_count; i++)
        len += strlen(request.args[i]) + 1;
    for (char **each = request.environment; *each != NULL; each++)
        len += strlen(*each) + 1;
    HOLDS(len == frame->len && request.mask <= 0777);
    wire_add_request(&again, request.args, request.arg_count, request.environment, request.mask);
    // But for bits of the umask that mean nothing.
    HOLDS(again.len == frame->len && memcmp(again.data, frame->payload, 12) == 0);
    HOLDS(memcmp(again.data + 16, frame->payload + 16, again.len - 16) == 0);
    buf_finish(&again);
    wire_request_finish(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // Of exactly that size, so that what is read behind it is seen.
    char *bytes = malloc(size + 1);
    char *next = bytes;
    bool bad = false;
    struct wire_frame frame;
    memcpy(bytes, data, size);
    char *own = realloc(bytes, size > 0 ? size : 1);
    HOLDS(own != NULL);
    next = own;
    while (wire_parse(next, size - (size_t) (next - own), &frame, &bad)) {
        int32_t number;
        HOLDS(!bad && frame.len <= WIRE_MAX && frame.payload == next + WIRE_HEADER);
        HOLDS(wire_number(&frame, &number) == (frame.len == 4));
        if (frame.type == 'Q')
            check_request(&frame);
        next = frame.payload + frame.len;
    }
    free(own);
    return 0;
}
