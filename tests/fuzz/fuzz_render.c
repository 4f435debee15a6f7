// The input as a program for a renderer: its format and options, then sets of columns and rows.
// - json: one well-formed value a set, with an element a row and a member a column; jsonl: a line a
//   row. A set that was cut off is not looked at, and ends the test.
// - tsv and csv: as many lines as rows and headers, and each cell can be read back.
// - html and xml: nothing of a value or a name is markup, and each row is there.
// - To a terminal goes UTF-8 without control characters, but for line ends and the tabs of tsv and
// xml.
//
// Three bytes of options and format, then for each set a byte for its kind and columns, names,
// rows. Texts end with 0xff; the byte in front of a cell says whether it is NULL or a row's or
// set's end.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "json_check.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/text.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"

enum { COLUMNS_MAX = 8, LAST = 0xff };

struct input {
    const uint8_t *pos;
    const uint8_t *end;
};

struct set {
    enum set_kind kind;
    struct column columns[COLUMNS_MAX];
    size_t count;
    size_t rows;
    bool aborted;
};

struct test {
    const struct render_format *format;
    struct render_options options;
    int fd;
    struct output *output;
    struct sink *sink;
    size_t sets;
};

static uint8_t take_byte(struct input *input)
{
    return input->pos < input->end ? *input->pos++ : LAST;
}

// What is taken is a copy of just its size, which the sanitizers watch; the caller frees it.
static char *take_text(struct input *input, size_t *len)
{
    const uint8_t *start = input->pos;
    while (input->pos < input->end && *input->pos != LAST)
        input->pos++;
    *len = (size_t) (input->pos - start);
    input->pos += input->pos < input->end ? 1 : 0;
    char *copy = malloc(*len > 0 ? *len : 1);
    HOLDS(copy != NULL);
    memcpy(copy, start, *len);
    return copy;
}

static bool is(const struct test *test, const char *format)
{
    return strcmp(test->format->name, format) == 0;
}

// What is in the file since it was last read.
static void read_output(const struct test *test, struct buf *out)
{
    char bytes[4096];
    ssize_t got;
    HOLDS(lseek(test->fd, 0, SEEK_SET) == 0);
    while ((got = read(test->fd, bytes, sizeof(bytes))) > 0)
        buf_add(out, bytes, (size_t) got);
    HOLDS(got == 0 && ftruncate(test->fd, 0) == 0 && lseek(test->fd, 0, SEEK_SET) == 0);
}

static void check_terminal(const struct test *test, const struct buf *out)
{
    for (size_t i = 0; i < out->len;) {
        unsigned code;
        size_t used = text_decode(out->data + i, out->len - i, &code);
        bool crlf = code == '\r' && i + 1 < out->len && out->data[i + 1] == '\n';
        HOLDS(used > 0);
        HOLDS(code >= 0x20 || code == '\n' ||
              (code == '\t' && (is(test, "tsv") || is(test, "xml"))) || (crlf && is(test, "csv")));
        HOLDS(code < 0x7f || code >= 0xa0);
        HOLDS(code < 0x202a || (code > 0x202e && code < 0x2066) || code > 0x2069);
        i += used;
    }
}

static void check_json(const struct test *test, const struct set *set, const struct buf *out)
{
    size_t elements = 0;
    size_t values = 0;
    bool lines = is(test, "jsonl") || set->kind == SET_OUT;
    for (size_t i = 0; i < out->len; values++) {
        size_t used = json_check(out->data + i, out->len - i, &elements);
        if (used == 0)
            fprintf(stderr, "at byte %zu of:\n%.*s\n", i, (int) out->len, out->data);
        HOLDS(used > 0);
        HOLDS(!lines || memchr(out->data + i, '\n', used) == out->data + i + used - 1);
        HOLDS(elements == (!lines ? set->rows : set->kind == SET_OUT ? 1 : set->count));
        i += used;
    }
    HOLDS(values == (lines ? set->rows : 1));
}

