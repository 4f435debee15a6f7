// What csv and tsv have in common: where rows end, and what is wrong with them.
#include <string.h>

#include "feed_internal.h"

enum scan feed_end_row(struct feed *feed, struct error *err, size_t line_end)
{
    bool blank = feed->pos == 0;
    feed->pos += line_end;
    feed->newlines += line_end > 0 && feed_bytes(feed)[feed->pos - 1] == '\n' ? 1 : 0;
    if (feed->header || feed->field_count == feed->column_count)
        return SCAN_ROW;
    if (blank)
        return SCAN_BLANK;
    return feed_bad(feed, err, 0, "%zu field%s, where the header has %zu", feed->field_count,
                    feed->field_count == 1 ? "" : "s", feed->column_count);
}

enum scan feed_bad_field(struct feed *feed, struct error *err, size_t line, const char *what)
{
    feed_bad(feed, err, line, "field %zu: %s", feed->field_count + 1, what);
    return SCAN_GO;
}

enum scan feed_skip_line(struct feed *feed)
{
    const char *from = feed_bytes(feed) + feed->pos;
    size_t left = feed_len(feed) - feed->pos;
    const char *newline = memchr(from, '\n', left);
    feed->pos += newline == NULL ? left : (size_t) (newline - from) + 1;
    feed->newlines += newline == NULL ? 0 : 1;
    return newline == NULL && !feed->eof ? SCAN_MORE : SCAN_BAD;
}
