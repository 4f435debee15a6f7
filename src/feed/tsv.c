// The mariadb client's batch format. A scan can stop at every byte and go on there.
#include <string.h>

#include "feed_internal.h"

enum state {
    FIELD_START,
    WITHIN,
    SKIPPING, // a bad row's rest
};

static enum scan bad(struct feed *feed, struct error *err, const char *what)
{
    feed->state = SKIPPING;
    return feed_bad_field(feed, err, 0, what);
}

// NULL, or the field's text; false for a \N with something beside it.
static bool add_field(struct feed *feed, size_t end)
{
    size_t len = end - feed->field_begin;
    bool word = len == 4 && memcmp(feed_bytes(feed) + feed->field_begin, "NULL", 4) == 0;
    if (feed->null_seen && len != 2)
        return false;
    if (feed->null_seen || (word && !feed->header))
        feed_add_field(feed, FIELD_NULL, 0, 0);
    else
        feed_end_field(feed, end);
    return true;
}

static enum scan scan_end(struct feed *feed, struct error *err)
{
    const char *bytes = feed_bytes(feed);
    bool more = feed->pos < feed_len(feed);
    bool tab = more && bytes[feed->pos] == '\t';
    // What a CR at the line's end means, the header tells.
    bool cr = !tab && feed->pos > feed->piece && bytes[feed->pos - 1] == '\r';
    if (feed->header)
        feed->crlf = cr;
    size_t line_end = more ? 1 : 0;
    if (cr && feed->crlf) {
        feed->pos--;
        line_end++;
    }
    if (!add_field(feed, feed->pos))
        return bad(feed, err, "\\N is NULL only where it stands alone");
    if (!tab)
        return feed_end_row(feed, err, line_end);
    feed->pos++;
    feed->state = FIELD_START;
    return SCAN_GO;
}

// At a backslash.
static enum scan scan_escape(struct feed *feed, struct error *err)
{
    static const char escapes[256] = {['t'] = '\t', ['n'] = '\n', ['r'] = '\r', ['\\'] = '\\'};
    if (feed->pos + 1 == feed_len(feed) && !feed->eof)
        return SCAN_MORE;
    if (feed->pos + 1 == feed_len(feed))
        return bad(feed, err, "a backslash with nothing behind it");
    unsigned char letter = (unsigned char) feed_bytes(feed)[feed->pos + 1];
    if (letter == 'N') {
        feed->null_seen = true;
        feed->pos += 2;
        return SCAN_GO;
    }
    if (letter != '0' && escapes[letter] == '\0')
        return bad(feed, err, "a backslash that belongs to no escape (\\t \\n \\r \\0 \\\\ \\N)");
    buf_add(&feed->text, feed_bytes(feed) + feed->piece, feed->pos - feed->piece);
    buf_add_char(&feed->text, escapes[letter]);
    feed->decoded = true;
    feed->pos += 2;
    feed->piece = feed->pos;
    return SCAN_GO;
}

static enum scan scan_within(struct feed *feed, struct error *err)
{
    static const bool stops[256] = {['\t'] = true, ['\n'] = true, ['\\'] = true};
    const char *bytes = feed_bytes(feed);
    size_t len = feed_len(feed);
    size_t pos = feed->pos;
    // The names of columns are written as they are.
    while (pos < len &&
           (!stops[(unsigned char) bytes[pos]] || (feed->header && bytes[pos] == '\\')))
        pos++;
    feed->pos = pos;
    if (pos == len && !feed->eof)
        return SCAN_MORE;
    if (pos < len && bytes[pos] == '\\')
        return scan_escape(feed, err);
    return scan_end(feed, err);
}

enum scan feed_scan_tsv(struct feed *feed, struct error *err)
{
    enum scan result = SCAN_GO;
    while (result == SCAN_GO) {
        switch ((enum state) feed->state) {
        case FIELD_START:
            feed_begin_field(feed);
            feed->state = WITHIN;
            break;
        case WITHIN:
            result = scan_within(feed, err);
            break;
        case SKIPPING:
            result = feed_skip_line(feed);
            break;
        }
    }
    return result;
}
