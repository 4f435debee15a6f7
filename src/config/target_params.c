#include <stdlib.h>
#include <string.h>

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

const char *target_param_value_name(const struct target_param *param)
{
    static const char *const names[] = {
        [PARAM_TEXT] = "TEXT",    [PARAM_TLS_TEXT] = "TEXT",   [PARAM_SECRET] = "PASSWORD",
        [PARAM_BOOL] = "BOOL",    [PARAM_UINT] = "N",          [PARAM_INT] = "N",
        [PARAM_CHOICE] = "WORD",  [PARAM_HOST] = "HOST",       [PARAM_SOCKET] = "PATH",
        [PARAM_PORT] = "PORT",    [PARAM_TLS_MODE] = "MODE",   [PARAM_TLS_ON] = "BOOL",
        [PARAM_TLS_OFF] = "BOOL", [PARAM_TLS_VERIFY] = "BOOL", [PARAM_AUTOCOMMIT] = "BOOL",
        [PARAM_IGNORED] = "TEXT",
    };
    return names[param->kind];
}
