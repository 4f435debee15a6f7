#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "marsh/data/sink.h"

enum { PAGE_BYTES = 256 << 10 };

struct page *page_create(void)
{
    return mem_calloc(1, sizeof(struct page));
}

void page_destroy(struct page *page)
{
    if (page == NULL)
        return;
    buf_finish(&page->bytes);
    free(page);
}

void page_add(struct page *page, const struct row *row, size_t columns)
{
    struct buf *bytes = &page->bytes;
    for (size_t i = 0; i < columns; i++) {
        size_t len = row->cells[i] == NULL ? SIZE_MAX : row->lengths[i];
        buf_add(bytes, &len, sizeof(len));
        if (row->cells[i] != NULL)
            buf_add(bytes, row->cells[i], len);
    }
    page->rows++;
}

void page_read(const struct page *page, size_t *at, size_t columns, const char **cells,
               unsigned long *lengths)
{
    for (size_t i = 0; i < columns; i++) {
        size_t len;
        memcpy(&len, page->bytes.data + *at, sizeof(len));
        *at += sizeof(len);
        bool null = len == SIZE_MAX;
        cells[i] = null ? NULL : page->bytes.data + *at;
        lengths[i] = null ? 0 : len;
        *at += lengths[i];
    }
}

bool page_is_full(const struct page *page)
{
    return page->bytes.len >= PAGE_BYTES;
}

void pages_finish(struct pages *pages)
{
    while (pages->first != NULL) {
        struct page *next = pages->first->next;
        page_destroy(pages->first);
        pages->first = next;
    }
    page_destroy(pages->filling);
    *pages = (struct pages){.count = 0};
}
