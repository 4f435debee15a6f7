// URLs of targets: mysql:// and mariadb://, SQLAlchemy's mysql+pymysql:// and its kin included.
//
//     mysql://user:p%40ss@db1:3306,db2,[::1]/schema?charset=utf8mb4&pool_size=10
//
// A host that begins with a slash once decoded is a socket. Parameters are those of target_set.
#ifndef MARSH_CONFIG_URL_H
#define MARSH_CONFIG_URL_H

#include <stdbool.h>

struct error;
struct target;

// True if the text is meant as a URL, well-formed or not.
bool url_is(const char *text);

// Applies it to the target's current layer, in place of where the target pointed before. On failure
// the target is to be thrown away. No error quotes the URL: it may hold a password.
bool url_apply(struct target *target, const char *url, struct error *err);

// Overwrites the password in the URL with x's, as for an argument that ps shows.
void url_hide_password(char *url);

#endif
