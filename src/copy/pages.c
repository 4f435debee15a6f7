#include "pages.h"

#include <stdlib.h>

#include "marsh/base/mem.h"
#include "marsh/data/packed.h"

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
    packed_add(&page->bytes, row, columns);
    page->rows++;
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
    *pages = (struct pages){.held = 0};
}
