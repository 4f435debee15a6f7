// The options of `marsh call`, from their texts.
#ifndef MARSH_MAIN_CALL_OPTIONS_H
#define MARSH_MAIN_CALL_OPTIONS_H

#include <stdbool.h>

struct call_options;
struct each_options;
struct error;
struct options;

// Texts are borrowed from the options. ERROR_USAGE for what does not fit, or not together.
bool call_options_read(const struct options *options, struct call_options *call, struct error *err);
// The same of --each; its path is NULL where that is not given.
bool each_options_read(const struct options *options, struct each_options *each, struct error *err);

#endif
