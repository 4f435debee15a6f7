// The signatures that a session has looked up lately. What another session changes is noticed after
// some seconds. One thread at a time.
#ifndef MARSH_SESSION_ROUTINES_H
#define MARSH_SESSION_ROUTINES_H

struct error;
struct routine;
struct routines;
struct session;

struct routines *routines_create(void);
void routines_destroy(struct routines *routines); // takes NULL
// Borrowed until the next call; looked up over the session where it is not known or too old.
const struct routine *routines_find(struct routines *routines, struct session *session,
                                    const char *schema, const char *name, struct error *err);
void routines_forget(struct routines *routines);

#endif
