// What a caller and a keeper say to each other over a Unix stream socket: frames of eight bytes, a
// type, three zeros and the payload's length in the machine's own order, and the payload.
//
//     keeper   H  version of the protocol (4 bytes), version of marsh, as text: on connecting
//     caller   Q  a request, with four descriptors: standard input, output, error, working
//     directory caller   S  a number (4 bytes): a signal that the caller got caller   R  a newer
//     marsh wants this place: the keeper leaves it, and closes caller   X  the keeper shall end; it
//     closes when it does keeper   B  the request is begun, and from here on it may have effects; 4
//     bytes: 1 where the
//                 caller is to be deaf to SIGINT
//     keeper   E  an exit status (4 bytes): it is done
//     keeper   N  nothing was done: the caller has to do it itself
//
// A request: four numbers of 4 bytes, version of the protocol, count of arguments, count of
// environment entries, umask; then the texts, each with a NUL behind it.
#ifndef MARSH_KEEPER_WIRE_H
#define MARSH_KEEPER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum wire_limits {
    WIRE_PROTOCOL = 1,
    WIRE_HEADER = 8,
    WIRE_FDS = 4,
    WIRE_MAX = 16 << 20, // bytes of a payload: more than a command line may have
};

struct wire_frame {
    char type;
    uint32_t len;
    char *payload;
};

// The first frame of these bytes, pointing into them. False where it is not all there yet; then
// *bad tells whether it never can be.
bool wire_parse(char *bytes, size_t len, struct wire_frame *frame, bool *bad);
// The number that a payload of four bytes is; false for any other.
bool wire_number(const struct wire_frame *frame, int32_t *number);

struct wire_request {
    char **args; // NULL behind the last; the texts are the frame's
    size_t arg_count;
    char **environment;
    unsigned mask;
};
// False for what is none. wire_request_finish after success.
bool wire_parse_request(const struct wire_frame *frame, struct wire_request *request);
void wire_request_finish(struct wire_request *request);
void wire_add_request(struct buf *out, char *const *args, size_t count, char *const *environment,
                      unsigned mask);

// Sends one frame whole, with descriptors where there are some. False with errno; EAGAIN where the
// socket does not wait and has no room.
bool wire_send(int fd, char type, const void *payload, size_t len, const int *fds, size_t count);
bool wire_send_number(int fd, char type, int32_t number);

// Receives what there is, at most `len` bytes, and the descriptors that came with it, at most
// WIRE_FDS in all of *count; more are closed. As recv(2) otherwise.
long wire_receive(int fd, char *bytes, size_t len, int *fds, size_t *count);

#endif
