#include "marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/hash.h"
#include "marsh/base/mem.h"
#include "marsh/base/notes.h"

#define MAGIC "marsh-checkpoint script 1"

struct marks {
    struct notes *notes;
    struct marks_left left;
};

// " N HASH"
static bool read_mark(const char **text, struct mark *mark)
{
    char *end;
    if (**text != ' ')
        return false;
    mark->number = strtoull(*text + 1, &end, 10);
    if (end == *text + 1 || *end != ' ')
        return false;
    const char *hash = end + 1;
    mark->hash = strtoull(hash, &end, 16);
    *text = end;
    return end == hash + 16;
}

// What can't be read is of a later version, or damaged, and says nothing.
static void take_line(void *data, const char *line)
{
    struct marks_left *left = data;
    struct mark first;
    struct mark last = {0, 0};
    const char *at = line + 1;
    if (line[0] == '\0')
        return;
    if (line[0] == 'l') {
        uint64_t number = strtoull(at, NULL, 10);
        left->unseen = left->unseen == 0 ? number : left->unseen;
        return;
    }
    bool sends = line[0] == 's' || line[0] == 't';
    if (!sends && strchr("dfe", line[0]) == NULL)
        return;
    if (!read_mark(&at, &first) || (sends && !read_mark(&at, &last)) || *at != '\0')
        return;
    left->settled = first;
    left->sent = last;
    left->whole = line[0] == 't';
    left->passed += line[0] == 'f';
    left->ended = line[0] == 'e';
}

struct marks *marks_open(const char *path, const char *identity, struct error *err)
{
    const struct notes_head head = {
        .magic = MAGIC,
        .tag = "",
        .identity = identity,
        .refusal = "is of other scripts, another target, or options that read them in another way",
    };
    struct marks *marks = mem_calloc(1, sizeof(*marks));
    marks->left.settled.hash = HASH_INIT;
    marks->notes = notes_open(path, &head, NULL, take_line, &marks->left, err);
    if (marks->notes != NULL)
        return marks;
    free(marks);
    return NULL;
}

void marks_close(struct marks *marks)
{
    if (marks == NULL)
        return;
    notes_close(marks->notes);
    free(marks);
}

const struct marks_left *marks_left(const struct marks *marks)
{
    return &marks->left;
}

static bool append(struct marks *marks, char letter, struct mark mark)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "%c %" PRIu64 " %016" PRIx64 "\n", letter, mark.number,
                       mark.hash);
    return notes_append(marks->notes, line, (size_t) len);
}

bool marks_send(struct marks *marks, struct mark settled, struct mark sent, bool whole)
{
    char line[128];
    int len = snprintf(line, sizeof(line),
                       "%c %" PRIu64 " %016" PRIx64 " %" PRIu64 " %016" PRIx64 "\n",
                       whole ? 't' : 's', settled.number, settled.hash, sent.number, sent.hash);
    return notes_append(marks->notes, line, (size_t) len) && notes_sync(marks->notes);
}

bool marks_settle(struct marks *marks, struct mark settled)
{
    return append(marks, 'd', settled);
}

bool marks_pass(struct marks *marks, struct mark settled)
{
    return append(marks, 'f', settled);
}

bool marks_leave(struct marks *marks, uint64_t number)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "l %" PRIu64 "\n", number);
    return notes_append(marks->notes, line, (size_t) len);
}

bool marks_end(struct marks *marks, struct mark settled)
{
    return append(marks, 'e', settled) && notes_sync(marks->notes);
}
