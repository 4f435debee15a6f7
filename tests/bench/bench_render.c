// How many rows a second each format renders: a number, a short and a longer text, a decimal, and a
// text that is not ASCII; all goes to /dev/null. Nobody runs this as a test:
//     ninja -C build/release tests/bench/bench_render && build/release/tests/bench/bench_render
// An argument sets the number of rows, in thousands.
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/data/sink.h"
#include "marsh/render/output.h"
#include "marsh/render/render.h"

enum { COLUMNS = 5 };

static const struct column columns[COLUMNS] = {{"id", 2, COLUMN_NUMBER},
                                               {"name", 4, COLUMN_TEXT},
                                               {"note", 4, COLUMN_TEXT},
                                               {"price", 5, COLUMN_NUMBER},
                                               {"place", 5, COLUMN_TEXT}};

static bool push(struct sink *sink, size_t rows, bool ascii)
{
    struct error err = ERROR_INIT;
    char id[24];
    const char *cells[COLUMNS] = {id, "a name of some length",
                                  "a longer text, such as one that somebody has written", "1234.50",
                                  ascii ? "Orebro" : "Örebro 日本"};
    unsigned long lengths[COLUMNS];
    for (size_t i = 1; i < COLUMNS; i++)
        lengths[i] = strlen(cells[i]);
    const struct row row = {cells, lengths};
    bool ok = sink_columns(sink, SET_ROWS, columns, COLUMNS, &err);
    for (size_t i = 0; ok && i < rows; i++) {
        lengths[0] = (unsigned long) snprintf(id, sizeof(id), "%zu", i);
        ok = sink_row(sink, &row, &err);
    }
    const struct summary summary = {.has_columns = true, .kind = SET_ROWS, .rows = rows};
    ok = ok && sink_summary(sink, &summary, &err);
    error_finish(&err);
    return ok;
}

// Seconds, or a negative number where it failed.
static double run(const struct render_format *format, struct render_options options, int fd,
                  size_t rows, bool ascii)
{
    struct output *output = output_create(NULL, fd);
    struct sink *sink = format->create(&options, output);
    double start = bench_seconds();
    bool ok = push(sink, rows, ascii);
    double seconds = bench_seconds() - start;
    format->destroy(sink);
    output_destroy(output);
    return ok ? seconds : -1;
}

int main(int argc, char **argv)
{
    size_t rows = bench_size(argc, argv, 1000) * 1000;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const struct render_format *format;
    printf("%-10s %-9s %12s %12s\n", "format", "text", "rows/s", "compatible");
    for (size_t i = 0; (format = render_format_at(i)) != NULL; i++) {
        for (int ascii = 1; ascii >= 0; ascii--) {
            struct render_options options = {.headers = true, .unicode = true};
            double own = run(format, options, fd, rows, ascii == 1);
            options.compatible = true;
            double compatible = run(format, options, fd, rows, ascii == 1);
            printf("%-10s %-9s %12.0f %12.0f\n", format->name, ascii ? "ASCII" : "Unicode",
                   (double) rows / own, (double) rows / compatible);
        }
    }
    close(fd);
    return 0;
}
