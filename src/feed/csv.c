// RFC 4180. A scan can stop at every byte and go on there: its state is in the feed.
#include <string.h>

#include "feed_internal.h"

enum state {
    FIELD_START,
    PLAIN,
    QUOTED,
    QUOTE_SEEN, // it closes the field, or is the first of two
    SKIPPING,   // a bad row's rest
};

static enum scan bad(struct feed *feed, struct error *err, const char *what)
{
    feed->state = SKIPPING;
    return feed_bad_field(feed, err, feed->newlines, what);
}

static void add_plain(struct feed *feed)
{
    size_t len = feed->pos - feed->field_begin;
    const char *bytes = feed_bytes(feed) + feed->field_begin;
    bool null = len == 0 || (len == 2 && bytes[0] == '\\' && bytes[1] == 'N' && !feed->header);
    feed_add_field(feed, null ? FIELD_NULL : FIELD_RAW, feed->field_begin, len);
}

static void add_quoted(struct feed *feed)
{
    feed_end_field(feed, feed->pos - 1);
}

// Behind a field, at what ends it. A CR waits for the byte behind it.
static enum scan end_field(struct feed *feed, struct error *err, void (*add)(struct feed *feed))
{
    const char *bytes = feed_bytes(feed);
    size_t len = feed_len(feed);
    size_t pos = feed->pos;
    if (pos == len && !feed->eof)
        return SCAN_MORE;
    if (pos < len && bytes[pos] == ',') {
        add(feed);
        feed->pos++;
        feed->state = FIELD_START;
        return SCAN_GO;
    }
    size_t line_end = pos < len ? 1 : 0;
    if (pos < len && bytes[pos] == '\r') {
        if (pos + 1 == len && !feed->eof)
            return SCAN_MORE;
        // At the end of the input it is a line end that was cut in two.
        if (pos + 1 < len && bytes[pos + 1] != '\n')
            return bad(feed, err, "a carriage return outside of quotes");
        line_end = len - pos < 2 ? 1 : 2;
    } else if (pos < len && bytes[pos] != '\n') {
        return bad(feed, err,
                   add == add_quoted ? "something stands behind its closing quote"
                                     : "a quote within, but none in front");
    }
    add(feed);
    feed->crlf = feed->header ? line_end == 2 : feed->crlf;
    return feed_end_row(feed, err, line_end);
}

static enum scan scan_start(struct feed *feed)
{
    if (feed->pos == feed_len(feed) && !feed->eof)
        return SCAN_MORE;
    bool quoted = feed->pos < feed_len(feed) && feed_bytes(feed)[feed->pos] == '"';
    feed->pos += quoted ? 1 : 0;
    feed->state = quoted ? QUOTED : PLAIN;
    feed_begin_field(feed);
    return SCAN_GO;
}

static enum scan scan_plain(struct feed *feed, struct error *err)
{
    static const bool stops[256] = {['"'] = true, [','] = true, ['\r'] = true, ['\n'] = true};
    const char *bytes = feed_bytes(feed);
    size_t len = feed_len(feed);
    size_t pos = feed->pos;
    for (;;) {
        while (pos < len && !stops[(unsigned char) bytes[pos]])
            pos++;
        feed->pos = pos;
        // The usual case needs no change of state: a field that is followed by one of its kind.
        if (len - pos < 2 || bytes[pos] != ',' || bytes[pos + 1] == '"')
            return end_field(feed, err, add_plain);
        add_plain(feed);
        feed->field_begin = ++pos;
    }
}

static size_t count_newlines(const char *bytes, size_t len)
{
    size_t count = 0;
    const char *end = bytes + len;
    while ((bytes = memchr(bytes, '\n', (size_t) (end - bytes))) != NULL) {
        bytes++;
        count++;
    }
    return count;
}

static enum scan scan_quoted(struct feed *feed, struct error *err)
{
    const char *from = feed_bytes(feed) + feed->pos;
    size_t left = feed_len(feed) - feed->pos;
    const char *quote = memchr(from, '"', left);
    size_t len = quote == NULL ? left : (size_t) (quote - from);
    if (quote == NULL && feed->eof) {
        feed_bad_field(feed, err, feed->field_line, "its quote is never closed");
        feed->newlines += count_newlines(from, len);
        feed->pos += len;
        return SCAN_BAD;
    }
    feed->newlines += count_newlines(from, len);
    feed->pos += len;
    if (quote == NULL)
        return SCAN_MORE;
    feed->pos++;
    feed->state = QUOTE_SEEN;
    return SCAN_GO;
}

static enum scan scan_quote(struct feed *feed, struct error *err)
{
    if (feed->pos == feed_len(feed) || feed_bytes(feed)[feed->pos] != '"')
        return end_field(feed, err, add_quoted);
    // Of the two one is the field's.
    buf_add(&feed->text, feed_bytes(feed) + feed->piece, feed->pos - feed->piece);
    feed->piece = ++feed->pos;
    feed->decoded = true;
    feed->state = QUOTED;
    return SCAN_GO;
}

enum scan feed_scan_csv(struct feed *feed, struct error *err)
{
    enum scan result = SCAN_GO;
    while (result == SCAN_GO) {
        switch ((enum state) feed->state) {
        case FIELD_START:
            result = scan_start(feed);
            break;
        case PLAIN:
            result = scan_plain(feed, err);
            break;
        case QUOTED:
            result = scan_quoted(feed, err);
            break;
        case QUOTE_SEEN:
            result = scan_quote(feed, err);
            break;
        case SKIPPING:
            result = feed_skip_line(feed);
            break;
        }
    }
    return result;
}
