#include "marsh/config/ini.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"

enum { FILE_LIMIT = 1 << 20, INCLUDE_DEPTH = 10, FILES_MAX = 1000 };

struct reader {
    ini_handler handler;
    void *data;
    int depth;
    int files;
};

static bool read_path(struct reader *reader, const char *path, struct error *err);

static char *trim(char *text)
{
    while (text_is_space(*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && text_is_space(text[len - 1]))
        text[--len] = '\0';
    return text;
}

// Takes off one pair of quotes and resolves \b \t \n \r \\ \s \' \", in place.
static char *unquote(char *value)
{
    static const char escapes[] = "b\bt\tn\nr\r\\\\s \'\'\"\"";
    size_t len = strlen(value);
    if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0]) {
        value[len - 1] = '\0';
        value++;
    }
    char *to = value;
    for (const char *from = value; *from != '\0'; from++) {
        const char *escape = NULL;
        for (size_t i = 0; *from == '\\' && escape == NULL && escapes[i] != '\0'; i += 2)
            escape = from[1] == escapes[i] ? &escapes[i + 1] : NULL;
        *to++ = escape != NULL ? *escape : *from;
        from += escape != NULL ? 1 : 0;
    }
    *to = '\0';
    return value;
}

// A `#` behind white space begins a comment, unless it stands in quotes.
static void cut_comment(char *value)
{
    char quote = '\0';
    for (char *c = value; *c != '\0'; c++) {
        if (quote != '\0' && *c == '\\' && c[1] != '\0') {
            c++;
        } else if (quote != '\0') {
            quote = *c == quote ? '\0' : quote;
        } else if (*c == '"' || *c == '\'') {
            quote = c == value ? *c : '\0';
        } else if (*c == '#' && (c == value || text_is_space(c[-1]))) {
            *c = '\0';
            return;
        }
    }
}

static bool include_dir(struct reader *reader, const char *path, struct error *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return error_set_errno(err, "%s", path);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        size_t len = strlen(entries[i]->d_name);
        if (ok && len > 4 && strcmp(entries[i]->d_name + len - 4, ".cnf") == 0) {
            CLEANUP(mem_free_at) char *file = mem_printf("%s/%s", path, entries[i]->d_name);
            ok = read_path(reader, file, err);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool include(struct reader *reader, char *line, struct error *err)
{
    size_t word = strcspn(line, " \t");
    bool dir = word == 11 && strncmp(line, "!includedir", word) == 0;
    if (!dir && (word != 8 || strncmp(line, "!include", word) != 0))
        return error_set(err, ERROR_USAGE, "only !include and !includedir begin with '!'");
    const char *path = trim(line + word);
    return dir ? include_dir(reader, path, err) : read_path(reader, path, err);
}

static bool read_line(struct reader *reader, char *line, char **group, struct error *err)
{
    line = trim(line);
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return true;
    if (line[0] == '!')
        return include(reader, line, err);
    if (line[0] == '[') {
        char *close = strchr(line, ']');
        if (close == NULL)
            return error_set(err, ERROR_USAGE, "a group's name has no ']'");
        *close = '\0';
        mem_replace(group, trim(line + 1));
        return true;
    }
    if (line[strcspn(line, "=#")] == '#')
        cut_comment(line);
    char *equals = strchr(line, '=');
    char *value = NULL;
    if (equals != NULL) {
        *equals = '\0';
        value = trim(equals + 1);
        cut_comment(value);
        value = unquote(trim(value));
    }
    char *key = trim(line);
    if (key[0] == '\0')
        return error_set(err, ERROR_USAGE, "a value has no name in front of its '='");
    return reader->handler(reader->data, *group, key, value, err);
}

static bool read_path(struct reader *reader, const char *path, struct error *err)
{
    struct buf text = BUF_INIT;
    if (reader->depth >= INCLUDE_DEPTH)
        return error_set(err, ERROR_USAGE, "%s: files include each other too deeply", path);
    if (++reader->files > FILES_MAX)
        return error_set(err, ERROR_USAGE, "%s: too many files are included", path);
    if (!fs_read_file(path, FILE_LIMIT, &text, err)) {
        buf_finish(&text);
        return false;
    }
    reader->depth++;
    CLEANUP(mem_free_at) char *group = mem_strdup("");
    size_t len = text.len;
    char *rest = buf_steal(&text);
    char *line = rest;
    bool ok = true;
    for (size_t number = 1; ok && line != NULL; number++) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        ok = read_line(reader, line, &group, err);
        if (!ok)
            error_context(err, "%s:%zu", path, number);
        line = next;
    }
    if (rest != NULL)
        explicit_bzero(rest, len); // passwords, behind the line ends that have become NULs
    free(rest);
    reader->depth--;
    return ok;
}

bool ini_read(const char *path, ini_handler handler, void *data, struct error *err)
{
    struct reader reader = {.handler = handler, .data = data, .depth = 0};
    return read_path(&reader, path, err);
}
