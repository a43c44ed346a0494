/* Small text helpers: owned strings, and enums by name. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/macro.h"

/* Puts a copy of `value` (NULL: none) into *field and frees what was there. -ENOMEM leaves *field as it was. */
int text_set(char **field, const char *value);
/* As text_set, at most `max` bytes of the value, cut before a UTF-8 character rather than inside one. */
int text_set_max(char **field, const char *value, size_t max);
/* Both NULL, or the same text. */
bool text_equal(const char *a, const char *b);
/* Letters, digits, '.', '_', '-'; 1 to 63 of them; the first a letter or digit: names of nodes, profiles, networks. */
bool name_is_valid(const char *name);

/* Index of `name` in a table of `count` names; -EINVAL when it is not there. */
int name_to_enum(const char *const *names, size_t count, const char *name);
