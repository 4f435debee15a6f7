// The renderers, one file each, for the table of formats alone.
#ifndef MARSH_RENDER_FORMATS_H
#define MARSH_RENDER_FORMATS_H

#include "marsh/render/render.h"

struct sink *render_auto_create(const struct render_options *options, struct output *output);
struct sink *render_table_create(const struct render_options *options, struct output *output);
void render_table_destroy(struct sink *sink);
// The tables of the mariadb client, byte for byte; render_table_create and _destroy lead here.
struct sink *render_compatible_create(const struct render_options *options, struct output *output);
bool render_compatible_is(const struct sink *sink);
void render_compatible_destroy(struct sink *sink);
struct sink *render_vertical_create(const struct render_options *options, struct output *output);
void render_vertical_destroy(struct sink *sink);
struct sink *render_tsv_create(const struct render_options *options, struct output *output);
struct sink *render_csv_create(const struct render_options *options, struct output *output);
void render_delimited_destroy(struct sink *sink);
struct sink *render_json_create(const struct render_options *options, struct output *output);
struct sink *render_jsonl_create(const struct render_options *options, struct output *output);
void render_json_destroy(struct sink *sink);
struct sink *render_html_create(const struct render_options *options, struct output *output);
struct sink *render_xml_create(const struct render_options *options, struct output *output);
void render_markup_destroy(struct sink *sink);

#endif
