// The file that takes rows that failed, as they were, under the header of where they came from:
// ready to be fed again. One thread at a time.
#ifndef MARSH_FEED_REJECTS_H
#define MARSH_FEED_REJECTS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct feed;

struct rejects {
    const char *path; // borrowed; NULL: nobody wants them
    int fd;
    bool begun; // the header is written
};

#define REJECTS_INIT                                                                               \
    {                                                                                              \
        .path = NULL, .fd = -1, .begun = false                                                     \
    }

// Opens the file, made with mode 0600, and leaves what is in it. ERROR_USAGE where it is the input.
bool rejects_open(struct rejects *rejects, const char *path, int input, struct error *err);
void rejects_close(struct rejects *rejects);
// Whether it is that file, under whatever name.
bool rejects_is(const struct rejects *rejects, const char *path);

// Before the first row. What an earlier run has left goes, unless this one goes on with it.
bool rejects_begin(struct rejects *rejects, bool goes_on, struct error *err);
bool rejects_add(struct rejects *rejects, const struct feed *feed, const char *raw, size_t len,
                 struct error *err);

#endif
