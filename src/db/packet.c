#include "packet.h"

#include <stdint.h>

enum { NULL_CELL = 0xfb, TWO_BYTES, THREE_BYTES, EIGHT_BYTES, NO_LENGTH };

static uint64_t read_number(const unsigned char *at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = bytes; i > 0; i--)
        number = number << 8 | at[i - 1];
    return number;
}

size_t packet_length(const unsigned char *header)
{
    return (size_t) read_number(header, 3);
}

bool packet_is_row(const unsigned char *payload, size_t len)
{
    // A cell that begins with EIGHT_BYTES has more than a packet can hold: what is longer than that
    // goes on in the next one.
    return len > 0 && payload[0] < EIGHT_BYTES;
}

bool packet_read_row(const unsigned char *payload, size_t len, size_t count, const char **cells,
                     unsigned long *lengths)
{
    static const unsigned char widths[] = {
        [TWO_BYTES - NULL_CELL] = 2, [THREE_BYTES - NULL_CELL] = 3, [EIGHT_BYTES - NULL_CELL] = 8};
    const unsigned char *at = payload;
    const unsigned char *end = payload + len;
    for (size_t i = 0; i < count; i++) {
        if (at == end)
            return false;
        uint64_t cell = *at++;
        if (cell == NULL_CELL) {
            cells[i] = NULL;
            lengths[i] = 0;
            continue;
        }
        if (cell > NULL_CELL) {
            size_t width = cell == NO_LENGTH ? 0 : widths[cell - NULL_CELL];
            if (width == 0 || (size_t) (end - at) < width)
                return false;
            cell = read_number(at, width);
            at += width;
        }
        if (cell > (size_t) (end - at))
            return false;
        cells[i] = (const char *) at;
        lengths[i] = (unsigned long) cell;
        at += cell;
    }
    return at == end;
}
