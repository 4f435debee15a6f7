// What all formats have in common: their names, marks, raw bytes, limits, memory, how bytes come
// in, and that what marsh writes is read back as it was.
#include "feed_check.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/data/value.h"

#define FILE_OF(literal) feed_check_file(literal, sizeof(literal) - 1)

static struct feed *open_feed(int fd, enum feed_format format)
{
    struct error err = ERROR_INIT;
    struct feed *feed = feed_create(fd, "f", format);
    check_ok(feed_open(feed, &err), &err);
    return feed;
}

static void finish(struct feed *feed, int fd)
{
    feed_destroy(feed);
    assert_int_equal(close(fd), 0);
}

static void next_row(struct feed *feed, struct feed_row *row)
{
    struct error err = ERROR_INIT;
    check_ok(feed_next(feed, row, &err) == FEED_ROW, &err);
}

static void test_formats(void **state)
{
    (void) state;
    static const struct {
        const char *path;
        int format; // -1: none
    } files[] = {
        {"a.csv", FEED_CSV},
        {"/x.y/a.CSV", FEED_CSV},
        {"a.tsv", FEED_TSV},
        {"a.b.Tab", FEED_TSV},
        {"a.jsonl", FEED_JSONL},
        {"./a.ndjson", FEED_JSONL},
        {".csv", FEED_CSV},
        {"a", -1},
        {"csv", -1},
        {"a.", -1},
        {"a.cs", -1},
        {"a.csvx", -1},
        {"a.csv.gz", -1},
        {"a.csv/b", -1},
        {"", -1},
        {"-", -1},
        {"a.txt", -1},
        {"a.tsv ", -1},
    };
    for (size_t i = 0; i < LENGTH(files); i++) {
        enum feed_format format = FEED_CSV;
        bool found = feed_format_of_file(files[i].path, &format);
        assert_int_equal(found ? (int) format : -1, files[i].format);
    }
    struct error err = ERROR_INIT;
    enum feed_format format = FEED_CSV;
    check_ok(feed_format_need("tsv", &format, &err), &err);
    assert_int_equal(format, FEED_TSV);
    check_ok(feed_format_need("jsonl", &format, &err), &err);
    assert_int_equal(format, FEED_JSONL);
    check_ok(feed_format_need("csv", &format, &err), &err);
    assert_int_equal(format, FEED_CSV);
    assert_false(feed_format_need("cvs", &format, &err));
    check_error(&err, ERROR_USAGE, "unknown format 'cvs', did you mean 'csv'?");
    assert_false(feed_format_need("xml", &format, &err));
    check_error(&err, ERROR_USAGE, "unknown format 'xml'");
}

static void check_raws(enum feed_format format, const char *input, const char *expected, int line)
{
    struct error err = ERROR_INIT;
    struct buf out = BUF_INIT;
    int fd = feed_check_file(input, strlen(input));
    struct feed *feed = open_feed(fd, format);
    size_t len;
    const char *header = feed_header_raw(feed, &len);
    buf_add(&out, header, len);
    buf_add_char(&out, '|');
    struct feed_row row;
    enum feed_result result;
    while ((result = feed_next(feed, &row, &err)) != FEED_END) {
        buf_add(&out, row.raw, row.raw_len);
        buf_add_text(&out, result == FEED_BAD_ROW ? "!" : "|");
        error_finish(&err);
    }
    support_check_text(buf_cstr(&out), expected, __FILE__, line);
    buf_finish(&out);
    finish(feed, fd);
}
#define RAWS(format, input, expected) check_raws(format, input, expected, __LINE__)

