// The least that a program over libmariadb does, for marsh to be measured beside:
//     bare SOCKET SCHEMA QUERY         connects as root, prints the rows with tabs, unbuffered,
//                                      and ends
//     bare SOCKET SCHEMA QUERY drain   just takes the bytes of the rows off the socket: what is
//                                      left is the server's time
// No escapes, no column names, no options.
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

static char out[ROOM];
static size_t used;

static void stop(const char *message)
{
    fprintf(stderr, "bare: %s\n", message);
    exit(1);
}

static void flush(void)
{
    for (size_t at = 0; at < used;) {
        ssize_t wrote = write(STDOUT_FILENO, out + at, used - at);
        if (wrote < 0)
            stop("write");
        at += (size_t) wrote;
    }
    used = 0;
}

static void add(const char *bytes, size_t len)
{
    if (len > ROOM)
        stop("a cell is too long");
    if (used + len > ROOM)
        flush();
    memcpy(out + used, bytes, len);
    used += len;
}

static void print_row(MYSQL_ROW row, const unsigned long *lengths, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (row[i] == NULL)
            add("NULL", 4);
        else
            add(row[i], lengths[i]);
        add(i + 1 == count ? "\n" : "\t", 1);
    }
}

// Until a read ends with what looks like the packet behind the last row.
static void drain(int fd)
{
    static const struct timespec nap = {.tv_nsec = 200000};
    for (;;) {
        ssize_t got = recv(fd, out, ROOM, 0);
        if (got < 9)
            stop("the rows end early");
        const char *last = out + got - 9;
        if (last[0] == 5 && last[1] == 0 && last[2] == 0 && (unsigned char) last[4] == 0xfe)
            exit(0);
        nanosleep(&nap, NULL);
    }
}

int main(int argc, char **argv)
{
    MYSQL *mysql = mysql_init(NULL);
    if (argc != 4 && argc != 5)
        stop("SOCKET SCHEMA QUERY [drain]");
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, NULL, "root", "", argv[2], 0, argv[1], 0) == NULL ||
        mysql_real_query(mysql, argv[3], strlen(argv[3])) != 0)
        stop(mysql_error(mysql));
    MYSQL_RES *result = mysql_use_result(mysql);
    if (result == NULL)
        stop("the query has no rows");
    if (argc == 5)
        drain(mysql_get_socket(mysql));
    unsigned count = mysql_num_fields(result);
    MYSQL_ROW row;
    while ((row = mysql_fetch_row(result)) != NULL)
        print_row(row, mysql_fetch_lengths(result), count);
    if (mysql_errno(mysql) != 0)
        stop(mysql_error(mysql));
    mysql_free_result(result);
    mysql_close(mysql);
    flush();
    return 0;
}
