// A row as a server sends it: cells are within the packet, one behind the other, and written anew
// they are as long.
#include "../../src/db/packet.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { COLUMNS = 16 };
    const char *cells[COLUMNS];
    unsigned long lengths[COLUMNS];
    if (size == 0)
        return 0;
    size_t count = data[0] % (COLUMNS + 1);
    size_t len = size - 1;
    // Of exactly that size, so that what is read behind it is seen.
    unsigned char *own = malloc(len > 0 ? len : 1);
    memcpy(own, data + 1, len);
    if (packet_read_row(own, len, count, cells, lengths)) {
        const unsigned char *at = own;
        HOLDS(count == 0 || len > 0);
        for (size_t i = 0; i < count; i++) {
            const unsigned char *cell = (const unsigned char *) cells[i];
            if (cell == NULL) {
                HOLDS(*at == 0xfb && lengths[i] == 0);
                at++;
                continue;
            }
            size_t head = (size_t) (cell - at);
            HOLDS(head == 1 || head == 3 || head == 4 || head == 9);
            HOLDS(lengths[i] <= (size_t) (own + len - cell));
            at = cell + lengths[i];
        }
        HOLDS(at == own + len);
    }
    free(own);
    return 0;
}
