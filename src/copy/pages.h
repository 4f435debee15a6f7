// Rows that were read before their turn, in a queue of bounded size: one thread puts, another
// takes. Thread-safe.
#ifndef MARSH_COPY_PAGES_H
#define MARSH_COPY_PAGES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/buf.h"

struct row;

struct page {
    struct page *next;
    struct buf bytes; // see data/packed.h
    size_t rows;
};

// The lock and the condition are shared by the queues of one table, whose owner has them.
struct pages {
    struct page *first;
    struct page *last;
    size_t held;          // bytes
    struct page *filling; // the putter's
    bool ended;           // all rows are in
};

void pages_finish(struct pages *pages);

void page_add(struct page *page, const struct row *row, size_t columns);
bool page_is_full(const struct page *page);

struct page *page_create(void);
void page_destroy(struct page *page); // takes NULL

#endif
