// The kinds of target parameters; see target_table.c.
#ifndef MARSH_CONFIG_TARGET_INTERNAL_H
#define MARSH_CONFIG_TARGET_INTERNAL_H

#include "marsh/config/target.h"

enum param_kind {
    PARAM_TEXT,
    PARAM_TLS_TEXT, // text that asks for TLS
    PARAM_SECRET,
    PARAM_BOOL,
    PARAM_UINT,
    PARAM_INT,
    PARAM_TIME,   // an unsigned: seconds
    PARAM_CHOICE, // an unsigned: the index in choices
    PARAM_HOST,
    PARAM_SOCKET,
    PARAM_PORT,
    PARAM_TLS_MODE,
    PARAM_TLS_ON,     // a bool: TLS required, or disabled
    PARAM_TLS_OFF,    // a bool the other way round
    PARAM_TLS_VERIFY, // a bool: verified, or just required
    PARAM_AUTOCOMMIT,
    PARAM_IGNORED, // means something to a Python driver only
};

extern const struct target_param target_params[];
extern const size_t target_param_count;

#endif
