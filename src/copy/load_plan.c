#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "marsh/base/mem.h"
#include "marsh/feed/feed.h"
#include "marsh/sql/statement.h"

// Rows and cells of a batch: more of them hardly make it faster.
// A statement's bytes: larger ones are hardly faster, and more may be lost with one.
enum { ROWS_MAX = 5000, CELLS_MAX = 50000, BYTES_MAX = 1 << 20 };

static enum reading find_reading(const struct load *load, const struct type *type)
{
    // A query's cells, and the mariadb client's own format, have the server's bytes.
    bool raw = load->feed == NULL || load->source.format == FEED_TSV;
    if (type->kind == TYPE_YEAR && load->feed != NULL && load->source.format == FEED_JSONL)
        return READ_YEAR;
    if (type->kind == TYPE_BIT)
        return raw ? READ_BYTES : READ_TYPED;
    if (!type_is_binary(type) && !type_is_converted(type))
        return READ_TEXT;
    return raw ? READ_BYTES : load->source.format == FEED_CSV ? READ_HEX : READ_BASE64;
}

static bool fail_column(const struct load *load, const char *name, const char *wanted,
                        struct error *err)
{
    const char *near = table_nearest(&load->table, wanted);
    return error_set(err, ERROR_USAGE,
                     "%s has no column '%s'%s%s%s; --map '%s=COLUMN' says which it is, --map '%s=' "
                     "leaves it out",
                     load->ends->to.name, wanted, near == NULL ? "" : ", did you mean '",
                     near == NULL ? "" : near, near == NULL ? "" : "'?", name, name);
}

static bool place_column(struct load *load, const char *name, struct load_place *place,
                         struct error *err)
{
    struct source_maps maps = {load->options->maps, load->options->map_count};
    const char *mapped = source_mapped(&maps, name);
    const char *wanted = mapped != NULL ? mapped : name;
    *place = (struct load_place){.at = SIZE_MAX};
    if (wanted[0] == '\0')
        return true;
    place->column = table_find(&load->table, wanted);
    if (place->column == NULL)
        return fail_column(load, name, wanted, err);
    for (const struct load_place *other = load->places; other < place; other++) {
        if (other->column == place->column)
            return error_set(err, ERROR_USAGE, "column %s of %s is given twice",
                             place->column->name, load->ends->to.name);
    }
    place->reading = find_reading(load, &place->column->type);
    // The server makes its value itself.
    if (!place->column->generated)
        place->at = load->columns++;
    return true;
}

static void make_statement(struct load *load)
{
    buf_printf(&load->head, "INSERT INTO %s (", load->ends->to.name);
    buf_add_char(&load->group, '(');
    load->sources = mem_calloc(load->columns, sizeof(*load->sources));
    for (size_t i = 0; i < load->place_count; i++) {
        const struct load_place *place = &load->places[i];
        if (place->at == SIZE_MAX)
            continue;
        load->sources[place->at] = i;
        if (place->at > 0) {
            buf_add_char(&load->head, ',');
            buf_add_char(&load->group, ',');
        }
        statement_add_name(&load->head, place->column->name);
        buf_add_char(&load->group, '?');
    }
    buf_add_text(&load->head, ") VALUES ");
    buf_add_char(&load->group, ')');
}

// Whether rows have to go in in the order in which they come.
static bool is_ordered(const struct load *load)
{
    if (load->table.refers_itself)
        return true;
    for (size_t i = 0; i < load->table.count; i++) {
        const struct table_column *column = &load->table.columns[i];
        bool given = false;
        for (size_t j = 0; j < load->place_count; j++)
            given = given || (load->places[j].at != SIZE_MAX && load->places[j].column == column);
        if (column->automatic && !given)
            return true;
    }
    return false;
}

static size_t choose_most(const struct load *load)
{
    size_t most = CELLS_MAX / load->columns;
    // What a failed statement has done of its rows nobody could tell.
    if (!load->table.transactional || most == 0)
        return 1;
    if (load->options->batch > 0)
        return load->options->batch;
    // What a trigger does where there are no transactions it would do again for the halves.
    if (load->table.fires)
        return 1;
    return most < ROWS_MAX ? most : ROWS_MAX;
}

bool load_plan(struct load *load, const char *const *names, size_t count, struct error *err)
{
    struct source_maps maps = {load->options->maps, load->options->map_count};
    if (!source_check_maps(&maps, names, count, load->name, "COLUMN", err))
        return false;
    load->places = mem_calloc(count, sizeof(*load->places));
    for (size_t i = 0; i < count; i++) {
        load->place_count = i + 1;
        if (!place_column(load, names[i], &load->places[i], err))
            return false;
    }
    if (load->columns == 0)
        return error_set(err, ERROR_USAGE, "%s has no column that goes into %s", load->name,
                         load->ends->to.name);
    make_statement(load);
    load->most = choose_most(load);
    // With each value go its length and a byte or two.
    size_t packet = load->table.packet;
    size_t overhead = 4096 + 12 * load->columns;
    load->row_bytes = packet > 2 * overhead ? packet - overhead : packet / 2;
    load->bytes = load->row_bytes / 2 < BYTES_MAX ? load->row_bytes / 2 : BYTES_MAX;
    size_t rows = load->row_bytes / (16 * load->columns + 16) + 1;
    load->most = load->most < rows ? load->most : rows;
    if (load->options->scope || (load->options->jobs == 0 && is_ordered(load)))
        load->jobs = 1;
    return true;
}
