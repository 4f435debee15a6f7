// The options of `marsh call`, `marsh copy` and `marsh table`, from their texts.
#ifndef MARSH_MAIN_CALL_OPTIONS_H
#define MARSH_MAIN_CALL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct call_options;
struct copy_options;
struct each_options;
struct error;
struct options;

// Texts are borrowed from the options. ERROR_USAGE for what does not fit, or not together.
bool call_options_read(const struct options *options, struct call_options *call, struct error *err);
// The same of --each; its path is NULL where that is not given.
bool each_options_read(const struct options *options, struct each_options *each, struct error *err);
// Those for several targets.
struct fan_options;
bool call_options_fan(const struct options *options, struct fan_options *fan, struct error *err);
// A number from 1 to max.
bool call_options_count(const char *text, size_t max, size_t *count);
// Those of copies; nothing for other fronts.
bool copy_options_read(const struct options *options, struct copy_options *copy, struct error *err);

#endif
