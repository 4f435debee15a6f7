#include "checkpoint.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/notes.h"

#define MAGIC "marsh-checkpoint 1 "

// So many rows are claimed at once.
enum { CLAIM = 10000 };

struct numbers {
    uint64_t *list;
    size_t count;
};

struct checkpoint {
    struct notes *notes;
    pthread_mutex_t lock;
    uint64_t claimed;
    uint64_t begun;
    uint64_t hashed; // the input up to this row has this hash
    uint64_t hash;
    bool claims;           // in this run
    struct numbers open;   // begun, and not known to be done, in an earlier run
    struct numbers unsent; // begun, but never sent
    struct numbers bad;    // told to be no rows; in order once all are there
};

// A new one with each start of the machine; "" where there is none to be had.
static void read_boot_id(struct buf *id)
{
    struct error ignored = ERROR_INIT;
    if (fs_read_file("/proc/sys/kernel/random/boot_id", 100, id, &ignored) && id->len > 0 &&
        id->data[id->len - 1] == '\n')
        id->len--;
    error_finish(&ignored);
}

static void add(struct numbers *numbers, uint64_t number)
{
    numbers->list = mem_realloc(numbers->list, (numbers->count + 1) * sizeof(*numbers->list));
    numbers->list[numbers->count++] = number;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static bool has(const struct numbers *numbers, uint64_t number)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->list[i] == number)
            return true;
    }
    return false;
}

static void drop(struct numbers *numbers, uint64_t number)
{
    // It was put there lately.
    for (size_t i = numbers->count; i-- > 0;) {
        if (numbers->list[i] != number)
            continue;
        numbers->list[i] = numbers->list[--numbers->count];
        return;
    }
}

// "d 12", "s 12 15 00c0ffee": as many numbers as the letter has.
static void take_line(struct checkpoint *self, const char *line)
{
    enum { RANGE_MAX = 1 << 20 };
    // An orderly end: nothing was claimed for later.
    if (strcmp(line, "e") == 0)
        self->claimed = self->begun;
    if (line[0] == '\0')
        return;
    char *end;
    uint64_t first = strtoull(line + 1, &end, 10);
    uint64_t last = line[0] == 's' ? strtoull(end, &end, 10) : first;
    uint64_t hash = line[0] == 's' ? strtoull(end, &end, 16) : 0;
    if (*end != '\0' || first == 0 || last < first || last - first > RANGE_MAX)
        return;
    if (line[0] == 's') {
        for (uint64_t i = first; i <= last; i++) {
            drop(&self->unsent, i);
            add(&self->open, i);
        }
        self->hash = last > self->begun ? hash : self->hash;
        self->begun = last > self->begun ? last : self->begun;
        self->hashed = self->begun;
    } else if (line[0] == 'd' || line[0] == 'u') {
        drop(&self->open, first);
    } else if (line[0] == 'n') {
        drop(&self->open, first);
        add(&self->unsent, first);
    } else if (line[0] == 'b') {
        add(&self->bad, first);
    } else if (line[0] == 'c') {
        self->claimed = first > self->claimed ? first : self->claimed;
    }
}

// After a crash of the machine the last lines may be lost: no row that was claimed is known not to
// have been begun.
static void take_claimed(struct checkpoint *self)
{
    for (uint64_t i = self->begun + 1; i <= self->claimed; i++)
        add(&self->open, i);
    self->begun = self->claimed > self->begun ? self->claimed : self->begun;
}

static bool append(struct checkpoint *self, const char *format, uint64_t a, uint64_t b)
{
    char line[80];
    int len = snprintf(line, sizeof(line), format, a, b);
    return notes_append(self->notes, line, (size_t) len);
}

static void take(void *data, const char *line)
{
    take_line(data, line);
}

