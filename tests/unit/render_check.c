#include "render_check.h"

#include <sys/mman.h>
#include <unistd.h>

#include "marsh/base/mem.h"

void rendering_begin(struct rendering *rendering, const char *format, struct render_options options)
{
    const char *nearest = NULL;
    rendering->fd = memfd_create("rendered", MFD_CLOEXEC);
    assert_true(rendering->fd >= 0);
    rendering->output = output_create(NULL, rendering->fd);
    rendering->format = render_format_find(format, &nearest);
    assert_non_null(rendering->format);
    rendering->sink = rendering->format->create(&options, rendering->output);
}

void rendering_end(struct rendering *rendering)
{
    rendering->format->destroy(rendering->sink);
    output_destroy(rendering->output);
    assert_int_equal(close(rendering->fd), 0);
}

void rendering_columns(struct rendering *rendering, enum set_kind kind,
                       const struct column *columns, size_t count)
{
    struct error err = ERROR_INIT;
    check_ok(sink_columns(rendering->sink, kind, columns, count, &err), &err);
}

void rendering_row(struct rendering *rendering, const struct cell *cells, size_t count)
{
    struct error err = ERROR_INIT;
    const char **texts = mem_calloc(count, sizeof(*texts));
    unsigned long *lengths = mem_calloc(count, sizeof(*lengths));
    for (size_t i = 0; i < count; i++) {
        // A copy of just its length, so that a sanitizer sees a read beyond.
        char *copy = cells[i].text == NULL ? NULL : mem_alloc(cells[i].len);
        if (copy != NULL)
            memcpy(copy, cells[i].text, cells[i].len);
        texts[i] = copy;
        lengths[i] = cells[i].len;
    }
    check_ok(sink_row(rendering->sink, &(struct row){texts, lengths}, &err), &err);
    for (size_t i = 0; i < count; i++)
        free((char *) (uintptr_t) texts[i]);
    free(texts);
    free(lengths);
}

static void summarize(struct rendering *rendering, const struct summary *summary)
{
    struct error err = ERROR_INIT;
    check_ok(sink_summary(rendering->sink, summary, &err), &err);
}

void rendering_summary(struct rendering *rendering, enum set_kind kind, uint64_t rows)
{
    summarize(rendering, &(struct summary){.has_columns = true, .kind = kind, .rows = rows});
}

void rendering_ok(struct rendering *rendering)
{
    summarize(rendering, &(struct summary){.affected = 3, .insert_id = 4, .info = "Changed: 3"});
}

void rendering_set(struct rendering *rendering, enum set_kind kind, const struct column *columns,
                   size_t count, const struct cell *cells, size_t cell_count)
{
    assert_int_equal(cell_count % count, 0);
    rendering_columns(rendering, kind, columns, count);
    for (size_t i = 0; i < cell_count; i += count)
        rendering_row(rendering, &cells[i], count);
    rendering_summary(rendering, kind, cell_count / count);
}

void rendering_take(struct rendering *rendering, struct buf *buf)
{
    struct error err = ERROR_INIT;
    check_ok(output_flush(rendering->output, &err), &err);
    off_t size = lseek(rendering->fd, 0, SEEK_END);
    assert_true(size >= 0);
    buf_reserve(buf, (size_t) size);
    assert_int_equal(size == 0 ? 0 : pread(rendering->fd, buf->data + buf->len, (size_t) size, 0),
                     size);
    buf->len += (size_t) size;
    assert_int_equal(ftruncate(rendering->fd, 0), 0);
    assert_int_equal(lseek(rendering->fd, 0, SEEK_SET), 0);
}

void rendering_check(struct rendering *rendering, const char *expected, size_t len,
                     const char *file, int line)
{
    struct buf got = BUF_INIT;
    rendering_take(rendering, &got);
    support_check_bytes(got.data, got.len, expected, len, file, line);
    buf_finish(&got);
}