// Headers and rows as they were, each with a line end.
static void test_raw_bytes(void **state)
{
    (void) state;
    RAWS(FEED_CSV, "a,\"b\"\n1,2\r\n\n3\n\"x\"y\n\"4\n\",5",
         "a,\"b\"\n|1,2\r\n|3\n!\"x\"y\n!\"4\n\",5\n|");
    RAWS(FEED_CSV,
         "\xef\xbb\xbf"
         "a,b\r\n1,2",
         "a,b\r\n|1,2\r\n|");
    RAWS(FEED_CSV, "a,b\r\n1,\"2", "a,b\r\n|1,\"2\r\n!");
    RAWS(FEED_CSV, "a,b", "a,b\n|");
    RAWS(FEED_TSV, "a\tb\r\n1\t\\N\r\n\\\t\r\n2\t3", "a\tb\r\n|1\t\\N\r\n|\\\t\r\n!2\t3\r\n|");
    RAWS(FEED_TSV, "a\tb\r\n1\t2\r", "a\tb\r\n|1\t2\r\n|");
    RAWS(FEED_CSV, "a\r\n1\r", "a\r\n|1\r\n|");
    RAWS(FEED_TSV, "a\n1\r\n2", "a\n|1\r\n|2\n|");
    RAWS(FEED_JSONL, "\n{\"a\":1}\r\n\n[]\n{\"a\": 2}", "|{\"a\":1}\r\n|[]\n!{\"a\": 2}\n|");
}

static void check_limit(enum feed_format format, const char *input, const char *expected, int line)
{
    struct buf trace = BUF_INIT;
    size_t len = strlen(input);
    for (size_t cut = 0; cut <= len; cut++) {
        int fd = feed_check_pieces(input, len, &cut, 1);
        struct feed *feed = open_feed(fd, format);
        feed_set_row_limit(feed, 10);
        buf_clear(&trace);
        feed_check_rows(feed, input, len, &trace);
        support_check_text(buf_cstr(&trace), expected, __FILE__, line);
        finish(feed, fd);
    }
    buf_finish(&trace);
}
#define LIMIT(format, input, expected) check_limit(format, input, expected, __LINE__)

static void test_row_limit(void **state)
{
    (void) state;
    LIMIT(FEED_CSV, "a\n123456789\n1234567890\n2\n",
          "2: <123456789>\n! f:3: a row is longer than 10 bytes");
    LIMIT(FEED_CSV, "a\n1\n\"2\n3\n4\n5\n6\n7\n8\n",
          "2: <1>\n! f:3: a row is longer than 10 bytes");
    LIMIT(FEED_CSV, "a\n1\n\"2\"3,4,5,6,7,8,9\n2\n",
          "2: <1>\n! f:3: a row is longer than 10 bytes");
    LIMIT(FEED_TSV, "a\n1\n12345678901234567890", "2: <1>\n! f:3: a row is longer than 10 bytes");
    LIMIT(FEED_JSONL, "{\"a\":123}\n{\"a\":1234}\n",
          "1: <123>\n! f:2: a row is longer than 10 bytes");
}

static void test_read_errors(void **state)
{
    (void) state;
    struct error err = ERROR_INIT;
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct feed *feed = feed_create(folder, "f", FEED_CSV);
    assert_false(feed_open(feed, &err));
    check_error(&err, ERROR_SYSTEM, "f: Is a directory");
    feed_destroy(feed);
    // The same in the middle of a row.
    struct feed_row row;
    int fd = feed_check_pieces("a\n1\n2", 5, NULL, 0);
    feed = open_feed(fd, FEED_CSV);
    next_row(feed, &row);
    assert_int_equal(dup2(folder, fd), fd);
    assert_int_equal(feed_next(feed, &row, &err), FEED_FAILED);
    check_error(&err, ERROR_SYSTEM, "f: Is a directory");
    assert_int_equal(feed_next(feed, &row, &err), FEED_FAILED);
    check_error(&err, ERROR_USAGE, "f: can't be read any further");
    finish(feed, fd);
    close(folder);
}

