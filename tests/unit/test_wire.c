// Frames between a caller and a keeper, and the descriptors that come with one.
#include "marsh/keeper/wire.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "marsh/base/mem.h"
#include "support.h"

static void test_a_request_is_what_it_was(void **state)
{
    (void) state;
    char *const args[] = {(char *) "marsh", (char *) "", (char *) "SELECT '\n'", NULL};
    char *const environment[] = {(char *) "A=1", (char *) "B=", NULL};
    struct buf payload = BUF_INIT;
    struct wire_request request;
    wire_add_request(&payload, args, 3, environment, 022);
    const struct wire_frame frame = {'Q', (uint32_t) payload.len, payload.data};
    assert_true(wire_parse_request(&frame, &request));
    assert_int_equal(request.arg_count, 3);
    assert_int_equal(request.mask, 022);
    for (size_t i = 0; i < 3; i++)
        check_text(request.args[i], args[i]);
    check_text(request.environment[0], "A=1");
    check_text(request.environment[1], "B=");
    assert_null(request.environment[2]);
    wire_request_finish(&request);
    // Any end that is too early, or too late, makes it none.
    for (uint32_t len = 0; len < frame.len; len++) {
        const struct wire_frame cut = {'Q', len, payload.data};
        assert_false(wire_parse_request(&cut, &request));
    }
    buf_add_char(&payload, '\0');
    const struct wire_frame longer = {'Q', (uint32_t) payload.len, payload.data};
    assert_false(wire_parse_request(&longer, &request));
    buf_finish(&payload);
}

static void test_frames_are_waited_for(void **state)
{
    (void) state;
    char bytes[] = {'S', 0, 0, 0, 4, 0, 0, 0, 15, 0, 0, 0, 'X'};
    struct wire_frame frame;
    int32_t number;
    bool bad;
    for (size_t len = 0; len < 12; len++) {
        assert_false(wire_parse(bytes, len, &frame, &bad));
        assert_false(bad);
    }
    assert_true(wire_parse(bytes, sizeof(bytes), &frame, &bad));
    assert_int_equal(frame.type, 'S');
    assert_true(wire_number(&frame, &number));
    assert_int_equal(number, 15);
    bytes[7] = 0x7f;
    assert_false(wire_parse(bytes, sizeof(bytes), &frame, &bad));
    assert_true(bad);
    bytes[7] = 0;
    bytes[2] = 1;
    assert_false(wire_parse(bytes, sizeof(bytes), &frame, &bad));
    assert_true(bad);
}

static void test_descriptors_come_along(void **state)
{
    (void) state;
    int ends[2];
    int pipes[2];
    int fds[WIRE_FDS];
    size_t count = 0;
    char bytes[64];
    struct wire_frame frame;
    bool bad;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(pipe(pipes), 0);
    const int sent[] = {pipes[0], pipes[1]};
    assert_true(wire_send(ends[0], 'Q', "abc", 3, sent, 2));
    long got = wire_receive(ends[1], bytes, sizeof(bytes), fds, &count);
    assert_int_equal(got, WIRE_HEADER + 3);
    assert_int_equal(count, 2);
    assert_true(wire_parse(bytes, (size_t) got, &frame, &bad));
    assert_memory_equal(frame.payload, "abc", 3);
    assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    // They are the same pipe.
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(read(pipes[0], bytes, 1), 1);
    // No more are kept than there may be.
    const int many[] = {pipes[0], pipes[0], pipes[0], pipes[0]};
    assert_true(wire_send(ends[0], 'Q', NULL, 0, many, 4));
    wire_receive(ends[1], bytes, sizeof(bytes), fds, &count);
    assert_int_equal(count, WIRE_FDS);
    while (count > 0)
        close(fds[--count]);
    for (size_t i = 0; i < 2; i++) {
        close(ends[i]);
        close(pipes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_what_it_was),
        cmocka_unit_test(test_frames_are_waited_for),
        cmocka_unit_test(test_descriptors_come_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
