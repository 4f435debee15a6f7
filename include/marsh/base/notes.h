// A file of notes about work that is to be gone on with: a line of text for each note, appended
// with one write, behind two lines that say what the notes are of. One process at a time: the file
// is locked while it is open.
#ifndef MARSH_BASE_NOTES_H
#define MARSH_BASE_NOTES_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct notes;

struct notes_head {
    const char *magic;    // begins the first line: what kind of notes, and in what form
    const char *tag;      // the rest of that line, which may be another one each time
    const char *identity; // the second line: the same for the same work
    const char *refusal;  // what is said of notes with another one: "is of another call"
};

// Takes one note without its newline.
typedef void (*notes_take)(void *data, const char *line);

// Opens the file, made with mode 0600 where there is none, and reads all notes. What was cut off at
// its end is no note, and goes. *same_tag: they are there with the same tag; may be NULL.
// ERROR_USAGE where it holds other notes, or is in use.
struct notes *notes_open(const char *path, const struct notes_head *head, bool *same_tag,
                         notes_take take, void *data, struct error *err);
void notes_close(struct notes *notes); // takes NULL

// Lines with their newlines. False where they can't be written, with errno.
bool notes_append(struct notes *notes, const char *lines, size_t len);
// Brings all to the disk.
bool notes_sync(struct notes *notes);

#endif
