#include "marsh/keeper/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/mem.h"

enum { NUMBERS = 4 };

bool wire_parse(char *bytes, size_t len, struct wire_frame *frame, bool *bad)
{
    uint32_t size;
    *bad = false;
    if (len < WIRE_HEADER)
        return false;
    memcpy(&size, bytes + 4, sizeof(size));
    *bad = size > WIRE_MAX || bytes[1] != 0 || bytes[2] != 0 || bytes[3] != 0;
    if (*bad || len - WIRE_HEADER < size)
        return false;
    *frame = (struct wire_frame){bytes[0], size, bytes + WIRE_HEADER};
    return true;
}

bool wire_number(const struct wire_frame *frame, int32_t *number)
{
    if (frame->len != sizeof(*number))
        return false;
    memcpy(number, frame->payload, sizeof(*number));
    return true;
}

// The next `count` texts; NULL where there are fewer.
static char **take_texts(char **next, const char *end, size_t count)
{
    // Each has a byte at least.
    if (count > (size_t) (end - *next))
        return NULL;
    char **texts = mem_calloc(count + 1, sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        char *nul = memchr(*next, '\0', (size_t) (end - *next));
        if (nul == NULL) {
            free(texts);
            return NULL;
        }
        texts[i] = *next;
        *next = nul + 1;
    }
    return texts;
}

bool wire_parse_request(const struct wire_frame *frame, struct wire_request *request)
{
    uint32_t numbers[NUMBERS];
    if (frame->len < sizeof(numbers))
        return false;
    memcpy(numbers, frame->payload, sizeof(numbers));
    char *next = frame->payload + sizeof(numbers);
    const char *end = frame->payload + frame->len;
    if (numbers[0] != WIRE_PROTOCOL || numbers[1] == 0)
        return false;
    char **args = take_texts(&next, end, numbers[1]);
    char **environment = args == NULL ? NULL : take_texts(&next, end, numbers[2]);
    if (environment == NULL || next != end) {
        free(args);
        free(environment);
        return false;
    }
    *request = (struct wire_request){args, numbers[1], environment, numbers[3] & 0777};
    return true;
}

void wire_request_finish(struct wire_request *request)
{
    free(request->args);
    free(request->environment);
    *request = (struct wire_request){.args = NULL};
}

void wire_add_request(struct buf *out, char *const *args, size_t count, char *const *environment,
                      unsigned mask)
{
    uint32_t entries = 0;
    while (environment[entries] != NULL)
        entries++;
    const uint32_t numbers[NUMBERS] = {WIRE_PROTOCOL, (uint32_t) count, entries, mask};
    buf_add(out, (const char *) numbers, sizeof(numbers));
    for (size_t i = 0; i < count; i++)
        buf_add(out, args[i], strlen(args[i]) + 1);
    for (size_t i = 0; i < entries; i++)
        buf_add(out, environment[i], strlen(environment[i]) + 1);
}

static void add_fds(struct msghdr *message, const int *fds, size_t count)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(control), fds, count * sizeof(int));
    message->msg_controllen = CMSG_SPACE(count * sizeof(int));
}

bool wire_send(int fd, char type, const void *payload, size_t len, const int *fds, size_t count)
{
    char header[WIRE_HEADER] = {type};
    uint32_t size = (uint32_t) len;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(WIRE_FDS * sizeof(int))];
    } control = {.bytes = {0}};
    memcpy(header + 4, &size, sizeof(size));
    struct iovec parts[2] = {{header, sizeof(header)},
                             {(void *) (uintptr_t) (len > 0 ? payload : header), len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control);
        add_fds(&message, fds, count);
    }
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        // The descriptors went with the first byte.
        message.msg_control = NULL;
        message.msg_controllen = 0;
        for (size_t i = 0; i < 2; i++) {
            size_t part = (size_t) sent < parts[i].iov_len ? (size_t) sent : parts[i].iov_len;
            parts[i].iov_base = (char *) parts[i].iov_base + part;
            parts[i].iov_len -= part;
            sent -= (ssize_t) part;
        }
    }
    return true;
}

bool wire_send_number(int fd, char type, int32_t number)
{
    return wire_send(fd, type, &number, sizeof(number), NULL, 0);
}

static void take_fds(struct msghdr *message, int *fds, size_t *count)
{
    struct cmsghdr *each;
    for (each = CMSG_FIRSTHDR(message); each != NULL; each = CMSG_NXTHDR(message, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS)
            continue;
        size_t got = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < got; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(each) + i * sizeof(int), sizeof(fd));
            if (*count < WIRE_FDS)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
}

long wire_receive(int fd, char *bytes, size_t len, int *fds, size_t *count)
{
    enum { ROOM = 16 };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(ROOM * sizeof(int))];
    } control;
    struct iovec part = {bytes, len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control)};
    ssize_t got;
    do {
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got >= 0)
        take_fds(&message, fds, count);
    return got;
}
