#include "types.h"

#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/data/column.h"
#include "marsh/render/render.h"

struct word {
    unsigned number;
    const char *text;
};

// The numbers are the protocol's, the words those of the mariadb client:
// https://mariadb.com/kb/en/result-set-packets/#field-types
static const struct word types[] = {
    {0, "DECIMAL"},      {1, "TINY"},          {2, "SHORT"},       {3, "LONG"},
    {4, "FLOAT"},        {5, "DOUBLE"},        {6, "NULL"},        {7, "TIMESTAMP"},
    {8, "LONGLONG"},     {9, "INT24"},         {10, "DATE"},       {11, "TIME"},
    {12, "DATETIME"},    {13, "YEAR"},         {14, "NEWDATE"},    {16, "BIT"},
    {245, "JSON"},       {246, "NEWDECIMAL"},  {247, "ENUM"},      {248, "SET"},
    {249, "TINY_BLOB"},  {250, "MEDIUM_BLOB"}, {251, "LONG_BLOB"}, {252, "BLOB"},
    {253, "VAR_STRING"}, {254, "STRING"},      {255, "GEOMETRY"},
};
static const struct word flags[] = {
    {1, "NOT_NULL"},
    {2, "PRI_KEY"},
    {4, "UNIQUE_KEY"},
    {8, "MULTIPLE_KEY"},
    {16, "BLOB"},
    {32, "UNSIGNED"},
    {64, "ZEROFILL"},
    {128, "BINARY"},
    {256, "ENUM"},
    {512, "AUTO_INCREMENT"},
    {1024, "TIMESTAMP"},
    {2048, "SET"},
    {4096, "NO_DEFAULT_VALUE"},
    {32768, "NUM"},
    {16384, "PART_KEY"},
    {65536, "UNIQUE"},
    {131072, "BINCMP"},
    {8192, "ON_UPDATE_NOW"},
};

static const char *type_of(unsigned number)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].number == number)
            return types[i].text;
    }
    return "?-unknown-?";
}

static void add_name(struct buf *buf, const struct render_options *options, const char *label,
                     const char *name)
{
    buf_printf(buf, "%-12s`", label);
    render_add_text(buf, options, name, strlen(name), false);
    buf_add_text(buf, "`\n");
}

static void add_extension(struct buf *buf, const struct render_options *options, const char *label,
                          const char *text, size_t len)
{
    if (len == 0)
        return;
    buf_printf(buf, " (%s=", label);
    render_add_text(buf, options, text, len, false);
    buf_add_char(buf, ')');
}

static void add_flags(struct buf *buf, unsigned set)
{
    buf_add_text(buf, "Flags:      ");
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if ((set & flags[i].number) != 0)
            buf_printf(buf, "%s ", flags[i].text);
        set &= ~flags[i].number;
    }
    if (set != 0)
        buf_printf(buf, " unknows=0x%04x", set);
    buf_add_text(buf, "\n\n");
}

void types_add(struct buf *buf, const struct render_options *options, size_t index,
               const struct column *column, const uint32_t *longest)
{
    const struct column_origin *origin = column->origin;
    if (origin == NULL)
        return;
    buf_printf(buf, "Field %3zu:  `", index + 1);
    render_add_text(buf, options, column->name, strnlen(column->name, column->name_len), false);
    buf_add_text(buf, "`\n");
    add_name(buf, options, "Org_field:", origin->name);
    add_name(buf, options, "Catalog:", origin->catalog);
    add_name(buf, options, "Database:", origin->schema);
    add_name(buf, options, "Table:", origin->alias);
    add_name(buf, options, "Org_table:", origin->table);
    buf_printf(buf, "Type:       %s", type_of(origin->type));
    add_extension(buf, options, "type", origin->extended_type, origin->extended_type_len);
    add_extension(buf, options, "format", origin->extended_format, origin->extended_format_len);
    buf_printf(buf, "\nCollation:  %s (%u)\nLength:     %u\n", origin->collation,
               origin->collation_number, column->declared);
    if (longest != NULL)
        buf_printf(buf, "Max_length: %u\n", *longest);
    buf_printf(buf, "Decimals:   %u\n", origin->decimals);
    add_flags(buf, origin->flags);
}
