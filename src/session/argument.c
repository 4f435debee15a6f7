#include "marsh/session/argument.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/json.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/sql/lexer.h"

enum { FILE_LIMIT = 1 << 30 };

// `a``b`: the name between the backticks, NULL where they are not closed.
static char *read_quoted(const char **p)
{
    struct buf name = BUF_INIT;
    const char *at = *p + 1;
    for (; *at != '\0'; at++) {
        if (*at == '`' && *++at != '`') {
            *p = at;
            return buf_steal(&name);
        }
        buf_add_char(&name, *at);
    }
    buf_finish(&name);
    return NULL;
}

// Moves *p behind it. NULL where no name begins.
static char *read_name(const char **p)
{
    const char *start = *p;
    if (*start == '`')
        return read_quoted(p);
    if (text_is_digit(*start))
        return NULL;
    while (lexer_is_name_char(**p))
        ++*p;
    return *p == start ? NULL : mem_strndup(start, (size_t) (*p - start));
}

static void set_text(struct argument *argument, const char *text, size_t len)
{
    argument->text = mem_strndup(text, len);
    argument->len = len;
}

static bool set_json(struct argument *argument, const char *json, struct error *err)
{
    struct json_value value;
    struct buf text = BUF_INIT;
    argument->json = true;
    if (!json_read(json, strlen(json), &value, err))
        return error_context(err, "%s:=", argument->name == NULL ? "" : argument->name);
    argument->json_literal = value.kind != JSON_KIND_STRING && value.kind != JSON_KIND_NULL;
    switch (value.kind) {
    case JSON_KIND_NULL:
        return true;
    case JSON_KIND_FALSE:
    case JSON_KIND_TRUE:
        buf_add_char(&text, value.kind == JSON_KIND_TRUE ? '1' : '0');
        break;
    case JSON_KIND_STRING:
        json_decode_string(&value, &text);
        break;
    case JSON_KIND_NUMBER:
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        buf_add(&text, value.text, value.len);
        break;
    }
    argument->len = text.len;
    argument->text = buf_steal(&text);
    return true;
}

static bool set_file(struct argument *argument, const char *file, struct error *err)
{
    if (*file == '\0')
        return error_set(err, ERROR_USAGE, "%s@: a file's name is missing",
                         argument->name == NULL ? "" : argument->name);
    argument->file = mem_strdup(file);
    return true;
}

bool argument_parse(const char *word, argument_is_parameter is_parameter, void *data,
                    struct argument *argument, struct error *err)
{
    *argument = (struct argument){.name = NULL};
    if (strcmp(word, "\\N") == 0)
        return true;
    const char *p = word;
    CLEANUP(mem_free_at) char *name = read_name(&p);
    // Without a name there is JSON or a file, but no text behind '='.
    bool json = (name != NULL || p == word) && strncmp(p, ":=", 2) == 0;
    bool text = name != NULL && *p == '=';
    bool file = *p == '@' && (name == NULL || (is_parameter != NULL && is_parameter(data, name)));
    if (!json && !text && !file) {
        set_text(argument, word, strlen(word));
        return true;
    }
    argument->name = name;
    name = NULL;
    if (json)
        return set_json(argument, p + 2, err);
    if (file)
        return set_file(argument, p + 1, err);
    set_text(argument, p + 1, strlen(p + 1));
    return true;
}

bool argument_load(struct argument *argument, struct caller *caller, struct error *err)
{
    struct buf bytes = BUF_INIT;
    if (argument->file == NULL)
        return true;
    bool ok = argument_reads_stdin(argument)
                  ? fs_read_fd(caller, caller_in(caller), "standard input", FILE_LIMIT, &bytes, err)
                  : fs_read_file(argument->file, FILE_LIMIT, &bytes, err);
    if (!ok) {
        buf_finish(&bytes);
        return false;
    }
    free(argument->text);
    argument->len = bytes.len;
    argument->text = buf_steal(&bytes);
    return true;
}

bool argument_reads_stdin(const struct argument *argument)
{
    return argument->file != NULL && strcmp(argument->file, "-") == 0;
}

void argument_finish(struct argument *argument)
{
    free(argument->name);
    free(argument->text);
    free(argument->file);
    *argument = (struct argument){.name = NULL};
}
