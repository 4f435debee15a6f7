// Well-known text, "POLYGON((0 0,1 0,1 1,0 0))", to the bytes that the server keeps a geometry as:
// four of its SRID, then well-known binary, little-endian throughout. The server's own
// ST_GeomFromText makes NULL of what it can't read; this says so instead.
// Source: OGC 06-103r4, and MariaDB's sql/spatial.cc for what it takes.
#ifndef MARSH_SQL_WKT_H
#define MARSH_SQL_WKT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

enum wkt_type {
    WKT_ANY,
    WKT_POINT,
    WKT_LINESTRING,
    WKT_POLYGON,
    WKT_MULTIPOINT,
    WKT_MULTILINESTRING,
    WKT_MULTIPOLYGON,
    WKT_COLLECTION,
};

// Appends the bytes; "SRID=N;" may stand in front, with N below 2^32, otherwise it is 0. Two
// dimensions. ERROR_USAGE where the text is none, or of another type than is asked for.
bool wkt_convert(const char *text, size_t len, enum wkt_type type, struct buf *out,
                 struct error *err);

// Whether the bytes begin as such a geometry does.
bool wkt_is_binary(const char *bytes, size_t len);

#endif
