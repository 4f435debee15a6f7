// The page of --help.
#include "marsh/base/buf.h"
#include "marsh/config/target.h"
#include "options_internal.h"

static void usage_line(struct buf *out, char letter, const char *name, enum option_value value,
                       const char *value_name, const char *summary)
{
    size_t start = out->len;
    if (letter != '\0')
        buf_printf(out, "  -%c, --", letter);
    else
        buf_add_text(out, "      --");
    for (const char *c = name; *c != '\0'; c++)
        buf_add_char(out, *c == '_' ? '-' : *c);
    if (value_name != NULL)
        buf_printf(out, value == VALUE_REQUIRED ? " %s" : "[=%s]", value_name);
    size_t width = out->len - start;
    buf_add_repeat(out, ' ', width < 33 ? 34 - width : 2);
    buf_printf(out, "%s\n", summary);
}

// Of the mariadb client's that change nothing each would be a line for nothing, but for completion.
enum usage_part { PART_OPTIONS, PART_FRONTS, PART_IGNORED, PART_COUNT };

static enum usage_part part_of(const struct option_spec *spec)
{
    return spec->fronts != 0            ? PART_FRONTS
           : spec->like == LIKE_IGNORED ? PART_IGNORED
                                        : PART_OPTIONS;
}

static void add_options(struct buf *out)
{
    static const char *const titles[PART_COUNT] = {
        "\nOptions:\n", "\nOptions of marsh call, copy and table:\n",
        "\nTaken, as the mariadb client takes them, and without effect:\n"};
    const struct option_spec *spec;
    for (unsigned part = 0; part < PART_COUNT; part++) {
        buf_add_text(out, titles[part]);
        for (size_t i = 0; (spec = option_at(i)) != NULL; i++) {
            if (part_of(spec) == part)
                usage_line(out, spec->letters[0], spec->name, spec->value, spec->value_name,
                           spec->summary);
        }
    }
}

void options_usage(struct buf *out)
{
    buf_add_text(out, "Usage: marsh [OPTION...] [TARGET]\n");
    const struct front_spec *front;
    for (size_t i = 0; (front = option_front_at(i)) != NULL; i++)
        buf_printf(out, "       marsh [OPTION...] %s\n", front->usage);
    buf_add_text(out, "\nTARGET is a URL (mysql://USER@HOST:PORT/SCHEMA), @BIND from marsh.conf, "
                      "scratch:[NAME],\nor a schema on the default server.\n");
    add_options(out);
    buf_add_text(out, "\nParameters of the target, in a URL as name_with_underscores=value:\n");
    const struct target_param *param;
    for (size_t i = 0; (param = target_param_at(i)) != NULL; i++) {
        struct option_given itself = {.param = param};
        if (param->summary != NULL && !option_has_name(param->name))
            usage_line(out, '\0', param->name, option_value_kind(&itself),
                       target_param_value_name(param), param->summary);
    }
}
