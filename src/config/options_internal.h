// The insides of options, shared by its files: options.c reads argv, options_set.c does what an
// option says, options_usage.c writes the help.
#ifndef MARSH_CONFIG_OPTIONS_INTERNAL_H
#define MARSH_CONFIG_OPTIONS_INTERNAL_H

#include "marsh/config/options.h"

// Whether `typed` is how `name` begins, - and _ being the same.
bool option_same_name(const char *typed, size_t len, const char *name);
// How much of a name says "skip-" or "disable-"; 0 for nothing.
size_t option_negation(const char *name);
// The words of a switch; NULL is on.
bool option_parse_switch(const struct option_spec *spec, const char *value, bool *on,
                         struct error *err);
void option_apply(struct options *options, const struct option_spec *spec, const char *value,
                  bool on);
void option_add_text(char ***list, size_t *count, const char *text);
// A parameter's value: a switch where it is a BOOL.
enum option_value option_value_kind(const struct option_given *found);
// Whether an option of the table has the parameter's name.
bool option_has_name(const char *name);

struct front_spec {
    const char *name;
    enum front front;
    const char *usage;
};
// By index; NULL past the end.
const struct front_spec *option_front_at(size_t index);

#endif
