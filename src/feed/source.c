#include "marsh/feed/source.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"

static const char *const prefixes[] = {"csv:", "tsv:", "jsonl:"};

// The length of the word for a format in front, 0 for none.
static size_t prefix_length(const char *text)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return strlen(prefixes[i]);
    }
    return 0;
}

bool source_parse(struct source *source, const char *text, struct error *err)
{
    size_t len = prefix_length(text);
    *source = (struct source){.path = text + len, .fd = -1, .format = FEED_CSV};
    source->name = strcmp(source->path, "-") == 0 ? "stdin" : source->path;
    if (len > 0) {
        CLEANUP(mem_free_at) char *format = mem_strndup(text, len - 1);
        return feed_format_need(format, &source->format, err);
    }
    if (strcmp(text, "-") == 0 || feed_format_of_file(text, &source->format))
        return true;
    return error_set(err, ERROR_USAGE,
                     "%s: its name does not tell its format: write csv:%s, tsv:%s or jsonl:%s",
                     text, text, text, text);
}

bool source_is_file(const char *text)
{
    enum feed_format format;
    return strcmp(text, "-") == 0 || prefix_length(text) > 0 || feed_format_of_file(text, &format);
}

bool source_open(struct source *source, const struct caller *caller, struct error *err)
{
    source->borrowed = strcmp(source->path, "-") == 0;
    source->fd = source->borrowed ? caller_in(caller) : open(source->path, O_RDONLY | O_CLOEXEC);
    return source->fd >= 0 || error_set_errno(err, "%s", source->path);
}

void source_close(struct source *source)
{
    if (source->fd >= 0 && !source->borrowed)
        close(source->fd);
    source->fd = -1;
}

const char *source_mapped(const struct source_maps *maps, const char *column)
{
    size_t len = strlen(column);
    for (size_t i = 0; i < maps->count; i++) {
        const char *map = maps->list[i];
        if (strncmp(map, column, len) == 0 && map[len] == '=')
            return map + len + 1;
    }
    return NULL;
}

bool source_check_maps(const struct source_maps *maps, const char *const *columns, size_t count,
                       const char *name, const char *what, struct error *err)
{
    for (size_t i = 0; i < maps->count; i++) {
        const char *map = maps->list[i];
        const char *equals = strchr(map, '=');
        if (equals == NULL)
            return error_set(err, ERROR_USAGE, "--map takes COLUMN=%s, not '%s'", what, map);
        size_t len = (size_t) (equals - map);
        bool found = false;
        for (size_t j = 0; j < count && !found; j++)
            found = strlen(columns[j]) == len && strncmp(columns[j], map, len) == 0;
        if (!found)
            return error_set(err, ERROR_USAGE, "%s has no column '%.*s'", name, (int) len, map);
    }
    return true;
}
