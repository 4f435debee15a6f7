#include "rows.h"

#include <ma_pvio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "marsh/base/mem.h"
#include "packet.h"

// A result is large once it has so many bytes; from then on it has a buffer of so many.
enum { LARGE = 1 << 20, LARGE_ROOM = 1 << 18 };

// The server writes 16 KiB at a time, and has to wake a reader that waits for them. One that comes
// later finds more, and leaves the server more time for the rest.
static const struct timespec nap = {.tv_nsec = 200000};

// The library's structures are those that this was compiled with, and nothing is compressed.
static bool is_known(const MYSQL *mysql)
{
    const MARIADB_PVIO *pvio = mysql->net.pvio;
    return mysql_get_client_version() / 100 == MARIADB_PACKAGE_VERSION_ID / 100 &&
           !mysql->net.compress && pvio != NULL && pvio->mysql == mysql && pvio->cache != NULL;
}

void rows_init(struct rows *rows, MYSQL *mysql, bool timed)
{
    *rows = (struct rows){.mysql = mysql, .room = is_known(mysql) ? PVIO_READ_AHEAD_CACHE_SIZE : 0};
    rows->fills = rows->room > 0 && !timed && mysql_get_ssl_cipher(mysql) == NULL;
}

void rows_finish(struct rows *rows)
{
    free(rows->cells);
    free(rows->lengths);
}

void rows_begin(struct rows *rows, MYSQL_RES *result)
{
    rows->result = result;
    rows->count = mysql_num_fields(result);
    rows->read = 0;
    rows->drained = false;
    if (rows->count <= rows->columns)
        return;
    rows->columns = rows->count;
    rows->cells = mem_realloc(rows->cells, rows->count * sizeof(*rows->cells));
    rows->lengths = mem_realloc(rows->lengths, rows->count * sizeof(*rows->lengths));
}

static size_t unread(const MARIADB_PVIO *pvio)
{
    const unsigned char *end = pvio->cache + pvio->cache_size;
    return pvio->cache_pos < end ? (size_t) (end - pvio->cache_pos) : 0;
}

// The next packet, if it is a row and lies whole in the buffer.
static bool take(struct rows *rows, struct row *row)
{
    NET *net = &rows->mysql->net;
    const unsigned char *header = net->pvio->cache_pos;
    const unsigned char *payload = header + PACKET_HEADER;
    size_t bytes = unread(net->pvio);
    if (bytes <= PACKET_HEADER)
        return false;
    size_t len = packet_length(header);
    if (len > bytes - PACKET_HEADER || header[3] != (unsigned char) net->pkt_nr ||
        !packet_is_row(payload, len) ||
        !packet_read_row(payload, len, rows->count, rows->cells, rows->lengths))
        return false;
    net->pkt_nr++;
    net->pvio->cache_pos += PACKET_HEADER + len;
    *row = (struct row){rows->cells, rows->lengths};
    return true;
}

// Whether the next packet goes on behind the buffer's end, and would have room in it.
static bool needs_more(const struct rows *rows)
{
    const MARIADB_PVIO *pvio = rows->mysql->net.pvio;
    size_t bytes = unread(pvio);
    if (bytes < PACKET_HEADER)
        return true;
    size_t whole = PACKET_HEADER + packet_length(pvio->cache_pos);
    return whole > bytes && whole <= rows->room;
}

// The buffer stays the library's, which frees it.
static void enlarge(struct rows *rows, MARIADB_PVIO *pvio)
{
    size_t at = (size_t) (pvio->cache_pos - pvio->cache);
    pvio->cache = mem_realloc(pvio->cache, LARGE_ROOM);
    pvio->cache_pos = pvio->cache + at;
    rows->room = LARGE_ROOM;
}

// Waits for more. False where nothing came, whatever the reason; the library will find that, too.
static bool fill(struct rows *rows)
{
    MARIADB_PVIO *pvio = rows->mysql->net.pvio;
    size_t bytes = unread(pvio);
    if (rows->read > LARGE && rows->room < LARGE_ROOM)
        enlarge(rows, pvio);
    if (rows->read > LARGE && rows->drained)
        nanosleep(&nap, NULL);
    memmove(pvio->cache, pvio->cache_pos, bytes);
    ssize_t got = recv(mysql_get_socket(rows->mysql), pvio->cache + bytes, rows->room - bytes, 0);
    size_t more = got > 0 ? (size_t) got : 0;
    pvio->cache_pos = pvio->cache;
    pvio->cache_size = bytes + more;
    rows->drained = pvio->cache_size < rows->room;
    rows->read += more;
    return more > 0;
}

bool rows_next(struct rows *rows, struct row *row)
{
    if (rows->room > 0 && take(rows, row))
        return true;
    while (rows->fills && needs_more(rows) && fill(rows)) {
        if (take(rows, row))
            return true;
    }
    MYSQL_ROW cells = mysql_fetch_row(rows->result);
    if (cells == NULL)
        return false;
    *row = (struct row){(const char *const *) cells, mysql_fetch_lengths(rows->result)};
    return true;
}