// The next field of tsv or csv, as it was before it was written; false for a NULL or the end.
static bool next_field(const char **pos, const char *end, bool csv, struct buf *field)
{
    static const char escapes[] = "t\tn\n\\\\0";
    const char *p = *pos;
    bool quoted = csv && p < end && *p == '"';
    p += quoted ? 1 : 0;
    buf_clear(field);
    while (p < end) {
        if (quoted && *p == '"') {
            if (p + 1 == end || p[1] != '"')
                break;
            p++;
        } else if (!quoted && strchr(csv ? ",\r" : "\t\n", *p) != NULL && *p != '\0') {
            break;
        } else if (!csv && *p == '\\' && p + 1 < end) {
            const char *escape = memchr(escapes, *++p, sizeof(escapes));
            HOLDS(escape != NULL);
            buf_add_char(field, escape[1]);
            p++;
            continue;
        }
        buf_add_char(field, *p++);
    }
    p += quoted && p < end ? 1 : 0;
    bool null = csv ? !quoted && field->len == 0 : *pos + 4 == p && memcmp(*pos, "NULL", 4) == 0;
    *pos = p;
    return !null;
}

// The cells of the row that was just written, against what comes out.
static void check_row(const struct test *test, const struct set *set, const struct row *row)
{
    bool csv = is(test, "csv");
    struct buf out = BUF_INIT;
    struct buf field = BUF_INIT;
    read_output(test, &out);
    const char *pos = out.data;
    const char *end = out.data + out.len;
    for (size_t i = 0; i < set->count; i++) {
        bool last = i + 1 == set->count;
        const char *cell = row->cells[i];
        bool some = next_field(&pos, end, csv, &field);
        enum column_kind kind = set->columns[i].kind;
        if (csv && (kind == COLUMN_BINARY || kind == COLUMN_BIT))
            HOLDS(some == (cell != NULL));
        else if (some)
            HOLDS(cell != NULL && field.len == row->lengths[i] &&
                  memcmp(field.data == NULL ? "" : field.data, cell, field.len) == 0);
        else // where tsv says NULL it may be that text
            HOLDS(cell == NULL || (!csv && row->lengths[i] == 4 && memcmp(cell, "NULL", 4) == 0));
        size_t used = last && csv ? 2 : 1;
        HOLDS((size_t) (end - pos) >= used);
        HOLDS(memcmp(pos, !last ? (csv ? "," : "\t") : csv ? "\r\n" : "\n", used) == 0);
        pos += used;
    }
    HOLDS(pos == end);
    buf_finish(&out);
    buf_finish(&field);
}

// No < but of the format's own tags, whose rows can be counted.
static void check_markup(const struct test *test, const struct set *set, const struct buf *out)
{
    static const char *const html[] = {"<TABLE ", "<TR>", "<TH>", "<TD>", "</T"};
    static const char *const xml[] = {"<?xml ", "<resultset ", "<row>", "<field ", "</"};
    const char *const *tags = is(test, "html") ? html : xml;
    const char *row_end = is(test, "html") ? "</TD></TR>" : "</row>";
    size_t rows = 0;
    for (size_t i = 0; i < out->len; i++) {
        size_t left = out->len - i;
        bool known = out->data[i] != '<';
        for (size_t tag = 0; tag < 5 && !known; tag++) {
            size_t len = strlen(tags[tag]);
            known = left >= len && memcmp(out->data + i, tags[tag], len) == 0;
        }
        HOLDS(known);
        HOLDS(out->data[i] != '\0');
        rows += left >= strlen(row_end) && memcmp(out->data + i, row_end, strlen(row_end)) == 0;
    }
    HOLDS(rows == set->rows);
}

static bool is_read_back(const struct test *test)
{
    bool plain = !test->options.terminal && !test->options.raw && !test->options.binary_as_hex;
    return plain && (is(test, "tsv") || is(test, "csv"));
}

static void forget_output(const struct test *test)
{
    struct buf out = BUF_INIT;
    struct error err = ERROR_INIT;
    HOLDS(output_flush(test->output, &err));
    read_output(test, &out);
    buf_finish(&out);
}

