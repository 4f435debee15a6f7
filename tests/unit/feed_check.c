#include "feed_check.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/data/value.h"

int feed_check_pieces(const char *input, size_t len, const size_t *cuts, size_t count)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    size_t from = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t to = i < count ? cuts[i] : len;
        // An empty piece would be the end.
        if (to > from)
            assert_int_equal(send(fds[1], input + from, to - from, MSG_DONTWAIT), to - from);
        from = to;
    }
    assert_int_equal(close(fds[1]), 0);
    return fds[0];
}

int feed_check_file(const char *input, size_t len)
{
    int fd = memfd_create("feed", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, input, len));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

// The raw bytes are those in front of the mark, with a line end in any case; only what is blank
// stands between two rows.
static void check_raw(const struct feed_row *row, const struct feed_mark *before, const char *input,
                      size_t len)
{
    size_t own = row->raw_len;
    assert_true(row->end.offset <= len && own > 0);
    assert_int_equal(row->raw[own - 1], '\n');
    if (row->end.offset == len && input[len - 1] != '\n')
        own -= own > 1 && row->raw[own - 2] == '\r' && input[len - 1] != '\r' ? 2 : 1;
    assert_true(own <= row->end.offset);
    size_t begin = (size_t) row->end.offset - own;
    assert_true(begin >= before->offset);
    assert_memory_equal(row->raw, input + begin, own);
    assert_true(begin == before->offset || input[begin - 1] == '\n' || before->number == 0);
    assert_int_equal(row->number, before->number + 1);
    assert_int_equal(row->end.number, row->number);
    // Lines count from the beginning, where only they are counted.
    size_t line = 1;
    for (size_t i = 0; i < begin; i++)
        line += input[i] == '\n' ? 1 : 0;
    assert_int_equal(row->line, line);
    for (size_t i = begin; i < row->end.offset; i++)
        line += input[i] == '\n' ? 1 : 0;
    assert_int_equal(row->end.line, line);
}

static void add_row(const struct feed *feed, const struct feed_row *row, struct buf *trace)
{
    buf_printf(trace, "%zu:", row->line);
    for (size_t i = 0; i < feed_column_count(feed); i++) {
        const struct value *value = &row->values[i];
        if (value->text == NULL) {
            buf_add_text(trace, row->absent[i] ? " -" : " NULL");
            continue;
        }
        assert_false(row->absent[i]);
        buf_add_text(trace, " <");
        buf_add(trace, value->text, value->len);
        buf_add_char(trace, '>');
    }
    buf_add_char(trace, '\n');
}

void feed_check_rows(struct feed *feed, const char *input, size_t len, struct buf *trace)
{
    struct error err = ERROR_INIT;
    struct feed_mark before = {0};
    struct feed_row row;
    for (;;) {
        switch (feed_next(feed, &row, &err)) {
        case FEED_ROW:
            add_row(feed, &row, trace);
            break;
        case FEED_BAD_ROW:
            assert_null(row.values);
            assert_int_equal(err.kind, ERROR_USAGE);
            buf_printf(trace, "%zu! %s\n", row.line, err.message);
            error_finish(&err);
            break;
        case FEED_END:
            assert_int_equal(feed_next(feed, &row, &err), FEED_END);
            buf_add_text(trace, ".");
            return;
        case FEED_FAILED:
            buf_printf(trace, "! %s", err.message);
            error_finish(&err);
            assert_int_equal(feed_next(feed, &row, &err), FEED_FAILED);
            check_error(&err, ERROR_USAGE, "f: can't be read any further");
            return;
        }
        if (before.number > 0 || row.number == 1)
            check_raw(&row, &before, input, len);
        before = row.end;
    }
}

static void trace_all(int fd, enum feed_format format, const char *input, size_t len,
                      struct buf *trace)
{
    struct error err = ERROR_INIT;
    struct feed *feed = feed_create(fd, "f", format);
    if (!feed_open(feed, &err)) {
        buf_printf(trace, "! %s", err.message);
    } else {
        for (size_t i = 0; i < feed_column_count(feed); i++)
            buf_printf(trace, "%s%s", i > 0 ? "|" : "", feed_column_name(feed, i));
        buf_add_char(trace, '\n');
        feed_check_rows(feed, input, len, trace);
    }
    error_finish(&err);
    feed_destroy(feed);
    assert_int_equal(close(fd), 0);
}

void feed_check(enum feed_format format, const char *input, size_t len, const char *expected,
                size_t expected_len, const char *file, int line)
{
    size_t bytes[200];
    for (size_t i = 0; i < LENGTH(bytes); i++)
        bytes[i] = i;
    assert_true(len <= LENGTH(bytes));
    for (size_t cut = 0; cut <= len + 1; cut++) {
        struct buf trace = BUF_INIT;
        bool two = cut <= len;
        int fd = feed_check_pieces(input, len, two ? &cut : bytes, two ? 1 : len);
        trace_all(fd, format, input, len, &trace);
        if (trace.len != expected_len || memcmp(trace.data, expected, expected_len) != 0)
            print_error("line %d: cut at %zu of %zu:\n", line, cut, len);
        support_check_bytes(trace.data, trace.len, expected, expected_len, file, line);
        buf_finish(&trace);
    }
}
