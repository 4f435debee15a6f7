// Rows out of the library's read-ahead buffer, and what is left to the library. Its side of the
// connection is one end of a pair of sockets; what it would fetch by itself is seen by its
// position.
#include "../../src/db/rows.h"

#include <ma_pvio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/db/packet.h"
#include "marsh/base/mem.h"
#include "support.h"

struct end {
    MYSQL *mysql;
    MARIADB_PVIO pvio;
    MYSQL_RES result;
    struct rows rows;
    int fds[2]; // the library's, the server's
    unsigned char next;
};

// The library's, of which nothing is called but where it asks for its socket.
static PVIO_METHODS methods;

static my_bool get_handle(MARIADB_PVIO *pvio, void *handle)
{
    *(int *) handle = *(const int *) pvio->data;
    return 0;
}

static void begin(struct end *end, unsigned columns, bool timed)
{
    *end = (struct end){.mysql = mysql_init(NULL), .fds = {-1, -1}};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end->fds), 0);
    methods.get_handle = get_handle;
    end->pvio.data = &end->fds[0];
    end->pvio.methods = &methods;
    end->pvio.mysql = end->mysql;
    end->pvio.cache = end->pvio.cache_pos = mem_alloc(PVIO_READ_AHEAD_CACHE_SIZE);
    end->mysql->net.pvio = &end->pvio;
    end->mysql->net.fd = end->fds[0];
    end->result.field_count = columns;
    end->result.eof = 1; // the library gives nothing more
    end->next = 250;
    end->mysql->net.pkt_nr = end->next;
    rows_init(&end->rows, end->mysql, timed);
    rows_begin(&end->rows, &end->result);
}

static void finish(struct end *end)
{
    rows_finish(&end->rows);
    free(end->pvio.cache);
    end->mysql->net.pvio = NULL;
    mysql_close(end->mysql);
    close(end->fds[0]);
    if (end->fds[1] >= 0)
        close(end->fds[1]);
}

static void add_packet(struct end *end, struct buf *sent, const char *payload, size_t len)
{
    const char head[PACKET_HEADER] = {(char) len, (char) (len >> 8), (char) (len >> 16),
                                      (char) end->next++};
    buf_add(sent, head, sizeof(head));
    buf_add(sent, payload, len);
}

static void send_all(const struct end *end, const struct buf *sent)
{
    assert_int_equal(write(end->fds[1], sent->data, sent->len), sent->len);
}

static size_t left(const struct end *end)
{
    return (size_t) (end->pvio.cache + end->pvio.cache_size - end->pvio.cache_pos);
}

static void test_rows_until_what_is_none(void **state)
{
    (void) state;
    struct end end;
    struct buf sent = BUF_INIT;
    struct row row;
    begin(&end, 2, false);
    // More than the numbers of packets go.
    for (size_t i = 0; i < 300; i++)
        add_packet(&end, &sent, "\001a\373", 3);
    add_packet(&end, &sent, "\376\000\000\002\000", 5);
    send_all(&end, &sent);
    for (size_t i = 0; i < 300; i++) {
        assert_true(rows_next(&end.rows, &row));
        check_bytes(row.cells[0], row.lengths[0], "a");
        assert_null(row.cells[1]);
    }
    assert_false(rows_next(&end.rows, &row));
    // The end of the rows is the library's to read.
    assert_int_equal(left(&end), PACKET_HEADER + 5);
    assert_int_equal((unsigned char) end.mysql->net.pkt_nr, (unsigned char) (end.next - 1));
    buf_finish(&sent);
    finish(&end);
}

static void test_pieces_of_any_size(void **state)
{
    (void) state;
    static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 4096};
    for (size_t s = 0; s < LENGTH(sizes); s++) {
        struct end end;
        struct buf sent = BUF_INIT;
        struct row row;
        begin(&end, 1, false);
        add_packet(&end, &sent, "\005first", 6);
        add_packet(&end, &sent, "\000", 1);
        add_packet(&end, &sent, "\004last", 5);
        add_packet(&end, &sent, "\377\001\002x", 4);
        // Blocks where more is needed: what is sent is needed, and all of it is sent by then.
        pid_t child = fork();
        if (child == 0) {
            for (size_t at = 0; at < sent.len; at += sizes[s]) {
                size_t some = sent.len - at < sizes[s] ? sent.len - at : sizes[s];
                if (write(end.fds[1], sent.data + at, some) != (ssize_t) some)
                    _exit(1);
                usleep(1000);
            }
            _exit(0);
        }
        assert_true(rows_next(&end.rows, &row));
        check_bytes(row.cells[0], row.lengths[0], "first");
        assert_true(rows_next(&end.rows, &row));
        assert_int_equal(row.lengths[0], 0);
        assert_true(rows_next(&end.rows, &row));
        check_bytes(row.cells[0], row.lengths[0], "last");
        assert_false(rows_next(&end.rows, &row));
        assert_int_equal((unsigned char) end.mysql->net.pkt_nr, (unsigned char) (end.next - 1));
        buf_finish(&sent);
        finish(&end);
    }
}

