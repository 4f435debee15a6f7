// A declared SQL type, as information_schema.PARAMETERS.DTD_IDENTIFIER and SHOW CREATE write it
// ("decimal(10,2) unsigned"), and whether a text can be a value of it. What is not certain is left
// to the server: a type that is not known takes everything.
#ifndef MARSH_SQL_TYPE_H
#define MARSH_SQL_TYPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

enum type_kind {
    TYPE_UNKNOWN,
    TYPE_INTEGER,
    TYPE_DECIMAL,
    TYPE_FLOAT, // and DOUBLE
    TYPE_BIT,
    TYPE_YEAR,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_DATETIME,
    TYPE_TIMESTAMP,
    TYPE_CHAR, // CHAR and VARCHAR: so many characters
    TYPE_TEXT, // so many bytes
    TYPE_JSON,
    TYPE_BINARY, // BINARY, VARBINARY and the BLOBs: so many bytes
    TYPE_ENUM,
    TYPE_SET,
    TYPE_UUID,
    TYPE_INET4,
    TYPE_INET6,
    TYPE_GEOMETRY,
    TYPE_VECTOR,
};

struct type_row;

struct type {
    enum type_kind kind;
    const struct type_row *row; // of the table of types; NULL while kind is TYPE_UNKNOWN
    bool is_unsigned;
    bool has_decimals; // the form with two numbers, "double(5,2)"
    bool utf8;         // the character set is named, and is an UTF-8
    size_t length;     // characters, bytes, bits or digits, as the kind has it
    size_t decimals;
    char **members; // of ENUM and SET; owned
    size_t member_count;
};

// False where the text is no type that is known; then the kind is TYPE_UNKNOWN, which is a type as
// well. type_finish after either.
bool type_parse(const char *text, struct type *type);
void type_finish(struct type *type);

// Appends what the type is called in messages: "DECIMAL(10,2) UNSIGNED".
void type_add_name(const struct type *type, struct buf *buf);

// Whether the server would take the text without loss; fractions may be rounded away, as it does
// in strict mode too. What can't be a value of the type at all is refused in any mode; what is out
// of range or too long only if `strict`, which is the calling session's sql_mode, not the
// routine's.
bool type_check(const struct type *type, const char *value, size_t len, bool strict,
                struct error *err);

// True for the types whose values the server takes as bytes that are not what one types: BIT and
// GEOMETRY. type_convert makes them.
bool type_is_converted(const struct type *type);

// Appends what to bind to a `?` for the text. For BIT the text is a number (decimal, 0x1f, 0b101,
// b'101', x'1f'), for GEOMETRY it is WKT, with "SRID=4326;" in front if need be, or the bytes that
// the server itself gives for one. Any other type's text is copied.
bool type_convert(const struct type *type, const char *value, size_t len, struct buf *out,
                  struct error *err);

// True where the value is bytes and not text: to be bound as such (MYSQL_TYPE_BLOB), or else a
// session whose character_set_client and character_set_connection differ converts it.
bool type_is_binary(const struct type *type);

#endif
