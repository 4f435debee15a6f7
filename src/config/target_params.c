#include <stdlib.h>
#include <string.h>

#include "marsh/base/mem.h"
#include "target_internal.h"

const struct target_param *target_param_at(size_t index)
{
    return index < target_param_count ? &target_params[index] : NULL;
}

static int compare(const void *key, const void *row)
{
    const char *name = key;
    const char *known = ((const struct target_param *) row)->name;
    for (; *name != '\0' || *known != '\0'; name++, known++) {
        char c = *name == '-' ? '_' : *name;
        if (c != *known)
            return (unsigned char) c - (unsigned char) *known;
    }
    return 0;
}

const struct target_param *target_param_find(const char *name)
{
    return bsearch(name, target_params, target_param_count, sizeof(target_params[0]), compare);
}

bool target_param_is_secret(const struct target_param *param)
{
    return param->kind == PARAM_SECRET;
}

bool target_param_runs_code(const struct target_param *param)
{
    return param->offset == offsetof(struct target, password_command) ||
           param->offset == offsetof(struct target, plugin_dir);
}

const char *target_param_value_name(const struct target_param *param)
{
    static const char *const names[] = {
        [PARAM_TEXT] = "TEXT",       [PARAM_TLS_TEXT] = "TEXT", [PARAM_SECRET] = "PASSWORD",
        [PARAM_BOOL] = "BOOL",       [PARAM_UINT] = "N",        [PARAM_INT] = "N",
        [PARAM_TIME] = "TIME",       [PARAM_CHOICE] = "WORD",   [PARAM_HOST] = "HOST",
        [PARAM_SOCKET] = "PATH",     [PARAM_PORT] = "PORT",     [PARAM_TLS_MODE] = "MODE",
        [PARAM_TLS_ON] = "BOOL",     [PARAM_TLS_OFF] = "BOOL",  [PARAM_TLS_VERIFY] = "BOOL",
        [PARAM_AUTOCOMMIT] = "BOOL", [PARAM_IGNORED] = "TEXT",
    };
    return names[param->kind];
}

// Names of files, which mean something else in another folder.
static bool is_path(const struct target_param *param)
{
    static const size_t paths[] = {
        offsetof(struct target, ssl_ca),  offsetof(struct target, ssl_capath),
        offsetof(struct target, ssl_crl), offsetof(struct target, ssl_crlpath),
        offsetof(struct target, ssl_key), offsetof(struct target, ssl_cert),
        offsetof(struct target, socket),  offsetof(struct target, plugin_dir),
    };
    for (size_t i = 0; param->offset != 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (param->offset == paths[i])
            return true;
    }
    return false;
}

void target_root_paths(struct target *target, const char *folder)
{
    for (size_t i = 0; i < target_param_count; i++) {
        char **path = (char **) ((char *) target + target_params[i].offset);
        if (!is_path(&target_params[i]) || *path == NULL || (*path)[0] == '/' || (*path)[0] == '\0')
            continue;
        char *rooted = mem_printf("%s/%s", folder, *path);
        free(*path);
        *path = rooted;
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_hosts(const struct target *a, const struct target *b)
{
    bool same = a->host_count == b->host_count;
    for (size_t i = 0; same && i < a->host_count; i++)
        same = a->hosts[i].port == b->hosts[i].port &&
               same_text(a->hosts[i].name, b->hosts[i].name);
    return same;
}

// Parameters without a place of their own (offset 0) have set what is compared by name.
static bool same_param(const struct target_param *param, const struct target *a,
                       const struct target *b)
{
    // What becomes of a connection has nothing to do with them.
    if (param->offset == offsetof(struct target, keeper) || param->kind == PARAM_TIME)
        return true;
    const char *x = (const char *) a + param->offset;
    const char *y = (const char *) b + param->offset;
    switch (param->kind) {
    case PARAM_TEXT:
    case PARAM_TLS_TEXT:
    case PARAM_SECRET:
    case PARAM_SOCKET:
    case PARAM_AUTOCOMMIT:
        return same_text(*(char *const *) x, *(char *const *) y);
    case PARAM_BOOL:
        return *(const bool *) x == *(const bool *) y;
    case PARAM_UINT:
    case PARAM_PORT:
    case PARAM_CHOICE:
        return *(const unsigned *) x == *(const unsigned *) y;
    case PARAM_INT:
        return *(const int *) x == *(const int *) y;
    default:
        return true;
    }
}

bool target_equals(const struct target *a, const struct target *b)
{
    bool same = same_hosts(a, b) && a->tls == b->tls && same_text(a->scratch, b->scratch) &&
                a->takes_expired == b->takes_expired;
    for (size_t i = 0; same && i < target_param_count; i++)
        same = same_param(&target_params[i], a, b);
    return same;
}