static void test_what_the_library_has_to_see(void **state)
{
    (void) state;
    static const struct {
        const char *payload;
        size_t len;
        int step; // of the packet's number
    } table[] = {
        {"\001a", 2, 1},        // out of order
        {"\001a\001b", 4, 0},   // more cells than there are columns
        {"\002a", 2, 0},        // a cell that is cut off
        {"\376\000\000", 3, 0}, // the end
        {"\377\001\002", 3, 0}, // an error
        {"", 0, 0},             // nothing
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        struct end end;
        struct buf sent = BUF_INIT;
        struct row row;
        begin(&end, 1, false);
        add_packet(&end, &sent, "\001z", 2);
        end.next = (unsigned char) (end.next + table[i].step);
        add_packet(&end, &sent, table[i].payload, table[i].len);
        send_all(&end, &sent);
        assert_true(rows_next(&end.rows, &row));
        check_bytes(row.cells[0], row.lengths[0], "z");
        close(end.fds[1]);
        end.fds[1] = -1;
        assert_false(rows_next(&end.rows, &row));
        assert_int_equal(left(&end), PACKET_HEADER + table[i].len);
        buf_finish(&sent);
        finish(&end);
    }
}

static void test_a_row_that_the_buffer_has_no_room_for(void **state)
{
    (void) state;
    struct end end;
    struct buf sent = BUF_INIT;
    struct buf cell = BUF_INIT;
    struct row row;
    begin(&end, 1, false);
    buf_add(&cell, "\375\000\200\000", 4);
    buf_add_repeat(&cell, 'x', 1 << 15);
    add_packet(&end, &sent, "\001z", 2);
    add_packet(&end, &sent, cell.data, cell.len);
    send_all(&end, &sent);
    assert_true(rows_next(&end.rows, &row));
    assert_false(rows_next(&end.rows, &row));
    // The library begins at its header, with what has been read of it.
    assert_true(left(&end) >= PACKET_HEADER);
    assert_int_equal(packet_length(end.pvio.cache_pos), cell.len);
    buf_finish(&cell);
    buf_finish(&sent);
    finish(&end);
}

static void test_a_large_set_gets_a_larger_buffer(void **state)
{
    (void) state;
    struct end end;
    struct buf cell = BUF_INIT;
    struct row row;
    begin(&end, 1, false);
    buf_add(&cell, "\374\000\100", 3);
    buf_add_repeat(&cell, 'x', 1 << 14);
    for (size_t i = 0; i < 300; i++) {
        struct buf sent = BUF_INIT;
        cell.data[3 + i] = 'y';
        // Larger than the library's buffer: the first ones would be the library's to fetch.
        if (i < 100)
            add_packet(&end, &sent, "\002so", 3);
        else
            add_packet(&end, &sent, cell.data, cell.len);
        if (i == 99)
            end.rows.read = 1 << 21;
        send_all(&end, &sent);
        assert_true(rows_next(&end.rows, &row));
        assert_int_equal(row.lengths[0], i < 100 ? 2 : 1 << 14);
        assert_true(i < 100 || row.cells[0][i] == 'y');
        buf_finish(&sent);
    }
    assert_true(end.rows.room > PVIO_READ_AHEAD_CACHE_SIZE);
    buf_finish(&cell);
    finish(&end);
}

static void test_a_time_limit_is_the_library_s(void **state)
{
    (void) state;
    struct end end;
    struct buf sent = BUF_INIT;
    struct row row;
    begin(&end, 1, true);
    add_packet(&end, &sent, "\001z", 2);
    send_all(&end, &sent);
    // It is not in the buffer, and nobody but the library may wait for it.
    assert_false(rows_next(&end.rows, &row));
    assert_int_equal(left(&end), 0);
    // What is there is taken all the same.
    memcpy(end.pvio.cache, sent.data, sent.len);
    end.pvio.cache_size = sent.len;
    assert_true(rows_next(&end.rows, &row));
    check_bytes(row.cells[0], row.lengths[0], "z");
    buf_finish(&sent);
    finish(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_until_what_is_none),
        cmocka_unit_test(test_pieces_of_any_size),
        cmocka_unit_test(test_what_the_library_has_to_see),
        cmocka_unit_test(test_a_row_that_the_buffer_has_no_room_for),
        cmocka_unit_test(test_a_large_set_gets_a_larger_buffer),
        cmocka_unit_test(test_a_time_limit_is_the_library_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