// A row is there as soon as its line end is, the header too.
static void test_rows_come_as_they_are_written(void **state)
{
    (void) state;
    static const struct {
        enum feed_format format;
        const char *header;
        const char *row;
    } rows[] = {{FEED_CSV, "a,b\n", "1,\"x\"\r\n"},
                {FEED_TSV, "a\tb\n", "1\tx\n"},
                {FEED_JSONL, "", "{\"a\":1,\"b\":\"x\"}\n"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int fds[2];
        struct feed_row row;
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        assert_true(fs_write_all(fds[1], rows[i].header, strlen(rows[i].header)));
        if (rows[i].format == FEED_JSONL)
            assert_true(fs_write_all(fds[1], rows[i].row, strlen(rows[i].row)));
        struct feed *feed = open_feed(fds[0], rows[i].format);
        for (int j = 0; j < 3; j++) {
            if (rows[i].format != FEED_JSONL || j > 0)
                assert_true(fs_write_all(fds[1], rows[i].row, strlen(rows[i].row)));
            next_row(feed, &row);
            check_bytes(row.values[1].text, row.values[1].len, "x");
        }
        close(fds[1]);
        finish(feed, fds[0]);
    }
}

struct waiter {
    pthread_t reader;
    int tid;
    int fd;
};

static atomic_int interrupted;

static void take_signal(int number)
{
    (void) number;
    interrupted++;
}

// Until the thread that reads sleeps in the kernel.
static void wait_asleep(int tid)
{
    char path[60];
    char state = 'R';
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    while (state != 'S') {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1); // NOLINT(cert-err34-c)
        fclose(file);
        sched_yield();
    }
}

static void *interrupt_and_write(void *data)
{
    const struct waiter *waiter = data;
    wait_asleep(waiter->tid);
    pthread_kill(waiter->reader, SIGUSR1);
    while (interrupted == 0)
        sched_yield();
    wait_asleep(waiter->tid);
    fs_write_all(waiter->fd, "a\n1\n", 4);
    close(waiter->fd);
    return NULL;
}

// A signal that is handled, and a descriptor that would not wait, are no reason to stop.
static void test_interrupted_reads(void **state)
{
    (void) state;
    struct sigaction action = {.sa_handler = take_signal};
    struct sigaction before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    for (int nonblock = 0; nonblock < 2; nonblock++) {
        int fds[2];
        pthread_t thread;
        struct feed_row row;
        interrupted = 0;
        assert_int_equal(pipe2(fds, O_CLOEXEC | (nonblock ? O_NONBLOCK : 0)), 0);
        struct waiter waiter = {pthread_self(), gettid(), fds[1]};
        assert_int_equal(pthread_create(&thread, NULL, interrupt_and_write, &waiter), 0);
        struct feed *feed = open_feed(fds[0], FEED_CSV);
        assert_int_equal(interrupted, 1);
        next_row(feed, &row);
        assert_int_equal(pthread_join(thread, NULL), 0);
        finish(feed, fds[0]);
    }
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static void *wake(void *data)
{
    const struct waiter *waiter = data;
    wait_asleep(waiter->tid);
    fs_write_all(waiter->fd, "!", 1);
    return NULL;
}

static void test_wake(void **state)
{
    (void) state;
    int input[2];
    int other[2];
    pthread_t thread;
    struct feed_row row;
    struct error err = ERROR_INIT;
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(other, O_CLOEXEC), 0);
    struct feed *feed = feed_create(input[0], "f", FEED_CSV);
    feed_set_wake(feed, other[0]);
    assert_true(fs_write_all(input[1], "a\n1\n2\n3", 7));
    check_ok(feed_open(feed, &err), &err);
    next_row(feed, &row);
    struct waiter waiter = {pthread_self(), gettid(), other[1]};
    next_row(feed, &row);
    assert_int_equal(pthread_create(&thread, NULL, wake, &waiter), 0);
    assert_int_equal(feed_next(feed, &row, &err), FEED_FAILED);
    check_error(&err, ERROR_CANCELLED, "f: the reading was interrupted");
    assert_int_equal(pthread_join(thread, NULL), 0);
    finish(feed, input[0]);
    close(input[1]);
    // Where it could be read before, nothing is read; until then everything is.
    int fd = FILE_OF("a\n1\n");
    feed = feed_create(fd, "f", FEED_CSV);
    feed_set_wake(feed, other[0]);
    assert_false(feed_open(feed, &err));
    check_error(&err, ERROR_CANCELLED, "f: the reading was interrupted");
    feed_destroy(feed);
    char letter;
    assert_int_equal(read(other[0], &letter, 1), 1);
    feed = feed_create(fd, "f", FEED_CSV);
    feed_set_wake(feed, other[0]);
    check_ok(feed_open(feed, &err), &err);
    next_row(feed, &row);
    assert_int_equal(feed_next(feed, &row, &err), FEED_END);
    finish(feed, fd);
    close(other[0]);
    close(other[1]);
}

