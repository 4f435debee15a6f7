// LOAD DATA LOCAL: in the protocol the server asks for a file by its name, of whatever statement it
// likes. Served is only one that the user's own text in hand names, once for each time that it
// does; an impostor gets nothing else.
#ifndef MARSH_DB_INFILE_H
#define MARSH_DB_INFILE_H

#include <mysql.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "marsh/base/error.h"
#include "marsh/sql/local_file.h"

struct maria;

struct infile {
    const char *text; // in hand, the user's own; NULL: none
    size_t len;
    struct local_files named; // in it, from the one that was served last on
    char *name;               // of the file that is being sent
    int fd;
    bool blocks;      // it is no regular file: reading may have to wait
    struct error err; // why a file was not sent, or not whole
    bool cut_short;   // by `stopped`
    atomic_bool open; // the server waits for one
    atomic_bool stopped;
};

// For a handle that is not, or not yet, a connection's own `self` is NULL: it sends no file.
void infile_set_handler(MYSQL *mysql, struct maria *self);
// A text is about to be sent; NULL for one that is not the user's, or not sent as a text.
void infile_begin(struct maria *self, const char *text, size_t len);
// It went `ok` or not, which is passed on. What kept a file from being sent takes the place of
// what came of that, and the connection is brought to a good end.
bool infile_end(struct maria *self, bool ok, struct error *err);
void infile_finish(struct infile *infile);

// From another thread.
bool infile_is_open(struct infile *infile);
// The statement was killed: no more of the file is sent.
void infile_stop(struct infile *infile);

#endif
