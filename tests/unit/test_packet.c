// Rows of the text protocol, in their packets.
#include "../../src/db/packet.h"

#include "support.h"

enum { CELLS = 4 };

static const char *cells[CELLS];
static unsigned long lengths[CELLS];

static bool read_row(const char *payload, size_t len, size_t count)
{
    // Of just that size, for a sanitizer to see what is read behind it.
    unsigned char *own = malloc(len + 1);
    memcpy(own + 1, payload, len);
    bool ok = packet_read_row(own + 1, len, count, cells, lengths);
    for (size_t i = 0; ok && i < count; i++) {
        if (cells[i] != NULL)
            cells[i] = payload + (cells[i] - (char *) own - 1);
    }
    free(own);
    return ok;
}

#define READ(payload, count) read_row(payload, sizeof(payload) - 1, count)

static void test_lengths_and_nulls(void **state)
{
    (void) state;
    assert_true(READ("\003one\373\000\002\000\n", 4));
    check_bytes(cells[0], lengths[0], "one");
    assert_null(cells[1]);
    assert_int_equal(lengths[1], 0);
    assert_non_null(cells[2]);
    assert_int_equal(lengths[2], 0);
    check_bytes(cells[3], lengths[3], "\000\n");
    assert_int_equal(packet_length((const unsigned char *) "\001\002\003\377"), 0x030201);
}

static void test_longer_lengths(void **state)
{
    (void) state;
    static const struct {
        const char *head;
        size_t head_len;
        size_t len;
    } table[] = {
        {"\372", 1, 250},
        {"\374\373\000", 3, 251},
        {"\374\377\377", 3, 65535},
        {"\375\000\000\001", 4, 65536},
        {"\376\001\000\001\000\000\000\000\000", 9, 65537},
        {"\374\001\000", 3, 1},
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        struct buf row = BUF_INIT;
        buf_add(&row, table[i].head, table[i].head_len);
        buf_add_repeat(&row, 'x', table[i].len);
        buf_add(&row, "\001y", 2);
        assert_true(read_row(row.data, row.len, 2));
        assert_int_equal(lengths[0], table[i].len);
        assert_ptr_equal(cells[0], row.data + table[i].head_len);
        check_bytes(cells[1], lengths[1], "y");
        // Cut off anywhere, it is none.
        for (size_t len = 0; len < row.len; len += len < 12 ? 1 : row.len / 7)
            assert_false(read_row(row.data, len, 2));
        buf_finish(&row);
    }
}

static void test_what_is_no_row(void **state)
{
    (void) state;
    assert_false(READ("\001a\001b", 1)); // something is left
    assert_false(READ("\001a\001b", 3));
    assert_false(READ("\002a", 1));
    assert_false(READ("\377", 1)); // no length at all
    assert_false(READ("\374\001", 1));
    assert_false(READ("\376\377\377\377\377\377\377\377\377", 1)); // longer than memory
    assert_true(packet_is_row((const unsigned char *) "\000", 1));
    assert_true(packet_is_row((const unsigned char *) "\373", 1));
    assert_true(packet_is_row((const unsigned char *) "\375", 1));
    assert_false(packet_is_row((const unsigned char *) "\376", 1));
    assert_false(packet_is_row((const unsigned char *) "\377", 1));
    assert_false(packet_is_row((const unsigned char *) "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths_and_nulls),
        cmocka_unit_test(test_longer_lengths),
        cmocka_unit_test(test_what_is_no_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