// False at the end of the set.
static bool push_row(const struct test *test, struct set *set, struct input *input)
{
    char *cells[COLUMNS_MAX];
    unsigned long lengths[COLUMNS_MAX];
    for (size_t i = 0; i < set->count; i++) {
        uint8_t what = take_byte(input);
        if (i == 0 && what >= 0xfe) {
            set->aborted = what == 0xfe;
            return false;
        }
        size_t len = 0;
        cells[i] = what == 0 ? NULL : take_text(input, &len);
        lengths[i] = set->columns[i].kind == COLUMN_BIT && len > 8 ? 8 : len;
    }
    struct row row = {(const char *const *) cells, lengths};
    struct error err = ERROR_INIT;
    // The headers of tsv come with the first row.
    bool checked = is_read_back(test) && (set->rows > 0 || !test->options.headers ||
                                          (test->options.silent > 1 && is(test, "tsv")));
    if (checked)
        forget_output(test);
    HOLDS(sink_row(test->sink, &row, &err));
    set->rows++;
    if (checked) {
        HOLDS(output_flush(test->output, &err));
        check_row(test, set, &row);
    }
    for (size_t i = 0; i < set->count; i++)
        free(cells[i]);
    return true;
}

static void push_rows(const struct test *test, struct set *set, struct input *input)
{
    struct error err = ERROR_INIT;
    char *names[COLUMNS_MAX];
    for (size_t i = 0; i < set->count; i++) {
        set->columns[i].kind = take_byte(input) % (COLUMN_TIME + 1);
        names[i] = take_text(input, &set->columns[i].name_len);
        set->columns[i].name = names[i];
    }
    HOLDS(sink_columns(test->sink, set->kind, set->columns, set->count, &err));
    while ((set->kind == SET_ROWS || set->rows == 0) && push_row(test, set, input))
        continue;
    // OUT values are one row; without it the set was cut off.
    set->aborted = set->aborted || (set->kind == SET_OUT && set->rows == 0);
    struct summary summary = {.has_columns = true, .kind = set->kind, .rows = set->rows};
    if (set->aborted)
        sink_abort(test->sink);
    else
        HOLDS(sink_summary(test->sink, &summary, &err));
    HOLDS(output_flush(test->output, &err));
    for (size_t i = 0; i < set->count; i++)
        free(names[i]);
}

// False after the last one.
static bool push_set(struct test *test, struct input *input)
{
    uint8_t what = take_byte(input);
    if (what == LAST)
        return false;
    struct set set = {.kind = (what & 0x80) != 0 ? SET_OUT : SET_ROWS};
    set.count = 1 + what % COLUMNS_MAX;
    struct buf out = BUF_INIT;
    push_rows(test, &set, input);
    read_output(test, &out);
    if (test->options.terminal)
        check_terminal(test, &out);
    if (!set.aborted && (is(test, "json") || is(test, "jsonl")))
        check_json(test, &set, &out);
    bool xml = is(test, "xml") || (is(test, "html") && (set.rows > 0 || !test->options.xml_too));
    if (!set.aborted && xml)
        check_markup(test, &set, &out);
    buf_finish(&out);
    struct summary ok = {.affected = what};
    struct error err = ERROR_INIT;
    HOLDS(set.aborted || sink_summary(test->sink, &ok, &err));
    test->sets++;
    return !set.aborted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t widths[] = {0, 1, 20, 80};
    static int fd = -1;
    struct input input = {data, data + size};
    size_t formats = 0;
    while (render_format_at(formats) != NULL)
        formats++;
    if (fd < 0)
        fd = memfd_create("out", MFD_CLOEXEC);
    uint8_t how = take_byte(&input);
    uint8_t more = take_byte(&input);
    struct test test = {.format = render_format_at(take_byte(&input) % formats), .fd = fd};
    test.options = (struct render_options){.headers = (how & 1) != 0,
                                           .unicode = (how & 2) != 0,
                                           .compatible = (how & 4) != 0,
                                           .terminal = (how & 8) != 0,
                                           .raw = (more & 1) != 0,
                                           .binary_as_hex = (more & 2) != 0,
                                           .xml_too = (more & 4) != 0,
                                           .silent = more >> 3 & 3,
                                           .statement = "SELECT '<&\">'",
                                           .statement_len = strlen("SELECT '<&\">'"),
                                           .columns = widths[how >> 4 & 3]};
    HOLDS(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    test.output = output_create(NULL, fd);
    test.sink = test.format->create(&test.options, test.output);
    while (push_set(&test, &input))
        continue;
    test.format->destroy(test.sink);
    output_destroy(test.output);
    return 0;
}