static size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// Memory is that of a row and a chunk, and a huge row's is given back behind it.
static void test_memory(void **state)
{
    (void) state;
    enum { HUGE = 16 << 20, ROWS = 1 << 20 };
    struct buf text = BUF_INIT;
    buf_add_text(&text, "a,b\n1,\"\"\"");
    buf_add_repeat(&text, 'x', HUGE);
    buf_add_text(&text, "\"\n");
    for (int i = 0; i < ROWS; i++)
        buf_add_text(&text, "23,\"4\"\"5\"\n");
    int fd = feed_check_file(text.data, text.len);
    buf_finish(&text);
    struct feed_row row;
    size_t before = memory_in_use();
    struct feed *feed = open_feed(fd, FEED_CSV);
    next_row(feed, &row);
    assert_int_equal(row.values[1].len, HUGE + 1);
    for (int i = 0; i < ROWS; i++) {
        next_row(feed, &row);
        if (i > ROWS / 16 && i % 1024 == 0)
            assert_true(memory_in_use() < before + (2 << 20));
    }
    check_bytes(row.values[1].text, row.values[1].len, "4\"5");
    assert_int_equal(row.number, ROWS + 1);
    finish(feed, fd);
}

enum { LONG = 32 << 20 };

static void *write_long_row(void *data)
{
    int fd = *(const int *) data;
    char *bytes = mem_alloc(LONG);
    memset(bytes, 'x', LONG);
    fs_write_all(fd, bytes, LONG);
    fs_write_all(fd, "\"\n", 2);
    close(fd);
    free(bytes);
    return NULL;
}

static void read_long_row(enum feed_format format, const char *begin)
{
    int fds[2];
    pthread_t thread;
    struct error err = ERROR_INIT;
    struct feed_row row = {0};
    // One page holds a pipe's bytes: each read gets few.
    if (pipe2(fds, O_CLOEXEC) != 0 || fcntl(fds[0], F_SETPIPE_SZ, 4096) < 0 ||
        !fs_write_all(fds[1], begin, strlen(begin)) ||
        pthread_create(&thread, NULL, write_long_row, &fds[1]) != 0)
        _exit(2);
    struct feed *feed = feed_create(fds[0], "f", format);
    bool ok = feed_open(feed, &err);
    size_t longest = 0;
    enum feed_result result = ok ? FEED_ROW : FEED_FAILED;
    while (result == FEED_ROW || result == FEED_BAD_ROW) {
        result = feed_next(feed, &row, &err);
        if (result != FEED_END && row.raw_len > longest)
            longest = row.raw_len;
    }
    ok = result == FEED_END && longest > LONG;
    feed_destroy(feed);
    _exit(ok ? 0 : 1);
}

// A row is looked at once, in however many pieces it comes: in a process of its own, which is ended
// where it takes a hundred times as long as it should.
static void test_long_rows_in_pieces(void **state)
{
    (void) state;
    static const struct {
        enum feed_format format;
        const char *begin;
    } rows[] = {{FEED_CSV, "a\n"}, {FEED_CSV, "a\n\""},  {FEED_CSV, "a\n\"\"x"},
                {FEED_TSV, "a\n"}, {FEED_TSV, "a\n\\x"}, {FEED_JSONL, "{\"a\":0}\n\""}};
    const struct rlimit limit = {.rlim_cur = 5, .rlim_max = 5};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            setrlimit(RLIMIT_CPU, &limit);
            read_long_row(rows[i].format, rows[i].begin);
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
            print_error("behind '%s':\n", rows[i].begin);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_raw_bytes),
        cmocka_unit_test(test_row_limit),
        cmocka_unit_test(test_read_errors),
        cmocka_unit_test(test_rows_come_as_they_are_written),
        cmocka_unit_test(test_interrupted_reads),
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_long_rows_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
