#include "marsh/render/render.h"

#include <string.h>

#include "formats.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/nearest.h"
#include "marsh/base/text.h"

static const struct render_format formats[] = {
    {"auto", "a table, or vertical where that would be wider than the terminal", render_auto_create,
     render_table_destroy},
    {"table", "a table with borders", render_table_create, render_table_destroy},
    {"vertical", "one line a value", render_vertical_create, render_vertical_destroy},
    {"tsv", "tab-separated, the mariadb client's batch format", render_tsv_create,
     render_delimited_destroy},
    {"csv", "comma-separated, RFC 4180", render_csv_create, render_delimited_destroy},
    {"json", "an array of objects for each result set", render_json_create, render_json_destroy},
    {"jsonl", "one object a line", render_jsonl_create, render_json_destroy},
    {"html", "a table of HTML, as the mariadb client's -H", render_html_create,
     render_markup_destroy},
    {"xml", "as the mariadb client's -X", render_xml_create, render_markup_destroy},
};

void render_add_text(struct buf *out, const struct render_options *options, const char *text,
                     size_t len, bool keep_newlines)
{
    if (options->terminal)
        text_add_printable(out, text, len, keep_newlines);
    else
        buf_add(out, text, len);
}

const struct render_format *render_format_at(size_t index)
{
    return index < sizeof(formats) / sizeof(formats[0]) ? &formats[index] : NULL;
}

const struct render_format *render_format_find(const char *name, const char **nearest)
{
    struct nearest search;
    nearest_init(&search, name);
    const struct render_format *format;
    for (size_t i = 0; (format = render_format_at(i)) != NULL; i++) {
        if (strcmp(name, format->name) == 0)
            return format;
        nearest_offer(&search, format->name);
    }
    *nearest = nearest_get(&search);
    return NULL;
}

const struct render_format *render_format_need(const char *name, struct error *err)
{
    const char *nearest = NULL;
    const struct render_format *format = render_format_find(name, &nearest);
    if (format == NULL)
        error_set(err, ERROR_USAGE, "unknown format '%s'%s%s%s", name,
                  nearest == NULL ? "" : ", did you mean '", nearest == NULL ? "" : nearest,
                  nearest == NULL ? "" : "'?");
    return format;
}
