// How fast rows are read: csv without and with quotes, tsv, jsonl, and one long field, each of 50,
// 100 and 200 MB, from a file in memory. Time is linear where the MB/s stay the same as the size
// doubles. Nobody runs this as a test:
//     ninja -C build/release tests/bench/bench_feed && build/release/tests/bench/bench_feed
// An argument sets the largest size in MB.
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/feed/feed.h"

enum { MEGABYTE = 1000000 };

struct input {
    const char *name;
    enum feed_format format;
    const char *begin;
    const char *unit; // repeated up to the size
    const char *end;
};

static int make_file(const struct input *input, size_t bytes)
{
    struct buf text = BUF_INIT;
    int fd = memfd_create("feed", MFD_CLOEXEC);
    size_t unit = strlen(input->unit);
    while (text.len < MEGABYTE - unit)
        buf_add_text(&text, input->unit);
    bool ok = fs_write_all(fd, input->begin, strlen(input->begin));
    for (size_t done = 0; ok && done < bytes; done += text.len)
        ok = fs_write_all(fd, text.data, text.len);
    ok = ok && fs_write_all(fd, input->end, strlen(input->end));
    buf_finish(&text);
    if (!ok || lseek(fd, 0, SEEK_SET) != 0)
        exit(1);
    return fd;
}

static size_t run(const struct input *input, size_t bytes, double *seconds)
{
    struct error err = ERROR_INIT;
    struct feed_row row;
    size_t rows = 0;
    int fd = make_file(input, bytes);
    double start = bench_seconds();
    struct feed *feed = feed_create(fd, "bench", input->format);
    if (!feed_open(feed, &err))
        exit(1);
    while (feed_next(feed, &row, &err) == FEED_ROW)
        rows++;
    *seconds = bench_seconds() - start;
    feed_destroy(feed);
    close(fd);
    return rows;
}

int main(int argc, char **argv)
{
    static const struct input inputs[] = {
        {"csv", FEED_CSV, "id,name,note,price,at\n",
         "8123,name 8123,text text text text text,1160.43,2020-01-01 02:15:23\n", ""},
        {"csv, short", FEED_CSV, "a,b,c,d,e,f\n", "1,22,x,4,yy,0\n", ""},
        {"csv, quotes", FEED_CSV, "id,name,note,price,at\n",
         "\"8123\",\"name \"\"8123\"\"\",\"text, text\ntext, text\",\"1160.43\",\"2020-01-01\"\n",
         ""},
        {"csv, one field", FEED_CSV, "a\n\"", "all of this is text, with , and\n in it", "\"\n"},
        {"tsv", FEED_TSV, "id\tname\tnote\tprice\tat\n",
         "8123\tname 8123\ttext text\\ttext text text\t1160.43\t2020-01-01 02:15:23\n", ""},
        {"jsonl", FEED_JSONL, "",
         "{\"id\":8123,\"name\":\"name 8123\",\"note\":\"text text "
         "\\\"text\\\"\",\"price\":1160.43,"
         "\"at\":\"2020-01-01 02:15:23\"}\n",
         ""},
    };
    size_t most = bench_size(argc, argv, 200);
    printf("%-14s %8s %9s %9s %12s\n", "input", "MB", "seconds", "MB/s", "rows");
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        for (size_t size = most / 4; size <= most && size > 0; size *= 2) {
            double seconds;
            size_t rows = run(&inputs[i], size * MEGABYTE, &seconds);
            printf("%-14s %8zu %9.3f %9.0f %12zu\n", inputs[i].name, size, seconds,
                   (double) size / seconds, rows);
        }
    }
    return 0;
}
