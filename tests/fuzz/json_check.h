// Whether bytes are JSON, as RFC 8259 has it, for the fuzzer of the renderers: strings are UTF-8
// and hold no control character, numbers have no superfluous zero.
#ifndef MARSH_TESTS_JSON_CHECK_H
#define MARSH_TESTS_JSON_CHECK_H

#include <stddef.h>

// The length of the JSON value at the start of the text, white space around it included; 0 if there
// is none. *elements: how many values stand right in it, for an array or object.
size_t json_check(const char *text, size_t len, size_t *elements);

#endif