struct checkpoint *checkpoint_open(const char *path, const char *identity, struct error *err)
{
    struct checkpoint *self = mem_calloc(1, sizeof(*self));
    struct buf boot = BUF_INIT;
    bool same_boot;
    pthread_mutex_init(&self->lock, NULL);
    read_boot_id(&boot);
    const struct notes_head head = {
        .magic = MAGIC,
        .tag = buf_cstr(&boot),
        .identity = identity,
        .refusal = "is of another call, or of rows that are not the same",
    };
    self->notes = notes_open(path, &head, &same_boot, take, self, err);
    same_boot = same_boot && boot.len > 0;
    buf_finish(&boot);
    if (self->notes == NULL) {
        checkpoint_close(self);
        return NULL;
    }
    if (self->bad.count > 0)
        qsort(self->bad.list, self->bad.count, sizeof(*self->bad.list), compare);
    if (!same_boot)
        take_claimed(self);
    return self;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    // Where it can't be written, the next run knows less, and nothing that is wrong.
    if (checkpoint->claims && append(checkpoint, "e\n", 0, 0))
        notes_sync(checkpoint->notes);
    notes_close(checkpoint->notes);
    pthread_mutex_destroy(&checkpoint->lock);
    free(checkpoint->open.list);
    free(checkpoint->unsent.list);
    free(checkpoint->bad.list);
    free(checkpoint);
}

uint64_t checkpoint_hashed(const struct checkpoint *checkpoint, uint64_t *hash)
{
    *hash = checkpoint == NULL ? 0 : checkpoint->hash;
    return checkpoint == NULL ? 0 : checkpoint->hashed;
}

uint64_t checkpoint_begun(const struct checkpoint *checkpoint)
{
    return checkpoint == NULL ? 0 : checkpoint->begun;
}

bool checkpoint_goes_on(const struct checkpoint *checkpoint)
{
    return checkpoint != NULL && (checkpoint->begun > 0 || checkpoint->bad.count > 0);
}

bool checkpoint_is_bad(const struct checkpoint *checkpoint, uint64_t number)
{
    return checkpoint != NULL && checkpoint->bad.count > 0 &&
           bsearch(&number, checkpoint->bad.list, checkpoint->bad.count, sizeof(number), compare) !=
               NULL;
}

bool checkpoint_is_unknown(const struct checkpoint *checkpoint, uint64_t number)
{
    return checkpoint != NULL && has(&checkpoint->open, number);
}

bool checkpoint_is_unsent(const struct checkpoint *checkpoint, uint64_t number)
{
    return checkpoint != NULL && has(&checkpoint->unsent, number);
}

static bool claim(struct checkpoint *self, uint64_t last)
{
    if (last <= self->claimed)
        return true;
    self->claimed = last + CLAIM;
    self->claims = true;
    return append(self, "c %" PRIu64 "\n", self->claimed, 0) && notes_sync(self->notes);
}

bool checkpoint_begin(struct checkpoint *checkpoint, uint64_t first, uint64_t last, uint64_t hash)
{
    if (checkpoint == NULL)
        return true;
    pthread_mutex_lock(&checkpoint->lock);
    CLEANUP(mem_free_at)
    char *line = mem_printf("s %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", first, last, hash);
    bool ok = claim(checkpoint, last) && notes_append(checkpoint->notes, line, strlen(line));
    // No claim is behind a row that an earlier run did not send.
    if (ok && first <= checkpoint->begun)
        ok = notes_sync(checkpoint->notes);
    pthread_mutex_unlock(&checkpoint->lock);
    return ok;
}

static bool note(struct checkpoint *checkpoint, const char *format, uint64_t number)
{
    if (checkpoint == NULL)
        return true;
    pthread_mutex_lock(&checkpoint->lock);
    bool ok = append(checkpoint, format, number, 0);
    pthread_mutex_unlock(&checkpoint->lock);
    return ok;
}

bool checkpoint_done(struct checkpoint *checkpoint, uint64_t number)
{
    return note(checkpoint, "d %" PRIu64 "\n", number);
}

bool checkpoint_unknown(struct checkpoint *checkpoint, uint64_t number)
{
    return note(checkpoint, "u %" PRIu64 "\n", number);
}

bool checkpoint_unsent(struct checkpoint *checkpoint, uint64_t number)
{
    return note(checkpoint, "n %" PRIu64 "\n", number);
}

bool checkpoint_bad(struct checkpoint *checkpoint, uint64_t number)
{
    return note(checkpoint, "b %" PRIu64 "\n", number);
}
