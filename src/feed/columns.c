// The columns' names.
#include <stdlib.h>
#include <string.h>

#include "feed_internal.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/data/value.h"

enum { SHOWN_MAX = 64 };

void feed_add_shown(struct buf *out, const char *name, size_t len)
{
    size_t shown = len <= SHOWN_MAX ? len : SHOWN_MAX;
    while (shown < len && shown > 0 && ((unsigned char) name[shown] & 0xc0) == 0x80)
        shown--;
    text_add_printable(out, name, shown, false);
    if (shown < len)
        buf_add_text(out, "...");
}

static int compare(const void *a, const void *b)
{
    const struct column_name *x = a;
    const struct column_name *y = b;
    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return memcmp(x->text, y->text, x->len);
}

static bool check_names(struct feed *feed, struct error *err)
{
    for (size_t i = 0; i < feed->column_count; i++) {
        const struct column_name *name = &feed->columns[i];
        if (name->len == 0)
            feed_bad(feed, err, 0, "column %zu has no name", i + 1);
        else if (memchr(name->text, '\0', name->len) != NULL)
            feed_bad(feed, err, 0, "column %zu has a NUL in its name", i + 1);
        else
            continue;
        return false;
    }
    for (size_t i = 1; i < feed->column_count; i++) {
        if (compare(&feed->sorted[i - 1], &feed->sorted[i]) != 0)
            continue;
        struct buf shown = BUF_INIT;
        feed_add_shown(&shown, feed->sorted[i].text, feed->sorted[i].len);
        feed_bad(feed, err, 0, "column '%s' is there twice", buf_cstr(&shown));
        buf_finish(&shown);
        return false;
    }
    return true;
}

bool feed_take_columns(struct feed *feed, struct error *err)
{
    if (feed->field_count > FEED_COLUMNS_MAX) {
        feed_bad(feed, err, 0, "more than %d columns", FEED_COLUMNS_MAX);
        return false;
    }
    feed->columns = mem_calloc(feed->field_count, sizeof(*feed->columns));
    feed->sorted = mem_calloc(feed->field_count, sizeof(*feed->sorted));
    feed->values = mem_calloc(feed->field_count, sizeof(*feed->values));
    feed->absent = mem_calloc(feed->field_count, sizeof(*feed->absent));
    for (size_t i = 0; i < feed->field_count; i++) {
        const struct field *field = &feed->fields[i];
        feed->columns[i].text = mem_strndup(feed_field_bytes(feed, field), field->len);
        feed->columns[i].len = field->len;
        feed->columns[i].index = i;
        feed->sorted[i] = feed->columns[i];
        feed->column_count++;
    }
    if (feed->column_count > 0)
        qsort(feed->sorted, feed->column_count, sizeof(*feed->sorted), compare);
    return check_names(feed, err);
}

size_t feed_find_column(const struct feed *feed, const char *name, size_t len, size_t guess)
{
    if (guess < feed->column_count && feed->columns[guess].len == len &&
        memcmp(feed->columns[guess].text, name, len) == 0)
        return guess;
    struct column_name key = {.text = (char *) (uintptr_t) name, .len = len};
    const struct column_name *found = bsearch(&key, feed->sorted, feed->column_count, sizeof(key),
                                              compare);
    return found == NULL ? feed->column_count : found->index;
}
