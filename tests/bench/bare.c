// The least that a program over libmariadb does, for marsh to be measured beside:
//     bare SOCKET SCHEMA QUERY     connects as root, prints the rows with tabs, unbuffered, and
//     ends
// No escapes, no column names, no options.
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv)
{
    MYSQL *mysql = mysql_init(NULL);
    if (argc != 4)
        stop("SOCKET SCHEMA QUERY");
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, NULL, "root", "", argv[2], 0, argv[1], 0) == NULL ||
        mysql_real_query(mysql, argv[3], strlen(argv[3])) != 0)
        stop(mysql_error(mysql));
    MYSQL_RES *result = mysql_use_result(mysql);
    if (result == NULL)
        stop("the query has no rows");
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
