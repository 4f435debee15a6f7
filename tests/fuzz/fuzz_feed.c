// Any bytes as csv, tsv or jsonl, as the first of them says.
// - However they come in, the same comes out: columns, rows, what is wrong with which.
// - Rows follow each other without a gap but for blank lines, up to the end.
// - The header and the rows' raw bytes are the same rows again.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/data/value.h"
#include "marsh/feed/feed.h"

enum { ROW_LIMIT = 1000, PIECES_MAX = 64 };

struct input {
    enum feed_format format;
    const char *bytes;
    size_t len;
};

// What was read, written down.
struct reading {
    bool open;
    bool failed;
    struct buf columns;
    struct buf rows;   // values, or that a row is bad
    struct buf errors; // and places
    struct buf raw;    // the header and all rows
    uint64_t end;      // of the last row
};

static void finish(struct reading *reading)
{
    buf_finish(&reading->columns);
    buf_finish(&reading->rows);
    buf_finish(&reading->errors);
    buf_finish(&reading->raw);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_blank(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != ' ' && bytes[i] != '\t')
            return false;
    }
    return true;
}

static void note_values(struct reading *reading, const struct feed *feed,
                        const struct feed_row *row)
{
    for (size_t i = 0; i < feed_column_count(feed); i++) {
        const struct value *value = &row->values[i];
        HOLDS(!row->absent[i] || value->text == NULL);
        buf_printf(&reading->rows, "%c%zu:",
                   row->absent[i] ? '-'
                   : value->text  ? '='
                                  : '0',
                   value->len);
        buf_add(&reading->rows, value->text == NULL ? "" : value->text, value->len);
    }
    buf_add_char(&reading->rows, '\n');
}

// Against the input; `last` is where the row before ended, 0 for none.
static void check_place(const struct input *input, const struct feed_row *row, uint64_t last)
{
    HOLDS(row->end.offset > last && row->end.offset <= input->len);
    HOLDS(row->raw_len > 0 && row->raw[row->raw_len - 1] == '\n');
    size_t own = row->raw_len;
    if (row->end.offset == input->len && input->bytes[input->len - 1] != '\n') {
        bool crlf = own > 1 && row->raw[own - 2] == '\r' && input->bytes[input->len - 1] != '\r';
        own -= crlf ? 2 : 1;
    }
    HOLDS(own <= row->end.offset - last);
    size_t begin = (size_t) row->end.offset - own;
    HOLDS(memcmp(row->raw, input->bytes + begin, own) == 0);
    HOLDS(last == 0 || is_blank(input->bytes + last, begin - (size_t) last));
}

static void read_rows(struct feed *feed, const struct input *input, struct reading *reading)
{
    struct error err = ERROR_INIT;
    struct feed_row row;
    enum feed_result result;
    while ((result = feed_next(feed, &row, &err)) != FEED_END) {
        HOLDS((result == FEED_ROW) == (err.kind == ERROR_NONE));
        reading->failed = result == FEED_FAILED;
        buf_printf(&reading->errors, "%s\n", err.kind == ERROR_NONE ? "" : err.message);
        error_finish(&err);
        if (reading->failed)
            return;
        if (result == FEED_ROW)
            note_values(reading, feed, &row);
        else
            buf_add_text(&reading->rows, "!\n");
        buf_add(&reading->raw, row.raw, row.raw_len);
        buf_printf(&reading->errors, "%zu %zu %zu ", row.line, (size_t) row.end.offset,
                   row.end.line);
        check_place(input, &row, reading->end);
        reading->end = row.end.offset;
    }
}

static void read_all(int fd, const struct input *input, size_t limit, struct reading *reading)
{
    struct error err = ERROR_INIT;
    struct feed *feed = feed_create(fd, "f", input->format);
    memset(reading, 0, sizeof(*reading));
    feed_set_row_limit(feed, limit);
    reading->open = feed_open(feed, &err);
    HOLDS(reading->open == (err.kind == ERROR_NONE));
    if (reading->open) {
        size_t len;
        const char *header = feed_header_raw(feed, &len);
        buf_add(&reading->raw, header, len);
        for (size_t i = 0; i < feed_column_count(feed); i++)
            buf_printf(&reading->columns, "%s\n", feed_column_name(feed, i));
        read_rows(feed, input, reading);
    } else {
        buf_printf(&reading->errors, "%s\n", err.message);
    }
    error_finish(&err);
    feed_destroy(feed);
}

static int make_file(const char *bytes, size_t len)
{
    int fd = memfd_create("feed", MFD_CLOEXEC);
    HOLDS(fd >= 0 && fs_write_all(fd, bytes, len) && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

// A socket keeps its pieces apart; where they are cut, the bytes themselves decide.
static void check_pieces(const struct input *input, const struct reading *whole)
{
    int fds[2];
    struct reading pieces;
    uint32_t seed = fuzz_hash((const uint8_t *) input->bytes, input->len);
    HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    for (size_t from = 0, i = 0; from < input->len; i++) {
        seed = seed * 1664525 + 1013904223;
        size_t len = 1 + (seed >> 16) % (2 * input->len / PIECES_MAX + 4);
        if (len > input->len - from || i == 2 * PIECES_MAX)
            len = input->len - from;
        HOLDS(send(fds[1], input->bytes + from, len, MSG_DONTWAIT) == (ssize_t) len);
        from += len;
    }
    close(fds[1]);
    read_all(fds[0], input, ROW_LIMIT, &pieces);
    close(fds[0]);
    HOLDS(pieces.open == whole->open && pieces.failed == whole->failed);
    HOLDS(same(&pieces.columns, &whole->columns) && same(&pieces.rows, &whole->rows));
    HOLDS(same(&pieces.errors, &whole->errors) && same(&pieces.raw, &whole->raw));
    finish(&pieces);
}

static void check_again(const struct input *input, const struct reading *whole)
{
    struct reading again;
    struct input raw = {input->format, whole->raw.data, whole->raw.len};
    // What looks like a byte order mark is one only in front.
    if (raw.len == 0 || (unsigned char) raw.bytes[0] >= 0x80)
        return;
    int fd = make_file(raw.bytes, raw.len);
    read_all(fd, &raw, ROW_LIMIT + 2, &again);
    close(fd);
    HOLDS(again.open && !again.failed);
    HOLDS(same(&again.columns, &whole->columns));
    HOLDS(same(&again.rows, &whole->rows) && same(&again.raw, &whole->raw));
    finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct input input = {(enum feed_format)(data[0] % 3), (const char *) data + 1, size - 1};
    struct reading whole;
    int fd = make_file(input.bytes, input.len);
    read_all(fd, &input, ROW_LIMIT, &whole);
    if (whole.open && !whole.failed) {
        HOLDS(whole.end == 0 || is_blank(input.bytes + whole.end, input.len - (size_t) whole.end));
        check_again(&input, &whole);
    }
    close(fd);
    check_pieces(&input, &whole);
    finish(&whole);
    return 0;
}
