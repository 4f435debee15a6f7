#include "marsh/base/nearest.h"

#include <string.h>

#include "marsh/base/text.h"

enum { NEAREST_MAX = 64 };

// Optimal string alignment: an insertion, a deletion, a change or two neighbours swapped cost one.
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > NEAREST_MAX || b_len > NEAREST_MAX)
        return a_len > b_len ? a_len : b_len;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            char x = text_lower(a[i - 1]);
            char y = text_lower(b[j - 1]);
            size_t best = above[j - 1] + (x != y);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && x == text_lower(b[j - 2]) && text_lower(a[i - 2]) == y &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

void nearest_init(struct nearest *nearest, const char *typed)
{
    *nearest = (struct nearest){.typed = typed, .name = NULL, .distance = 0};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t d = distance(nearest->typed, name);
    if (nearest->name == NULL || d < nearest->distance) {
        nearest->name = name;
        nearest->distance = d;
    }
}

const char *nearest_get(const struct nearest *nearest)
{
    if (nearest->name == NULL)
        return NULL;
    size_t longer = strlen(nearest->typed);
    if (strlen(nearest->name) > longer)
        longer = strlen(nearest->name);
    return nearest->distance * 5 <= longer * 2 ? nearest->name : NULL;
}
