/*
 * The options of a step's message as one text, since boots keep many of them: a line "NUMBER=VALUE" for each. In JSON they are a map from
 * the number to the value. Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Of the whole text, with its NUL; what does not fit is left out. */
#define STEP_OPTIONS_SIZE 768
#define STEP_OPTION_VALUE_SIZE 128

/* Adds one to a text in a buffer of `size` bytes. The value is cut at STEP_OPTION_VALUE_SIZE; what is not printable ASCII becomes '?'. */
void step_options_add(char *options, size_t size, const char *name, const char *value);

/* The value of an option, in `buffer`, or NULL: it is not there. `options` may be NULL. */
const char *step_option(const char *options, const char *name, char buffer[static STEP_OPTION_VALUE_SIZE]);

/* A new reference: an object, or null where there is none. */
json_t *step_options_to_json(const char *options);
/* What fits of a JSON object of strings, in `buffer` of `size` bytes; anything else gives "". */
void step_options_from_json(const json_t *json, char *buffer, size_t size);
