#include "marsh/sql/dialect.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/text.h"

enum { NEWEST_MYSQL = 99999 };

// "10.11.19" is 101119; 0 for what is none.
static unsigned read_number(const char *version)
{
    enum { PARTS = 3, DIGITS_MAX = 3 };
    unsigned long number = 0;
    for (int i = 0; i < PARTS; i++) {
        char *end;
        unsigned long part = text_is_digit(*version) ? strtoul(version, &end, 10) : ULONG_MAX;
        if (part == ULONG_MAX || end - version > DIGITS_MAX || (i < PARTS - 1 && *end != '.'))
            return 0;
        number = number * 100 + part;
        version = end + 1;
    }
    return (unsigned) number;
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
