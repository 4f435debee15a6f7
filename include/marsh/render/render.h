// Renderers: sinks that turn result sets into bytes of an output. One file a format; the table of
// formats is the only list of them.
#ifndef MARSH_RENDER_RENDER_H
#define MARSH_RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "marsh/base/charset.h"

struct buf;
struct error;
struct output;
struct sink;

struct render_options {
    bool headers;     // column names
    bool unicode;     // borders; else ASCII
    bool empty_names; // a set without rows has its column names
    bool quick;       // compatible: columns as wide as declared, but for that no wider than this
    size_t quick_width;
    bool types;           // tables begin with what the server says of their columns
    bool compatible;      // the mariadb client's own bytes, nothing made printable
    bool terminal;        // a terminal reads this: nothing may drive it
    enum charset charset; // of the connection: compatible counts its columns, tsv escapes no half
                          // of a character
    bool tagged;          // jsonl: each line tells its set, {"set":1,"row":{...}}
    size_t columns;       // of the terminal; 0: as wide as it gets
    // What the mariadb client's options of the same names do.
    bool raw;           // tsv: no escapes
    bool binary_as_hex; // in what is compatible, markup and tsv; elsewhere binary is made readable
    unsigned silent;    // tsv: from 2 on there are no column names
    bool xml_too;       // html: a set without rows is XML, as -H and -X together have it
    // xml names what was asked, if anybody says; borrowed.
    const char *statement;
    size_t statement_len;
};

struct render_format {
    const char *name;
    const char *summary;
    struct sink *(*create)(const struct render_options *options, struct output *output);
    void (*destroy)(struct sink *sink);
};

// Appends a text that is no cell, as it is, but for what a terminal that reads it would act on.
void render_add_text(struct buf *out, const struct render_options *options, const char *text,
                     size_t len, bool keep_newlines);

// By index, in the order of the documentation; NULL past the end.
const struct render_format *render_format_at(size_t index);
// NULL if there is none of that name; then *nearest is one that may be meant, or NULL.
const struct render_format *render_format_find(const char *name, const char **nearest);
// NULL, and ERROR_USAGE with the nearest name.
const struct render_format *render_format_need(const char *name, struct error *err);

#endif
