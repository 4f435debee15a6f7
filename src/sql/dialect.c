#include "marsh/sql/dialect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NEWEST_MYSQL = 99999 };

static unsigned read_number(const char *version)
{
    unsigned part[3];
    if (sscanf(version, "%3u.%2u.%2u", &part[0], &part[1], &part[2]) != 3)
        return 0;
    return part[0] * 10000 + part[1] * 100 + part[2];
}

void dialect_init(struct dialect *dialect, const char *version, bool backslash_escapes)
{
    // MariaDB puts it in front for old replicas.
    static const char *const disguise = "5.5.5-";
    static const char *const proxies[] = {"proxysql", "maxscale", "vitess"};
    *dialect = (struct dialect){.plain_backslashes = !backslash_escapes};
    if (version == NULL)
        return;
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        if (strcasestr(version, proxies[i]) != NULL)
            return;
    }
    bool disguised = strncmp(version, disguise, strlen(disguise)) == 0;
    dialect->version = read_number(version + (disguised ? strlen(disguise) : 0));
    dialect->mariadb = disguised || strcasestr(version, "mariadb") != NULL;
    // No such MySQL is known: somebody has given a MariaDB another name.
    if (!dialect->mariadb && dialect->version > NEWEST_MYSQL)
        dialect->version = 0;
}
