/*
 * Patterns for names that a peer may have chosen, without regard to case: * any text, ? any character, [a-z] one of these, [!a-z] none of
 * them, \ before a character for itself. Takes at most pattern times text steps, unlike fnmatch(3). Pure.
 */
#pragma once

#include <stdbool.h>

/* No bracket is left open, nothing ends in a \. */
bool glob_is_valid(const char *pattern);
/* `pattern` is valid. */
bool glob_match(const char *pattern, const char *text);
